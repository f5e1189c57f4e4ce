"""Which days a sync was asked for."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from profitsync.domain.days import DayRange
from profitsync.errors import UsageError
from profitsync.services.problems import Problems, read_day, unknown_field
from profitsync.services.reports import SyncRequest

_MANUAL = ("userId", "startDate", "endDate")
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


def manual_request(document: Mapping[str, Any]) -> tuple[str, SyncRequest]:
    """The merchant's id and the days that a request to the server names.

    Without days the sync is incremental. Raises `UsageError` with one line per problem.
    """
    problems = Problems()
    for name in document.keys() - set(_MANUAL):
        problems.add(name, unknown_field(name, _MANUAL))
    user_id = document.get("userId")
    if not isinstance(user_id, str) or not user_id:
        problems.add("userId", "must be the id of a user")
    first, last = (read_day(name, document.get(name), problems) for name in ("startDate", "endDate"))
    if last and not document.get("startDate"):
        problems.add("startDate", "is missing; it goes with endDate")
    problems.raise_if_any()
    request = SyncRequest(since=first, until=last)
    check_request(request)
    return str(user_id), request


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
