"""`profitsync health`: for monitors."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.options import JsonFlag
from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.services.freshness import Health

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def health(
    context: typer.Context,
    max_age: Annotated[
        str, typer.Option("--max-age", metavar="AGE", help="How old figures may be: 90m, 2h, 1d.")
    ] = "2h",
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell PROFITSYNC_NOTIFY_URLS, once per incident.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Whether every active merchant was read recently and without a failure; asks the store, no API.

    Exit codes: 0 all are fresh, 3 some are not, 1 none is, 4 the installation is at fault. With --quiet only
    merchants that are not fresh are listed.
    """
    from profitsync.cli.notices import tell
    from profitsync.services.freshness import health as look
    from profitsync.services.notify import of_health

    session = session_of(context)
    allowed = _age(max_age)
    with session.runtime() as runtime:
        found = look(runtime.store, runtime.store.users(), runtime.clock(), allowed)
        if notify:
            tell(runtime, of_health(found))
    if json:
        from profitsync.services.shapes import health_shape

        session.json(health_shape(found))
    else:
        _print(session, found)
    raise typer.Exit(found.exit_code)


def _print(session: Session, found: "Health") -> None:
    from profitsync.cli.tables import print_table, when
    from profitsync.services.freshness import Freshness, for_people

    shown = [one for one in found.merchants if not session.quiet or one.status is not Freshness.FRESH]
    if shown:
        print_table(
            session.out,
            ("Merchant", "Status", "Last success", "Age", "Why"),
            [
                (
                    one.user.email,
                    str(one.status),
                    when(one.last_success),
                    for_people(one.age) if one.age is not None else "-",
                    one.reason or "-",
                )
                for one in shown
            ],
            folding=("Merchant", "Why"),
        )
    if not found.merchants:
        session.error("there is no active merchant; `profitsync users add` registers one")


def _age(text: str) -> timedelta:
    """Raises `UsageError`."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if found is None or not int(found[1]):
        raise UsageError(f"--max-age {text!r}: must be a number with s, m, h or d, such as 90m or 2h")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
