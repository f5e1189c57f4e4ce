"""What a person sees while a sync runs: one live line per merchant at work, with how far each source is.

A number with dots is still growing; one without is the end of a source.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from profitsync.cli.session import Session
from profitsync.domain.merchants import SOURCES, User
from profitsync.services.reports import Progress as SyncProgress
from profitsync.services.reports import SilentProgress, SourceReport, UserReport

_MANY = 10  # more merchants than this: only those at work are shown


@contextmanager
def watching(session: Session) -> Iterator[SyncProgress]:
    """Live lines on a terminal, nothing elsewhere."""
    if session.quiet or not session.err.is_terminal:
        yield SilentProgress()
        return
    with LiveProgress(session.err) as live:
        yield live


class LiveProgress:
    """A `services.reports.Progress` on a terminal; use it in a `with` block. Called from several threads."""

    def __init__(self, console: Console) -> None:
        self._display = Progress(
            SpinnerColumn(finished_text=" "),
            # Where it is narrow, only the name gives way.
            TextColumn("{task.description}", markup=False, table_column=Column(overflow="ellipsis")),
            TextColumn("{task.fields[step]}", markup=False, table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[sources]}", markup=False, style="cyan", table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            console=console,
            transient=True,
        )
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._sources: dict[str, dict[str, str]] = {}

    def __enter__(self) -> "LiveProgress":
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def user_started(self, user: User) -> None:
        with self._lock:
            self._sources[user.id] = {name: "…" for name in SOURCES if user.configured(name)}
            self._tasks[user.id] = self._display.add_task(user.email, total=1, step="starting", sources="")

    def source_records(self, user: User, source: str, records: int) -> None:
        self._tell(user, source, f"{records:,}…")

    def source_finished(self, user: User, source: str, report: SourceReport) -> None:
        self._tell(user, source, "failed" if report.error else f"{report.records:,}")

    def user_step(self, user: User, step: str) -> None:
        with self._lock:
            self._display.update(self._tasks[user.id], step=step)

    def user_finished(self, user: User, report: UserReport) -> None:
        with self._lock:
            task = self._tasks[user.id]
            step = "locked" if report.locked else report.status
            self._display.update(task, step=step, completed=1, visible=len(self._tasks) <= _MANY)

    def _tell(self, user: User, source: str, text: str) -> None:
        with self._lock:
            told = self._sources[user.id]
            told[source] = text
            shown = " ".join(f"{name} {how}" for name, how in told.items())
            self._display.update(self._tasks[user.id], sources=shown)
