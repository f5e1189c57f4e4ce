"""`profitsync metrics`: the figures, and where they come from."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli import completion
from profitsync.cli.helping import command
from profitsync.cli.metrics_chart import chart
from profitsync.cli.metrics_explain import explain
from profitsync.cli.metrics_export import export
from profitsync.cli.metrics_products import products
from profitsync.cli.metrics_range import By, Days, asked, check_period
from profitsync.cli.metrics_reconcile import reconcile
from profitsync.cli.options import JsonFlag, Since, Until, UserOption
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.cli.session import Session
    from profitsync.services.tables import MetricsTable

app = typer.Typer(help="The daily figures, their totals, and where they come from.", no_args_is_help=True)

COMPARED_WITH = ("previous",)


def show(
    context: typer.Context,
    user: UserOption,
    since: Since = None,
    until: Until = None,
    days: Days = None,
    by: By = "day",
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,…",
            help="Groups (profit, sales, ads, customers, shipping, unknowns, all) or fields of docs/metrics.md.",
            show_default=False,
            autocompletion=completion.columns,
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="previous", help="Totals beside the period before.", show_default=False),
    ] = None,
    json: JsonFlag = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout: exact, a line per row.")] = False,
) -> None:
    """Figures of a range of days with their totals.

    n/a is what is not defined or not known; * marks a row of which something is
    not known, ~ one whose last read failed. A narrow terminal shows fewer
    columns and says which; columns asked for are all shown, in blocks below
    each other where need be.
    """
    from profitsync.cli.columns import chosen
    from profitsync.services.metrics import compared_with_previous, metrics_table

    session = session_of(context)
    if json and as_csv:
        raise UsageError("--json and --csv: give one or the other")
    check_period(by)
    if compare is not None and compare not in COMPARED_WITH:
        raise UsageError(f"--compare {compare!r}: must be {', '.join(COMPARED_WITH)}")
    if compare and as_csv:
        raise UsageError("--compare and --csv: a CSV holds rows, not totals; use --json")
    fields = chosen("--columns", columns)
    with asked(session, user, since, until, days) as range_:
        store, merchant = range_.runtime.store, range_.merchant
        table = metrics_table(store, merchant, since=range_.since, until=range_.until, by=by)
        if compare:
            table = compared_with_previous(store, merchant, table)
    for note in table.notes:
        session.note(note)
    _print(session, table, merchant.email, fields, "json" if json else "csv" if as_csv else "")


def _print(session: "Session", table: "MetricsTable", email: str, fields: list[str], form: str) -> None:
    if form == "json":
        from profitsync.services.shapes import table_shape

        session.json(table_shape(table))
    elif form == "csv":
        from profitsync.services.exports import write_csv

        write_csv(sys.stdout, table, fields)
    else:
        from profitsync.cli.metrics_table import print_metrics

        print_metrics(session.out, table, email, fields)


command(
    app,
    "show",
    "metrics show --user my-shop --days 7",
    "metrics show --user my-shop --since 2026-10-01 --until 2026-10-31",
    "metrics show --user my-shop --days 90 --by week",
    "metrics show --user my-shop --days 14 --compare previous",
    "metrics show --user my-shop --columns profit,shipping",
)(show)
command(
    app,
    "chart",
    "metrics chart netProfit --user my-shop",
    "metrics chart revenue netProfit --user kurta --days 90 --by week",
    "metrics chart rtoRate --user my-shop --days 60 | less",
)(chart)
command(
    app,
    "explain",
    "metrics explain --user my-shop --date 2026-11-04",
    "metrics explain --user my-shop --date 2026-11-04 --metric returns",
    "metrics explain --user my-shop --date 2026-11-04 --json",
)(explain)
command(
    app,
    "products",
    "metrics products --user my-shop --days 90",
    "metrics products --user kurta --days 30 --sort returns --limit 9",
    "metrics products --user kurta --days 30 --csv > products.csv",
)(products)
command(
    app,
    "reconcile",
    "metrics reconcile --user my-shop --days 7",
    "metrics reconcile --user my-shop --since 2026-11-01",
)(reconcile)
command(
    app,
    "export",
    "metrics export --user my-shop --days 90 --output figures.xlsx",
    "metrics export --user my-shop --by week --output w.csv --force",
)(export)
