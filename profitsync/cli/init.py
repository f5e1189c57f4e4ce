"""`profitsync init`: the first steps, one after the other on a terminal, in silence without one."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.domain.merchants import User

log = logging.getLogger(__name__)


def init(context: typer.Context) -> None:
    """Make a secret key if there is none, and the store with its indexes. Doing it twice changes nothing.

    On a terminal it goes on: the first merchant, a check of its credentials, the line for cron. Without one it
    asks nothing and says nothing.
    """
    from profitsync.services.setup import ensure_key

    session = session_of(context)
    with session.runtime():  # the store first: without it nothing at all is written
        key = ensure_key(session.settings, Path.cwd())
    if not session.interactive or session.quiet:
        if key.written:
            log.info("a fresh secret key is in %s; keep a copy of it", key.path)
        return
    if key.written:
        session.read_settings_again()
        session.note(f"1. A fresh secret key is in {key.path} (readable by you only).")
        session.note("   Keep a copy of it: without it the stored credentials are lost.")
    else:
        session.note("1. A secret key is configured; it stays.")
    session.note("2. The store is ready.")
    with session.runtime() as runtime:
        _merchant_and_cron(session, runtime)


def _merchant_and_cron(session: Session, runtime: "Runtime") -> None:
    from profitsync.services.setup import crontab_line

    users = runtime.store.users()
    if users:
        session.note(f"3. Merchants: {len(users)} registered; `profitsync doctor` checks them.")
    elif user := _first_merchant(session, runtime):
        _check(session, runtime, user)
    session.note("4. For cron, every hour (`crontab -e`; crontab.example has more):")
    session.lines(crontab_line(Path.cwd()))
    ref = runtime.store.users()[0].email if runtime.store.users() else None
    if ref is None:
        session.note("Next: `profitsync users add` registers a merchant.")
    else:
        session.note(f"Next: `profitsync sync --all`, then `profitsync metrics show --user {ref}`.")


def _first_merchant(session: Session, runtime: "Runtime") -> "User | None":
    """Asked for until it can be registered, or the person has had enough."""
    from profitsync.cli.prompts import ask_for_user
    from profitsync.services.users import add_user

    question = "3. Register the first merchant now?"
    while typer.confirm(question, default=True, err=True):
        try:
            user = add_user(runtime, ask_for_user())
        except UsageError as error:
            session.error(str(error))
            question = "Try again?"
        else:
            session.note(f"Added {user.email} with id {user.id}.")
            return user
    return None


def _check(session: Session, runtime: "Runtime", user: "User") -> None:
    from profitsync.cli.findings import print_checkup
    from profitsync.services.checks import Checkup, check_merchants

    session.note("Asking each API once …")
    print_checkup(session, Checkup((), check_merchants(runtime, [user])))
