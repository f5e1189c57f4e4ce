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
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from profitsync.errors import ConfigurationError

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
REDACTED = "[redacted]"

logging.addLevelName(SUCCESS, "SUCCESS")

_context: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("profitsync_log")
_hidden: frozenset[str] = frozenset()  # replaced, never changed: other threads may be reading it
_SHORTEST_HIDDEN = 6  # masking shorter texts would make lines unreadable

_SECRETS = (
    re.compile(r"\bshp[a-z]{2}_\w+"),  # Shopify tokens and client secrets
    re.compile(r"\bEAA\w{16,}"),  # Meta access tokens
    re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*"),  # JSON web tokens: Shiprocket
    re.compile(r"\bpfs_[0-9a-f]{12}_[\w-]+"),  # keys of our own server
    re.compile(r"\bgAAAA[\w-]{16,}=*"),  # our own ciphertext
)
_NAMES = r"(?:token|client_?secret|secret_?key|api_?key|appsecret_proof|password)"
_LABELLED = (
    re.compile(r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"',}]+"),
    re.compile(r"(?i)(\bbearer\s+)[^\s\"',}]+"),
    re.compile(r"(?i)(x-shopify-access-token[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+"),
    re.compile(rf"(?i)({_NAMES}=[\"']?)[^\s\"'&,}}]+"),  # a query, a shell, a keyword argument
    re.compile(rf"(?i)({_NAMES}[\"']\s*:\s*[\"'])[^\"']+"),  # JSON, or the repr of a dict
)
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/]+@")


def hide(*secrets: str) -> None:
    """Mask these very texts from now on, whatever they look like."""
    global _hidden
    _hidden |= {secret for secret in secrets if len(secret) >= _SHORTEST_HIDDEN}


def redact(text: str) -> str:
    """`text` with everything that is, or looks like, a credential masked."""
    for secret in _hidden:
        text = text.replace(secret, REDACTED)
    for pattern in _SECRETS:
        text = pattern.sub(REDACTED, text)
    for pattern in _LABELLED:
        text = pattern.sub(rf"\1{REDACTED}", text)
    return _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)


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


def configure(directory: Path, level: str, console: "Console | None" = None) -> None:
    """Log to daily files in `directory` (everything from INFO, or from `level` if lower) and to `console`.

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


def shutdown() -> None:
    """Close what `configure` opened; logging is as if never configured, and hidden texts are forgotten."""
    logger = logging.getLogger(ROOT)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True
    global _hidden
    _hidden = frozenset()


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
