"""`profitsync costs recompute`: what was corrected reaches the past."""

from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.cost_output import counted, merchant_of
from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag, Since, UserOption, read_range
from profitsync.cli.session import session_of

if TYPE_CHECKING:
    from profitsync.services.recompute import Recomputed


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    command(
        app,
        "recompute",
        "costs recompute --user owner@shop.example --dry-run",
        "costs recompute --user owner@shop.example --since 2026-04-01",
    )(recompute_costs)


def recompute_costs(
    context: typer.Context,
    user: UserOption,
    since: Since = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Last day, included.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    json: JsonFlag = False,
) -> None:
    """Calculate stored days again with the costs and settings of now, from stored facts; no API is called.

    Each day gets the cost that is valid on it. Without days: all that are stored.
    """
    from profitsync.cli.changes_table import print_changes
    from profitsync.services.recompute import recompute

    session = session_of(context)
    first, last = read_range(since, until, None)
    with session.runtime() as runtime:
        merchant = merchant_of(runtime, user)
        done = recompute(runtime, merchant, first, last, dry_run=dry_run)
    if json:
        from profitsync.services.shapes import recomputed_shape

        session.json(recomputed_shape(done))
    else:
        print_changes(session.out, done.changes, merchant.currency)
    session.note(_told(done, dry_run))


def _told(done: "Recomputed", dry_run: bool) -> str:
    text = f"{counted(done.days, 'day')} calculated, {counted(len(done.changes), 'day')} changed."
    if done.waiting:
        text += f" {counted(done.waiting, 'day')} left to the next sync, which has facts of them to read."
    return text + (" Dry run: nothing was written." if dry_run else "")
