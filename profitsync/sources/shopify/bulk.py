"""Many orders at once: by a bulk operation where that is quicker, else by pages.

An operation's rows show each order as it was at some moment while the operation ran. Of an order that changed
since it began the row is left aside, for a later state may be stored already; it is read by pages instead, after
the rows and up to the present. So the end of the read is as fresh as a read by pages, whatever the operation's
age: a run that was killed or could not wait leaves a note, and the next one goes on with the same operation.

Less than everything is never taken for everything: an operation that fails, or whose file is not whole, is done
once more; then the orders are read by pages.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from profitsync.sources.errors import RetriableError, SourceError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, OrderWindow
from profitsync.sources.shopify.bulk_job import BulkJobs, BulkLostError, BulkNote, BulkRefusedError
from profitsync.sources.shopify.bulk_query import BulkQuery, open_ended
from profitsync.sources.shopify.bulk_rows import BulkRows, download
from profitsync.sources.shopify.census import Census
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.optional import Selection
from profitsync.sources.shopify.orderlist import OrderList, whole_second

log = logging.getLogger(__name__)

# Orders. Up to here pages are about as quick: a standard shop gives back the points for so many in 80 seconds
# (2.6 each, 100 per second) and answers their 60 pages meanwhile; an operation takes a minute or more however
# little it gathers.
BULK_FROM = 3_000
ONE_SECOND = timedelta(seconds=1)
LAG = timedelta(minutes=15)  # the search index lags behind the database, for the operation too
TRIES = 2
AT_ONCE = 125  # orders of a file, handed on together


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """Where notes are kept, and from how many orders on an operation is worth it."""

    notebook: Notebook
    threshold: int = BULK_FROM


class Backfill:
    """Reads a window by a bulk operation when it is large, else by the pages of `orders`."""

    def __init__(
        self,
        client: ShopifyClient,
        http: HttpClient,
        options: BulkOptions,
        orders: OrderList,
        census: Census,
        selection: Selection,
        warn: Callable[[str], None],
    ) -> None:
        self._client = client
        self._http = http
        self._options = options
        self._orders = orders
        self._census = census
        self._selection = selection
        self._warn = warn
        self._read: BulkJobs | None = None  # whose rows were read to the end

    def forget(self) -> None:
        """Everything read is stored: the operation behind it is not needed by another run."""
        if self._read:
            self._read.forget()
            self._read = None

    def nodes(self, window: OrderWindow) -> Iterator[list[msgspec.Raw]]:
        """Every order of the window, in batches, still to be decoded; an order may come twice.

        Raises `RetriableError` when the operation takes longer than one run can wait.
        """
        pages = self._orders.pages(window)
        first = next(pages)
        if self._orders.counted >= self._options.threshold:
            # Only now: the first page has shown which optional parts may be read.
            query = BulkQuery(self._selection, self._client.version)
            jobs = BulkJobs(self._client, self._options.notebook, query)
            if read := self._by_bulk(jobs, window):
                note, rows = read
                since = max(window.updated_from, note.started_at - LAG)
                later = replace(open_ended(window), updated_from=since)
                with rows:
                    rows.leave_out(self._census.changed(later))
                    yield from self._unchanged(rows, note, window)
                yield from self._orders.pages(later)
                self._read = jobs
                return
        yield first
        yield from pages

    def _by_bulk(self, jobs: BulkJobs, window: OrderWindow) -> tuple[BulkNote, BulkRows] | None:
        """The rows of a complete operation; None, with a warning, when pages are to be read."""
        try:
            note = jobs.fitting(window)
            for _ in range(TRIES):
                note = note or jobs.start(window)
                if (rows := self._rows(jobs, note)) is not None:
                    return note, rows
                note = None
            raise BulkRefusedError("it did not come to a whole file twice")
        except RetriableError:  # of an operation that has begun: the next run goes on with it
            raise
        except SourceError as error:  # pages may fare better, and fail with a reason of their own if not
            self._warn(f"orders were read page by page, no bulk operation was possible: {error}")
            return None

    def _rows(self, jobs: BulkJobs, note: BulkNote) -> BulkRows | None:
        """The operation's rows; None when it, or its file, is lost."""
        try:
            rows = download(self._http, jobs.finished(note), breathe=lambda: self._client.pause(0))
            try:
                self._compare(rows, note)
            except BaseException:
                rows.close()
                raise
        except BulkLostError as error:
            log.warning("a bulk operation came to nothing: %s", error)
            jobs.forget()
            return None
        return rows

    def _compare(self, rows: BulkRows, note: BulkNote) -> None:
        """Whatever has not changed since the operation began must be in its file."""
        unchanged = OrderWindow(note.updated_from, note.started_at - LAG, note.processed_before)
        if unchanged.updated_from >= note.started_at - LAG:
            return
        counted = self._orders.count(unchanged)
        if rows.roots < counted:
            raise BulkLostError(f"its file has {rows.roots} orders where Shopify counts {counted}")

    def _unchanged(self, rows: BulkRows, note: BulkNote, window: OrderWindow) -> Iterator[list[msgspec.Raw]]:
        """Orders of the window; an operation of an earlier run may have asked for more."""
        is_all = (note.updated_from, note.processed_before) == (window.updated_from, window.processed_before)
        for batch in rows.orders(AT_ONCE):
            yield batch if is_all else [raw for raw in batch if self._lies_in(window, raw)]

    def _lies_in(self, window: OrderWindow, raw: msgspec.Raw) -> bool:
        """Bounds as rounded in the search text."""
        order = self._orders.glance(raw)
        before = window.processed_before and whole_second(window.processed_before, up=True) + ONE_SECOND
        return order.updated_at >= whole_second(window.updated_from) and (
            not before or order.processed_at < before
        )
