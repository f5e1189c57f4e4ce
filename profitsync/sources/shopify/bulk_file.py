"""The file of a bulk operation, read while it comes.

Its lines usually follow their order, although nobody promises that: then orders are handed on as they come. Where
lines stand elsewhere, the rows are put together on disk first.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain, count

import msgspec
import requests

from profitsync.sources.errors import RetriableError
from profitsync.sources.http import HttpClient
from profitsync.sources.shopify.bulk_job import BulkJob, BulkLostError
from profitsync.sources.shopify.bulk_rows import Families, joined, lines, parts
from profitsync.sources.shopify.bulk_spool import BulkSpool

CHUNK = 1 << 16  # bytes read from the connection at once
AT_ONCE = 125  # orders handed on together
HELD_BACK = 1_000  # orders at the beginning, until which no line stood apart from its order


class _ScatteredError(Exception):
    """A line does not follow its order, and orders have been handed on already."""


class BulkFile:
    """What a complete operation has found; `breathe` is called now and then."""

    def __init__(self, http: HttpClient, job: BulkJob, breathe: Callable[[], None]) -> None:
        self._http = http
        self._job = job
        self._breathe = breathe
        self.roots = 0  # orders in the file, once all have been read

    def orders(self) -> Iterator[list[msgspec.Raw]]:
        """Every order as the list of orders gives it, some at a time.

        Raises `BulkLostError` when there is no such file any more, when it is not whole, or when it could not be
        had in the tries that one request gets. Orders handed on until then are whole nevertheless, but for those
        of a file in which lines stand apart only after `HELD_BACK` orders: such orders come once more.
        """
        if self._job.url is None:
            if int(self._job.object_count):
                raise BulkLostError(f"it counted {self._job.object_count} objects and gives no file")
            return  # nothing matched: then there is no file
        try:
            yield from self._streamed(self._job.url)
        except _ScatteredError:
            with closing(self._spooled(self._job.url)) as spool:
                yield from self._of(spool)

    def _streamed(self, url: str) -> Iterator[list[msgspec.Raw]]:
        """A file that breaks off is asked for again, and what was handed on already is passed over."""
        handed_on = 0
        for attempt in count(1):
            try:
                with self._http.download(url) as response:
                    self._check_status(response)
                    for some in self._as_they_come(lines(response.iter_content(CHUNK)), handed_on):
                        handed_on += len(some)
                        yield some
            except RetriableError as error:
                if not self._http.retries.waits_for(error, attempt):
                    raise BulkLostError(f"its file cannot be had: {error}") from None
            else:
                return

    def _as_they_come(self, rows: Iterator[bytes], passed_over: int) -> Iterator[list[msgspec.Raw]]:
        families = Families()
        held_back: list[bytes] | None = []  # rows, until orders are handed on
        waiting: list[msgspec.Raw] = []
        for some in parts(rows):
            if held_back is not None:
                held_back += (raw for _, raw in some)
            for part in some:
                order = families.add(part)
                if order is not None and families.count > passed_over:
                    waiting.append(joined(order.raw, order.lists))
            if families.strays:
                if held_back is None or passed_over:
                    raise _ScatteredError
                with closing(BulkSpool()) as spool:
                    spool.fill(chain(held_back, rows), self._job, self._breathe)
                    yield from self._of(spool)
                return
            self._breathe()
            while len(waiting) >= AT_ONCE and families.count >= HELD_BACK:
                held_back = None
                yield waiting[:AT_ONCE]
                del waiting[:AT_ONCE]
        if (order := families.last()) is not None and families.count > passed_over:
            waiting.append(joined(order.raw, order.lists))
        self.roots = families.compared(self._job)
        for begin in range(0, len(waiting), AT_ONCE):
            yield waiting[begin : begin + AT_ONCE]

    def _of(self, spool: BulkSpool) -> Iterator[list[msgspec.Raw]]:
        self.roots = spool.roots
        yield from spool.orders(AT_ONCE)

    def _spooled(self, url: str) -> BulkSpool:
        def attempt() -> BulkSpool:
            spool = BulkSpool()
            try:
                with self._http.download(url) as response:
                    self._check_status(response)
                    spool.fill(lines(response.iter_content(CHUNK)), self._job, self._breathe)
            except BaseException:
                spool.close()
                raise
            return spool

        try:
            return self._http.retries.persist(attempt)
        except RetriableError as error:
            raise BulkLostError(f"its file cannot be had: {error}") from None

    def _check_status(self, response: requests.Response) -> None:
        if response.status_code >= 500 or response.status_code == 429:
            self._http.check_status(response)
        if response.status_code != 200:
            raise BulkLostError(f"its file is not there any more (HTTP {response.status_code})")
