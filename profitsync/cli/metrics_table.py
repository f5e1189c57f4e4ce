"""The table of figures for people: whole numbers at every width, gaps explained below.

A merchant reads each row as a sum: revenue less COGS, ad spend, shipping (and fees) is the net profit.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.console import Console

from profitsync.cli.columns import groups, heading
from profitsync.cli.currency import Currency
from profitsync.cli.figures import INCOMPLETE, OLDER, Figures, currency_on, grid, print_title
from profitsync.cli.metrics_layout import CHANGE, CHANGE_PERCENT, Layout, block_rows, label, layout_for
from profitsync.cli.session import say
from profitsync.domain.days import runs
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import MISSING, OFF, OK, STALE, DayMetrics
from profitsync.services.tables import MetricsTable


def print_metrics(console: Console, table: MetricsTable, email: str, columns: Sequence[str] = ()) -> None:
    """The table with its totals on `console`; `columns` are the fields asked for, else those that fit."""
    layout = layout_for(table, columns, console.width)
    currency = currency_on(console, table.currency)
    print_title(console, _title(table, email))
    for number, fields in enumerate(layout.blocks):
        if number:
            console.print()
        rows = block_rows(table, fields, Figures(currency, layout.places))
        for line in grid(rows, changes=(CHANGE, CHANGE_PERCENT)):
            console.print(line, soft_wrap=True)
    for note in footnotes(table, layout, currency):
        say(console, note)


def footnotes(table: MetricsTable, layout: Layout, currency: Currency) -> list[str]:
    """What a reader must know about the figures above."""
    notes = []
    for state, sign, meaning in (
        (MISSING, INCOMPLETE, "never read, what needs it is n/a"),
        (STALE, OLDER, "last read failed, older figures"),
    ):
        for source in sorted({name for row in table.rows for name, told in row.sources.items() if told == state}):
            rows = [row for row in table.rows if row.sources.get(source) == state]
            notes.append(f"{sign} {source} {state} ({meaning}): {_periods(rows, table.by)}")
    notes += _other_gaps(table)
    estimated = table.totals.values.get("estimatedCogs")
    if estimated:
        amount = currency.text(Decimal(estimated), layout.places)
        notes.append(f"COGS holds {amount} of estimated costs; `profitsync costs missing` lists the products.")
    if table.comparison and any(FIELDS[name] == "percent" for block in layout.blocks for name in block):
        notes.append("The change of a rate (%) is told in points.")
    if layout.places < currency.places:
        unit = table.currency or "units"
        notes.append(f"Amounts are rounded to whole {unit}; a wider terminal shows them in full.")
    if layout.dropped:
        names = ", ".join(map(heading, layout.dropped))
        notes.append(f"No room for {names}: use a wider terminal, or --columns ({', '.join(groups())}).")
    return notes


def _title(table: MetricsTable, email: str) -> str:
    currency = table.currency or "currency not known yet"
    title = f"{email}: {table.since} to {table.until}, by {table.by}, in {currency}"
    if table.comparison:
        title += f", compared with {table.comparison.since} to {table.comparison.until}"
    return title


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
    if by != "day":
        return ", ".join(label(row, by) for row in sorted(rows, key=lambda row: row.day))
    ranges = runs(row.day for row in rows)
    return ", ".join(str(one.first) if len(one) == 1 else f"{one.first} to {one.last}" for one in ranges)
