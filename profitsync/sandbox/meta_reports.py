"""Asynchronous reports of the simulated Graph API, with the ends and the races that real ones have."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from profitsync.sandbox.meta_errors import GraphError
from profitsync.sandbox.world import MetaWorld

FIRST_ID = 6_023_920_149_050
PROGRESS = (("Job Not Started", 0), ("Job Started", 0), ("Job Running", 40))  # poll by poll, then it is complete
_ERRORS = {"failed": (-2, 2490547), "too-large": (-3, 1504045)}


@dataclass(slots=True)
class Report:
    """One report: a snapshot of the rows at the moment it was asked for."""

    id: str
    account: MetaWorld
    rows: list[dict[str, Any]]
    asked_at: datetime
    fate: str = ""
    polls: int = 0
    reads: int = 0

    def status(self) -> dict[str, Any]:
        """What a poll answers; each one brings the report on by a step."""
        self.polls += 1
        if self.fate == "unseen" and self.polls == 1:
            raise GraphError(100, 33)
        stuck = self.fate == "stuck"
        step = 0 if stuck else self.polls - 1
        state, percent = PROGRESS[step] if step < len(PROGRESS) else self._end()
        told: dict[str, Any] = {
            "id": self.id, "account_id": self.account.account_id, "time_ref": int(self.asked_at.timestamp()),
            "async_status": state, "async_percent_completion": 100 if self.fate == "early" else percent,
        }  # fmt: skip
        if state == "Job Failed":
            told["error_code"], told["error_subcode"] = _ERRORS[self.fate]
            told["error_message"] = "The report could not be generated."
        return told

    def result(self) -> list[dict[str, Any]]:
        """All rows; refused while the report is not complete, and once more by some."""
        self.reads += 1
        if self.polls <= len(PROGRESS) or (self.fate == "hasty" and self.reads == 1):
            raise GraphError(2601, 1815107)
        if self.fate == "summary" and self.reads == 1:
            raise GraphError(
                100, message="(#100) Cannot include spend in summary param because they weren't there while "
                             "creating the report run"
            )  # fmt: skip
        return self.rows

    def _end(self) -> tuple[str, int]:
        if self.fate in _ERRORS:
            return "Job Failed", 40
        return ("Job Skipped", 0) if self.fate == "skipped" else ("Job Completed", 100)


class ReportDesk:
    """All reports that were asked for."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._reports: dict[str, Report] = {}

    def ask(self, account: MetaWorld, rows: list[dict[str, Any]], fate: str) -> Report:
        """A new report; `fate` is one of the faults' `REPORT_FATES`, or empty for one that works."""
        report = Report(str(FIRST_ID + len(self._reports)), account, rows, self._clock(), fate)
        self._reports[report.id] = report
        return report

    def find(self, report_id: str) -> Report | None:
        """The report of an id, if there is one."""
        return self._reports.get(report_id)
