"""`profitsync metrics`: the figures."""

import csv
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.options import JsonFlag, Since, Until, UserOption, read_range
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.domain.rows import Value
    from profitsync.services.tables import MetricsTable

app = typer.Typer(help="The daily figures and their totals.", no_args_is_help=True)

PERIODS = ("day", "week", "month")


@app.command("show")
def show(
    context: typer.Context,
    user: UserOption,
    since: Since = None,
    until: Until = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="The last N days; 30 if nothing is said.", show_default=False)
    ] = None,
    by: Annotated[str, typer.Option(metavar="PERIOD", help="A row per day, week (from Monday) or month.")] = "day",
    json: JsonFlag = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout: every field, a line per row.")] = False,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD,…",
            help="Show these fields of docs/metrics.md instead of those that fit.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Figures of a range of days with their totals; n/a is what is not defined or not known."""
    from profitsync.services.metrics import last_days, metrics_table
    from profitsync.services.users import get_user

    session = session_of(context)
    first, last = read_range(since, until, days)
    if last and not first:
        raise UsageError("--until: needs --since")
    if json and as_csv:
        raise UsageError("--json and --csv: give one or the other")
    if by not in PERIODS:
        raise UsageError(f"--by {by!r}: must be one of {', '.join(PERIODS)}")
    fields = _fields(columns)
    with session.runtime() as runtime:
        merchant = get_user(runtime.store, user)
        default_first, default_last = last_days(merchant, days or 30, runtime.clock())
        first, last = first or default_first, last or default_last
        if last < first:
            raise UsageError(f"--since {first}: is after {last}, today in the shop's time zone")
        table = metrics_table(runtime.store, merchant, since=first, until=last, by=by)
    for note in table.notes:
        session.note(note)
    if json:
        from profitsync.services.shapes import table_shape

        session.json(table_shape(table))
    elif as_csv:
        _print_csv(table, fields)
    else:
        from profitsync.cli.metrics_table import print_metrics

        print_metrics(session.out, table, merchant.email, fields)


def _fields(text: str | None) -> list[str]:
    """The fields asked for. Raises `UsageError` naming every unknown one."""
    from profitsync.domain.metrics import FIELDS
    from profitsync.services.problems import unknown_field

    if text is None:
        return []
    names = [name.strip() for name in text.split(",") if name.strip()]
    if problems := [f"--columns: {name} {unknown_field(name, FIELDS)}" for name in names if name not in FIELDS]:
        raise UsageError("\n".join(problems))
    if not names:
        raise UsageError("--columns: name at least one field")
    return list(dict.fromkeys(names))


def _print_csv(table: "MetricsTable", fields: list[str]) -> None:
    """A line per row; sums of a range are in --json, for ratios and customers cannot be added up from lines."""
    from profitsync.domain.merchants import SOURCES
    from profitsync.domain.metrics import FIELDS

    names = fields or list(FIELDS)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["date", *names, "complete", *SOURCES])
    for row in table.rows:
        writer.writerow(
            [
                row.day.isoformat(),
                *(_plain(row.values.get(name)) for name in names),
                _plain(row.complete),
                *(row.sources.get(source, "") for source in SOURCES),
            ]
        )


def _plain(value: "Value") -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
