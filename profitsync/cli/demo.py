"""`profitsync demo`."""

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.options import JsonFlag
from profitsync.cli.session import Session, say, session_of

if TYPE_CHECKING:
    from profitsync.services.demo import Demo


def demo(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=90, help="Days to show.")] = 30,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep its store, key and logs here.", show_default=False)
    ] = None,
    json: JsonFlag = False,
) -> None:
    """See the whole path in a minute: a simulated merchant, the real sync, the figures. Needs no account."""
    from profitsync import logs
    from profitsync.cli.progress import watching
    from profitsync.sandbox.server import Sandbox
    from profitsync.services.demo import demo_directory, demo_runtime, demo_settings, demo_world, run_demo

    session = session_of(context)
    with ExitStack() as stack:
        directory = stack.enter_context(demo_directory(keep))
        world = demo_world()
        sandbox = stack.enter_context(Sandbox([world]))
        settings = demo_settings(directory, sandbox.environment())
        session.start_logging(settings)
        stack.callback(logs.shutdown)  # before its directory goes
        runtime = stack.enter_context(demo_runtime(settings))
        session.note(f"A sandbox with simulated APIs listens on {sandbox.url}.")
        with watching(session) as progress:
            seen = run_demo(runtime, world, days, progress)
        session.note(f"Read {seen.report.users[0].records_synced:,} records in {len(sandbox.requests)} requests.")
    _show(session, seen, keep, json=json)
    raise typer.Exit(seen.report.exit_code)


def _show(session: Session, seen: "Demo", keep: Path | None, *, json: bool) -> None:
    if json:
        from profitsync.services.shapes import sync_shape, table_shape, user_shape

        session.json(
            {
                "user": user_shape(seen.user),
                "sync": sync_shape(seen.report),
                "metrics": table_shape(seen.table),
            }
        )
        return
    from profitsync.cli.metrics_table import print_metrics

    print_metrics(session.out, seen.table, seen.user.email)
    for line in ("", *_explained(session, seen), _next_step(seen, keep)):
        say(session.out, line)


def _explained(session: Session, seen: "Demo") -> tuple[str, str]:
    """Two sentences on the totals, in the reader's words."""
    from profitsync.cli.figures import currency_on

    totals, currency = seen.table.totals.values, currency_on(session.out, seen.table.currency)

    def amount(name: str) -> str:
        value = totals.get(name)
        return "n/a" if value is None else currency.text(Decimal(value), 0)

    orders = f"{totals.get('totalOrders') or 0:,} orders"
    seen_then = f"Seen: {orders} earned {amount('revenue')}; goods, ads and shipping leave {amount('netProfit')}."
    lost_then = f"Parcels sent back unpaid took {amount('rtoReversal')} of sales away again"
    return seen_then, f"{lost_then}; {amount('estimatedCogs')} of the goods' cost are estimates."


def _next_step(seen: "Demo", keep: Path | None) -> str:
    if keep is None:
        return "Next: `profitsync init`, then `profitsync users add` registers your shop."
    return f"Next: `cd {keep}`, then `profitsync metrics show --user {seen.user.email} --by week`."
