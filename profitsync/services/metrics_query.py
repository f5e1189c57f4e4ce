"""A question about figures as the server gets it: the days asked for, then the same table the commands show."""

from datetime import date

from profitsync.bootstrap import Runtime
from profitsync.domain.merchants import User
from profitsync.errors import UsageError
from profitsync.services.metrics import last_days, metrics_table
from profitsync.services.tables import MetricsTable

MOST_DAYS = 3660
USUAL_DAYS = 30


def asked_table(
    runtime: Runtime,
    user: User,
    *,
    since: date | None = None,
    until: date | None = None,
    days: int = USUAL_DAYS,
    by: str = "day",
) -> MetricsTable:
    """The days from `since` to `until`, today if that is left out; without both the last `days`.

    Raises `UsageError` for days that make no range.
    """
    if until and not since:
        raise UsageError("startDate: is missing; it goes with endDate")
    first, last = last_days(user, days, runtime.clock())
    first, last = since or first, until or last
    if last < first:
        raise UsageError(f"startDate: {first} is after {last}")
    if (last - first).days >= MOST_DAYS:
        raise UsageError(f"startDate: {first} to {last} are more than {MOST_DAYS} days; ask for fewer")
    return metrics_table(runtime.store, user, since=first, until=last, by=by)
