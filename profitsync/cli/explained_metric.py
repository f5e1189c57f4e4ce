"""One figure of a day for people: what it is the sum of, or what it is divided from."""

from rich.console import Console
from rich.text import Text

from profitsync.cli.columns import heading
from profitsync.cli.explained import LEAST_TEXT, MOST, figure_of, print_head
from profitsync.cli.figures import ESTIMATED, Figures, currency_on, cut, grid
from profitsync.cli.session import say
from profitsync.cli.tables import column_widths, printable, table_width
from profitsync.domain.metrics import FIELDS
from profitsync.domain.money import known_sum
from profitsync.domain.quotients import QUOTIENTS
from profitsync.services.explanation import ADDITIVE, CUSTOMER, Entry, Explanation, by_effect
from profitsync.services.statement import rounding, shown_amount

_WITH_COST = ("cogs", "estimatedCogs", "grossProfit", "netProfit")  # figures that an estimated cost is part of


def print_metric(console: Console, explained: Explanation, metric: str, *, every: bool) -> None:
    """One figure: its addends, or what it is divided from."""
    figures = Figures(currency_on(console, explained.currency))
    print_head(console, explained)
    figure = figures.cell(explained.now.values[metric], FIELDS[metric])
    if quotient := QUOTIENTS.get(metric):
        top = f"{heading(quotient.top)} {figure_of(explained, quotient.top, figures)}"
        below = " + ".join(f"{heading(name)} {figure_of(explained, name, figures)}" for name in quotient.bottom)
        times = f" × {quotient.times:,}" if quotient.times != 1 else ""
        bottom = f"({below})" if len(quotient.bottom) > 1 else below
        formula = f"{heading(metric)} = {top}{times} ÷ {bottom} = {figure}"
        console.print(Text(formula, style="bold"), soft_wrap=True)
        say(console, f"Each of these can be asked for: --metric {quotient.top}, {', '.join(quotient.bottom)}.")
    elif metric in ADDITIVE:
        _print_entries(console, explained, metric, figures, every=every)
    else:  # reach, and flags: no sum of anything
        console.print(Text(f"{heading(metric)}: {figure}", style="bold"), soft_wrap=True)
        say(console, "It is told by the source, or no sum of events.")


def _print_entries(
    console: Console, explained: Explanation, metric: str, figures: Figures, *, every: bool
) -> None:
    ranked = by_effect(explained.entries_of(metric), metric)
    shown = ranked if every or len(ranked) <= 2 * MOST + 1 else ranked[: 2 * MOST]
    rest = ranked[len(shown) :]
    kind, figure = FIELDS[metric], explained.now.values[metric]
    amounts = [shown_amount(entry.adds(metric)) for entry in shown]
    rows = [
        [str(entry.topic), _order(entry), _about(entry, metric), figures.cell(amount, kind)]
        for entry, amount in zip(shown, amounts, strict=True)
    ]
    if rest:
        amounts.append(shown_amount(known_sum(entry.adds(metric) for entry in rest)))
        rows.append(["", "", f"{len(rest)} more (--all)", figures.cell(amounts[-1], kind)])
    if (left := rounding(figure, amounts)) is not None:
        rows.append(["", "", "rounding", figures.cell(left, kind)])
    rows += [[], ["", "", heading(metric), figures.cell(figure, kind)]]
    heads = ["Event", "Order", "What", heading(metric)]
    fixed = column_widths([heads, *(row for row in rows if row)])
    room = console.width - table_width([fixed[0], fixed[1], fixed[3]]) - 2
    short = [[row[0], row[1], cut(row[2], max(room, LEAST_TEXT)), row[3]] if row else row for row in rows]
    for line in grid([heads, *short], left=3):
        console.print(line, soft_wrap=True)
    if metric in _WITH_COST and any(entry.estimated for entry in ranked):
        say(console, "(e) the cost of these goods is an estimate")


def _about(entry: Entry, metric: str) -> str:
    text = f"customer {entry.customer_id}" if entry.topic == CUSTOMER else entry.text
    return printable(text) + (ESTIMATED if metric in _WITH_COST and entry.estimated else "")


def _order(entry: Entry) -> str:
    return printable(entry.order or entry.reference or "")
