"""The lists of a Shiprocket company: filters by Indian days, order, pages with their meta block."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from profitsync.sandbox.render_shiprocket import ndr_item, order_item, order_show, shipment_item
from profitsync.sandbox.shiprocket_oddities import Oddity
from profitsync.sandbox.world import ShiprocketOrderDraft, ShiprocketWorld

IST = timezone(timedelta(hours=5, minutes=30), "IST")
USUAL_PAGE = 15
LARGEST_PAGE = 250
CHANGES_KEPT = timedelta(days=30)  # how far back `updated_from` may lie, and how many days it may span

Rows = Sequence[Callable[[], Any]]  # each renders its row when its page is asked for


class BadQueryError(ValueError):
    """Parameters that are refused; `problems` are texts by parameter."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.problems = {name: [problem]}


class Company:
    """What one API user can read; `oddity` is the way in which this answer differs from the usual."""

    def __init__(self, world: ShiprocketWorld, clock: Callable[[], datetime], oddity: Oddity) -> None:
        self._world = world
        self.oddity = oddity
        self._today = clock().astimezone(IST).date()

    def order(self, number: int) -> Any:
        """One order in full, or None."""
        order = self._world.orders.get(number)
        return None if order is None else order_show(order)

    def orders(self, query: Mapping[str, str]) -> Rows:
        """Orders created in `from` … `to`, changed in `updated_from` … `updated_to`, with `search` in an id."""
        created, changed = _Span(query, "from", "to"), self._changed(query)
        wanted = query.get("search", "").lstrip("#")
        found: list[ShiprocketOrderDraft] = [
            order
            for order in self._world.orders.values()
            if created.holds(order.created_at)
            and changed.holds(order.updated_at)
            and any(wanted in one for one in (order.channel_order_id, *(parcel.awb for parcel in order.parcels)))
        ]
        by_status = query.get("sort_by") == "status"
        found.sort(
            key=lambda order: (order.status_code if by_status else 0, order.id), reverse=_newest_first(query)
        )
        return [partial(self.oddity.order, order_item, order) for order in found]

    def shipments(self, query: Mapping[str, str]) -> Rows:
        """Shipments of all orders by their own creation."""
        created = _Span(query, "from", "to")
        found = [
            (parcel.id, order, parcel)
            for order in self._world.orders.values()
            for parcel in order.parcels
            if created.holds(parcel.created_at)
        ]
        found.sort(key=lambda entry: entry[0], reverse=_newest_first(query))
        return [partial(self.oddity.shipment, shipment_item, parcel, order) for _, order, parcel in found]

    def failed_attempts(self, query: Mapping[str, str]) -> Rows:
        """Failed delivery attempts by the day they were raised."""
        raised = _Span(query, "from", "to")
        wanted = query.get("search")
        found = [
            ndr for ndr in self._world.ndr if raised.holds(ndr.raised_at) and (not wanted or ndr.awb == wanted)
        ]
        found.sort(key=lambda ndr: ndr.id, reverse=_newest_first(query))
        return [partial(ndr_item, ndr) for ndr in found]

    def _changed(self, query: Mapping[str, str]) -> "_Span":
        changed = _Span(query, "updated_from", "updated_to")
        if changed.first is None and changed.last is not None:
            raise BadQueryError("updated_from", "The updated from field is required when updated to is present.")
        if changed.first is not None and changed.first < self._today - CHANGES_KEPT:
            raise BadQueryError("updated_from", "The updated from must not be more than 30 days ago.")
        if changed.first and changed.last and changed.last - changed.first > CHANGES_KEPT:
            raise BadQueryError("updated_to", "The date range must not exceed 30 days.")
        return changed


class _Span:
    """The Indian days of two parameters, both ends included; an end that is not given is open."""

    def __init__(self, query: Mapping[str, str], first: str, last: str) -> None:
        self.first, self.last = _day(query, first), _day(query, last)
        begin = None if self.first is None else _midnight(self.first)
        end = None if self.last is None else _midnight(self.last + timedelta(days=1))
        self._begin = begin or datetime.min.replace(tzinfo=UTC)
        self._end = end or datetime.max.replace(tzinfo=UTC)

    def holds(self, instant: datetime) -> bool:
        return self._begin <= instant < self._end


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=IST)


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadQueryError(name, f"The {name.replace('_', ' ')} does not match the format Y-m-d.") from None


def _newest_first(query: Mapping[str, str]) -> bool:
    return query.get("sort", "DESC").upper() != "ASC"


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, "")
    return max(1, int(text)) if text.isdigit() else usual


def paged(rows: Rows, query: Mapping[str, str], url: str, oddity: Oddity) -> dict[str, Any]:
    """One page with its meta block. `next` forgets every parameter but the page, as published examples do."""
    size = min(_number(query, "per_page", USUAL_PAGE), oddity.largest_page(LARGEST_PAGE))
    page = _number(query, "page", 1)
    pages = max(1, -(-len(rows) // size))
    shown = min(page, pages) if oddity.kind == "repeated-page" else page
    chosen: Iterable[Callable[[], Any]] = () if oddity.kind == "empty-page" else rows[(shown - 1) * size :][:size]
    data = [render() for render in chosen]
    more = oddity.kind in ("empty-page", "repeated-page") or page < pages
    nothing: Any = [] if oddity.kind == "list-links" else {}
    return {
        "data": data,
        "meta": {
            "pagination": {
                "total": len(rows), "count": len(data), "per_page": size, "current_page": page,
                "total_pages": None if oddity.kind == "null-pages" else pages,
                "links": {"next": f"{url}?page={page + 1}"} if more else nothing,
            }
        },
    }  # fmt: skip
