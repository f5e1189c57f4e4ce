"""What a sync was asked to do and what came of it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from profitsync.domain.merchants import SOURCES, User
from profitsync.errors import UsageError
from profitsync.services.changes import DayChange

COMPLETED, PARTIAL, FAILED = "completed", "partial", "failed"


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Without days: incremental. With `since`/`until`, or the last `days`: exactly those shop days, again."""

    since: date | None = None
    until: date | None = None
    days: int | None = None
    sources: frozenset[str] = frozenset(SOURCES)
    full: bool = False  # forget the cursors first
    dry_run: bool = False  # read and calculate, keep no result
    wait: float = 0.0  # seconds to wait for a merchant that another run holds

    @property
    def dated(self) -> bool:
        """Whether days were asked for."""
        return not (self.since is None and self.until is None and self.days is None)


@dataclass(slots=True)
class SourceReport:
    """What one source delivered. `status`: ok, failed or off."""

    status: str
    records: int = 0
    requests: int = 0
    points: int | None = None  # query points taken; only Shopify counts in points
    error: str | None = None

    def details(self) -> dict[str, str | int]:
        """As stored in the job and shown as JSON; no points or error, no such key."""
        known: dict[str, str | int] = {"status": self.status, "records": self.records, "requests": self.requests}
        points = {} if self.points is None else {"points": self.points}
        return known | points | ({"error": self.error} if self.error else {})


@dataclass(slots=True)
class UserReport:
    """What became of one merchant. `since`/`until` are the shop days asked of the sources."""

    user_id: str
    email: str
    status: str = FAILED
    job_id: str | None = None
    since: date | None = None
    until: date | None = None
    records_synced: int = 0
    days_written: int = 0
    sources: dict[str, SourceReport] = field(default_factory=dict)
    error: str | None = None  # why nothing could be done, e.g. another run holds the lease
    locked: bool = False
    refused: UsageError | None = None  # the request is impossible for this merchant, e.g. its today is earlier
    warnings: list[str] = field(default_factory=list)
    currency: str | None = None  # the shop's, once it is known
    changes: tuple[DayChange, ...] | None = None  # of a dry run: the days that would be written

    @property
    def requests(self) -> int:
        """HTTP requests sent, tries included."""
        return sum(source.requests for source in self.sources.values())

    def failures(self) -> list[str]:
        """What failed and why, one text each; every text names its source, if it was one."""
        texts = [named(name, source.error) for name, source in self.sources.items() if source.error]
        return [*texts, self.error] if self.error else texts


def named(source: str, error: str) -> str:
    """An error with its source; most say it themselves."""
    return error if error.casefold().startswith(source) else f"{source}: {error}"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """All merchants of one run. Exit codes: 0 completed, 1 failed, 3 partial, 75 locked."""

    users: tuple[UserReport, ...]

    @property
    def status(self) -> str:
        """completed, partial or failed, over all merchants."""
        states = {user.status for user in self.users}
        if states <= {COMPLETED}:
            return COMPLETED
        return FAILED if states == {FAILED} else PARTIAL

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        if self.users and all(user.locked for user in self.users):
            return 75
        return {COMPLETED: 0, PARTIAL: 3, FAILED: 1}[self.status]


class Progress(Protocol):
    """Told what happens during a sync; called from several threads."""

    def user_started(self, user: User) -> None: ...

    def source_records(self, user: User, source: str, records: int) -> None:
        """So many records were read from a source so far."""

    def source_finished(self, user: User, source: str, report: SourceReport) -> None:
        """A source was read to its end, or failed."""

    def user_step(self, user: User, step: str) -> None:
        """What the merchant's run is doing now, in a few words."""

    def user_finished(self, user: User, report: UserReport) -> None: ...


class SilentProgress:
    """Progress nobody watches."""

    def user_started(self, user: User) -> None: ...

    def source_records(self, user: User, source: str, records: int) -> None: ...

    def source_finished(self, user: User, source: str, report: SourceReport) -> None: ...

    def user_step(self, user: User, step: str) -> None: ...

    def user_finished(self, user: User, report: UserReport) -> None: ...
