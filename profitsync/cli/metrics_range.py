"""The days that the commands of `metrics` speak of, and the merchant they are those of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.options import read_range
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.cli.session import Session
    from profitsync.domain.merchants import User

DEFAULT_DAYS = 30
PERIODS = ("day", "week", "month")
Days = Annotated[
    int | None, typer.Option(metavar="N", help="The last N days; 30 if nothing is said.", show_default=False)
]
By = Annotated[str, typer.Option(metavar="PERIOD", help="A row per day, week (from Monday) or month.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A merchant's days, both ends included."""

    runtime: "Runtime"
    merchant: "User"
    since: date
    until: date


@contextmanager
def asked(
    session: "Session", user: str, since: str | None, until: str | None, days: int | None
) -> Iterator[Asked]:
    """The merchant and the days that the flags name, with the store open. Raises `UsageError`."""
    from profitsync.services.metrics import last_days
    from profitsync.services.users import get_user

    first, last = read_range(since, until, days)
    if last and not first:
        raise UsageError("--until: needs --since")
    with session.runtime() as runtime:
        merchant = get_user(runtime.store, user)
        default_first, default_last = last_days(merchant, days or DEFAULT_DAYS, runtime.clock())
        first, last = first or default_first, last or default_last
        if last < first:
            raise UsageError(f"--since {first}: is after {last}, today in the shop's time zone")
        yield Asked(runtime, merchant, first, last)


def check_period(by: str) -> None:
    """Raise `UsageError` unless `by` is a period."""
    if by not in PERIODS:
        raise UsageError(f"--by {by!r}: must be one of {', '.join(PERIODS)}")
