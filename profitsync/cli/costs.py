"""`profitsync costs`: what the products of one merchant cost."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.options import JsonFlag, UserOption, read_day
from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.domain.costs import CostSource, ProductCost
    from profitsync.domain.merchants import User
    from profitsync.services.cost_file import CostFile
    from profitsync.services.costs import Planned, Statement

app = typer.Typer(help="Product costs of one merchant.", no_args_is_help=True)

Product = Annotated[str | None, typer.Option(metavar="ID", help="Product id: digits or gid.", show_default=False)]
Variant = Annotated[str | None, typer.Option(metavar="ID", help="Variant id: digits or gid.", show_default=False)]
Sku = Annotated[str | None, typer.Option(metavar="SKU", help="Stock keeping unit.", show_default=False)]
ValidFrom = Annotated[
    str | None, typer.Option("--valid-from", metavar="DAY", help="First day of this cost.", show_default=False)
]
Recalculate = Annotated[
    bool,
    typer.Option(help="Correct the past: replace the cost in force, and calculate its stored days again."),
]


@app.command("list")
def list_costs(context: typer.Context, user: UserOption, json: JsonFlag = False) -> None:
    """All recorded costs: a person's, Shopify's, and the estimates."""
    session = session_of(context)
    with session.runtime() as runtime:
        costs = runtime.store.costs(_user(runtime, user).id)
    _print_costs(session, costs, json, nothing="No costs recorded yet.")


@app.command("missing")
def missing_costs(context: typer.Context, user: UserOption, json: JsonFlag = False) -> None:
    """Products with nothing but an estimate: the first to give a real cost to."""
    from profitsync.services import costs

    session = session_of(context)
    with session.runtime() as runtime:
        merchant = _user(runtime, user)
        today = costs.shop_today(merchant, runtime.clock())
        found = costs.missing(runtime.store.costs(merchant.id), today)
    _print_costs(session, found, json, nothing="No product is without a cost.")


@app.command("set")
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
    recalculate: Recalculate = False,
) -> None:
    """State the cost of one product, variant or SKU."""
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
        merchant = _user(runtime, user)
        planned = _plan(runtime, merchant, [statement], CostSource.MANUAL, correct=recalculate)
        costs.write(runtime.store, merchant, planned)
        _tell_one(session, planned[0], merchant)
        if recalculate:
            _recalculate(session, runtime, merchant, [planned[0].entry.valid_from])


@app.command("import")
def import_costs(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV; - is standard input.", show_default=False)],
    user: UserOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of refusing.")] = False,
    recalculate: Recalculate = False,
) -> None:
    """Read costs from a CSV: productId or sku, cost, and if wanted variantId, productName, validFrom."""
    from profitsync.domain.costs import CostSource
    from profitsync.services import costs
    from profitsync.services.cost_file import read_cost_file

    session = session_of(context)
    origin = "standard input" if file == "-" else file
    content = read_cost_file(_read(file, origin), origin)
    with session.runtime() as runtime:
        merchant = _user(runtime, user)
        planned = _plan(runtime, merchant, content.statements, CostSource.IMPORTED, correct=recalculate)
        _tell_file(session, content, planned)
        if content.bad and not skip_bad:
            raise UsageError(
                f"{origin}: {_counted(len(content.bad), 'bad line')}; nothing was written "
                "(--skip-bad imports the others)"
            )
        if dry_run:
            session.note("Dry run: nothing was written.")
            return
        costs.write(runtime.store, merchant, planned)
        if recalculate:
            starts = [one.entry.valid_from for one in planned if one.effect is not costs.Effect.UNCHANGED]
            _recalculate(session, runtime, merchant, starts)


@app.command("delete")
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
        merchant = _user(runtime, user)
        stored = runtime.store.costs(merchant.id)
        found = costs.select(stored, key, start) if key else _by_ids(stored, ids or [])
        if not found:
            raise UsageError(f"no such cost; `profitsync costs list --user {merchant.email}` shows them")
        runtime.store.delete_costs(merchant.id, [cost.id for cost in found])
        session.note(f"Deleted {_counted(len(found), 'cost')}.")
        if recalculate:
            _recalculate(session, runtime, merchant, [cost.valid_from for cost in found])


def _user(runtime: "Runtime", ref: str) -> "User":
    from profitsync.services.users import get_user

    return get_user(runtime.store, ref)


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


def _plan(
    runtime: "Runtime", user: "User", statements: "list[Statement]", source: "CostSource", *, correct: bool
) -> "list[Planned]":
    from profitsync.services import costs

    now = runtime.clock()
    today: date = costs.shop_today(user, now)
    stored = runtime.store.costs(user.id)
    return costs.plan(stored, statements, source=source, today=today, now=now, correct=correct)


def _read(file: str, origin: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{origin}: cannot be read: {error.strerror}") from None


def _tell_one(session: Session, planned: "Planned", user: "User") -> None:
    entry, currency = planned.entry, user.currency or "shop currency"
    since = f"from {entry.valid_from} on" if entry.valid_from else "for all days"
    session.note(f"{planned.effect.capitalize()}: {entry.cost} {currency} {since}.")
    if planned.new_period:
        session.note(
            "An older cost stays for the days before; --recalculate would correct it, --valid-from choose the day."
        )


def _tell_file(session: Session, content: "CostFile", planned: "list[Planned]") -> None:
    from profitsync.services.costs import Effect

    for bad in content.bad:
        session.error(f"line {bad.number}: {bad.reason}")
    for column in content.ignored_columns:
        session.note(f"The column {column!r} is not used.")
    counts = {effect: sum(one.effect is effect for one in planned) for effect in Effect}
    session.lines(", ".join(f"{count} {effect}" for effect, count in counts.items()) + f", {len(content.bad)} bad")
    if periods := sum(one.new_period for one in planned):
        session.note(
            f"{_counted(periods, 'changed cost')} without validFrom: valid from today, older days keep theirs."
        )


def _recalculate(session: Session, runtime: "Runtime", user: "User", starts: list[date | None]) -> None:
    from profitsync.services.costs import recalculate_from

    days = recalculate_from(runtime.store, user, starts)
    session.note(f"{_counted(days, 'stored day')} will be calculated again by the next sync.")


def _print_costs(session: Session, costs: "list[ProductCost]", json: bool, nothing: str) -> None:
    if json:
        from profitsync.services.shapes import cost_shape

        session.json([cost_shape(cost) for cost in costs])
        return
    if not costs:
        session.note(nothing)
        return
    from profitsync.cli.tables import print_table
    from profitsync.domain.costs import cost_key

    print_table(
        session.out,
        ("For", "Name", "Cost", "Source", "Valid from"),
        [
            (
                " ".join(cost_key(cost)),
                cost.product_name or "-",
                f"{cost.cost:,f}",
                str(cost.source),
                str(cost.valid_from or "always"),
            )
            for cost in costs
        ],
        folding=("Name",),
        numbers=("Cost",),
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
