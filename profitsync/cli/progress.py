"""What a person sees while a sync runs: one live line per merchant at work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from profitsync.cli.session import Session
from profitsync.domain.merchants import User
from profitsync.services.reports import Progress as SyncProgress
from profitsync.services.reports import SilentProgress, UserReport

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
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[step]}", markup=False),
            TextColumn("{task.fields[counts]}", markup=False, style="cyan"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._counts: dict[str, dict[str, int]] = {}

    def __enter__(self) -> "LiveProgress":
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def user_started(self, user: User) -> None:
        with self._lock:
            self._counts[user.id] = {}
            self._tasks[user.id] = self._display.add_task(user.email, total=None, step="starting", counts="")

    def source_records(self, user: User, source: str, records: int) -> None:
        with self._lock:
            counts = self._counts[user.id]
            counts[source] = records
            text = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
            self._display.update(self._tasks[user.id], counts=f"({text})")

    def user_step(self, user: User, step: str) -> None:
        with self._lock:
            self._display.update(self._tasks[user.id], step=step)

    def user_finished(self, user: User, report: UserReport) -> None:
        with self._lock:
            task = self._tasks[user.id]
            self._display.update(task, step=report.status, visible=len(self._tasks) <= _MANY)
            self._display.stop_task(task)
