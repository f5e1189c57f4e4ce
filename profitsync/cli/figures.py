"""Figures as cells, and cells under each other: numbers stay whole, losses and gaps show without colour, too."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from profitsync.cli.currency import STORED_PLACES, Currency, readable
from profitsync.cli.tables import GAP, column_widths
from profitsync.domain.rows import STALE, DayMetrics, Value

NOT_KNOWN = "n/a"
_PROFIT = ("revenue", "adSpend", "shippingCost", "netProfit")
ESTIMATED = " (e)"  # after a name: its cost is an estimate
INCOMPLETE, OLDER = "*", "~"  # marks: something is not known; known, but the last read failed


@dataclass(frozen=True, slots=True)
class Figures:
    """Writes values of docs/metrics.md for people."""

    currency: Currency
    places: int | None = None  # of money; None: those of the currency

    def cell(self, value: Value, kind: str) -> str:
        """One value, without its currency."""
        if value is None:
            return NOT_KNOWN
        if kind == "flag":
            return "yes" if value else "no"
        if kind == "count":
            return f"{value:,}"
        if kind == "money":
            return self.currency.number(Decimal(value), self.places)
        if kind in ("percent", "ratio"):
            return f"{Decimal(value):,.{STORED_PLACES}f}"
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    def change(self, value: Value, kind: str) -> str:
        """A difference, with its sign."""
        text = self.cell(value, kind)
        return f"+{text}" if value is not None and value > 0 else text


def currency_on(console: Console, code: str | None) -> Currency:
    """The shop's currency as this console can show it."""
    return Currency(code, symbols=readable(console.encoding))


def mark(row: DayMetrics) -> str:
    """`*` for a row of which something is not known, `~` for one whose only flaw is a failed re-read."""
    if row.complete:
        return ""
    stale = STALE in row.sources.values()
    known = None not in [row.values.get(name) for name in _PROFIT] and not row.values.get("shipmentsWithoutCost")
    return OLDER if stale and known else INCOMPLETE


def print_title(console: Console, text: str) -> None:
    """A bold line above figures, wrapped between words on a terminal."""
    console.print(Text(text, style="bold"), soft_wrap=not console.is_terminal)


def grid(rows: Sequence[Sequence[str]], *, left: int = 1, changes: Collection[str] = ()) -> Iterator[Text]:
    """Cells under each other, the first `left` columns to the left and the others, numbers, to the right.

    A negative number is a loss and red, except in rows named in `changes`: less is not worse there.

    The first row is the heading; after a rule (an empty row) rows are bold. Nothing is ever cut or wrapped.
    """
    widths = column_widths([row for row in rows if row])
    heading, *others = rows
    yield _line(heading, widths, "bold", left)
    style = ""
    for row in others:
        if row:
            yield _line(row, widths, style, left, losses=row[0] not in changes)
        else:
            yield _line(["-" * width for width in widths], widths, "dim", left)
            style = "bold"


def cut(text: str, width: int) -> str:
    """Free text may be cut; its mark and numbers never are."""
    if len(text) <= width:
        return text
    mark = ESTIMATED if text.endswith(ESTIMATED) else ""
    return text[: width - 1 - len(mark)] + "…" + mark


def _line(cells: Sequence[str], widths: Sequence[int], style: str, left: int, *, losses: bool = True) -> Text:
    line = Text(style=style)
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        blanks = " " * (width - cell_len(cell))
        line.append(" " * GAP if number else "")
        line.append("" if number < left else blanks)
        line.append(cell, style=_style(cell, text=number < left, losses=losses))
        line.append(blanks if number < left else "")
    line.rstrip()
    return line


def _style(cell: str, *, text: bool, losses: bool) -> str:
    if cell == NOT_KNOWN:
        return "dim"
    if text:
        return "yellow" if cell.endswith((INCOMPLETE, OLDER)) else ""
    return "red" if losses and cell.startswith("-") and cell.strip("-") else ""
