"""`profitsync keys`: keys for the server. A key is shown once, when it is made; only its hash is stored."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.domain.access import ApiKey

app = typer.Typer(help="Keys for the server: `profitsync serve`.", no_args_is_help=True)


@command(app, "create", "keys create front-end --all", "keys create agency --user owner@shop.example")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.", show_default=False)],
    everyone: Annotated[bool, typer.Option("--all", help="For every merchant, also those to come.")] = False,
    user: Annotated[
        list[str] | None,
        typer.Option("--user", metavar="REF", help="Only for this merchant. May be repeated.", show_default=False),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Make a key and show it, this once. With --user it opens those merchants only."""
    from profitsync.services.api_keys import create_key
    from profitsync.services.users import get_user

    session = session_of(context)
    if everyone == bool(user):
        raise UsageError("give either --all or --user REF")
    with session.runtime() as runtime:
        users = None if everyone else [get_user(runtime.store, ref) for ref in user or ()]
        made = create_key(runtime, name, users)
    if json:
        session.json(_shape(made.key) | {"key": made.plain})
    else:
        session.lines(made.plain)
    session.note(f"Keep it now: it is not stored. `profitsync keys revoke {made.key.id}` ends it.")


@command(app, "list", "keys list", "keys list --json")
def list_keys(context: typer.Context, json: JsonFlag = False) -> None:
    """All stored keys, the oldest first; of each what it is for, never the key itself."""
    session = session_of(context)
    with session.runtime() as runtime:
        keys = runtime.store.api_keys()
        emails = {user.id: user.email for user in runtime.store.users()}
        configured = len(runtime.settings.api_keys)
    if json:
        session.json([_shape(key) for key in keys])
        return
    if configured:
        session.note(f"Besides, PROFITSYNC_API_KEY holds {configured}, for every merchant.")
    if not keys:
        session.note("No keys yet; `profitsync keys create` makes one.")
        return
    from profitsync.cli.tables import print_table, when

    def merchants(key: "ApiKey") -> str:
        if key.user_ids is None:
            return "all"
        return ", ".join(emails.get(one, f"{one} (removed)") for one in key.user_ids)

    rows = [(key.id, key.name, merchants(key), when(key.created_at)) for key in keys]
    print_table(session.out, ("Key", "Name", "Merchants", "Made"), rows, folding=("Name", "Merchants"))


@command(app, "revoke", "keys revoke 4f1c0a9be2d7")
def revoke(
    context: typer.Context,
    key_id: Annotated[
        str, typer.Argument(metavar="KEY", help="Its id, as `keys list` shows it.", show_default=False)
    ],
) -> None:
    """End a key: the next request with it is refused."""
    from profitsync.services.api_keys import revoke_key

    session = session_of(context)
    with session.runtime() as runtime:
        key = revoke_key(runtime, key_id)
    session.note(f"Revoked {key.id} ({key.name}).")


def _shape(key: "ApiKey") -> dict[str, Any]:
    from profitsync.services.shapes import instant

    ids = None if key.user_ids is None else list(key.user_ids)
    return {"id": key.id, "name": key.name, "userIds": ids, "createdAt": instant(key.created_at)}
