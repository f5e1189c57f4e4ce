"""Collecting every problem of an input before refusing it, so that one round of corrections is enough."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from profitsync.errors import UsageError


@dataclass(slots=True)
class Problems:
    """What is wrong so far, one line per problem: `field: reason and remedy`. Lines hold no secret."""

    lines: list[str] = field(default_factory=list)

    def add(self, name: str, reason: str) -> None:
        """Note one problem of one field."""
        self.lines.append(f"{name}: {reason}")

    def raise_if_any(self) -> None:
        """Raise `UsageError` with all lines if there are any."""
        if self.lines:
            raise UsageError("\n".join(self.lines))


def read_day(name: str, value: Any, problems: Problems) -> date | None:
    """A day as JSON gives it, `YYYY-MM-DD`; None for none, and for what is noted as a problem of field `name`."""
    if value is None:
        return None
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        problems.add(name, "must be a day such as 2026-11-02")
        return None
    return found


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if one is near."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing when no known word is near."""
    meant = closest(word, known)
    return f"; did you mean {meant}?" if meant else ""


def unknown_field(name: str, known: Iterable[str]) -> str:
    """The complaint about a field that does not exist."""
    return f"is not a known field{did_you_mean(name, known)}"
