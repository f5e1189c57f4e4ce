"""The time a refused login is left alone: kept between runs, so that an hourly job does not lock an API user."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from profitsync.sources.errors import CredentialsError
from profitsync.sources.protocol import Notebook

NOTE = "login"  # its name in the notebook
FIRST = timedelta(hours=1)  # a locked user is reported to be free again after 15 to 60 minutes
LONGEST = timedelta(hours=24)


class _Note(msgspec.Struct):
    refusals: int  # in a row
    until: datetime
    why: str  # what was refused, and what to do
    of: str = ""  # the version of the credentials


class CoolDown:
    """One hour after the first refusal, twice as long after each further one, a day at most.

    A login that succeeds ends it, and so do new credentials: they take all notes away, and what a run with the
    old ones notes afterwards is of another `version`.
    """

    def __init__(self, name: str, notebook: Notebook, version: str, clock: Callable[[], datetime]) -> None:
        self._name = name
        self._notebook = notebook
        self._version = version
        self._clock = clock

    def check(self) -> None:
        """Raise `CredentialsError` while no login may be tried: until when, why, and what to do."""
        note = self._note()
        if note is None:
            return
        left = note.until - self._clock()
        if timedelta(0) < left <= LONGEST:  # more than that was noted by a clock that went wrong
            raise CredentialsError(f"{self._name}: {_line(note)}")

    def begin(self, why: str, at_least: float = 0.0) -> str:
        """Note a refusal, and say what follows from it; `at_least` are seconds the server asked for."""
        before = self._note()
        refusals = before.refusals + 1 if before else 1
        length = min(LONGEST, FIRST * 2 ** min(refusals - 1, 10))
        length = min(LONGEST, max(length, timedelta(seconds=min(at_least, LONGEST.total_seconds()))))
        note = _Note(refusals, self._clock() + length, why, self._version)
        self._notebook.save(NOTE, msgspec.json.encode(note).decode())
        return f"{self._name}: {_line(note)}"

    def end(self) -> None:
        """A login succeeded."""
        if self._notebook.load(NOTE) is not None:
            self._notebook.save(NOTE, None)

    def _note(self) -> _Note | None:
        text = self._notebook.load(NOTE)
        if text is None:
            return None
        try:
            note = msgspec.json.decode(text, type=_Note)
        except msgspec.DecodeError:  # in a form of the past or the future
            return None
        return note if note.of == self._version else None


def _line(note: _Note) -> str:
    times = "" if note.refusals == 1 else f" {note.refusals} times in a row"
    return (
        f"the login was refused{times}: {note.why}; it is not tried again before {note.until:%Y-%m-%d %H:%M} UTC"
    )
