"""Shop days: calendar days in the shop's own time zone, and sets of them as ranges.

Both ends of a range are included. Days are 23 or 25 hours long at daylight-saving changes; all conversions
go through the IANA zone, never through an offset.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ONE_DAY = timedelta(days=1)
# What `ZoneInfo` raises for a name that is none: too long for a file, or that of a folder, among others.
NO_ZONE = (ZoneInfoNotFoundError, ValueError, OSError)


def shop_day(instant: datetime, zone: ZoneInfo) -> date:
    """The shop day of an instant. `instant` must be timezone-aware."""
    return instant.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a shop day, as UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def same_days(days: Iterable[date], one: str, other: str) -> bool:
    """Whether every one of `days` is the same hours in both IANA zones, whatever these are called."""
    if one == other:
        return True
    left, right = ZoneInfo(one), ZoneInfo(other)
    return all(day_start(at, left) == day_start(at, right) for day in days for at in (day, day + ONE_DAY))


@dataclass(frozen=True, slots=True, order=True)
class DayRange:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a range of days cannot end ({self.last}) before it begins ({self.first})")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> Iterator[date]:
        """Every day of the range, in order."""
        for offset in range(len(self)):
            yield self.first + timedelta(days=offset)


def merge(ranges: Iterable[DayRange]) -> tuple[DayRange, ...]:
    """The same days as the fewest ranges, in order; neighbours are joined."""
    merged: list[DayRange] = []
    for current in sorted(ranges):
        if merged and current.first <= merged[-1].last + ONE_DAY:
            merged[-1] = DayRange(merged[-1].first, max(merged[-1].last, current.last))
        else:
            merged.append(current)
    return tuple(merged)


def subtract(ranges: Iterable[DayRange], taken: DayRange) -> tuple[DayRange, ...]:
    """The days of `ranges` that are not in `taken`."""
    rest: list[DayRange] = []
    for current in ranges:
        if current.last < taken.first or current.first > taken.last:
            rest.append(current)
            continue
        if current.first < taken.first:
            rest.append(DayRange(current.first, taken.first - ONE_DAY))
        if current.last > taken.last:
            rest.append(DayRange(taken.last + ONE_DAY, current.last))
    return merge(rest)


def covers(ranges: Iterable[DayRange], day: date) -> bool:
    """Whether `day` lies in one of the ranges."""
    return any(day in one for one in ranges)


def runs(days: Iterable[date]) -> tuple[DayRange, ...]:
    """A set of days as ranges without gaps."""
    return merge(DayRange(day, day) for day in days)


def period_start(day: date, by: str) -> date:
    """First day of the period a day belongs to; `by` is day, week (Monday first) or month."""
    if by == "week":
        return day - timedelta(days=day.weekday())
    if by == "month":
        return day.replace(day=1)
    return day
