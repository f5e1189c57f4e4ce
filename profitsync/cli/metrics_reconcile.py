"""`profitsync metrics reconcile`: from our figures to those of Shopify, Ads Manager and Shiprocket."""

import textwrap
from typing import TYPE_CHECKING

import typer

from profitsync.cli.metrics_range import Days, asked
from profitsync.cli.options import JsonFlag, Since, Until, UserOption
from profitsync.cli.session import session_of

if TYPE_CHECKING:
    from rich.console import Console

    from profitsync.cli.figures import Figures
    from profitsync.services.reconcile import Bridge, Reconciliation, Step

_UNKNOWN = "unknown"


def reconcile(
    context: typer.Context,
    user: UserOption,
    since: Since = None,
    until: Until = None,
    days: Days = None,
    json: JsonFlag = False,
) -> None:
    """Bridge the figures to what Shopify, Ads Manager and the Shiprocket panel show for the same days.

    Each bridge names every step between two figures and adds up; what is not
    known is shown as unknown.
    """
    from profitsync.services.reconcile import reconcile as reconciled

    session = session_of(context)
    with asked(session, user, since, until, days) as range_:
        found = reconciled(range_.runtime.store, range_.merchant, since=range_.since, until=range_.until)
    for note in found.notes:
        session.note(note)
    if json:
        from profitsync.services.product_shapes import reconciliation_shape

        session.json(reconciliation_shape(found))
    else:
        _print(session.out, found)


def _print(console: "Console", found: "Reconciliation") -> None:
    from profitsync.cli.figures import Figures, currency_on, print_title
    from profitsync.cli.session import say

    currency = found.currency or "currency not known yet"
    title = f"{found.email}: {found.since} to {found.until}, in {currency}"
    print_title(console, title)
    for bridge in found.bridges:
        console.print()
        _print_bridge(console, bridge, Figures(currency_on(console, found.currency)))
    if not found.complete:
        console.print()
        say(console, "Some of these days are not complete: `profitsync metrics show` marks and explains them.")


def _print_bridge(console: "Console", bridge: "Bridge", figures: "Figures") -> None:
    from rich.text import Text

    from profitsync.cli.tables import column_widths

    marked = [("  " if not number else "+ ", step) for number, step in enumerate(bridge.steps)]
    shown = [*marked, ("= ", bridge.result), *(("  ", step) for step in bridge.apart)]
    cells = [[sign + step.label, _amount(step, bridge, figures), _why(step)] for sign, step in shown]
    label, amount, _ = column_widths(cells)
    console.print(Text(bridge.title, style="bold"), soft_wrap=True)
    for number, (name, value, why) in enumerate(cells):
        style = "bold" if number == len(bridge.steps) else ""
        line = Text(f"{name:<{label}}  {value:>{amount}}", style=style)
        fits = len(line) + 2 + len(why) <= console.width
        line.append(f"  {why}" if why and fits else "", style="dim")
        console.print(line, soft_wrap=True)
        if why and not fits:
            console.print(Text(f"    {why}", style="dim"))
    for note in (f"Compare with {bridge.where}.", *bridge.notes):
        lines = textwrap.wrap(note, console.width - 2) if console.is_terminal else [note]
        for part in lines:
            console.print(Text(f"  {part}"), soft_wrap=True)


def _amount(step: "Step", bridge: "Bridge", figures: "Figures") -> str:
    if step.amount is None:
        return _UNKNOWN
    return figures.cell(step.amount, bridge.kind)


def _why(step: "Step") -> str:
    if step.original is None:
        return step.why
    from profitsync.cli.currency import Currency

    shown = f"{Currency(step.currency).number(step.original)} {step.currency} in Ads Manager"
    return f"{shown} × {step.rate.normalize():f}" if step.rate is not None else f"{shown}, {step.why}"
