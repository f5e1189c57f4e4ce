"""Logging: JSON lines per day in files, short lines on the console, and no secret in either.

A file line is one JSON object with `timestamp level message userId email`, then the context of the
moment (`jobId`, `source`, …). Levels are DEBUG, INFO, SUCCESS, WARN and ERROR.
"""

import contextvars
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from profitsync.errors import ConfigurationError
from profitsync.redaction import REDACTED as REDACTED
from profitsync.redaction import forget_hidden
from profitsync.redaction import hide as hide
from profitsync.redaction import redact as redact

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec("P")
R = TypeVar("R")

SUCCESS = 25  # between INFO and WARNING: a merchant's sync is complete
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "success": SUCCESS,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
ROOT = "profitsync"  # every logger of the package is a child of this one

logging.addLevelName(SUCCESS, "SUCCESS")

_context: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("profitsync_log")
_FILE_NAME = re.compile(r"profitsync-(?P<day>\d{4}-\d{2}-\d{2})\.log")


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add fields (`userId`, `email`, `jobId`, `source`, …) to every line logged inside."""
    token = _context.set({**_context.get({}), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, to be run in another thread under the log context of this moment."""
    captured = contextvars.copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return captured.copy().run(function, *args, **kwargs)  # one context cannot be entered twice at once

    return run


def configure(directory: Path, level: str, console: "Console | None" = None, keep_days: int = 0) -> None:
    """Log to daily files in `directory` (everything from INFO, or from `level` if lower) and to `console`.

    Files of days more than `keep_days` ago are deleted; with 0 none is.
    Raises `ConfigurationError` when the directory cannot be written.
    """
    shutdown()
    logger = logging.getLogger(ROOT)
    threshold = LEVELS[level]
    handlers: list[logging.Handler] = [DailyFileHandler(directory)]
    handlers[0].setLevel(min(threshold, logging.INFO))
    if console is not None:
        handlers.append(ConsoleHandler(console))
        handlers[-1].setLevel(threshold)
    for handler in handlers:
        handler.addFilter(_add_context)
        logger.addHandler(handler)
    logger.setLevel(min(handler.level for handler in handlers))
    logger.propagate = False
    if keep_days:
        prune(directory, datetime.now(UTC).date() - timedelta(days=keep_days))


def prune(directory: Path, first_kept: date) -> None:
    """Delete the log files of days before `first_kept`; other files, and those we may not delete, stay."""
    for path in directory.iterdir():
        named = _FILE_NAME.fullmatch(path.name)
        try:
            if named and date.fromisoformat(named["day"]) < first_kept:
                path.unlink()
        except ValueError:  # no day of any calendar: not a file of ours
            continue
        except OSError as error:
            logging.getLogger(__name__).warning("%s cannot be deleted: %s", path.name, error.strerror)


def shutdown() -> None:
    """Close what `configure` opened; logging is as if never configured, and hidden texts are forgotten."""
    logger = logging.getLogger(ROOT)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True
    forget_hidden()


def current_file() -> Path | None:
    """The file that is being logged to, if logging is configured."""
    for handler in logging.getLogger(ROOT).handlers:
        if isinstance(handler, DailyFileHandler):
            return handler.path(datetime.now(UTC))
    return None


def _add_context(record: logging.LogRecord) -> bool:
    record.context = _context.get({})
    return True


def _level_name(record: logging.LogRecord) -> str:
    if record.levelno >= logging.ERROR:
        return "ERROR"
    return "WARN" if record.levelno == logging.WARNING else record.levelname


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"context", "message", "asctime", "taskName"}


def as_json(record: logging.LogRecord) -> str:
    """One log record as a line of JSON, secrets masked."""
    given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    context = {**getattr(record, "context", {}), **given}
    entry: dict[str, object] = {
        "timestamp": _timestamp(record),
        "level": _level_name(record),
        "message": record.getMessage(),
        "userId": context.pop("userId", None),
        "email": context.pop("email", None),
        **context,
        "logger": record.name,
    }
    if record.exc_info and record.exc_info[0]:
        entry["exception"] = "".join(traceback.format_exception(*record.exc_info))
    safe = {name: redact(str(value)) if _textual(value) else value for name, value in entry.items()}
    return json.dumps(safe, ensure_ascii=False)


def _textual(value: object) -> bool:
    return value is not None and not isinstance(value, int | float)


def _timestamp(record: logging.LogRecord) -> str:
    instant = datetime.fromtimestamp(record.created, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class DailyFileHandler(logging.Handler):
    """Appends each record to `profitsync-YYYY-MM-DD.log` (UTC), readable by its owner only.

    Every line is one `write` to a descriptor opened for appending: processes sharing a file on a local disk
    do not cut each other's lines.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        self._descriptor = -1
        self._open_path: Path | None = None
        self._complained = False
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._switch_to(self.path(datetime.now(UTC)))
        except OSError as error:
            raise ConfigurationError(
                f"PROFITSYNC_LOG_DIR: cannot write to {directory}: {error.strerror or type(error).__name__}"
            ) from None

    def path(self, instant: datetime) -> Path:
        """The file for lines of this instant."""
        return self._directory / f"profitsync-{instant:%Y-%m-%d}.log"

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._switch_to(self.path(datetime.fromtimestamp(record.created, UTC)))
            os.write(self._descriptor, (as_json(record) + "\n").encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._complain(error)

    def _switch_to(self, path: Path) -> None:
        if path == self._open_path:
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._release()
        self._descriptor, self._open_path = descriptor, path

    def _complain(self, error: OSError) -> None:
        """Say once that the log is not being written; a full disk must not hide the work's own result."""
        if not self._complained:
            self._complained = True
            print(f"warning: cannot write the log: {error.strerror}", file=sys.stderr)

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor, self._open_path = -1, None

    def close(self) -> None:
        self._release()
        super().close()


_STYLES = {"DEBUG": "dim", "INFO": "cyan", "SUCCESS": "green", "WARN": "yellow", "ERROR": "red"}


class ConsoleHandler(logging.Handler):
    """Short lines on stderr: coloured by level on a terminal, plain elsewhere."""

    def __init__(self, console: "Console") -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        from rich.text import Text

        level = _level_name(record)
        context: dict[str, str] = getattr(record, "context", {})
        who = " ".join(filter(None, (context.get("email"), context.get("source"))))
        text = Text()
        text.append(f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S}Z ", style="dim")
        text.append(f"{level:<7} ", style=_STYLES.get(level, ""))
        text.append(redact(f"{who}: {record.getMessage()}" if who else record.getMessage()))
        self._console.print(text, soft_wrap=not self._console.is_terminal, highlight=False)
