"""Which columns of a table of figures fit a terminal, and in how many blocks they stand.

Without a wish the columns that matter most to a merchant are shown, as many as fit: rather whole units than a
part of the profit sum left out. Columns that were asked for are never dropped: what does not fit beside the
others stands in a further block below, with its days and totals.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from profitsync.cli.columns import heading
from profitsync.cli.currency import Currency
from profitsync.cli.figures import Figures, mark
from profitsync.cli.tables import column_widths, table_width
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics, Value
from profitsync.services.tables import MetricsTable

_ORDER = (
    "totalOrders", "revenue", "cogs", "grossProfit", "adSpend", "shippingCost", "transactionFees", "netProfit",
    "netProfitMargin", "roas", "poas", "aov", "returns", "rtoReversal", "rtoRate", "deliveryRate", "newCustomers",
    "returningCustomers", "totalShipments",
)  # fmt: skip
_CORE = ("netProfit", "revenue", "adSpend", "cogs", "shippingCost", "totalOrders", "netProfitMargin")
_FURTHER = (
    "roas", "rtoRate", "aov", "newCustomers", "returns", "rtoReversal", "grossProfit", "returningCustomers",
    "totalShipments", "deliveryRate", "poas",
)  # most wanted first  # fmt: skip
CHANGE, CHANGE_PERCENT = "Change", "Change %"
_FIRST_COLUMN = {"day": "Day", "week": "Week from", "month": "Month"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Blocks of fields, in order, the decimals of their money, and what was dropped for want of room."""

    blocks: tuple[tuple[str, ...], ...]
    places: int
    dropped: tuple[str, ...] = ()


def layout_for(table: MetricsTable, columns: Sequence[str], width: int) -> Layout:
    """The layout of `columns`, or of those that matter most, for a terminal of `width` columns."""
    places = Currency(table.currency).places
    return _stacked(table, columns, width, places) if columns else _fitting(table, width, places)


def block_rows(table: MetricsTable, fields: Sequence[str], figures: Figures) -> list[list[str]]:
    """A block as cells: heading, rows, a rule (an empty row), totals and what they are compared with."""
    rows = [[_FIRST_COLUMN[table.by], *map(heading, fields)]]
    rows += [[label(row, table.by) + mark(row), *_cells(row, fields, figures)] for row in table.rows]
    rows += [[], ["Total" + mark(table.totals), *_cells(table.totals, fields, figures)]]
    if comparison := table.comparison:
        changes: list[dict[str, Value]] = [dict(comparison.change), dict(comparison.change_percent)]
        rows.append(["Previous" + mark(comparison.totals), *_cells(comparison.totals, fields, figures)])
        rows.append([CHANGE, *(figures.change(changes[0][name], FIELDS[name]) for name in fields)])
        rows.append([CHANGE_PERCENT, *(_percent(changes[1][name], FIELDS[name], figures) for name in fields)])
    return rows


def _percent(value: Value, kind: str, figures: Figures) -> str:
    """A relative change; a rate has none, its change stands in points in the line above."""
    return "" if kind == "percent" else figures.change(value, "percent")


def label(row: DayMetrics, by: str) -> str:
    """A period in few letters."""
    return row.day.isoformat()[: 7 if by == "month" else 10]


def _cells(row: DayMetrics, fields: Iterable[str], figures: Figures) -> list[str]:
    return [figures.cell(row.values.get(name), FIELDS[name]) for name in fields]


def _fitting(table: MetricsTable, width: int, places: int) -> Layout:
    core = list(_CORE)
    if table.totals.values.get("transactionFees"):
        core.insert(5, "transactionFees")
    for fields, decimals in ((core, places), (core[:-1], places), (core, 0)):
        if _width(table, _ordered(fields), decimals) <= width:
            return _extended(table, fields, width, decimals, core)
    while len(core) > 1 and _width(table, _ordered(core), 0) > width:
        core.pop()
    return _extended(table, core, width, 0, _CORE)


def _extended(table: MetricsTable, fields: Sequence[str], width: int, places: int, core: Sequence[str]) -> Layout:
    """`fields` with further ones as long as they fit."""
    shown = list(fields)
    for name in (*core, *_FURTHER):
        if name not in shown and _width(table, _ordered([*shown, name]), places) <= width:
            shown.append(name)
    dropped = _ordered(set(core).union(_FURTHER).difference(shown))
    return Layout((_ordered(shown),), places, dropped)


def _stacked(table: MetricsTable, columns: Sequence[str], width: int, places: int) -> Layout:
    """All `columns`, as many to a block as fit."""
    blocks: list[tuple[str, ...]] = []
    block: tuple[str, ...] = ()
    for name in columns:
        if block and _width(table, (*block, name), places) > width:
            blocks.append(block)
            block = ()
        block = (*block, name)
    return Layout((*blocks, block), places)


def _ordered(fields: Iterable[str]) -> tuple[str, ...]:
    chosen = set(fields)
    return tuple(name for name in _ORDER if name in chosen)


def _width(table: MetricsTable, fields: Sequence[str], places: int) -> int:
    rows = block_rows(table, fields, Figures(Currency(table.currency), places))
    return table_width(column_widths([row for row in rows if row]))
