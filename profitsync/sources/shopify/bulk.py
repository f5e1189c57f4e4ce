"""Many orders at once: by a bulk operation where that is quicker, else by pages.

An operation's rows show each order as it was at some moment while the operation ran. Of an order that changed
since it began the row is left aside, for a later state may be stored already; it is read by pages instead, after
the rows and up to the present. So the end of the read is as fresh as a read by pages, whatever the operation's
age: a run that was killed or could not wait leaves a note, and the next one goes on with the same operation.

Less than everything is never taken for everything: an operation that fails, or whose file is not whole, is done
once more; then the orders are read by pages.
"""

import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from profitsync.sources.errors import RetriableError, SourceError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, OrderWindow
from profitsync.sources.shopify.bulk_file import BulkFile
from profitsync.sources.shopify.bulk_job import BulkJobs, BulkLostError, BulkNote, BulkRefusedError
from profitsync.sources.shopify.bulk_query import BulkQuery, open_ended
from profitsync.sources.shopify.census import Census
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.optional import Selection
from profitsync.sources.shopify.orderlist import OrderList, whole_second
from profitsync.sources.shopify.wire import Glance, digits

log = logging.getLogger(__name__)

# Orders. Up to here pages are about as quick: a standard shop gives back the points for so many in 80 seconds
# (2.6 each, 100 per second) and answers their 60 pages meanwhile; an operation takes a minute or more however
# little it gathers.
BULK_FROM = 3_000
ONE_SECOND = timedelta(seconds=1)
LAG = timedelta(minutes=15)  # the search index lags behind the database, for the operation too
TRIES = 2


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
            if later := (yield from self._by_bulk(jobs, window)):
                yield from self._orders.pages(later)
                self._read = jobs
                return
        yield first
        yield from pages

    def _by_bulk(
        self, jobs: BulkJobs, window: OrderWindow
    ) -> Generator[list[msgspec.Raw], None, OrderWindow | None]:
        """The orders of a complete operation, then the window of what changed since.

        None, with a warning, when pages are to be read; some orders of the operation may have been handed on.
        """
        try:
            note = jobs.fitting(window)
            for _ in range(TRIES):
                note = note or jobs.start(window)
                if later := (yield from self._orders_of(jobs, note, window)):
                    return later
                note = None
            raise BulkRefusedError("it did not come to a whole file twice")
        except RetriableError:  # of an operation that has begun: the next run goes on with it
            raise
        except SourceError as error:  # pages may fare better, and fail with a reason of their own if not
            self._warn(f"orders were read page by page, no bulk operation was possible: {error}")
            return None

    def _orders_of(
        self, jobs: BulkJobs, note: BulkNote, window: OrderWindow
    ) -> Generator[list[msgspec.Raw], None, OrderWindow | None]:
        """The same of one operation; None when it, or its file, is lost."""
        try:
            file = BulkFile(self._http, jobs.finished(note), breathe=lambda: self._client.pause(0))
            since = max(window.updated_from, note.started_at - LAG)
            later = replace(open_ended(window), updated_from=since)
            yield from self._unchanged(file, note, window, self._census.changed(later))
            self._compare(file, note)
        except BulkLostError as error:
            log.warning("a bulk operation came to nothing: %s", error)
            jobs.forget()
            return None
        return later

    def _compare(self, file: BulkFile, note: BulkNote) -> None:
        """Whatever has not changed since the operation began must be in its file."""
        unchanged = OrderWindow(note.updated_from, note.started_at - LAG, note.processed_before)
        if unchanged.updated_from >= note.started_at - LAG:
            return
        counted = self._orders.count(unchanged)
        if file.roots < counted:
            raise BulkLostError(f"its file has {file.roots} orders where Shopify counts {counted}")

    def _unchanged(
        self, file: BulkFile, note: BulkNote, window: OrderWindow, changed: set[str]
    ) -> Iterator[list[msgspec.Raw]]:
        """Orders of the window but for those that `changed` (digits) since the operation began.

        An operation of an earlier run may have asked for more.
        """
        is_all = (note.updated_from, note.processed_before) == (window.updated_from, window.processed_before)
        for batch in file.orders():
            if is_all and not changed:
                yield batch
                continue
            yield [
                raw for raw in batch
                if digits((order := self._orders.glance(raw)).id) not in changed and _lies_in(window, order)
            ]  # fmt: skip


def _lies_in(window: OrderWindow, order: Glance) -> bool:
    """Bounds as rounded in the search text."""
    before = window.processed_before and whole_second(window.processed_before, up=True) + ONE_SECOND
    return order.updated_at >= whole_second(window.updated_from) and (not before or order.processed_at < before)
