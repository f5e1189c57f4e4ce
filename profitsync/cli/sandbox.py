"""`profitsync sandbox`: the simulated APIs, for trying things out without any account."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.sandbox.server import Sandbox
    from profitsync.sandbox.world import World

WORLDS = ("demo", "example", "retail")


def sandbox(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 takes any free one.")] = 8081,
    world: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="demo (a generated brand), example (that of docs/metrics.md) or retail (from --csv).",
        ),
    ] = "demo",
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Order lines of the retail world.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another generated brand.")] = 1,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT", help="A fault to play, such as meta:500. May be repeated.", show_default=False
        ),
    ] = None,
    user_file: Annotated[
        Path | None,
        typer.Option("--user-file", metavar="FILE", help="Write the merchant's JSON here.", show_default=False),
    ] = None,
) -> None:
    """Serve simulated Shopify, Meta and Shiprocket APIs on loopback until interrupted.

    Prints the variables that point profitsync at it, and the merchant to register with `users add --from`.
    """
    from profitsync.sandbox.faults import Faults
    from profitsync.sandbox.server import serve_forever

    session = session_of(context)
    faults = Faults.parse(" ".join(fault or []))
    served = _world(world, csv, seed)
    if user_file:
        _write(user_file, served)
    for line in served.report.lines() if served.report else ():
        session.note(line)
    serve_forever(
        [served], port=port, faults=faults, announce=lambda server: _announce(session, server, user_file)
    )
    session.note("The sandbox has ended.")


def _world(name: str, csv: Path | None, seed: int) -> "World":
    from profitsync.services.problems import did_you_mean

    if name not in WORLDS:
        raise UsageError(f"--world {name!r}: must be one of {', '.join(WORLDS)}{did_you_mean(name, WORLDS)}")
    if (name == "retail") != (csv is not None):
        raise UsageError("--csv: goes with --world retail, and only with it")
    if csv is not None:
        from profitsync.sandbox.worlds.retail import from_csv

        return from_csv(csv)
    if name == "example":
        from profitsync.sandbox.worlds.example import example

        return example()
    from profitsync.services.demo import demo_world

    return demo_world(seed=seed)


def _write(path: Path, world: "World") -> None:
    try:
        path.touch(mode=0o600)  # as a file with real credentials should be
        path.write_text(json.dumps(world.user_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--user-file {path}: cannot be written: {error.strerror}") from None


def _announce(session: Session, server: "Sandbox", user_file: Path | None) -> None:
    """Variables as the shell and `.env` take them; the merchant as `users add` takes it. All invented."""
    for name, value in server.environment().items():
        print(f"export {name}='{value}'")
    (world,) = server.worlds
    if user_file is None:
        print(json.dumps(world.user_json(), indent=2), flush=True)
    else:
        print(f"# profitsync users add --from {user_file}", flush=True)
    session.note(f"Listening on {server.url}; Ctrl-C ends it.")
