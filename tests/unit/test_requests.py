"""Which days a sync was asked for."""

import pytest

from profitsync.domain.days import DayRange
from profitsync.errors import UsageError
from profitsync.services.reports import SyncRequest
from profitsync.services.requests import check_request, requested_days
from tests.unit.builders import day

TODAY = day(23)


def test_without_days_a_sync_is_incremental() -> None:
    assert requested_days(SyncRequest(), TODAY) is None


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        (SyncRequest(days=7), 17, 23),
        (SyncRequest(days=1), 23, 23),
        (SyncRequest(since=day(2), until=day(5)), 2, 5),
        (SyncRequest(since=day(20)), 20, 23),
        (SyncRequest(until=day(5)), 5, 5),
        (SyncRequest(since=day(20), until=day(30)), 20, 23),
    ],
)
def test_days_hold_both_ends_and_none_in_the_future(asked: SyncRequest, first: int, last: int) -> None:
    assert requested_days(asked, TODAY) == DayRange(day(first), day(last))


@pytest.mark.parametrize("asked", [SyncRequest(since=day(24)), SyncRequest(since=day(24), until=day(26))])
def test_days_that_begin_after_today_are_refused(asked: SyncRequest) -> None:
    with pytest.raises(UsageError, match="after today"):
        requested_days(asked, TODAY)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (SyncRequest(days=0), "1 or more"),
        (SyncRequest(days=7, since=day(2)), "cannot be combined"),
        (SyncRequest(days=7, until=day(2)), "cannot be combined"),
        (SyncRequest(since=day(5), until=day(2)), "is after --until"),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_read(asked: SyncRequest, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        check_request(asked)


def test_a_sensible_request_passes() -> None:
    check_request(SyncRequest(since=day(2), until=day(2)))
