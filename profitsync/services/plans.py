"""What to ask each source for, given how far it was read. Pure.

A plain sync is incremental, with re-reads where the past still moves: ads for 28 days, shipments for 60, and
for as many as 180 while some of them are not final or not billed.
With days given, exactly those are read again. Near the edge of what is known, older orders and parcels are
read along: an RTO or refund of these days may belong to one placed weeks before.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from profitsync.domain.days import ONE_DAY, DayRange, day_start, shop_day
from profitsync.domain.merchants import SourceState
from profitsync.sources.protocol import OrderWindow

FIRST_SYNC_DAYS = 90
LOOK_BACK = timedelta(days=45)  # how long before its RTO an order may have been placed
OVERLAP = timedelta(minutes=15)  # the search index of the shop lags behind its database
ADS_REREAD = timedelta(days=28)  # Meta restates figures for so long
SHIPMENTS_REREAD = timedelta(days=60)  # bills and weight disputes arrive weeks later
OPEN_AT_MOST = timedelta(days=180)  # a parcel older than that is taken as it is, final or not
WAITING = timedelta(days=7)  # how long before its parcel an order may have been created
CLOCKS_DIFFER = timedelta(minutes=5)  # between machines that share a store; well within the overlap
FULL_READ_EVERY = timedelta(hours=24)
UPDATED_LIMIT = timedelta(days=28)  # Shiprocket refuses `updated_from` beyond 30 days
INDIA = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class Span:
    """The shop days a run is about, and whether they were asked for by date."""

    days: DayRange
    dated: bool
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The shop's today."""
        return shop_day(self.now, self.zone)

    def first_days(self) -> DayRange:
        """What a merchant's first sync reads."""
        return DayRange(self.today - timedelta(days=FIRST_SYNC_DAYS - 1), self.today)


def known_window(span: Span, state: SourceState, reread: timedelta = timedelta(0)) -> DayRange:
    """The days that a successful read of this source makes known."""
    if span.dated:
        return span.days
    if state.cursor is None:
        return span.first_days()
    return DayRange(min(shop_day(state.cursor, span.zone), span.today) - reread, span.today)


def visible_days(days: DayRange, hidden_before: datetime | None, zone: ZoneInfo) -> DayRange | None:
    """The days of which every order can be seen; None when there are none. A day seen in part is not known."""
    if hidden_before is None:
        return days
    first = shop_day(hidden_before, zone)
    if day_start(first, zone) < hidden_before:
        first += ONE_DAY
    return DayRange(max(first, days.first), days.last) if first <= days.last else None


def is_ahead(state: SourceState, now: datetime) -> bool:
    """Whether the source was read by a clock that was set back since, by more than machines differ."""
    return state.cursor is not None and state.cursor - now > CLOCKS_DIFFER


def full_read_due(state: SourceState, now: datetime) -> bool:
    """Whether the last rolling re-read lies a day back."""
    return state.last_full_read_at is None or now - state.last_full_read_at >= FULL_READ_EVERY


def order_window(span: Span, state: SourceState) -> OrderWindow:
    """Which orders to ask Shopify for.

    Whatever touches a day was changed on or after it, so `updated_at` finds refunds of any age.
    """
    if not span.dated and state.cursor is not None:
        return OrderWindow(state.cursor - OVERLAP, updated_before=span.now)
    days = known_window(span, state)
    start = day_start(_with_look_back(days.first, state), span.zone)
    if span.dated:
        return OrderWindow(start, processed_before=day_start(days.last + ONE_DAY, span.zone))
    return OrderWindow(start, updated_before=span.now)


@dataclass(frozen=True, slots=True)
class ShipmentReads:
    """Ranges of Indian days to ask Shiprocket for; `full` when the rolling re-read is among them."""

    created: DayRange | None = None
    updated: DayRange | None = None
    full: bool = False

    def reaching(self, open_since: date) -> "ShipmentReads":
        """The same, but by creation back to the oldest parcel that may still change."""
        if self.created is None:
            return self
        first = min(self.created.first, open_since - WAITING)
        return replace(self, created=DayRange(first, self.created.last))


def shipment_reads(span: Span, state: SourceState) -> ShipmentReads:
    """Which shipments to ask for."""
    today = shop_day(span.now, INDIA)
    if span.dated or state.cursor is None:
        days = known_window(span, state)
        edge = ONE_DAY if span.zone.key != INDIA.key else timedelta(0)  # a shop day may span two Indian ones
        # What happened to older parcels on these days is known only if a read by change came after them.
        caught_up = state.cursor is not None and shop_day(state.cursor, span.zone) > days.last
        first = (_with_look_back(days.first, state) if caught_up else days.first - LOOK_BACK) - edge
        last = max(min(days.last + edge, today), first)
        return ShipmentReads(created=DayRange(first, last), full=not span.dated)
    since = shop_day(state.cursor, INDIA) - ONE_DAY
    due = full_read_due(state, span.now)
    if today - since > UPDATED_LIMIT:
        return ShipmentReads(created=DayRange(min(since, today) - SHIPMENTS_REREAD, today), full=True)
    rolling = DayRange(today - SHIPMENTS_REREAD, today) if due else None
    return ShipmentReads(created=rolling, updated=DayRange(min(since, today), today), full=due)


def _with_look_back(first: date, state: SourceState) -> date:
    """Days read by date alone are known as they were then; only reads by change keep them up to date."""
    earlier = first - LOOK_BACK
    known = any(earlier in one and first in one for one in state.covered)
    return first if known and state.cursor is not None else earlier
