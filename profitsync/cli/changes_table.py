"""What a calculation changes, concisely: a line per day with the figures people look at first."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from rich.console import Console

from profitsync.cli.currency import Currency
from profitsync.cli.tables import print_table
from profitsync.domain.days import runs
from profitsync.domain.rows import Value
from profitsync.services.changes import DayChange

HEADLINES = ("totalOrders", "revenue", "cogs", "adSpend", "shippingCost", "netProfit")
_DAYS = 40  # changed days that are shown one by one


def print_changes(console: Console, changes: Sequence[DayChange], currency: str | None) -> None:
    """New days as ranges, then a line for each changed one; amounts are in `currency`, the shop's."""
    lines = [("new", days) for days in _ranges(change.day for change in changes if change.before is None)]
    changed = [change for change in changes if change.before is not None]
    lines += [(change.day.isoformat(), _figures(change, Currency(currency))) for change in changed[:_DAYS]]
    if more := len(changed) - _DAYS:
        lines += [("…", f"and {more} more days")] if more > 0 else []
    if lines:
        print_table(console, ("Day", "What changes"), lines, folding=("What changes",))


def _ranges(days: Iterable[date]) -> list[str]:
    return [
        f"{one.first} to {one.last} ({len(one)} days)" if len(one) > 1 else f"{one.first}" for one in runs(days)
    ]


def _figures(change: DayChange, currency: Currency) -> str:
    figures = change.figures
    shown = [
        f"{name} {_plain(old, currency)} → {_plain(new, currency)}"
        for name in HEADLINES
        for old, new in _pair(figures, name)
    ]
    others = len(figures) - len(shown)
    if others:
        shown.append(f"{others} other figures" if others > 1 else "1 other figure")
    if change.before is not None and change.before.complete != change.after.complete:
        shown.append("now complete" if change.after.complete else "not complete any more")
    return ", ".join(shown) or "what its sources know"


def _pair(figures: dict[str, tuple[Value, Value]], name: str) -> list[tuple[Value, Value]]:
    return [figures[name]] if name in figures else []


def _plain(value: Value, currency: Currency) -> str:
    if value is None:
        return "n/a"
    return currency.number(value) if isinstance(value, Decimal) else f"{value:,}"
