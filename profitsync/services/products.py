"""Profit per product: the ledger's movements of a range, gathered by product instead of by day.

Shipping and ads belong to parcels and accounts, not to products, and are not allocated. What is of no product
(buyers' shipping charges, money refunded without goods) and what rounding leaves stand apart, so that the
columns add up to the figures of the range to the last cent.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from profitsync.domain.ads import AdDay
from profitsync.domain.contributions import COMPOSED, PRIMARY, of_movement
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import User
from profitsync.domain.metrics import compose
from profitsync.domain.money import ZERO, known_sum, percent, rounded
from profitsync.domain.movements import Movement
from profitsync.domain.rows import DayMetrics, Value
from profitsync.domain.shipments import Shipment
from profitsync.errors import UsageError
from profitsync.services.calculate import Case, calculate_days
from profitsync.services.knowledge import day_sources
from profitsync.services.problems import did_you_mean
from profitsync.stores.protocol import Store

TIED = (
    "grossSales", "discounts", "returns", "netSales", "shippingCharged", "taxes", "rtoReversal", "revenue", "cogs",
    "estimatedCogs", "grossProfit",
)  # fmt: skip
UNITS = ("units", "unitsReturned")
COLUMNS = (*UNITS, *TIED, "grossProfitMargin")


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product, or what is of none. Amounts are rounded to two places; `values` holds `COLUMNS`.

    `sku` is None where several variants were sold.
    """

    product_id: str | None
    sku: str | None
    title: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ProductTable:
    """Products of a range. `products`, `apart` and `rounding` add up to `totals`, the figures of the range."""

    user_id: str
    currency: str
    timezone: str
    since: date
    until: date
    products: tuple[ProductRow, ...]
    apart: ProductRow  # what is of no product
    rounding: ProductRow  # what rounding each day, and each product, leaves
    totals: ProductRow
    complete: bool
    notes: tuple[str, ...] = ()


def product_table(
    store: Store, user: User, *, since: date, until: date, sort: str = "grossProfit"
) -> ProductTable:
    """Profit per product from `since` to `until`, both included, best first by `sort` (a name of `COLUMNS`).

    Days that were never synced are left out and named in `notes`. Raises `UsageError` while the shop's currency
    is not known, and for an unknown `sort`.
    """
    if sort not in (*COLUMNS, "title"):
        raise UsageError(f"--sort {sort!r}: must be title or a column{did_you_mean(sort, COLUMNS)}")
    if not user.currency or not user.timezone:
        raise UsageError(f"{user.email}: was never synced; run `profitsync sync --user {user.email}` first")
    stored = store.metrics(user.id, DayRange(since, until))
    states = store.source_states(user.id)
    sources = {row.day: day_sources(user, states, row.day) for row in stored}
    witness = _Witness(user, sources)
    rows = [row for rows in calculate_days(store, user, sources, sources, witness=witness) for row in rows]
    totals = {name: known_sum(row.values.get(name) for row in rows) for name in TIED}
    basis = user.settings.revenue_basis
    products = [one.row(basis) for one in witness.products.values()]
    apart = witness.apart.row(basis)
    return ProductTable(
        user.id, user.currency, user.timezone, since, until,
        products=tuple(_sorted(products, sort)),
        apart=apart,
        rounding=_rounding([*products, apart], totals),
        totals=_row("Total", totals | _units([*products, apart])),
        complete=len(rows) == len(DayRange(since, until)) and all(row.complete for row in rows),
        notes=tuple(_notes(stored, rows, witness, user, DayRange(since, until))),
    )  # fmt: skip


def summed(rows: Sequence[ProductRow]) -> ProductRow:
    """Several products as one row."""
    values = {name: known_sum(row.values[name] for row in rows) for name in (*UNITS, *TIED)}
    return _row(f"{len(rows)} products", values)


@dataclass(slots=True)
class _Sums:
    """Exact sums of one product, under the names and SKUs that its lines had."""

    product_id: str | None = None
    titles: set[str] = field(default_factory=set)
    skus: set[str | None] = field(default_factory=set)
    amounts: dict[str, Value] = field(default_factory=lambda: dict.fromkeys((*PRIMARY, *COMPOSED), ZERO))
    sold: Decimal = ZERO
    returned: Decimal = ZERO

    def add(self, movement: Movement, amounts: Mapping[str, Value]) -> None:
        for name, amount in amounts.items():
            self.amounts[name] = known_sum((self.amounts[name], amount))
        if movement.units > 0:
            self.sold += movement.units
        else:
            self.returned -= movement.units

    def row(self, basis: str) -> ProductRow:
        """Rounded; sums of figures are made of the rounded ones, so that a row adds up on paper."""
        values: dict[str, Value] = {
            name: None if value is None else rounded(Decimal(value)) for name, value in self.amounts.items()
        }
        if values["rtoReversal"] is not None:
            compose(values, basis)
        units: dict[str, Value] = {"units": _whole(self.sold), "unitsReturned": _whole(self.returned)}
        tied = {name: values[name] for name in TIED}
        sku = next(iter(self.skus)) if len(self.skus) == 1 else None
        return _row(common_title(self.titles), {**units, **tied}, self.product_id, sku)


class _Witness:
    """Gathers the movements of known days by product."""

    def __init__(self, user: User, sources: Mapping[date, Mapping[str, str]]) -> None:
        self.user = user
        self.sources = sources
        self.products: dict[str, _Sums] = {}
        self.apart = _Sums(titles={"Of no product"})
        self.unconverted: set[str] = set()

    def case(self, case: Case, days: DayRange, booked: Sequence[Movement], *, converted: bool) -> None:
        """An order's movements of these days."""
        lines = {line.id: line for line in case.order.lines}
        for movement in booked:
            if movement.day not in days:
                continue
            if not converted:
                self.unconverted.add(case.order.currency)
                continue
            amounts = of_movement(movement, self.sources[movement.day], self.user.settings.revenue_basis)
            line = lines.get(movement.line_id)
            if line is None:
                self.apart.add(movement, amounts)
                continue
            key = line.product_id or line.sku or line.title
            sums = self.products.setdefault(key, _Sums(line.product_id))
            sums.titles.add(line.title)
            sums.skus.add(line.sku)
            sums.add(movement, amounts)

    def shipment(self, shipment: Shipment, days: DayRange) -> None:
        """Parcels are of no product."""

    def ad_day(self, row: AdDay) -> None:
        """Nor are ads."""


def common_title(titles: Collection[str]) -> str:
    """One name for a product whose lines are named after its variants: what stands before the last " - "."""
    heads = {title.rpartition(" - ")[0] for title in titles}
    if len(titles) > 1 and len(heads) == 1 and (head := heads.pop()):
        return head
    return min(titles, default="")


def _row(
    title: str, values: Mapping[str, Value], product_id: str | None = None, sku: str | None = None
) -> ProductRow:
    """A row with its margin on its revenue."""
    revenue = values.get("revenue")
    margin = percent(values.get("grossProfit"), revenue if revenue is not None and revenue > 0 else None)
    return ProductRow(product_id, sku, title, {**values, "grossProfitMargin": margin})


def _rounding(rows: Sequence[ProductRow], totals: Mapping[str, Value]) -> ProductRow:
    """What is left of each total once the rows are taken off it."""
    left: dict[str, Value] = dict.fromkeys(UNITS, 0)
    for name in TIED:
        shown, total = known_sum(row.values[name] for row in rows), totals[name]
        left[name] = None if shown is None or total is None else total - shown
    return ProductRow(None, None, "Rounding", {**left, "grossProfitMargin": None})


def _units(rows: Sequence[ProductRow]) -> dict[str, Value]:
    return {name: known_sum(row.values[name] for row in rows) for name in UNITS}


def _whole(units: Decimal) -> Value:
    return int(units) if units == units.to_integral_value() else units


def _sorted(rows: Sequence[ProductRow], sort: str) -> list[ProductRow]:
    """Best first; what is not known comes last. Titles run from A to Z."""
    by_title = sorted(rows, key=lambda row: (row.title.casefold(), row.product_id or ""))
    if sort == "title":
        return by_title

    def best_first(row: ProductRow) -> tuple[bool, Decimal]:
        value = row.values[sort]
        return value is None, -Decimal(value or 0)

    return sorted(by_title, key=best_first)


def _notes(
    stored: Sequence[DayMetrics], rows: Sequence[DayMetrics], witness: _Witness, user: User, days: DayRange
) -> Iterator[str]:
    if len(stored) < len(days):
        yield (
            f"{len(days) - len(stored)} of {len(days)} days were never synced and are left out; "
            f"run `profitsync sync --user {user.email} --since {days.first} --until {days.last}`"
        )
    for currency in sorted(witness.unconverted):
        yield f"orders in {currency} are left out: settings.fxRates has no rate for it"
    before = {row.day: row.values for row in stored}
    changed = [row.day for row in rows if any(before[row.day].get(name) != row.values[name] for name in TIED)]
    if changed:
        yield (
            f"the stored figures of {len(changed)} days are older than the facts (first: {min(changed)}); "
            f"the next sync recalculates days that are waiting"
        )
