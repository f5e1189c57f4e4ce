"""What every command needs: the two output streams, the configuration, and the opened runtime."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import typer

WIDE = 120  # columns assumed where there is no terminal to ask

if TYPE_CHECKING:  # heavy: only the commands that use them pay for them
    from rich.console import Console

    from profitsync.bootstrap import Runtime
    from profitsync.config import Settings


@dataclass
class Session:
    """One invocation. Data goes to `out` (stdout); messages, progress and logs to `err` (stderr)."""

    database_url: str | None = None
    log_level: str | None = None
    verbose: bool = False
    quiet: bool = False

    @cached_property
    def out(self) -> "Console":
        from rich.console import Console

        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a table for people; data is never written through this
        return Console(highlight=False, width=_width(sys.stdout))

    @cached_property
    def err(self) -> "Console":
        from rich.console import Console

        return Console(stderr=True, highlight=False, width=_width(sys.stderr))

    @cached_property
    def settings(self) -> "Settings":
        """The configuration under the flags given. Raises `ConfigurationError`."""
        from profitsync.config import load_settings

        flags = {"DATABASE_URL": self.database_url, "LOG_LEVEL": self._level()}
        given = {name: value for name, value in flags.items() if value is not None}
        return load_settings(None, None, **given)

    def read_settings_again(self) -> None:
        """After they were changed on disk."""
        self.__dict__.pop("settings", None)

    def _level(self) -> str | None:
        if self.verbose:
            return "debug"
        return self.log_level or ("error" if self.quiet else None)

    def start_logging(self, settings: "Settings | None" = None) -> None:
        """Log to the console and to the daily file. Raises `ConfigurationError`."""
        from urllib.parse import urlsplit

        from profitsync import logs

        settings = settings or self.settings
        logs.configure(settings.log_dir, settings.log_level, self.err, settings.log_keep_days)
        logs.hide(*settings.secret_keys, *settings.api_keys, urlsplit(settings.database_url).password or "")
        logs.hide(settings.ping_url or "", *settings.notify_urls)

    @contextmanager
    def runtime(self) -> Iterator["Runtime"]:
        """The runtime over the configured store, closed at the end. Raises `ConfigurationError`."""
        from profitsync.bootstrap import Runtime, open_store

        self.start_logging()
        store = open_store(self.settings.database_url)
        try:
            store.prepare()
            yield Runtime(self.settings, store)
        finally:
            store.close()

    def note(self, text: str) -> None:
        """A message for people; `--quiet` leaves it out."""
        if not self.quiet:
            say(self.err, text)

    def warn(self, text: str) -> None:
        """What a person should know even when a run is quiet."""
        say(self.err, text, mark="warning:")

    def error(self, text: str) -> None:
        """An expected failure, one line per line of `text`."""
        for line in text.splitlines():
            say(self.err, line, mark="error:")

    def json(self, value: Any) -> None:
        """`value` as JSON on stdout; Decimals are written digit for digit as numbers."""
        import msgspec

        encoded = msgspec.json.Encoder(decimal_format="number").encode(value)
        print(msgspec.json.format(encoded, indent=2).decode())

    def lines(self, *lines: str) -> None:
        """Plain data on stdout."""
        for line in lines:
            print(line)

    @property
    def interactive(self) -> bool:
        """Whether there is a person to ask."""
        return sys.stdin.isatty() and sys.stderr.isatty()


def _width(stream: TextIO) -> int | None:
    """None: as wide as the terminal is, or as the environment says."""
    return None if stream.isatty() or "COLUMNS" in os.environ else WIDE


def say(console: "Console", text: str, mark: str = "") -> None:
    """A sentence, wrapped between words on a terminal; `mark` is a word in red before it."""
    from rich.text import Text

    line = Text.assemble((mark, "red"), " ", text) if mark else Text(text)
    console.print(line, soft_wrap=not console.is_terminal)


def session_of(context: typer.Context) -> Session:
    """The session that the global options made."""
    session: Session = context.find_object(Session) or Session()
    return session
