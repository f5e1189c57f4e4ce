"""Asynchronous reports: the last resort for an account whose days are too heavy for a plain query.

A report is asked for, polled until it is complete, then paged like a query. One that outlasts the run's patience
is written down and waited for by the next run. Source: Insights API, asynchronous jobs.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import msgspec

from profitsync.domain.days import DayRange
from profitsync.sources.errors import BadResponseError, RetriableError, SourceError
from profitsync.sources.meta.client import GraphClient
from profitsync.sources.meta.failures import (
    NAME,
    BadParameterError,
    MetaFailure,
    NoSuchObjectError,
    NotReadyError,
    Reaction,
    TooMuchDataError,
)
from profitsync.sources.meta.rows import FIELDS, PAGE_SIZE, Page, Row, all_rows, time_range
from profitsync.sources.protocol import Notebook

log = logging.getLogger(__name__)

PATIENCE = 300.0  # seconds of waiting for reports in one run, all of a merchant's accounts together
FIRST_PAUSE = 5.0  # seconds before the first poll; grows by half each time
LONGEST_PAUSE = 30.0
SUBMISSIONS = 2  # of one report; then its days are split
UNSEEN = 4  # polls of a new report that may not find it yet
FALSE_ALARMS = 3  # refusals of a complete report that are survived
KEPT = timedelta(hours=2)  # a report is a snapshot of the moment it was asked for


class Patience:
    """Seconds that a run may still wait for reports."""

    def __init__(self, sleep: Callable[[float], None], seconds: float = PATIENCE) -> None:
        self._sleep = sleep
        self._left = seconds

    def wait(self, number: int) -> None:
        """Pause before poll `number` (from 0). Raises `RetriableError` when patience is at its end."""
        seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 1.5**number)
        if seconds > self._left:
            raise RetriableError(f"{NAME}: the report is not ready; the next run waits on for it")
        self._left -= seconds
        self._sleep(seconds)


class _Submitted(msgspec.Struct):
    report_run_id: str | int


class _Run(msgspec.Struct):
    """`error_code` is told since v25.0, and may be negative."""

    async_status: str
    async_percent_completion: int = 0
    error_code: int | None = None
    error_subcode: int | None = None


class _Kept(msgspec.Struct):
    run: str
    days: DayRange
    at: datetime


class _LostError(Exception):
    """The report will never be complete; another one may be."""


class Reports:
    """The reports of one ad account."""

    def __init__(
        self,
        client: GraphClient,
        account_id: str,
        *,
        patience: Patience,
        notebook: Notebook,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._account_id = account_id
        self._patience = patience
        self._notebook = notebook
        self._note = f"report:{account_id}"
        self._clock = clock

    def underway(self, days: DayRange) -> bool:
        """Whether an earlier run asked for a report of these days and did not live to read it."""
        return self._kept(days) is not None

    def rows(self, days: DayRange) -> list[Row]:
        """All rows of a report of `days`.

        Raises `TooMuchDataError` when Meta cannot make it, and `RetriableError` when it takes too long.
        """
        run = self._kept(days)
        for _ in range(SUBMISSIONS):
            run = run or self._submit(days)
            try:
                rows = self._result(run)
            except _LostError as lost:
                log.warning("%s: the report %s %s", NAME, run, lost)
                self._notebook.save(self._note, None)
                run = None
                continue
            except TooMuchDataError:
                self._notebook.save(self._note, None)
                raise
            self._notebook.save(self._note, None)
            return rows
        raise TooMuchDataError(f"{NAME}: no report of {days.first} to {days.last} was ever completed")

    def _kept(self, days: DayRange) -> str | None:
        text = self._notebook.load(self._note)
        kept = None if text is None else msgspec.json.decode(text, type=_Kept)
        if kept is None or kept.days != days or self._clock() - kept.at > KEPT:
            return None
        return kept.run

    def _submit(self, days: DayRange) -> str:
        form = {
            "level": "account",
            "time_increment": "1",
            "time_range": time_range(days),
            "fields": msgspec.json.encode(FIELDS).decode(),
        }
        path = f"/act_{self._account_id}/insights"
        run = str(self._client.post(path, form, _Submitted, self._account_id).report_run_id)
        if not (run.isascii() and run.isdigit()):  # it becomes a part of paths
            raise BadResponseError(f"{NAME}: the report was given an id that is no number")
        self._notebook.save(self._note, msgspec.json.encode(_Kept(run, days, self._clock())).decode())
        return run

    def _result(self, run: str) -> list[Row]:
        """The rows of a report, however often it says that it is complete and is not."""
        for number in count():
            self._await(run)
            try:
                return list(all_rows(lambda place: self._page(run, place)))
            except NotReadyError:
                continue
            except BadParameterError:
                if number + 1 >= FALSE_ALARMS:
                    raise
        raise AssertionError("count() has no end")

    def _page(self, run: str, place: dict[str, str]) -> Page:
        return self._client.get(f"/{run}/insights", {"limit": PAGE_SIZE, **place}, Page, self._account_id)

    def _await(self, run: str) -> None:
        """Return once the report says that it is complete, in both words and numbers."""
        unseen = 0
        for number in count():
            self._patience.wait(number)
            try:
                told = self._client.get(f"/{run}", {}, _Run, self._account_id)
            except NoSuchObjectError:
                unseen += 1
                if unseen >= UNSEEN:
                    raise _LostError("is not known to Meta") from None
                continue
            match told.async_status:
                case "Job Completed" if told.async_percent_completion >= 100:
                    return
                case "Job Failed":
                    raise _failed(told)
                case "Job Skipped":
                    raise _LostError("has expired")


def _failed(told: _Run) -> SourceError | _LostError:
    """Too large: fewer days may do. Anything else: the same again may do."""
    failure = MetaFailure(200, told.error_code, told.error_subcode, is_transient=True)
    if told.error_code is not None and failure.reaction is Reaction.TOO_MUCH:
        return failure.error()
    numbers = "" if told.error_code is None else f" (code {told.error_code}/{told.error_subcode or '-'})"
    return _LostError(f"has failed{numbers}")
