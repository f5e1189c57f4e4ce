"""Bridges from our figures to those that Shopify, Ads Manager and the Shiprocket panel show for the same days.

A bridge names every step between two figures, and adds up. What is not known stays unknown: the step, and the
result that needs it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from profitsync.domain.ads import AdDay, spend_in
from profitsync.domain.carriers import left_out_as
from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.merchants import META, SHIPROCKET, User
from profitsync.domain.money import ZERO, known_sum, rounded
from profitsync.domain.rows import MISSING, OFF, Value
from profitsync.services.metrics import metrics_table
from profitsync.services.tables import MetricsTable
from profitsync.stores.protocol import Store

ROUNDING = "Rounding"
WAITING = "Facts newer than the stored figures"


@dataclass(frozen=True, slots=True)
class Step:
    """What is added, with its sign. `amount` None is not known."""

    label: str
    amount: Value
    why: str = ""
    original: Decimal | None = None  # the same in `currency`, as Ads Manager shows it
    currency: str | None = None
    rate: Decimal | None = None  # shop currency per unit of `currency`, where they differ


@dataclass(frozen=True, slots=True)
class Bridge:
    """`steps` add up to `result`. `kind` is money (shop currency) or count; `where` is where others show it."""

    name: str
    title: str
    kind: str
    steps: tuple[Step, ...]
    result: Step
    where: str
    apart: tuple[Step, ...] = ()  # in neither figure, or part of them: to compare with
    notes: tuple[str, ...] = ()

    @property
    def difference(self) -> Value:
        """What is left unexplained: 0, or None where a step or the result is not known."""
        total = known_sum(step.amount for step in self.steps)
        return None if total is None or self.result.amount is None else self.result.amount - total


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All bridges of one merchant and range."""

    user_id: str
    email: str
    currency: str | None
    timezone: str | None
    since: date
    until: date
    complete: bool
    bridges: tuple[Bridge, ...]
    notes: tuple[str, ...]


def reconcile(store: Store, user: User, *, since: date, until: date) -> Reconciliation:
    """The bridges from `since` to `until`, both included, of the stored figures and the facts behind them."""
    table = metrics_table(store, user, since=since, until=until)
    bridges = [_revenue(table, user), _sales(table), _spend(store, user, table)]
    bridges += [_parcels(store, user, table), _buckets(table)]
    return Reconciliation(
        user.id, user.email, user.currency, user.timezone, since, until,
        complete=table.totals.complete, bridges=tuple(bridges), notes=table.notes,
    )  # fmt: skip


def _revenue(table: MetricsTable, user: User) -> Bridge:
    figures = table.totals.values
    # While parcels were never read a day's revenue holds no reversal, so there is none to add back.
    reversals = [row.values.get("rtoReversal") for row in table.rows]
    reversal = known_sum(amount for amount in reversals if amount is not None) if reversals else None
    steps = [
        Step("Revenue", figures["revenue"], "what the merchant earned, as in metrics show"),
        Step(
            "RTO reversal",
            reversal,
            "COD parcels that turned back; Shopify knows only of cancellations",
        ),
    ]
    if user.settings.revenue_basis != "total_sales":
        steps += [
            Step("Taxes", figures["taxes"], "owed to the state, so not revenue; Shopify adds them"),
            Step("Duties", figures["duties"], "duties and additional fees, passed on"),
        ]
    unknown = sum(amount is None for amount in reversals)
    note = f"Parcels of {unknown} days were never read: their revenue holds no RTO reversal yet."
    return Bridge(
        "revenue", "Revenue to Shopify's total sales", "money", tuple(steps),
        Step("Total sales", figures["totalSales"]), "Shopify: Analytics, Total sales, same days",
        (Step("Tips", figures["tips"], "in neither figure; Shopify shows them too"),),
        (note,) if unknown else (),
    )  # fmt: skip


def _sales(table: MetricsTable) -> Bridge:
    figures = table.totals.values
    steps = (
        Step("Gross sales", figures["grossSales"], "unit price × quantity of goods, without tax and gift cards"),
        Step("Discounts", _minus(figures["discounts"]), "of goods; shipping discounts are in shipping"),
        Step("Returns", _minus(figures["returns"]), "refunds, removed units and cancellations, on their own days"),
        Step("Shipping", figures["shippingCharged"], "charged to buyers, less refunded"),
        Step("Taxes", figures["taxes"], "on goods and shipping, less refunded"),
        Step("Duties", figures["duties"], "duties and additional fees"),
    )
    return Bridge(
        "sales", "Shopify's total sales, column by column", "money", steps,
        Step("Total sales", figures["totalSales"]), "Shopify: Analytics, Sales breakdown, same days",
        (Step("Net sales", figures["netSales"], "the first three together"),),
        ("With tax-inclusive prices Shopify's gross sales and discounts may differ by cents; net sales agree.",),
    )  # fmt: skip


def _spend(store: Store, user: User, table: MetricsTable) -> Bridge:
    result, currency = table.totals.values["adSpend"], user.currency or ""
    stored = {row.day for row in table.rows}
    rows = [row for row in store.ad_days(user.id, _span(table)) if row.day in stored]
    steps = [_account_step(group, currency) for group in _by_rate(rows)]
    shown = known_sum(step.amount for step in steps)
    if shown is not None and result is not None:
        per_day = sum((rounded(_spent(rows, day, currency)) for day in stored), ZERO)
        if per_day != shown:
            steps.append(Step(ROUNDING, per_day - shown, "each day is rounded once"))
        if result != per_day:
            steps.append(Step(WAITING, result - per_day, "the next sync recalculates these days"))
    notes = ["Spend is before the tax on Meta's invoice (18 % GST in India)."]
    if zones := sorted({row.timezone for row in rows if row.timezone and row.timezone != user.timezone}):
        notes.append(f"Its days are those of {', '.join(zones)}, the ad account's zone, not the shop's.")
    return Bridge(
        "spend", "Amount spent to ad spend", "money", tuple(steps), Step("Ad spend", result),
        "Ads Manager: Amount spent, account level, same days", notes=(*notes, *_source_notes(table, META)),
    )  # fmt: skip


def _by_rate(rows: Sequence[AdDay]) -> Iterator[list[AdDay]]:
    """Rows of one account, currency and exchange rate together."""
    groups: dict[tuple[str, str, Decimal | None], list[AdDay]] = {}
    for row in rows:
        groups.setdefault((row.account_id, row.currency, row.fx_rate), []).append(row)
    yield from groups.values()


def _account_step(rows: Sequence[AdDay], currency: str) -> Step:
    first = rows[0]
    spent = sum((row.spend for row in rows), ZERO)
    exact = known_sum(spend_in(row, currency) for row in rows)
    total = None if exact is None else rounded(Decimal(exact))
    name = f"Account {first.account_id}"
    if first.currency == currency:
        return Step(name, total, "in the shop's currency", spent, first.currency)
    why = "converted" if first.fx_rate is not None else "no exchange rate in settings.fxRates"
    return Step(name, total, why, spent, first.currency, first.fx_rate)


def _spent(rows: Sequence[AdDay], day: date, currency: str) -> Decimal:
    return sum((spend_in(row, currency) or ZERO for row in rows if row.day == day), ZERO)


def _parcels(store: Store, user: User, table: MetricsTable) -> Bridge:
    zone, stored = ZoneInfo(user.timezone or "UTC"), {row.day for row in table.rows}
    kinds: Counter[str | None] = Counter()
    for batch in store.shipments_touching(user.id, _span(table)):
        kinds.update(left_out_as(one) for one in batch if shop_day(one.created_at, zone) in stored)
    result = table.totals.values["totalShipments"]
    known = result is not None
    steps = [
        Step("All shipments", kinds.total() if known else None, "created on these days, whatever became of them"),
        Step("Cancelled", -kinds["cancelled"] if known else None, "whether before or after the pickup"),
        Step("Without a courier", -kinds["withoutCourier"] if known else None, "new, not yet assigned"),
        Step("Customers' returns", -kinds["customerReturn"] if known else None, "reverse pickups, no RTO"),
    ]
    if result is not None and result != kinds[None]:
        steps.append(Step(WAITING, result - kinds[None], "the next sync recalculates these days"))
    return Bridge(
        "shipments", "Shiprocket's shipments to ours", "count", tuple(steps), Step("Shipments", result),
        "Shiprocket panel: Courier tab, Shipment Count, same days (without cancelled)",
        notes=tuple(_source_notes(table, SHIPROCKET)),
    )  # fmt: skip


_BUCKETS = {
    "delivered": ("Delivered", "at the first attempt or after NDR, in part too"),
    "inTransit": ("In transit", "picked up and on their way"),
    "pickupPending": ("Pickup pending", "with a courier, not yet picked up"),
    "ndrOpen": ("Undelivered", "after a failed attempt, still meant for the buyer"),
    "rto": ("RTO", "initiated, in transit, out for delivery, acknowledged and delivered"),
    "lost": ("Lost", "lost, damaged, destroyed, disposed of, untraceable"),
    "other": ("Other", "in a state that says nothing about arrival"),
}


def _buckets(table: MetricsTable) -> Bridge:
    figures = table.totals.values
    steps = tuple(Step(label, figures[name], why) for name, (label, why) in _BUCKETS.items())
    return Bridge(
        "statuses", "Shipments by status", "count", steps, Step("Shipments", figures["totalShipments"]),
        "Shiprocket panel: Courier tab, same days",
        (Step("NDR Raised", figures["ndr"], "ever had a failed attempt; overlaps the others"),),
        ("Statuses go on changing for weeks: compare on the day of the last sync.",),
    )  # fmt: skip


def _span(table: MetricsTable) -> DayRange:
    """The days of which figures are stored."""
    if not table.rows:
        return DayRange(table.since, table.until)
    return DayRange(table.rows[0].day, table.rows[-1].day)


def _source_notes(table: MetricsTable, source: str) -> Iterator[str]:
    states = [row.sources.get(source, OFF) for row in table.rows]
    if states and set(states) == {OFF}:
        yield f"{source.capitalize()} is not connected: everything counts as 0."
    elif missing := states.count(MISSING):
        yield f"{source.capitalize()} was never read for {missing} days: unknown, not 0."


def _minus(value: Value) -> Value:
    return None if value is None else -value
