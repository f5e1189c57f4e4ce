"""Many orders at once: by a bulk operation where that is quicker, else by pages.

An operation's rows show each order as it was at some moment while the operation ran. Everything that changed
since it began is read by pages afterwards, up to the present, so the end of the read is as fresh as a read by
pages, whatever the operation's age: a run that was killed or could not wait leaves a note, and the next one goes
on with the same operation. Less than everything is never taken for everything: an operation that fails, or whose
file is not whole, is done once more; then the orders are read by pages.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from profitsync.sources.errors import RetriableError, SourceError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, OrderWindow
from profitsync.sources.shopify import bulk_query, queries
from profitsync.sources.shopify.bulk_job import BulkJobs, BulkLostError, BulkNote, BulkRefusedError
from profitsync.sources.shopify.bulk_rows import BulkRows, download
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.search import search_text, whole_second
from profitsync.sources.shopify.wire import Wire

log = logging.getLogger(__name__)

# Orders. Up to here pages are quicker: 60 pages at 430 points each come to four minutes on a standard shop's 100
# points per second at most, and an operation takes a minute or more however little it gathers.
BULK_FROM = 3_000
LAG = timedelta(minutes=15)  # the search index lags behind the database, for the operation too
TRIES = 2


class _Count(Wire):
    count: int


class _CountAnswer(Wire):
    orders_count: _Count


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What bulk operations need beside the shop. `threshold`: orders from which one is worth it."""

    notebook: Notebook
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    threshold: int = BULK_FROM


class Backfill:
    """Reads a window by a bulk operation when it is large; `pages` reads any window page by page."""

    def __init__(
        self,
        client: ShopifyClient,
        http: HttpClient,
        options: BulkOptions,
        version: str,
        *,
        pages: Callable[[OrderWindow], Iterator[list[OrderNode]]],
        decode: Callable[[msgspec.Raw], OrderNode],
        warnings: list[str],
    ) -> None:
        self._client = client
        self._http = http
        self._options = options
        self._pages = pages
        self._decode = decode
        self._warnings = warnings
        self._jobs = BulkJobs(
            client, options.notebook, options.clock, options.sleep, bulk_query.fingerprint(version)
        )

    def nodes(self, window: OrderWindow) -> Iterator[list[OrderNode]]:
        """Every order of the window, in batches; an order may come twice.

        Raises `RetriableError` when the operation takes longer than one run can wait.
        """
        pages = self._pages(window)
        first = next(pages, [])
        if len(first) >= queries.PAGE and (read := self._by_bulk(window)):
            note, rows = read
            with rows:
                yield from self._inside(rows, window)
            since = max(window.updated_from, note.started_at - LAG)
            yield from self._pages(replace(bulk_query.open_ended(window), updated_from=since))
            self._jobs.forget()
            return
        yield first
        yield from pages

    def _by_bulk(self, window: OrderWindow) -> tuple[BulkNote, BulkRows] | None:
        """The rows of a complete operation; None when pages are to be read, with a warning if that is a pity."""
        try:
            if not self._is_large(window):
                return None
            note = self._jobs.fitting(window)
            for _ in range(TRIES):
                note = note or self._jobs.start(window)
                if (rows := self._rows(note)) is not None:
                    return note, rows
                note = None
            raise BulkRefusedError("it did not come to a whole file twice")
        except RetriableError:  # of an operation that has begun: the next run goes on with it
            raise
        except SourceError as error:  # pages may fare better, and fail with a reason of their own if not
            self._warnings.append(f"orders were read page by page, no bulk operation was possible: {error}")
            return None

    def _is_large(self, window: OrderWindow) -> bool:
        variables = {"query": search_text(window, window.updated_from)}
        try:
            count = self._client.ask(bulk_query.COUNT, variables, _CountAnswer).orders_count.count
        except RetriableError as error:
            raise BulkRefusedError(str(error)) from None
        return count >= self._options.threshold

    def _rows(self, note: BulkNote) -> BulkRows | None:
        """The operation's rows; None when it, or its file, is lost."""
        try:
            return download(self._http, self._jobs.finished(note), breathe=lambda: self._options.sleep(0))
        except BulkLostError as error:
            log.warning("a bulk operation came to nothing: %s", error)
            self._jobs.forget()
            return None

    def _inside(self, rows: BulkRows, window: OrderWindow) -> Iterator[list[OrderNode]]:
        """An operation of an earlier run may have asked for more: bounds as rounded in the search text."""
        oldest = whole_second(window.updated_from)
        before = window.processed_before and whole_second(window.processed_before, up=True)
        for batch in rows.orders(queries.PAGE):
            nodes = [self._decode(raw) for raw in batch]
            yield [
                node for node in nodes
                if node.updated_at >= oldest and (before is None or node.processed_at <= before)
            ]  # fmt: skip
