"""`profitsync users`: merchants and their credentials. No secret is ever taken from a flag or shown."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag, Ref
from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

app = typer.Typer(help="Merchants and their credentials.", no_args_is_help=True)

FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="JSON object to read; - is standard input.", show_default=False),
]


@command(app, "add", "users add", "users add --from merchant.json")
def add(context: typer.Context, origin: FromOption = None, json: JsonFlag = False) -> None:
    """Register a merchant: asks on a terminal, or reads a JSON object with --from."""
    from profitsync.services import users

    session = session_of(context)
    if origin is None and not session.interactive:
        raise UsageError("there is no terminal to ask on; give --from FILE, or --from - for standard input")
    document = _prompted() if origin is None else _document(origin)
    with session.runtime() as runtime:
        user = users.add_user(runtime, document)
        session.note(f"Added {user.email} with id {user.id}.")
        session.note(f"Next: `profitsync users check {user.email}` tries the credentials,")
        session.note(f"then `profitsync sync --user {user.email}` reads the last 90 days.")
        if json:
            _print_user_json(session, user)


@command(app, "list", "users list", "users list --json")
def list_users(context: typer.Context, json: JsonFlag = False) -> None:
    """All merchants, the oldest first."""
    from profitsync.domain.merchants import SOURCES
    from profitsync.services.shapes import user_shape

    session = session_of(context)
    with session.runtime() as runtime:
        users = runtime.store.users()
    if json:
        session.json([user_shape(user) for user in users])
        return
    if not users:
        session.note("No merchants yet; `profitsync users add` registers one.")
        return
    from profitsync.cli.tables import print_table, when

    print_table(
        session.out,
        ("E-mail", "Store", "Sources", "Active", "Last sync"),
        [
            (
                user.email,
                user.shopify_store or "-",
                ", ".join(source for source in SOURCES if user.configured(source)) or "none",
                "yes" if user.is_active else "no",
                when(user.last_sync_at),
            )
            for user in users
        ],
        folding=("E-mail", "Store", "Sources"),
    )


@command(app, "show", "users show owner@shop.example")
def show(context: typer.Context, ref: Ref, json: JsonFlag = False) -> None:
    """One merchant; of its secrets only whether they are set."""
    from profitsync.services.shapes import sources_shape, user_shape
    from profitsync.services.users import get_user

    session = session_of(context)
    with session.runtime() as runtime:
        user = get_user(runtime.store, ref)
        sources = sources_shape(user, runtime.store.source_states(user.id))
    shape = user_shape(user)
    if json:
        session.json({**shape, "sources": sources})
        return
    settings = shape.pop("settings")
    for name, value in shape.items():
        session.lines(f"{name:<22}{_plain(value)}")
    for name, value in settings.items():
        session.lines(f"{'settings.' + name:<30}{_plain(value)}")
    for name, told in sources.items():
        error = f", last error: {told['error']}" if told["error"] else ""
        session.lines(f"{name:<22}{told['status']}, last success {told['lastSuccessAt'] or 'never'}{error}")


@command(app, "update", "users update owner@shop.example --from changes.json")
def update(
    context: typer.Context,
    ref: Ref,
    origin: Annotated[
        str,
        typer.Option(
            "--from", metavar="FILE", help="JSON object to read; - is standard input.", show_default=False
        ),
    ],
    recalculate: Annotated[
        bool, typer.Option(help="After a change of settings: the next sync calculates all stored days again.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Change the given fields only; null takes a field away."""
    from profitsync.services import users
    from profitsync.services.costs import recalculate_from

    session = session_of(context)
    document = _document(origin)
    with session.runtime() as runtime:
        before = users.get_user(runtime.store, ref)
        after = users.update_user(runtime, before, document)
        session.note(f"Updated {after.email}.")
        if recalculate:
            days = recalculate_from(runtime.store, after, [None])
            session.note(f"{days} stored days will be calculated again by the next sync.")
        elif before.settings != after.settings and before.last_sync_at:
            session.note("Stored days keep the old settings; --recalculate applies the new ones to them.")
        if json:
            _print_user_json(session, after)


@command(app, "activate", "users activate owner@shop.example")
def activate(context: typer.Context, ref: Ref) -> None:
    """Include a merchant in `sync --all` again."""
    _set_active(context, ref, active=True)


@command(app, "deactivate", "users deactivate owner@shop.example")
def deactivate(context: typer.Context, ref: Ref) -> None:
    """Leave a merchant out of syncs; nothing stored is lost."""
    _set_active(context, ref, active=False)


@command(app, "remove", "users remove owner@shop.example")
def remove(
    context: typer.Context,
    ref: Ref,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a merchant and everything stored for it: costs, facts, figures, jobs."""
    from profitsync.services import users

    session = session_of(context)
    with session.runtime() as runtime:
        user = users.get_user(runtime.store, ref)
        if not yes:
            if not session.interactive:
                raise UsageError(f"removing {user.email} needs --yes where nobody can be asked")
            typer.confirm(f"Remove {user.email} and everything stored for it?", abort=True, err=True)
        users.remove_user(runtime, user)
    session.note(f"Removed {user.email}.")


@command(app, "check", "users check owner@shop.example", "users check owner@shop.example --json")
def check(context: typer.Context, ref: Ref, json: JsonFlag = False) -> None:
    """Ask each API of a merchant once and say what works: tokens, scopes, time zone, currency, and what is stored.

    Exit codes: 0 when there is no problem, warnings or not; 4 when there is one.
    """
    from profitsync.services.checks import Checkup, check_merchants
    from profitsync.services.users import get_user

    session = session_of(context)
    with session.runtime() as runtime:
        checkup = Checkup((), check_merchants(runtime, [get_user(runtime.store, ref)]))
    if json:
        from profitsync.services.shapes import merchant_check_shape

        session.json(merchant_check_shape(checkup.merchants[0]))
    else:
        from profitsync.cli.findings import print_checkup

        print_checkup(session, checkup)
    raise typer.Exit(checkup.exit_code)


@command(app, "rotate-keys", "users rotate-keys")
def rotate_keys(context: typer.Context) -> None:
    """Encrypt all stored credentials again under the first key of PROFITSYNC_SECRET_KEY."""
    from profitsync.services import users

    session = session_of(context)
    with session.runtime() as runtime:
        count = users.rotate_keys(runtime)
    session.note(f"The credentials of {count} merchants are now under the first key; older keys can go.")


def _set_active(context: typer.Context, ref: str, *, active: bool) -> None:
    from profitsync.services import users

    session = session_of(context)
    with session.runtime() as runtime:
        user = users.set_active(runtime, users.get_user(runtime.store, ref), active)
    session.note(f"{user.email} is {'active' if active else 'not active; `sync` leaves it out'}.")


def _prompted() -> dict[str, Any]:
    from profitsync.cli.prompts import ask_for_user

    return ask_for_user()


def _document(origin: str) -> dict[str, Any]:
    from profitsync.services.user_input import parse_document

    name = "standard input" if origin == "-" else origin
    try:
        content = sys.stdin.buffer.read() if origin == "-" else Path(origin).read_bytes()
        return parse_document(content.decode("utf-8-sig"), name)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name}: is not UTF-8 text") from None


def _print_user_json(session: Session, user: Any) -> None:
    from profitsync.services.shapes import user_shape

    session.json(user_shape(user))


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items()) or "-"
    return str(value)
