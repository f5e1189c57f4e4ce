"""One Shiprocket company, read through its API user."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from profitsync.domain.days import ONE_DAY, DayRange, merge
from profitsync.domain.matching import order_key
from profitsync.domain.shipments import Shipment
from profitsync.sources.errors import BadResponseError
from profitsync.sources.findings import Finding
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, TokenCache
from profitsync.sources.shiprocket import mapping
from profitsync.sources.shiprocket.auth import Session
from profitsync.sources.shiprocket.checks import check
from profitsync.sources.shiprocket.client import Client, ForbiddenError, TooManyRecordsError
from profitsync.sources.shiprocket.dates import indian_day
from profitsync.sources.shiprocket.mapping import ParcelDetails
from profitsync.sources.shiprocket.wire import FailedAttempt, OrderItem, ShipmentItem, text

PACE = 1.0  # seconds between two requests of one merchant: what integrators hold, since no limit is published
WINDOW = 30  # days in one query
CHANGES_KEPT = timedelta(days=30)  # `updated_from` may not lie further back
CREATED, CHANGED = ("from", "to"), ("updated_from", "updated_to")  # names of a query's two days
_OLDEST_FIRST = {"sort": "ASC", "sort_by": "id"}  # so that what is added meanwhile does not shift pages
T = TypeVar("T")


class ShiprocketSource:
    """Parcels and failed attempts of one merchant. `base_url` is scheme and host.

    The session token is taken from `cache` and kept there; a login happens at most once per run, and not while
    an earlier refusal noted in `notebook` cools down. `version` is any text that changes with the credentials.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        email: str,
        password: str,
        cache: TokenCache,
        notebook: Notebook,
        clock: Callable[[], datetime],
        version: str = "",
    ) -> None:
        url = f"{base_url}/v1/external"
        self.warnings: list[str] = []
        self._session = Session(
            http, url=url, email=email, password=password, version=version, cache=cache, notebook=notebook,
            clock=clock,
        )  # fmt: skip
        self._client = Client(http, url=url, session=self._session, clock=clock, warn=self._warn)
        self._http = http
        self._clock = clock

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._http.requests

    def check(self) -> list[Finding]:
        """The token, what the API user may read, and the clock: three small requests, and a login if need be.

        Raises `SourceError` when the API lets nobody in, or is away.
        """
        return check(self._session, self._client, self._clock)

    def created(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order was created on these days (IST), in batches."""
        yield from self._shipments(DayRange(since, until), CREATED)

    def updated(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order changed on these days (IST), in batches.

        Raises `BadResponseError` when `since` is more than 30 days ago: older changes are not kept, and
        answering with fewer would lose them.
        """
        earliest = self._today() - CHANGES_KEPT
        if since < earliest:
            raise BadResponseError(f"{self._http.name}: changes before {earliest} cannot be asked for")
        yield from self._shipments(DayRange(since, until), CHANGED)

    def found(self, search: str) -> list[Shipment]:
        """All shipments of the orders whose AWB or channel order id is `search`, "#" and case aside.

        The API's own search answers with others too, so it is compared here. Blank finds nothing.
        """
        wanted = search.strip()
        if not wanted:
            return []
        query = _OLDEST_FIRST | {"search": wanted}
        pages = self._client.pages("/orders", query, OrderItem)
        orders = [order for page in pages for order in page if _is_meant(order, wanted)]
        details = self._details([order for order in orders if len(order.parcels) > 1])
        return [shipment for order in orders for shipment in mapping.shipments(order, details)]

    def failed_attempts(self, since: date, until: date) -> set[str]:
        """Ids of shipments with a failed delivery attempt raised on these days (IST)."""
        found: set[str] = set()
        nameless = 0
        for window in _windows(DayRange(since, until)):
            for page in self._pages("/ndr/all", {}, CREATED, window, FailedAttempt, exact_total=False):
                ids = [text(item.shipment_id) for item in page]
                found.update(filter(None, ids))
                nameless += ids.count("")
        if nameless:
            self._warn(f"{nameless} failed delivery attempts name no shipment and are not counted")
        return found

    def _shipments(self, days: DayRange, ends: tuple[str, str]) -> Iterator[list[Shipment]]:
        """The shipments of orders created or changed on these days.

        Split orders come last in each window, when the charges of their parcels have been fetched.
        """
        strangers = 0
        for window in _windows(days):
            split: list[OrderItem] = []
            for page in self._pages("/orders", _OLDEST_FIRST, ends, window, OrderItem):
                wanted = self._created_in(window, page) if ends is CREATED else page
                strangers += len(page) - len(wanted)
                split += [order for order in wanted if len(order.parcels) > 1]
                ready = [s for order in wanted if len(order.parcels) == 1 for s in mapping.shipments(order)]
                if ready:
                    yield ready
            if split:
                details = self._details(split)
                yield [shipment for order in split for shipment in mapping.shipments(order, details)]
        if strangers:
            self._warn(f"asked for orders of {days.first} to {days.last}, left out {strangers} of other days")

    def _created_in(self, window: DayRange, orders: list[OrderItem]) -> list[OrderItem]:
        """The orders for which the filter worked: a misspelt or ignored one would return everything."""
        slack = DayRange(window.first - ONE_DAY, window.last + ONE_DAY)
        return [order for order in orders if indian_day(mapping.order_created_at(order)) in slack]

    def _pages(
        self,
        path: str,
        query: Mapping[str, str],
        ends: tuple[str, str],
        window: DayRange,
        kind: type[T],
        *,
        exact_total: bool = True,
    ) -> Iterator[list[T]]:
        """Every page of a list over a window; one that matches too much is cut in two, and read again."""
        first, last = ends
        asked = {**query, first: window.first.isoformat(), last: window.last.isoformat()}
        divisible = len(window) > 1
        try:
            yield from self._client.pages(path, asked, kind, divisible=divisible, exact_total=exact_total)
        except TooManyRecordsError:
            if not divisible:
                raise
            middle = window.first + timedelta(days=len(window) // 2)
            for half in (DayRange(window.first, middle - ONE_DAY), DayRange(middle, window.last)):
                yield from self._pages(path, query, ends, half, kind, exact_total=exact_total)

    def _details(self, orders: Sequence[OrderItem]) -> Mapping[str, ParcelDetails]:
        """Charges per shipment id of split orders, from the list of shipments.

        That list selects by the shipment's own creation, between its order's creation and its dispatch.
        An API user who may not read it leaves these charges unknown.
        """
        wanted = {text(order.id) for order in orders}
        found: dict[str, ParcelDetails] = {}
        spans = merge(self._parcels_created(order) for order in orders)
        try:
            for window in (window for span in spans for window in _windows(span)):
                for page in self._pages("/shipments", _OLDEST_FIRST, CREATED, window, ShipmentItem):
                    found.update(
                        (text(item.id), mapping.parcel_details(item))
                        for item in page
                        if text(item.order_id) in wanted
                    )
        except ForbiddenError as error:
            self._warn(f"{error}: what the parcels of {len(orders)} split orders cost stays unknown")
        return found

    def _parcels_created(self, order: OrderItem) -> DayRange:
        first = indian_day(mapping.order_created_at(order))
        dispatched = [mapping.dispatched_at(parcel) for parcel in order.parcels]
        last = max(indian_day(at) if at else self._today() for at in dispatched)
        return DayRange(first, max(first, last))

    def _today(self) -> date:
        return indian_day(self._clock())

    def _warn(self, text: str) -> None:
        """Note a warning, once, without the source's name."""
        line = text.removeprefix(f"{self._http.name}: ")
        if line not in self.warnings:
            self.warnings.append(line)


def _is_meant(order: OrderItem, search: str) -> bool:
    awbs = {text(parcel.awb) for parcel in order.parcels}
    return search in awbs or order_key(text(order.channel_order_id)) == order_key(search)


def _windows(days: DayRange) -> Iterator[DayRange]:
    first = days.first
    while first <= days.last:
        window = DayRange(first, min(days.last, first + timedelta(days=WINDOW - 1)))
        yield window
        first = window.last + ONE_DAY
