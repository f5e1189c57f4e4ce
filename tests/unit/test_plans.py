"""What a sync asks each source for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SourceState
from profitsync.services.plans import (
    ADS_REREAD,
    LOOK_BACK,
    OVERLAP,
    SHIPMENTS_REREAD,
    Span,
    known_window,
    order_window,
    shipment_reads,
    visible_days,
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


VISIBLE = [
    pytest.param(None, (2, 5), id="nothing hidden"),
    pytest.param(datetime(2026, 10, 1, tzinfo=UTC), (2, 5), id="hidden long before"),
    pytest.param(datetime(2026, 11, 2, 18, 30, tzinfo=UTC), (3, 5), id="from the start of a day on"),
    pytest.param(datetime(2026, 11, 2, 18, 31, tzinfo=UTC), (4, 5), id="a day seen in part is left out"),
    pytest.param(datetime(2026, 11, 4, 18, 30, tzinfo=UTC), (5, 5), id="the last day alone"),
    pytest.param(datetime(2026, 11, 4, 18, 31, tzinfo=UTC), None, id="not even the last day"),
]


@pytest.mark.parametrize(("hidden_before", "left"), VISIBLE)
def test_days_that_can_be_seen_whole(hidden_before: datetime | None, left: tuple[int, int] | None) -> None:
    expected = DayRange(day(left[0]), day(left[1])) if left else None

    assert visible_days(ASKED, hidden_before, INDIA) == expected


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


LONG_AGO = day(2) - LOOK_BACK  # as far back as a dated read of ASKED looks
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("cursor", "covered", "looks_back"),
    [
        pytest.param(NOW, [DayRange(LONG_AGO, TODAY)], False, id="known up to the edge"),
        pytest.param(NOW, [DayRange(LONG_AGO + ONE_DAY, TODAY)], True, id="one day short"),
        pytest.param(NOW, [DayRange(LONG_AGO, day(1))], True, id="the first day itself unknown"),
        pytest.param(
            NOW, [DayRange(LONG_AGO, LONG_AGO), DayRange(day(1), TODAY)], True, id="a gap between known ends"
        ),
        pytest.param(None, [DayRange(LONG_AGO, TODAY)], True, id="never read by change"),
        pytest.param(NOW, [], True, id="nothing known"),
    ],
)
def test_a_dated_sync_looks_back_unless_all_before_is_known_and_kept_up(
    cursor: datetime | None, covered: list[DayRange], looks_back: bool
) -> None:
    state = SourceState(SHOPIFY, cursor=cursor, covered=tuple(covered))

    window = order_window(DATED, state)

    first = LONG_AGO if looks_back else day(2)
    assert window.updated_from == datetime(first.year, first.month, first.day, tzinfo=INDIA)


@pytest.mark.parametrize(
    ("cursor", "first"),
    [
        pytest.param(datetime(2026, 11, 5, 18, 30, tzinfo=UTC), day(2), id="read by change after the last day"),
        pytest.param(datetime(2026, 11, 5, 18, 29, tzinfo=UTC), LONG_AGO, id="last read within the last day"),
        pytest.param(None, LONG_AGO, id="never read by change"),
    ],
)
def test_older_parcels_are_read_along_unless_their_changes_are_known(cursor: datetime | None, first: date) -> None:
    state = SourceState(SHIPROCKET, cursor=cursor, covered=(DayRange(LONG_AGO, TODAY),))

    reads = shipment_reads(DATED, state)

    assert reads.created == DayRange(first, day(5))


@pytest.mark.parametrize(
    ("days", "by_change"),
    [
        pytest.param(27, True, id="the day before the cursor is 28 days ago"),
        pytest.param(28, False, id="29 days ago, near what Shiprocket refuses"),
    ],
)
def test_shiprocket_is_asked_for_changes_of_at_most_twenty_eight_days(days: int, by_change: bool) -> None:
    reads = shipment_reads(HOURLY, shipped(NOW - timedelta(days=days), full=NOW))

    assert (reads.updated is not None) is by_change
    assert (reads.created is None) is by_change


@pytest.mark.parametrize(
    ("zone", "today"),
    [("America/New_York", day(23)), ("Asia/Kolkata", day(23)), ("Pacific/Kiritimati", day(24))],
)
def test_a_first_sync_ends_with_the_shops_today_and_never_after_the_indian_one(zone: str, today: date) -> None:
    span = Span(HOURLY.days, dated=False, now=NOW, zone=ZoneInfo(zone))
    whole = Span(span.first_days(), dated=False, now=NOW, zone=span.zone)

    reads = shipment_reads(whole, SourceState(SHIPROCKET))

    assert known_window(whole, NEW).last == today
    assert reads.created is not None
    assert reads.created.last == day(23)
    assert reads.full


def test_a_cursor_in_the_future_asks_for_today() -> None:
    ahead = NOW + timedelta(days=3)

    assert known_window(HOURLY, read_until(ahead)) == DayRange(TODAY, TODAY)
    assert shipment_reads(HOURLY, shipped(ahead, full=NOW)).updated == DayRange(TODAY, TODAY)
