"""Which days a sync was asked for."""

from datetime import date, timedelta

from profitsync.domain.days import DayRange
from profitsync.errors import UsageError
from profitsync.services.reports import SyncRequest

EARLIEST = date(2000, 1, 1)  # no source knows of anything older


def requested_days(request: SyncRequest, today: date) -> DayRange | None:
    """The shop days asked for, none of them in the future; None for an incremental sync.

    Raises `UsageError` when they begin after today, or end before they begin.
    """
    if request.days is not None:
        return DayRange(today - timedelta(days=request.days - 1), today)
    if request.since is None and request.until is None:
        return None
    until = min(request.until or today, today)
    since = request.since or until
    if since > today:
        raise UsageError(f"--since: {since} is after today, {today} in the shop's time zone")
    if since > until:
        raise UsageError(f"--since: {since} is after --until {until}")
    return DayRange(since, until)


def check_request(request: SyncRequest) -> None:
    """Raise `UsageError` for a request that no calendar day can make possible."""
    if request.days is not None and (request.since or request.until):
        raise UsageError("--days: cannot be combined with --since or --until")
    if request.days is not None and request.days < 1:
        raise UsageError("--days: must be 1 or more")
    asked = [day for day in (request.since, request.until) if day]
    if asked and min(asked) < EARLIEST:
        raise UsageError(f"--since: {min(asked)} is before {EARLIEST}")
    if request.since and request.until and request.since > request.until:
        raise UsageError(f"--since: {request.since} is after --until {request.until}")
