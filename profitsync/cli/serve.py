"""`profitsync serve`: the REST routes, until interrupted."""

import socket
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.session import Session, session_of
from profitsync.errors import ConfigurationError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime

LOOPBACK = "127.0.0.1"


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    sync_seconds: Annotated[
        int, typer.Option(min=1, max=86_400, metavar="N", help="How long a sync on request may take.")
    ] = 900,
) -> None:
    """Serve the REST routes and follow up webhooks. The routes are documented at /docs; see docs/serve.md.

    Every route but / and /health needs a key: `profitsync keys create`, or PROFITSYNC_API_KEY.
    """
    session = session_of(context)
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn")):
        raise ConfigurationError("serve: needs the extra of that name: pip install 'profitsync[serve]'")
    from profitsync.api.app import create_app
    from profitsync.api.run import serve_until_told

    with session.runtime() as runtime:
        _ = runtime.vault  # without a key no credential could be read
        _check_keys(session, runtime, host)
        listener = _listen(host, port)
        address, bound = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        session.note(f"Listening on http://{shown}:{bound}; Ctrl-C ends it.")
        serve_until_told(create_app(runtime, float(sync_seconds)), listener, runtime.settings.trusted_proxies)
    session.note("The server has ended.")


def _check_keys(session: Session, runtime: "Runtime", host: str) -> None:
    """Raise `ConfigurationError` for an open door."""
    from profitsync.services.api_keys import SHORTEST_GIVEN, any_key

    found = any_key(runtime)
    if _is_loopback(host):
        if not found:
            session.warn("there is no key yet, so only / and /health answer; `profitsync keys create` makes one")
        return
    if not found:
        raise ConfigurationError(
            f"--host {host}: is not loopback, and there is no key; `profitsync keys create` makes one"
        )
    if any(len(key) < SHORTEST_GIVEN for key in runtime.settings.api_keys):
        raise ConfigurationError(
            f"PROFITSYNC_API_KEY: is shorter than {SHORTEST_GIVEN} characters, too short to listen beyond loopback"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()  # from here on nobody is turned away
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigurationError(f"--host {host} --port {port}: cannot listen there: {error.strerror}") from None
    return listener
