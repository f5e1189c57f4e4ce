"""`profitsync doctor`: the installation and every active merchant."""

from typing import TYPE_CHECKING

import typer

from profitsync.cli.options import JsonFlag
from profitsync.cli.session import Session, session_of
from profitsync.errors import ConfigurationError

if TYPE_CHECKING:
    from profitsync.services.checks import Checkup


def doctor(context: typer.Context, json: JsonFlag = False) -> None:
    """What is wrong and what to do: variables, key, store, clock, and each active merchant with its sources.

    Every API is asked once, all at the same time, for a minute at most. Nothing is changed. Exit codes: 0 when
    there is no problem, warnings or not; 4 when there is one.
    """
    session = session_of(context)
    checkup = _checkup(session)
    if json:
        from profitsync.services.shapes import checkup_shape

        session.json(checkup_shape(checkup))
    else:
        from profitsync.cli.findings import print_checkup

        print_checkup(session, checkup)
    raise typer.Exit(checkup.exit_code)


def _checkup(session: Session) -> "Checkup":
    """As far as it goes: without variables no store, without store no merchants."""
    from profitsync.bootstrap import Runtime, utc_now
    from profitsync.services.checks import Checkup, Finding, Level, check_merchants
    from profitsync.services.installation import check_clock, check_settings, try_store, violations

    try:
        settings = session.settings
    except ConfigurationError as error:
        return Checkup(tuple(violations(error)), ())
    found = list(check_settings(settings))
    if not any(one.topic == "logs" and one.level is Level.PROBLEM for one in found):
        session.start_logging(settings)
    store, told = try_store(settings)
    found += [told, check_clock(settings, utc_now)]
    if store is None:
        return Checkup(tuple(found), ())
    try:
        users = store.users()
        active = [user for user in users if user.is_active]
        idle = len(users) - len(active)
        if not active:
            text = "none is active; `profitsync users add` registers one"
            found.append(Finding(Level.WARNING, "merchants", text))
        else:
            text = f"{len(active)} active" + (f", {idle} deactivated" if idle else "")
            found.append(Finding(Level.OK, "merchants", text))
        return Checkup(tuple(found), check_merchants(Runtime(settings, store), active))
    finally:
        store.close()
