"""An explained day for people: the profit as a sum, then the events behind it, those that matter most first."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from profitsync.cli.columns import heading
from profitsync.cli.figures import ESTIMATED, NOT_KNOWN, Figures, currency_on, cut, grid, print_title
from profitsync.cli.session import say
from profitsync.cli.tables import column_widths, printable, table_width, when
from profitsync.domain.metrics import FIELDS
from profitsync.domain.money import known_sum
from profitsync.domain.rows import MISSING, STALE, Value
from profitsync.services.explanation import EFFECT, Explanation, weight
from profitsync.services.statement import (
    Event,
    Line,
    apart,
    events,
    rounding,
    shown_amount,
    statement,
    title,
)

MOST = 10  # events listed of each kind
_MONEY = (
    "grossSales", "discounts", "returns", "shippingCharged", "taxes", "tips", "duties", "rtoReversal", "cogs",
    "adSpend", "shippingCost", "transactionFees", EFFECT,
)  # fmt: skip
_FIRST_TO_GO = ("duties", "tips", "taxes", "shippingCharged", "discounts")
_LABELS = {
    "shippingCharged": "Shipping charged",
    "shippingCost": "Shipping cost",
    "transactionFees": "Payment fees",
}
_SHORT = {EFFECT: "Profit", "shippingCharged": "Ship."}
LEAST_TEXT = 14
_COUNTED = {
    "Customers": ("newCustomers", "returningCustomers", "anonymousOrders"),
    "Parcels": (
        "totalShipments",
        "delivered",
        "inTransit",
        "pickupPending",
        "ndrOpen",
        "rto",
        "lost",
        "other",
        "ndr",
    ),
    "Ads": ("impressions", "linkClicks", "reach"),
}


def print_day(console: Console, explained: Explanation, basis: str, *, every: bool) -> None:
    """The statement of the day, then its events by topic."""
    figures = Figures(currency_on(console, explained.currency))
    print_head(console, explained)
    for line in _statement(statement(explained, basis), figures):
        console.print(line, soft_wrap=True)
    say(console, "Apart: " + _listed(explained, [line.field for line in apart(explained, basis)], figures))
    moved = (entry for entry in explained.entries if any(entry.adds(field) != 0 for field in _MONEY))
    dropped: set[str] = set()
    for topic, group in events(moved).items():
        console.print()
        dropped |= _print_events(console, title(topic, len(group)), group, figures, every=every)
    console.print()
    if dropped:
        names = ", ".join(heading(field) for field in _MONEY if field in dropped)
        say(console, f"No room for {names} of some events: use a wider terminal, or --json.")
    if any(entry.estimated for entry in explained.entries):
        say(console, "(e) the cost of these goods is an estimate")
    for name, counted in _COUNTED.items():
        say(console, f"{name}: {_listed(explained, counted, figures)}")
        if name == "Customers":
            for note in _customers(explained, every=every):
                say(console, note)


def print_head(console: Console, explained: Explanation) -> None:
    day = f"{explained.day:%a} {explained.day}, in {explained.currency}, {explained.timezone}"
    print_title(console, f"{explained.email}: {day}")
    for note in _state(explained):
        say(console, note)


def _state(explained: Explanation) -> Iterator[str]:
    """How far the figures can be relied on."""
    if explained.stored is None:
        yield "* No figures of this day are stored; these are what the facts known so far give."
    for state, meaning in ((MISSING, "was never read for this day"), (STALE, "could not be read again lately")):
        for source in (name for name, told in explained.now.sources.items() if told == state):
            yield f"* {source} {meaning}."
    if explained.waiting:
        yield f"* Newer facts of {', '.join(explained.waiting)} wait for the next sync to recalculate this day."
    if different := explained.differences():
        names = ", ".join(f"{name} {_raw(before)}, now {_raw(now)}" for name, (before, now) in different.items())
        yield f"* The stored figures ({when(explained.stored_at)}) are not what the facts give now: {names}."


def _raw(value: Value) -> str:
    return NOT_KNOWN if value is None else str(value)


def figure_of(explained: Explanation, field: str, figures: Figures) -> str:
    return figures.cell(explained.now.values[field], FIELDS[field])


def _listed(explained: Explanation, fields: Sequence[str], figures: Figures) -> str:
    return ", ".join(f"{heading(name)} {figure_of(explained, name, figures)}" for name in fields)


def _customers(explained: Explanation, *, every: bool) -> Iterator[str]:
    """Who ordered, as ids: nothing else is known of them."""
    for field in ("newCustomers", "returningCustomers"):
        ids = [entry.customer_id or "" for entry in explained.entries_of(field)]
        shown = ids if every else ids[:MOST]
        more = f" and {len(ids) - len(shown)} more (--all)" if len(ids) > len(shown) else ""
        if shown:
            yield f"  {heading(field)}: {', '.join(shown)}{more}"


# --- the statement


def _statement(lines: Sequence[Line], figures: Figures) -> Iterator[Text]:
    """Figures to the right, and what they are made of indented, in a column of its own."""
    cells = []
    for line in lines:
        name = f"{line.sign:1} {_LABELS.get(line.field) or heading(line.field)}"
        cells.append((name, "", figures.cell(line.figure, "money"), line.sign == "="))
        cells += [(f"    {part.text}", figures.cell(part.amount, "money"), "", False) for part in line.parts]
    widths = column_widths([cell[:3] for cell in cells])
    for name, part, figure, bold in cells:
        text = Text(f"{name:<{widths[0]}}  {part:>{widths[1]}}  {figure:>{widths[2]}}".rstrip())
        text.stylize("bold" if bold else "dim" if part else "")
        if figure.startswith("-"):
            text.stylize("red", len(text) - len(figure))
        yield text


# --- events


def _print_events(
    console: Console, name: str, group: Sequence[Event], figures: Figures, *, every: bool
) -> set[str]:
    """The table of one topic; the columns that had no room."""
    moved = [field for field in _MONEY if any(event.adds(field) != 0 for event in group)]
    ranked = sorted(group, key=lambda event: weight(event.adds(EFFECT)))
    shown = ranked if every or len(ranked) <= MOST + 1 else ranked[:MOST]
    rest = ranked[len(shown) :]
    columns, room = moved, 0
    for gone in (None, *_FIRST_TO_GO):
        columns = [field for field in columns if field != gone]
        rows = [_event_row(event, columns, figures) for event in shown]
        rows += _closing(group, shown, rest, columns, figures)
        heads = ["Order", name, *(_SHORT.get(field, heading(field)) for field in columns)]
        without_text = [[row[0], *row[2:]] for row in (heads, *rows) if row]
        numbers = table_width(column_widths(without_text))
        room = console.width - numbers - 2
        if room >= max(LEAST_TEXT, len(name)):
            break
    texts = [[row[0], cut(row[1], max(room, LEAST_TEXT)), *row[2:]] if row else row for row in rows]
    for line in grid([heads, *texts], left=2):
        console.print(line, soft_wrap=True)
    return set(moved) - set(columns)


def _event_row(event: Event, columns: Sequence[str], figures: Figures) -> list[str]:
    text = event.text + (ESTIMATED if any(entry.estimated for entry in event.entries) else "")
    order = event.first.order or event.first.reference or ""
    return [printable(order), printable(text), *(figures.cell(event.adds(field), "money") for field in columns)]


def _closing(
    group: Sequence[Event], shown: Sequence[Event], rest: Sequence[Event], columns: Sequence[str], figures: Figures
) -> Iterator[list[str]]:
    """The other events together, what rounding leaves, and the sum of all."""
    together = {field: shown_amount(known_sum(event.adds(field) for event in rest)) for field in columns}
    total = {field: shown_amount(known_sum(event.adds(field) for event in group)) for field in columns}
    if rest:
        yield ["", f"{len(rest)} more (--all)", *(figures.cell(together[field], "money") for field in columns)]
    left = {
        field: rounding(total[field], [*(shown_amount(event.adds(field)) for event in shown), together[field]])
        for field in columns
    }
    if any(left.values()):
        yield ["", "rounding", *(figures.cell(left[field] or Decimal(0), "money") for field in columns)]
    yield []
    yield ["", "Sum", *(figures.cell(total[field], "money") for field in columns)]
