"""`profitsync webhooks`: what to register at the sources, so that changes arrive within seconds."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag, UserOption
from profitsync.cli.session import session_of

if TYPE_CHECKING:
    from profitsync.services.webhooks import Address

app = typer.Typer(help="Changes as they happen, told by the sources to `profitsync serve`.", no_args_is_help=True)


@command(app, "show", "webhooks show --user my-shop --url https://hooks.shop.example")
def show(
    context: typer.Context,
    user: UserOption,
    url: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Address of the server as the world sees it: https://…", show_default=False
        ),
    ],
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make another token for Shiprocket; the old one ends.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """What to register where. Shows the merchant's token for Shiprocket, which is made the first time."""
    from profitsync.services.users import get_user
    from profitsync.services.webhooks import addresses

    session = session_of(context)
    with session.runtime() as runtime:
        merchant = get_user(runtime.store, user)
        found = addresses(runtime, merchant, url, new_token=new_token)
    for one in found:
        if one.warning:
            session.warn(f"{one.source}: {one.warning}")
    if json:
        session.json([_shape(one) for one in found])
        return
    for one in found:
        session.lines(f"{one.source:<11}{one.url}")
        if one.topics:
            session.lines(f"{'':<11}topics: {', '.join(one.topics)} (format JSON)")
        if one.token:
            session.lines(f"{'':<11}token:  {one.token}")


def _shape(address: "Address") -> dict[str, Any]:
    return {
        "source": address.source, "url": address.url, "topics": list(address.topics), "token": address.token,
        "warning": address.warning,
    }  # fmt: skip
