"""`profitsync metrics chart`: figures drawn in the terminal."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli import completion
from profitsync.cli.metrics_range import PERIODS, Days, asked, check_period
from profitsync.cli.options import JsonFlag, Since, Until, UserOption
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from profitsync.cli.chart import Point
    from profitsync.cli.figures import Figures
    from profitsync.cli.metrics_range import Asked
    from profitsync.services.tables import MetricsTable

_AXIS_ROOM = 16  # columns kept for the labels when a period is chosen
_MOST_STEP = 8  # a column of the chart is no wider


def chart(
    context: typer.Context,
    metrics: Annotated[
        list[str],
        typer.Argument(
            metavar="METRIC…", help="Fields of docs/metrics.md, or groups.", autocompletion=completion.figures
        ),
    ],
    user: UserOption,
    since: Since = None,
    until: Until = None,
    days: Days = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="PERIOD", help="A column per day, week or month; the finest that fits if left out."),
    ] = None,
    height: Annotated[int, typer.Option(min=2, max=40, metavar="LINES", help="Lines per metric.")] = 8,
    json: JsonFlag = False,
) -> None:
    """Draw figures over time: a panel of columns per metric, losses below the line.

    On the line at zero, ? is a value that is not defined or not known; * and ~
    mark rows as in metrics show.
    """
    from profitsync.cli.columns import chosen
    from profitsync.domain.metrics import FIELDS

    session = session_of(context)
    fields = chosen("METRIC", ",".join(metrics))
    if flags := [name for name in fields if FIELDS[name] == "flag"]:
        raise UsageError(f"METRIC: {', '.join(flags)} is yes or no; there is nothing to draw")
    if by is not None:
        check_period(by)
    with asked(session, user, since, until, days) as range_:
        width = session.out.width
        table = _table(range_, by, width)
        email = range_.merchant.email
    for note in table.notes:
        session.note(note)
    if json:
        from profitsync.services.shapes import table_shape

        session.json(table_shape(table))
    else:
        _print(session.out, table, email, fields, height)


def _table(range_: "Asked", by: str | None, width: int) -> "MetricsTable":
    """The figures by `by`, or by the finest period of which all columns fit. Raises `UsageError`."""
    from profitsync.services.metrics import metrics_table

    room = width - _AXIS_ROOM
    for period in (by,) if by else PERIODS:
        table = metrics_table(
            range_.runtime.store, range_.merchant, since=range_.since, until=range_.until, by=period
        )
        if len(table.rows) <= room:
            return table
    remedy = "give fewer days" if by in (None, "month") else "use --by week or --by month, or fewer days"
    raise UsageError(f"--by {table.by}: {len(table.rows)} columns do not fit in {width}; {remedy}")


def _print(console: "Console", table: "MetricsTable", email: str, fields: list[str], height: int) -> None:
    from profitsync.cli.figures import Figures, currency_on, print_title

    figures = Figures(currency_on(console, table.currency))
    title = (
        f"{email}: {table.since} to {table.until}, by {table.by}, in {table.currency or 'currency not known yet'}"
    )
    print_title(console, title)
    axes = {field: _axis(table, field, figures) for field in fields}
    label = max((len(text) for axis in axes.values() for text in axis), default=0)
    for field, axis in axes.items():  # of one width, so that a day stands at the same place in all panels
        console.print()
        _print_panel(console, table, field, figures, height, [f"{text:>{label}}" for text in axis])


def _axis(table: "MetricsTable", field: str, figures: "Figures") -> list[str]:
    """The labels of the greatest value, of zero and of the least; none where no value is known."""
    from profitsync.domain.metrics import FIELDS

    known = [point.value for point in _points(table, field) if point.value is not None]
    ends = [max([*known, Decimal(0)]), Decimal(0), min([*known, Decimal(0)])] if known else []
    kind = FIELDS[field]
    return [figures.cell(int(end) if kind == "count" else end, kind) for end in ends]


def _print_panel(
    console: "Console", table: "MetricsTable", field: str, figures: "Figures", height: int, axis: list[str]
) -> None:
    from rich.text import Text

    from profitsync.cli.chart import dates, draw
    from profitsync.cli.columns import heading
    from profitsync.cli.currency import readable
    from profitsync.domain.metrics import FIELDS

    whole = figures.cell(table.totals.values.get(field), FIELDS[field])
    console.print(Text(f"{heading(field)} ({field}), whole range {whole}", style="bold"), soft_wrap=True)
    if not axis:
        console.print("  no value is known", style="dim")
        return
    points = _points(table, field)
    width = min(console.width - len(axis[0]) - 2, len(points) * _MOST_STEP)
    style = {1: "cyan", 0: "dim", -1: "red"}
    for row in draw(points, width=width, height=height, axis=axis, blocks=readable(console.encoding)):
        line = Text(f"{row.axis}  ")
        line.append(row.drawn.rstrip() if row.side else row.drawn, style=style[row.side])
        console.print(line, soft_wrap=True)
    console.print(Text(" " * (len(axis[0]) + 2) + dates(points, width)), soft_wrap=True)


def _points(table: "MetricsTable", field: str) -> "list[Point]":
    from profitsync.cli.chart import Point
    from profitsync.cli.figures import mark
    from profitsync.cli.metrics_layout import label

    points = []
    for row in table.rows:
        value = row.values.get(field)
        points.append(Point(label(row, table.by), None if value is None else Decimal(value), mark(row)))
    return points
