"""`profitsync notify`, and sending notices from other commands."""

import logging
from typing import TYPE_CHECKING

import typer

from profitsync.cli.helping import command
from profitsync.cli.session import session_of
from profitsync.errors import ConfigurationError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.services.notify import Notice

app = typer.Typer(help="Messages about merchants in trouble.", no_args_is_help=True)
log = logging.getLogger(__name__)


@command(app, "test", "notify test")
def test(context: typer.Context) -> None:
    """Send a test message to every address of PROFITSYNC_NOTIFY_URLS."""
    from profitsync.services.notify import sender

    session = session_of(context)
    session.start_logging()
    addresses = session.settings.notify_urls
    if not addresses:
        raise ConfigurationError("PROFITSYNC_NOTIFY_URLS: is empty; give it addresses as Apprise knows them")
    sender(addresses)("profitsync: a test", "Messages about merchants in trouble will arrive here.")
    session.note("Sent.")


def tell(runtime: "Runtime", notices: "list[Notice]") -> None:
    """Send what is new, if anybody wants to know. That nobody can be told is no failure of what was done."""
    from profitsync.services.notify import notify, sender

    if not runtime.settings.notify_urls:
        return
    try:
        send = sender(runtime.settings.notify_urls)
    except ConfigurationError as error:
        log.error("nobody can be notified: %s", error)
        return
    notify(runtime, notices, send)
