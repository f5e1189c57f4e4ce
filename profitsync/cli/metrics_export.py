"""`profitsync metrics export`: the figures as a file."""

from pathlib import Path
from typing import Annotated

import typer

from profitsync.cli.metrics_range import By, Days, asked, check_period
from profitsync.cli.options import Since, Until, UserOption
from profitsync.cli.session import session_of


def export(
    context: typer.Context,
    user: UserOption,
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to; .csv or .xlsx by its suffix.", show_default=False)
    ],
    since: Since = None,
    until: Until = None,
    days: Days = None,
    by: By = "day",
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Groups or fields as in metrics show; else all.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> None:
    """Write the figures of a range of days to a CSV file or to a workbook.

    A CSV holds every field, exact, a line per row, as `metrics show --csv`. A
    workbook holds typed cells, a row of totals, and a sheet that says what the
    figures are; it needs the extra xlsx (exit code 4 without). A file that
    exists is kept unless --force is given, and is never left half written.
    """
    from profitsync.cli.columns import chosen
    from profitsync.services.exports import check_path, export_table
    from profitsync.services.metrics import metrics_table

    session = session_of(context)
    check_period(by)
    check_path(output, force=force)
    fields = chosen("--columns", columns)
    with asked(session, user, since, until, days) as range_:
        merchant = range_.merchant
        table = metrics_table(range_.runtime.store, merchant, since=range_.since, until=range_.until, by=by)
    for note in table.notes:
        session.note(note)
    export_table(table, merchant.email, output, fields, force=force)
    session.note(f"{output}: {len(table.rows)} rows by {by}, {table.since} to {table.until}")
