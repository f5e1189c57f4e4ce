"""First steps of an installation: a secret key in `.env`, and a store with its indexes."""

import os
import re
import shlex
import shutil
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from profitsync.config import Settings
from profitsync.errors import ConfigurationError
from profitsync.secrets import new_key

_KEY = "PROFITSYNC_SECRET_KEY"
_EMPTY_KEY = re.compile(rf"^[ \t]*(?:export[ \t]+)?{_KEY}[ \t]*(?:=[ \t]*(?:''|\"\")?[ \t]*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KeyReport:
    """Whether a key was written, and where."""

    written: bool
    path: Path


def ensure_key(settings: Settings, directory: Path) -> KeyReport:
    """Write a fresh key to `.env` in `directory` unless one is configured already.

    Other lines of the file stay as they are. The file is readable by its owner only.
    Raises `ConfigurationError` when it cannot be written.
    """
    path = (directory / ".env").resolve()
    if settings.secret_keys:
        return KeyReport(written=False, path=path)
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        _replace(path, _with_key(before, new_key()))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be written ({type(error).__name__})") from None
    return KeyReport(written=True, path=path)


def crontab_line(directory: Path) -> str:
    """An hourly sync of what is configured in `directory`, on a minute of its own: the full hour is crowded."""
    where = directory.resolve()
    minute = 1 + zlib.crc32(str(where).encode()) % 58
    program = shutil.which("profitsync")
    command = shlex.quote(program) if program else f"{shlex.quote(sys.executable)} -m profitsync"
    line = f"cd {shlex.quote(str(where))} && flock -n -E 75 .sync.lock {command} --quiet sync --all"
    return f"{minute} * * * *  " + line.replace("%", r"\%")  # to cron a bare % is the end of the line


def _with_key(text: str, key: str) -> str:
    line = f"{_KEY}={key}"
    if _EMPTY_KEY.search(text):
        return _EMPTY_KEY.sub(line, text, count=1)
    gap = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{gap}{line}\n"


def _replace(path: Path, text: str) -> None:
    """The whole file or nothing: a half-written key would lock the merchants' credentials away."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".env.")  # created with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
