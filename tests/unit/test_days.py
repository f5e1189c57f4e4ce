"""Shop days and ranges of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from profitsync.domain.days import (
    DayRange,
    covers,
    day_start,
    merge,
    period_start,
    runs,
    same_days,
    shop_day,
    subtract,
)

INDIA = ZoneInfo("Asia/Kolkata")
NEW_YORK = ZoneInfo("America/New_York")


def d(number: int, month: int = 11) -> date:
    return date(2026, month, number)


def span(first: int, last: int) -> DayRange:
    return DayRange(d(first), d(last))


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (datetime(2026, 11, 2, 19, 0, tzinfo=UTC), INDIA, d(3)),
        (datetime(2026, 11, 2, 18, 29, 59, tzinfo=UTC), INDIA, d(2)),
        (datetime(2026, 11, 2, 18, 30, tzinfo=UTC), INDIA, d(3)),
        (datetime(2026, 11, 3, 4, 59, 59, tzinfo=UTC), NEW_YORK, d(2)),
        (datetime(2026, 7, 3, 3, 59, 59, tzinfo=UTC), NEW_YORK, d(2, month=7)),
    ],
)
def test_an_instant_belongs_to_the_day_of_the_shops_own_zone(instant: datetime, zone: ZoneInfo, day: date) -> None:
    assert shop_day(instant, zone) == day


@pytest.mark.parametrize(
    ("one", "other", "day", "same"),
    [
        ("Asia/Calcutta", "Asia/Kolkata", d(2), True),
        ("Europe/London", "Africa/Lagos", d(2), False),
        ("Europe/London", "Africa/Lagos", d(2, month=7), True),
        ("Europe/London", "Africa/Lagos", date(2026, 10, 25), False),
        ("Asia/Kolkata", "America/New_York", d(2), False),
    ],
    ids=["two names", "winter", "summer", "the day of the change", "far apart"],
)
def test_zones_are_compared_by_the_hours_of_a_day(one: str, other: str, day: date, same: bool) -> None:
    assert same_days([day], one, other) is same


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)]
)
def test_days_at_daylight_saving_changes_are_shorter_or_longer(day: date, hours: int) -> None:
    length = day_start(day + timedelta(days=1), NEW_YORK) - day_start(day, NEW_YORK)

    assert length == timedelta(hours=hours)


def test_both_hours_that_a_clock_shows_twice_belong_to_the_same_day() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 summer time, then once more an hour later

    assert shop_day(first, NEW_YORK) == shop_day(first + timedelta(hours=1), NEW_YORK) == d(1)


@pytest.mark.parametrize(
    ("zone", "day"),
    [(ZoneInfo("Africa/Cairo"), date(2026, 4, 24)), (ZoneInfo("America/Havana"), date(2026, 3, 8))],
)
def test_a_day_whose_midnight_is_skipped_begins_with_its_first_instant(zone: ZoneInfo, day: date) -> None:
    start = day_start(day, zone)

    assert shop_day(start, zone) == day
    assert shop_day(start - timedelta(seconds=1), zone) == day - timedelta(days=1)


def test_a_range_holds_both_its_ends() -> None:
    assert list(span(2, 4).days()) == [d(2), d(3), d(4)]
    assert len(span(2, 4)) == 3
    assert d(2) in span(2, 4)
    assert d(4) in span(2, 4)
    assert d(5) not in span(2, 4)


def test_a_range_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        span(4, 2)


def test_neighbouring_and_overlapping_ranges_become_one() -> None:
    assert merge([span(5, 6), span(1, 2), span(3, 3), span(9, 9), span(6, 7)]) == (
        span(1, 3),
        span(5, 7),
        span(9, 9),
    )


def test_a_range_inside_another_adds_nothing() -> None:
    assert merge([span(1, 9), span(3, 4)]) == (span(1, 9),)


def test_days_taken_from_the_middle_leave_two_ranges() -> None:
    assert subtract([span(1, 9)], span(4, 5)) == (span(1, 3), span(6, 9))


def test_days_taken_from_the_edges_leave_the_rest() -> None:
    assert subtract([span(1, 3), span(5, 9)], span(3, 6)) == (span(1, 2), span(7, 9))


def test_a_set_of_days_becomes_ranges_without_gaps() -> None:
    assert runs([d(3), d(1), d(2), d(7)]) == (span(1, 3), span(7, 7))


def test_a_day_between_two_ranges_is_not_covered() -> None:
    assert not covers([span(1, 3), span(5, 9)], d(4))
    assert covers([span(1, 3), span(5, 9)], d(5))


@pytest.mark.parametrize(("day", "monday"), [(d(2), d(2)), (d(8), d(2)), (d(9), d(9)), (d(1), d(26, month=10))])
def test_weeks_begin_on_monday(day: date, monday: date) -> None:
    assert period_start(day, "week") == monday


def test_months_begin_on_their_first_and_days_are_themselves() -> None:
    assert period_start(d(23), "month") == d(1)
    assert period_start(d(23), "day") == d(23)
