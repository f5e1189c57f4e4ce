"""The table of figures for people: as many columns as fit, every number whole, gaps explained below.

A merchant reads each row as a sum: revenue less COGS, ad spend, shipping (and fees) is the net profit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from profitsync.cli.session import say
from profitsync.cli.tables import GAP, column_widths, money, table_width
from profitsync.domain.days import runs
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import MISSING, OFF, OK, STALE, DayMetrics, Value
from profitsync.services.tables import MetricsTable

NOT_KNOWN = "n/a"
_HEADINGS = {
    "totalOrders": "Orders",
    "revenue": "Revenue",
    "cogs": "COGS",
    "grossProfit": "Gross profit",
    "adSpend": "Ad spend",
    "shippingCost": "Shipping",
    "transactionFees": "Fees",
    "netProfit": "Net profit",
    "netProfitMargin": "Margin %",
    "roas": "ROAS",
    "poas": "POAS",
    "aov": "AOV",
    "returns": "Returns",
    "rtoReversal": "RTO loss",
    "rtoRate": "RTO %",
    "deliveryRate": "Delivered %",
    "newCustomers": "New",
    "returningCustomers": "Returning",
    "totalShipments": "Parcels",
}  # in the order in which they stand in the table
_CORE = ("netProfit", "revenue", "adSpend", "cogs", "shippingCost", "totalOrders", "netProfitMargin")
_FURTHER = (
    "roas",
    "rtoRate",
    "aov",
    "newCustomers",
    "returns",
    "rtoReversal",
    "grossProfit",
    "returningCustomers",
    "totalShipments",
    "deliveryRate",
    "poas",
)  # most wanted first


@dataclass(frozen=True, slots=True)
class Layout:
    """Which fields to show, in order, and the decimals of their money."""

    fields: tuple[str, ...]
    places: int = 2


def print_metrics(console: Console, table: MetricsTable, email: str, columns: Sequence[str] = ()) -> None:
    """The table with its totals on `console`; `columns` are the fields asked for, else those that fit."""
    layout = Layout(tuple(columns)) if columns else fitting_layout(table, console.width)
    currency = table.currency or "currency not known yet"
    console.print(
        Text(f"{email}: {table.since} to {table.until}, by {table.by}, in {currency}", style="bold"),
        soft_wrap=True,
    )
    for line in _rendered(table, layout):
        console.print(line, soft_wrap=True)
    for note in footnotes(table, layout):
        say(console, note)


def fitting_layout(table: MetricsTable, width: int) -> Layout:
    """The most useful columns for `width`: rather whole units than a part of the profit sum left out."""
    core = list(_CORE)
    if table.totals.values.get("transactionFees"):
        core.insert(5, "transactionFees")
    for fields, places in ((core, 2), (core[:-1], 2), (core, 0)):
        layout = _ordered(fields, places)
        if _width(table, layout) <= width:
            return _extended(table, layout, width)
    while len(core) > 1 and _width(table, _ordered(core, 0)) > width:
        core.pop()
    return _ordered(core, 0)


def footnotes(table: MetricsTable, layout: Layout) -> list[str]:
    """What a reader must know about the figures above."""
    notes = []
    for state, meaning in (
        (MISSING, "never read, what needs it is n/a"),
        (STALE, "last read failed, older figures"),
    ):
        for source in sorted({name for row in table.rows for name, told in row.sources.items() if told == state}):
            rows = [row for row in table.rows if row.sources.get(source) == state]
            notes.append(f"* {source} {state} ({meaning}): {_periods(rows, table.by)}")
    notes += _other_gaps(table)
    estimated = table.totals.values.get("estimatedCogs")
    if estimated:
        amount = money(Decimal(estimated), layout.places)
        notes.append(f"COGS holds {amount} of estimated costs; `profitsync costs missing` lists the products.")
    if layout.places == 0:
        notes.append(
            f"Amounts are rounded to whole {table.currency or 'units'}; a wider terminal shows them in full."
        )
    return notes


def _other_gaps(table: MetricsTable) -> list[str]:
    """Incomplete periods although every source was read."""
    rows = [row for row in table.rows if not row.complete and set(row.sources.values()) <= {OK, OFF}]
    parcels = [row for row in rows if row.values.get("shipmentsWithoutCost")]
    unpriced = [row for row in rows if None in (row.values.get("adSpend"), row.values.get("grossSales"))]
    returning = [row for row in rows if row not in parcels and row not in unpriced]
    notes = []
    if parcels:
        count = sum(int(row.values["shipmentsWithoutCost"] or 0) for row in parcels)
        noun = "parcel" if count == 1 else "parcels"
        notes.append(f"* {count} {noun} without a known cost: {_periods(parcels, table.by)}")
    if unpriced:
        notes.append(f"* an exchange rate is missing (settings.fxRates): {_periods(unpriced, table.by)}")
    if returning:
        notes.append(f"* the way back of a parcel has no known cost: {_periods(returning, table.by)}")
    return notes


def _periods(rows: Iterable[DayMetrics], by: str) -> str:
    """The periods of rows in few words."""
    days = sorted(row.day for row in rows)
    if by != "day":
        return ", ".join(_label(day.isoformat(), by) for day in days)
    ranges = runs(days)
    return ", ".join(str(one.first) if len(one) == 1 else f"{one.first} to {one.last}" for one in ranges)


def _label(iso_day: str, by: str) -> str:
    return iso_day[:7] if by == "month" else iso_day


def _ordered(fields: Iterable[str], places: int) -> Layout:
    chosen = set(fields)
    return Layout(tuple(name for name in _HEADINGS if name in chosen), places)


def _extended(table: MetricsTable, layout: Layout, width: int) -> Layout:
    """`layout` with further columns as long as they fit."""
    for name in _FURTHER:
        wider = _ordered((*layout.fields, name), layout.places)
        if _width(table, wider) <= width:
            layout = wider
    return layout


def _lines(table: MetricsTable, layout: Layout) -> list[list[str]]:
    """Heading, rows and totals as plain cells."""
    first = {"day": "Day", "week": "Week from", "month": "Month"}[table.by]
    lines = [[first, *(_HEADINGS.get(name, name) for name in layout.fields)]]
    lines.extend([_label(row.day.isoformat(), table.by) + _mark(row), *_cells(row, layout)] for row in table.rows)
    lines.append(["Total" + _mark(table.totals), *_cells(table.totals, layout)])
    return lines


def _mark(row: DayMetrics) -> str:
    return "" if row.complete else "*"


def _cells(row: DayMetrics, layout: Layout) -> list[str]:
    return [_cell(row.values.get(name), FIELDS[name], layout.places) for name in layout.fields]


def _cell(value: Value, kind: str, places: int) -> str:
    if value is None:
        return NOT_KNOWN
    if kind == "flag":
        return "yes" if value else "no"
    if kind == "count":
        return f"{value:,}"
    if kind == "rate":
        return f"{value:f}"
    return money(Decimal(value), places if kind == "money" else 2)


def _width(table: MetricsTable, layout: Layout) -> int:
    return table_width(column_widths(_lines(table, layout)))


def _rendered(table: MetricsTable, layout: Layout) -> Iterator[Text]:
    """The table line by line; widths are ours, so that nothing is ever squeezed, cut or wrapped."""
    heading, *rows, totals = _lines(table, layout)
    widths = column_widths([heading, *rows, totals])
    yield _line(heading, widths, "bold")
    for row in rows:
        yield _line(row, widths)
    yield _line(["-" * width for width in widths], widths, "dim")
    yield _line(totals, widths, "bold")


def _line(cells: Sequence[str], widths: Sequence[int], style: str = "") -> Text:
    """Cells under each other: the first to the left, the others, numbers, to the right."""
    line = Text(style=style)
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        blanks = " " * (width - cell_len(cell))
        gap = " " * GAP if number else ""
        line.append(gap + ("" if number == 0 else blanks))
        line.append(cell, style=_style(cell))
        line.append(blanks if number == 0 else "")
    return line


def _style(cell: str) -> str:
    if cell == NOT_KNOWN:
        return "dim"
    if cell.startswith("-") and cell.strip("-"):
        return "red"
    return "yellow" if cell.endswith("*") else ""
