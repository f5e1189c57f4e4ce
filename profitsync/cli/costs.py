"""`profitsync costs`: what the products of one merchant cost. Files are in `cost_files.py`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli import cost_files, recompute
from profitsync.cli.cost_output import counted, merchant_of, plan, print_costs, recalculate_from, tell_one
from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag, UserOption, read_day
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.domain.costs import ProductCost

app = typer.Typer(help="Product costs of one merchant.", no_args_is_help=True)
cost_files.register(app)
recompute.register(app)

Product = Annotated[str | None, typer.Option(metavar="ID", help="Product id: digits or gid.", show_default=False)]
Variant = Annotated[str | None, typer.Option(metavar="ID", help="Variant id: digits or gid.", show_default=False)]
Sku = Annotated[str | None, typer.Option(metavar="SKU", help="Stock keeping unit.", show_default=False)]
ValidFrom = Annotated[
    str | None, typer.Option("--valid-from", metavar="DAY", help="First day of this cost.", show_default=False)
]
MISSING_DAYS = 90


@command(
    app,
    "list",
    "costs list --user owner@shop.example",
    "costs list --user owner@shop.example --sku CUP --json",
)
def list_costs(
    context: typer.Context,
    user: UserOption,
    product: Product = None,
    variant: Variant = None,
    sku: Sku = None,
    json: JsonFlag = False,
) -> None:
    """All recorded costs with their history: a person's, Shopify's, and the estimates."""
    from profitsync.services import costs

    keys = _keys(product, variant, sku) if product or variant or sku else (None, None, None)
    session = session_of(context)
    with session.runtime() as runtime:
        found = costs.about(runtime.store.costs(merchant_of(runtime, user).id), *keys)
    print_costs(session, found, json, nothing="No costs recorded yet.")


@command(
    app,
    "missing",
    "costs missing --user owner@shop.example",
    "costs missing --user my-shop --csv > costs.csv",
)
def missing_costs(
    context: typer.Context,
    user: UserOption,
    days: Annotated[
        int, typer.Option(min=1, max=3660, metavar="N", help="Sales of the last N days.")
    ] = MISSING_DAYS,
    json: JsonFlag = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV to fill in and import.")] = False,
) -> None:
    """Products with nothing but an estimate, those with the most revenue at stake first.

    Revenue is what they sold for, without tax and after discounts, before returns.
    """
    from profitsync.services.costs import shop_today
    from profitsync.services.missing_costs import missing_costs as find
    from profitsync.services.missing_costs import missing_file

    session = session_of(context)
    if json and as_csv:
        raise UsageError("--json and --csv: give one or the other")
    with session.runtime() as runtime:
        merchant = merchant_of(runtime, user)
        found = find(runtime.store, merchant, shop_today(merchant, runtime.clock()), days)
    if json:
        from profitsync.services.shapes import missing_cost_shape

        session.json([missing_cost_shape(one) for one in found])
        return
    if as_csv:
        sys.stdout.write(missing_file(found))
        return
    if not found:
        session.note("No product is without a cost.")
        return
    from profitsync.cli.currency import Currency
    from profitsync.cli.tables import print_table
    from profitsync.domain.costs import cost_key

    currency = Currency(merchant.currency)
    print_table(
        session.out,
        ("For", "Name", "Sold", "Revenue", "Estimate"),
        [
            (
                " ".join(cost_key(one.estimate)),
                one.estimate.product_name or "-",
                f"{one.units:,}",
                currency.number(one.revenue),
                currency.number(one.estimate.cost),
            )
            for one in found
        ],
        folding=("Name",),
        numbers=("Sold", "Revenue", "Estimate"),
    )
    session.note(f"Sales of the last {counted(days, 'day')} in {merchant.currency or 'shop currency'}.")


@command(
    app,
    "set",
    "costs set --user owner@shop.example --sku CUP --cost 310.50",
    "costs set --user kurta --sku B1 --cost 9 --valid-from 2026-04-01",
    "costs set --user kurta --sku B1 --cost 8 --recalculate",
)
def set_cost(
    context: typer.Context,
    user: UserOption,
    cost: Annotated[
        str, typer.Option(metavar="AMOUNT", help="Of one unit, in shop currency.", show_default=False)
    ],
    product: Product = None,
    variant: Variant = None,
    sku: Sku = None,
    name: Annotated[str, typer.Option(help="The product's name, for people.", show_default=False)] = "",
    valid_from: ValidFrom = None,
    recalculate: cost_files.Recalculate = False,
) -> None:
    """State the cost of one product, variant or SKU.

    A first cost counts for all days; a later one from today on, or from --valid-from, and the days before keep
    theirs. --recalculate corrects the cost in force instead.
    """
    from profitsync.domain.costs import CostSource
    from profitsync.services import costs

    product, variant, sku = _keys(product, variant, sku)
    statement = costs.Statement(
        cost=costs.parse_amount(cost),
        product_id=product,
        variant_id=variant,
        sku=sku,
        product_name=name.strip(),
        valid_from=read_day("--valid-from", valid_from),
    )
    session = session_of(context)
    with session.runtime() as runtime:
        merchant = merchant_of(runtime, user)
        planned = plan(runtime, merchant, [statement], CostSource.MANUAL, correct=recalculate)
        costs.write(runtime.store, merchant, planned)
        tell_one(session, planned[0], merchant)
        if recalculate:
            recalculate_from(session, runtime, merchant, [planned[0].entry.valid_from])


@command(
    app,
    "delete",
    "costs delete --user owner@shop.example --sku CUP",
    "costs delete --user my-shop --sku CUP --valid-from 2026-04-01",
)
def delete_costs(
    context: typer.Context,
    user: UserOption,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Ids, as `costs list --json` shows them.", show_default=False),
    ] = None,
    product: Product = None,
    variant: Variant = None,
    sku: Sku = None,
    valid_from: ValidFrom = None,
    recalculate: Annotated[bool, typer.Option(help="Calculate the stored days they counted for again.")] = False,
) -> None:
    """Delete costs by id, or those that a person gave one product, variant or SKU."""
    from profitsync.services import costs

    if ids and (product or variant or sku or valid_from):
        raise UsageError("give ids, or --product, --variant or --sku, not both")
    start = read_day("--valid-from", valid_from)
    key = None if ids else _narrowest(*_keys(product, variant, sku))
    session = session_of(context)
    with session.runtime() as runtime:
        merchant = merchant_of(runtime, user)
        stored = runtime.store.costs(merchant.id)
        found = costs.select(stored, key, start) if key else _by_ids(stored, ids or [])
        if not found:
            raise UsageError(f"no such cost; `profitsync costs list --user {merchant.email}` shows them")
        runtime.store.delete_costs(merchant.id, [cost.id for cost in found])
        session.note(f"Deleted {counted(len(found), 'cost')}.")
        if recalculate:
            recalculate_from(session, runtime, merchant, [cost.valid_from for cost in found])


def _keys(product: str | None, variant: str | None, sku: str | None) -> tuple[str | None, str | None, str | None]:
    """The given product, variant and SKU, checked."""
    from profitsync.services.costs import parse_id

    if not (product or variant or sku):
        raise UsageError("give --product, --variant or --sku")
    if sku and (product or variant):
        raise UsageError("give --sku alone, or --product with or without --variant")
    return (
        parse_id(product, "Product") if product else None,
        parse_id(variant, "ProductVariant") if variant else None,
        sku.strip() if sku else None,
    )


def _narrowest(product: str | None, variant: str | None, sku: str | None) -> tuple[str, str]:
    if variant:
        return "variant", variant
    return ("sku", sku) if sku else ("product", product or "")


def _by_ids(stored: "list[ProductCost]", ids: list[str]) -> "list[ProductCost]":
    by_id = {cost.id: cost for cost in stored}
    if unknown := [one for one in ids if one not in by_id]:
        raise UsageError("\n".join(f"no cost has the id {one!r}" for one in unknown))
    return [by_id[one] for one in dict.fromkeys(ids)]
