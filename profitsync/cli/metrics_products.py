"""`profitsync metrics products`: profit per product."""

import csv
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.metrics_range import Days, asked
from profitsync.cli.options import JsonFlag, Since, Until, UserOption
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from profitsync.cli.figures import Figures
    from profitsync.services.products import ProductRow, ProductTable

_LEAST_TITLE = 16
_COLUMNS = (
    ("units", "Units", "count"), ("unitsReturned", "Back", "count"), ("grossSales", "Gross", "money"),
    ("discounts", "Discounts", "money"), ("returns", "Returns", "money"), ("netSales", "Net sales", "money"),
    ("rtoReversal", "RTO loss", "money"), ("cogs", "COGS", "money"), ("grossProfit", "Gross profit", "money"),
    ("grossProfitMargin", "Margin %", "percent"),
)  # fmt: skip
_FIRST_TO_GO = ("unitsReturned", "discounts", "grossSales", "returns", "grossProfitMargin", "rtoReversal", "units")


def products(
    context: typer.Context,
    user: UserOption,
    since: Since = None,
    until: Until = None,
    days: Days = None,
    sort: Annotated[
        str, typer.Option(metavar="COLUMN", help="A field such as units or netSales, or title.")
    ] = "grossProfit",
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N products.", show_default=False)
    ] = None,
    json: JsonFlag = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout, exact, a line per product.")] = False,
) -> None:
    """Profit per product, best first: sales less discounts, returns, RTO reversals and the cost of goods.

    Shipping and ads are not allocated to products. What is of no product
    (shipping charged to buyers, money refunded without goods) and what rounding
    leaves stand apart: every column ties to the totals of metrics show.
    """
    from profitsync.services.products import product_table

    session = session_of(context)
    if json and as_csv:
        raise UsageError("--json and --csv: give one or the other")
    with asked(session, user, since, until, days) as range_:
        merchant = range_.merchant
        table = product_table(range_.runtime.store, merchant, since=range_.since, until=range_.until, sort=sort)
    for note in table.notes:
        session.note(note)
    if json:
        from profitsync.services.product_shapes import products_shape

        session.json(products_shape(table, limit))
    elif as_csv:
        _print_csv(table, limit)
    else:
        _print(session.out, table, merchant.email, limit)


def _print_csv(table: "ProductTable", limit: int | None) -> None:
    from profitsync.services.exports import harmless, plain
    from profitsync.services.products import COLUMNS

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["productId", "sku", "title", *COLUMNS])
    for row in table.products[:limit]:
        texts = (harmless(text or "") for text in (row.product_id, row.sku, row.title))
        writer.writerow([*texts, *(plain(row.values[name]) for name in COLUMNS)])


def _print(console: "Console", table: "ProductTable", email: str, limit: int | None) -> None:
    from profitsync.cli.figures import Figures, currency_on, grid, print_title
    from profitsync.cli.session import say

    figures = Figures(currency_on(console, table.currency))
    title = f"{email}: {table.since} to {table.until}, by product, in {table.currency}"
    print_title(console, title)
    columns, rows = _fitting(console, table, figures, limit)
    for line in grid(rows):
        console.print(line, soft_wrap=True)
    estimated = table.totals.values["estimatedCogs"]
    if estimated:
        amount = figures.currency.text(Decimal(estimated))
        say(console, f"(e) COGS holds estimates, {amount} in all; see `profitsync costs missing`.")
    if left := [heading for name, heading, _ in _COLUMNS if name not in columns]:
        say(console, f"No room for {', '.join(left)}: use a wider terminal, --json or --csv.")
    say(console, "Shipping and ads are not allocated to products.")


def _fitting(
    console: "Console", table: "ProductTable", figures: "Figures", limit: int | None
) -> tuple[list[str], list[list[str]]]:
    """The columns that fit beside a readable title, and all rows as cells."""
    from profitsync.cli.figures import cut
    from profitsync.cli.tables import column_widths, table_width

    columns = [name for name, _, _ in _COLUMNS]
    for gone in (None, *_FIRST_TO_GO):
        columns = [name for name in columns if name != gone]
        rows = _rows(table, columns, figures, limit)
        numbers = table_width(column_widths([row for row in rows if row])[1:])
        room = console.width - numbers - 2
        if room >= _LEAST_TITLE:
            break
    width = max(_LEAST_TITLE, room)
    return columns, [[cut(row[0], width), *row[1:]] if row else row for row in rows]


def _rows(table: "ProductTable", columns: list[str], figures: "Figures", limit: int | None) -> list[list[str]]:
    from profitsync.cli.figures import ESTIMATED
    from profitsync.cli.tables import printable
    from profitsync.services.products import summed

    def cells(title: str, row: "ProductRow") -> list[str]:
        return [title, *(_cell(row, name, kind, figures) for name, _, kind in _COLUMNS if name in columns)]

    shown = table.products[:limit]
    rows = [["Product", *(heading for name, heading, _ in _COLUMNS if name in columns)]]
    rows += [
        cells(printable(row.title) + (ESTIMATED if row.values["estimatedCogs"] else ""), row) for row in shown
    ]
    if more := len(table.products) - len(shown):
        rows.append(cells(f"{more} more", summed(table.products[len(shown) :])))
    rows.append(cells("Of no product", table.apart))
    if any(table.rounding.values.values()):
        rows.append(cells("Rounding", table.rounding))
    return [*rows, [], cells("Total", table.totals)]


def _cell(row: "ProductRow", name: str, kind: str, figures: "Figures") -> str:
    value = row.values[name]
    if value is None and (name == "grossProfitMargin" or row.title == "Rounding"):
        return ""
    return figures.cell(value, kind)
