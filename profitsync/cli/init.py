"""`profitsync init`."""

from pathlib import Path

import typer

from profitsync.cli.session import session_of


def init(context: typer.Context) -> None:
    """Make a secret key if there is none, and the store with its indexes. Doing it twice changes nothing."""
    from profitsync.services.setup import ensure_key

    session = session_of(context)
    with session.runtime():  # the store first: without it nothing at all is written
        key = ensure_key(session.settings, Path.cwd())
    if key.written:
        session.note(f"A fresh secret key is in {key.path} (readable by you only).")
        session.note("Keep a copy of it: without it the stored credentials are lost.")
    else:
        session.note("A secret key is configured; it stays.")
    session.note("The store is ready.")
    session.note("Next: `profitsync users add` registers a merchant, `profitsync sync --all` reads its data.")
