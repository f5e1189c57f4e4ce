"""Options that several commands share, and reading days from them."""

from datetime import date
from typing import Annotated

import typer

from profitsync.cli import completion
from profitsync.errors import UsageError

Ref = Annotated[
    str,
    typer.Argument(
        metavar="REF",
        help="The user's id, e-mail or store.",
        show_default=False,
        autocompletion=completion.merchants,
    ),
]
UserOption = Annotated[
    str,
    typer.Option(
        "--user",
        metavar="REF",
        help="The user's id, e-mail or store.",
        show_default=False,
        autocompletion=completion.merchants,
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON on stdout, for scripts.")]
Since = Annotated[
    str | None, typer.Option(metavar="DAY", help="First day, YYYY-MM-DD in the shop's zone.", show_default=False)
]
Until = Annotated[
    str | None, typer.Option(metavar="DAY", help="Last day, included; today if left out.", show_default=False)
]


EARLIEST, LATEST = date(2004, 1, 1), date(2100, 1, 1)  # no shop is older; a mistyped year fills no store


def read_day(flag: str, text: str | None) -> date | None:
    """The day given to a flag. Raises `UsageError` naming the flag."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise UsageError(f"{flag} {text!r}: must be a day such as 2026-11-02")
    if not EARLIEST <= day <= LATEST:
        raise UsageError(f"{flag} {text}: must lie between {EARLIEST} and {LATEST}")
    return day


def read_range(since: str | None, until: str | None, days: int | None) -> tuple[date | None, date | None]:
    """The given days, checked together. Raises `UsageError`."""
    first, last = read_day("--since", since), read_day("--until", until)
    if days is not None and (first or last):
        raise UsageError("--days: goes without --since and --until; give one or the other")
    if days is not None and not 1 <= days <= 3660:
        raise UsageError(f"--days {days}: must be from 1 to 3660")
    if first and last and last < first:
        raise UsageError(f"--until {last}: is before --since {first}")
    return first, last
