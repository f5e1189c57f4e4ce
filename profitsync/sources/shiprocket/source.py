"""One Shiprocket company, read through its API user."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from profitsync.domain.days import ONE_DAY, DayRange, merge
from profitsync.domain.shipments import Shipment
from profitsync.sources.errors import BadResponseError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import TokenCache
from profitsync.sources.shiprocket import mapping
from profitsync.sources.shiprocket.auth import Session
from profitsync.sources.shiprocket.client import Client, ForbiddenError, TooManyRecordsError
from profitsync.sources.shiprocket.dates import indian_day, instant
from profitsync.sources.shiprocket.mapping import ParcelDetails
from profitsync.sources.shiprocket.wire import FailedAttempt, OrderItem, ShipmentItem, text

log = logging.getLogger(__name__)

WINDOW = 30  # days in one query
CHANGES_KEPT = timedelta(days=30)  # `updated_from` may not lie further back
_OLDEST_FIRST = {"sort": "ASC", "sort_by": "id"}  # so that what is added meanwhile does not shift pages


class ShiprocketSource:
    """Parcels and failed attempts of one merchant. `base_url` is scheme and host.

    The session token is taken from `cache` and kept there; a login happens at most once per run.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        email: str,
        password: str,
        cache: TokenCache,
        clock: Callable[[], datetime],
    ) -> None:
        url = f"{base_url}/v1/external"
        session = Session(http, url=url, email=email, password=password, cache=cache, clock=clock)
        self._client = Client(http, url=url, session=session)
        self.warnings: list[str] = []
        self._http = http
        self._clock = clock

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._http.requests

    def created(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order was created on these days (IST), in batches."""
        for window in _windows(DayRange(since, until)):
            yield from self._orders(window, "from", "to", only_created=True)

    def updated(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order changed on these days (IST), in batches.

        Raises `BadResponseError` when `since` is more than 30 days ago: older changes are not kept, and
        answering with fewer would lose them.
        """
        earliest = self._today() - CHANGES_KEPT
        if since < earliest:
            raise BadResponseError(f"{self._http.name}: changes before {earliest} cannot be asked for")
        for window in _windows(DayRange(since, until)):
            yield from self._orders(window, "updated_from", "updated_to", only_created=False)

    def failed_attempts(self, since: date, until: date) -> set[str]:
        """Ids of shipments with a failed delivery attempt raised on these days (IST)."""
        found: set[str] = set()
        for window in _windows(DayRange(since, until)):
            for page in self._client.pages("/ndr/all", _days("from", "to", window), FailedAttempt):
                found.update(shipment_id for item in page if (shipment_id := text(item.shipment_id)))
        return found

    def found(self, search: str) -> list[Shipment]:
        """All shipments of the orders whose AWB or channel order id is `search`."""
        pages = self._client.pages("/orders", {"search": search}, OrderItem)
        named = [
            order
            for page in pages
            for order in page
            if search in (text(order.channel_order_id), *(text(parcel.awb) for parcel in order.parcels))
        ]
        split = [order for order in named if len(order.parcels) > 1]
        details = self._details(split) if split else {}
        return [shipment for order in named for shipment in mapping.shipments(order, details)]

    def _orders(self, window: DayRange, start: str, end: str, *, only_created: bool) -> Iterator[list[Shipment]]:
        """The shipments of one query's orders; a query that matches too much is cut in two.

        Split orders come last, when the charges of their parcels have been fetched.
        """
        query = _OLDEST_FIRST | _days(start, end, window)
        split: list[OrderItem] = []
        try:
            for page in self._client.pages("/orders", query, OrderItem):
                wanted = self._created_in(window, page) if only_created else page
                split += [order for order in wanted if len(order.parcels) > 1]
                ready = [s for order in wanted if len(order.parcels) == 1 for s in mapping.shipments(order)]
                if ready:
                    yield ready
        except TooManyRecordsError:
            if len(window) == 1:
                raise
            middle = window.first + timedelta(days=len(window) // 2)
            for half in (DayRange(window.first, middle - ONE_DAY), DayRange(middle, window.last)):
                yield from self._orders(half, start, end, only_created=only_created)
        if split:
            details = self._details(split)
            yield [shipment for order in split for shipment in mapping.shipments(order, details)]

    def _created_in(self, window: DayRange, orders: list[OrderItem]) -> list[OrderItem]:
        """The orders for which the filter worked: a misspelt or ignored one would return everything."""
        slack = DayRange(window.first - ONE_DAY, window.last + ONE_DAY)
        wanted = [order for order in orders if indian_day(mapping.order_created_at(order)) in slack]
        if strangers := len(orders) - len(wanted):
            log.warning(
                "%s: asked for orders of %s to %s, left out %d of other days",
                self._http.name, window.first, window.last, strangers,
            )  # fmt: skip
        return wanted

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
                query = _OLDEST_FIRST | _days("from", "to", window)
                for page in self._client.pages("/shipments", query, ShipmentItem):
                    found.update(
                        (text(item.id), mapping.parcel_details(item))
                        for item in page
                        if text(item.order_id) in wanted
                    )
        except ForbiddenError as error:
            log.warning("%s; the charges of %d split orders stay unknown", error, len(orders))
        return found

    def _parcels_created(self, order: OrderItem) -> DayRange:
        first = indian_day(mapping.order_created_at(order))
        dispatched = [instant(parcel.shipped_date) for parcel in order.parcels]
        last = max(indian_day(at) if at else self._today() for at in dispatched)
        return DayRange(first, max(first, last))

    def _today(self) -> date:
        return indian_day(self._clock())


def _windows(days: DayRange) -> Iterator[DayRange]:
    first = days.first
    while first <= days.last:
        window = DayRange(first, min(days.last, first + timedelta(days=WINDOW - 1)))
        yield window
        first = window.last + ONE_DAY


def _days(start: str, end: str, window: DayRange) -> dict[str, str]:
    return {start: window.first.isoformat(), end: window.last.isoformat()}
