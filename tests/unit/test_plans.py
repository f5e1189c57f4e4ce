"""What a sync asks each source for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from profitsync.domain.days import DayRange
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SourceState
from profitsync.services.plans import (
    ADS_REREAD,
    OVERLAP,
    SHIPMENTS_REREAD,
    Span,
    known_window,
    order_window,
    shipment_reads,
)
from tests.unit.builders import INDIA, day

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = day(23)
HOURLY = Span(DayRange(TODAY, TODAY), dated=False, now=NOW, zone=INDIA)
ASKED = DayRange(day(2), day(5))
DATED = Span(ASKED, dated=True, now=NOW, zone=INDIA)
NEW = SourceState(SHOPIFY)


def read_until(cursor: datetime, **more: object) -> SourceState:
    return SourceState(SHOPIFY, cursor=cursor, **more)  # type: ignore[arg-type]


def test_the_first_sync_knows_the_last_ninety_days_today_included() -> None:
    assert known_window(HOURLY, NEW) == DayRange(TODAY - timedelta(days=89), TODAY)


def test_an_hourly_sync_knows_everything_from_its_cursor_to_today() -> None:
    assert known_window(HOURLY, read_until(NOW - timedelta(days=2))) == DayRange(day(21), TODAY)


def test_today_is_the_shops_today() -> None:
    late = Span(HOURLY.days, dated=False, now=datetime(2026, 11, 23, 19, tzinfo=UTC), zone=INDIA)

    assert late.today == day(24)


def test_ads_of_the_last_twenty_eight_days_are_read_again() -> None:
    window = known_window(HOURLY, SourceState(META, cursor=NOW - timedelta(hours=1)), ADS_REREAD)

    assert window == DayRange(TODAY - timedelta(days=28), TODAY)


def test_days_asked_for_are_exactly_the_days_known_afterwards() -> None:
    assert known_window(DATED, read_until(NOW), ADS_REREAD) == ASKED


def test_an_hourly_sync_asks_for_orders_changed_since_the_cursor_with_an_overlap() -> None:
    cursor = NOW - timedelta(hours=1)

    window = order_window(HOURLY, read_until(cursor))

    assert window.updated_from == cursor - OVERLAP
    assert window.updated_before == NOW
    assert window.processed_before is None


def test_the_first_sync_reads_older_orders_along_whose_rto_may_come_now() -> None:
    window = order_window(HOURLY, NEW)

    assert window.updated_from < datetime(2026, 8, 25, tzinfo=UTC) - timedelta(days=40)
    assert window.updated_before == NOW


def test_a_dated_sync_ends_with_orders_processed_on_the_last_day_asked_for() -> None:
    window = order_window(DATED, NEW)

    assert window.processed_before == datetime(2026, 11, 5, 18, 30, tzinfo=UTC)
    assert window.updated_before is None


def test_where_the_past_is_known_a_dated_sync_does_not_look_back() -> None:
    known = read_until(NOW, covered=(DayRange(date(2026, 8, 1), TODAY),))

    assert order_window(DATED, known).updated_from == datetime(2026, 11, 1, 18, 30, tzinfo=UTC)


def shipped(cursor: datetime | None, full: datetime | None = None) -> SourceState:
    return SourceState(SHIPROCKET, cursor=cursor, last_full_read_at=full)


def test_shipments_are_asked_for_by_change_and_once_a_day_by_creation_too() -> None:
    hour_ago, day_ago = NOW - timedelta(hours=1), NOW - timedelta(hours=24)

    quick = shipment_reads(HOURLY, shipped(hour_ago, full=hour_ago))
    rolling = shipment_reads(HOURLY, shipped(hour_ago, full=day_ago))

    assert quick.created is None
    assert not quick.full
    assert quick.updated == rolling.updated == DayRange(day(22), TODAY)
    assert rolling.created == DayRange(TODAY - SHIPMENTS_REREAD, TODAY)
    assert rolling.full


def test_a_pause_longer_than_shiprocket_allows_is_read_by_creation() -> None:
    reads = shipment_reads(HOURLY, shipped(NOW - timedelta(days=40), full=NOW))

    assert reads.updated is None
    assert reads.created is not None
    assert reads.created.first <= TODAY - timedelta(days=100)


def test_a_dated_sync_reads_shipments_by_creation_up_to_the_last_day() -> None:
    reads = shipment_reads(DATED, shipped(NOW))

    assert reads.created is not None
    assert reads.created.last == day(5)
    assert reads.created.first == day(2) - timedelta(days=45)
    assert reads.updated is None


def test_a_shop_abroad_needs_one_indian_day_more_on_each_side() -> None:
    abroad = Span(ASKED, dated=True, now=NOW, zone=ZoneInfo("America/New_York"))

    reads = shipment_reads(abroad, shipped(NOW))

    assert reads.created is not None
    assert reads.created.last == day(6)
