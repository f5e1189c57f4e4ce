"""Every figure of a day, and of a range of days, from the tallies. One definition each: docs/metrics.md.

Primary sums are rounded once, half-up to two places; figures composed of others are computed from the
rounded ones, so that rows add up on paper. Ratios come from sums, never from ratios.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from profitsync.domain.ads import spend_in
from profitsync.domain.carriers import Bucket
from profitsync.domain.customers import CustomerCount
from profitsync.domain.days import same_days
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SOURCES, MerchantSettings
from profitsync.domain.money import ZERO, known_sum, rounded
from profitsync.domain.movements import Amount, Money
from profitsync.domain.quotients import QUOTIENTS
from profitsync.domain.rows import MISSING, OFF, OK, STALE, DayMetrics, Value

if TYPE_CHECKING:  # what adds a day up is not needed to show stored figures
    from profitsync.domain.tally import DayTally

# Name -> kind, in the order in which people read them. Contract names; never rename one.
FIELDS: dict[str, str] = (
    dict.fromkeys(("totalOrders", "cancelledOrders"), "count")
    | dict.fromkeys(
        ("grossSales", "discounts", "returns", "netSales", "shippingCharged", "taxes", "duties", "totalSales",
         "tips", "bookedRevenue", "rtoReversal", "revenue", "cogs", "estimatedCogs", "grossProfit",
         "adSpend", "shippingCost", "transactionFees", "netProfit"), "money")
    | dict.fromkeys(("grossProfitMargin", "netProfitMargin"), "percent")
    | dict.fromkeys(("roas", "poas", "breakEvenRoas"), "ratio")
    | dict.fromkeys(("aov", "cpp", "cac", "cpc"), "money")
    | {"ctr": "percent", "cpm": "money"}
    | dict.fromkeys(("impressions", "reach", "linkClicks"), "count")
    | dict.fromkeys(("newCustomers", "returningCustomers", "totalCustomers"), "count")
    | {"returningRate": "percent", "anonymousOrders": "count"}
    | dict.fromkeys(
        ("totalShipments", "delivered", "inTransit", "pickupPending", "ndrOpen", "rto", "lost", "other",
         "unknownStatuses", "ndr"),
        "count")
    | dict.fromkeys(("deliveryRate", "rtoRate", "settledDeliveryRate", "settledRtoRate"), "percent")
    | dict.fromkeys(
        ("productsWithoutCost", "shipmentsBilled", "shipmentsEstimated", "shipmentsWithoutCost"), "count")
    | {"adFxRate": "rate", "adTimezoneMismatch": "flag"}
)  # fmt: skip

# Field -> the amount of movements that it sums.
SHOPIFY_MONEY: dict[str, Amount] = {
    "grossSales": "gross_sales", "discounts": "discounts", "returns": "returns", "shippingCharged": "shipping",
    "taxes": "taxes", "duties": "duties", "tips": "tips", "cogs": "cogs", "estimatedCogs": "estimated_cogs",
    "transactionFees": "fees",
}  # fmt: skip
_BUCKETS = (
    Bucket.DELIVERED, Bucket.IN_TRANSIT, Bucket.PICKUP_PENDING, Bucket.NDR_OPEN, Bucket.RTO, Bucket.LOST,
    Bucket.OTHER,
)  # fmt: skip
SUMMED = (
    *SHOPIFY_MONEY, "netSales", "totalSales", "bookedRevenue", "rtoReversal", "revenue", "grossProfit",
    "adSpend", "shippingCost", "netProfit", "totalOrders",
    "cancelledOrders", "anonymousOrders", "productsWithoutCost", "impressions", "linkClicks", "totalShipments",
    *_BUCKETS, "unknownStatuses", "ndr", "shipmentsBilled", "shipmentsEstimated", "shipmentsWithoutCost",
)  # fmt: skip


def day_metrics(
    tally: "DayTally",
    sources: Mapping[str, str],
    settings: MerchantSettings,
    *,
    currency: str,
    timezone: str,
    ad_zones: Collection[str] = (),
) -> DayMetrics:
    """The figures of one day. `sources` tells what each source knows of it (ok, stale, missing, off).

    `ad_zones` are the ad accounts' IANA zones, which a day without delivery does not tell by itself.
    """
    values: dict[str, Value] = {}
    values |= _sales(tally, sources[SHOPIFY] != MISSING, settings.revenue_basis)
    values["rtoReversal"] = _reversal(tally, sources, settings.revenue_basis)
    if sources[META] == MISSING:
        values["adTimezoneMismatch"] = False
    else:
        values |= _ads(tally, currency, timezone, ad_zones)
    values |= _shipments(tally, sources[SHIPROCKET] != MISSING)
    if sources[SHOPIFY] != MISSING:
        values |= _customers(tally.customers)
    compose(values, settings.revenue_basis)
    _ratios(values, ads_off=sources[META] == OFF)
    blank = sources[META] not in (OFF, MISSING) and values["adSpend"] is None
    complete = (
        all(sources[name] in (OK, OFF) for name in SOURCES)
        and not blank
        and not tally.unconverted_orders
        and not tally.shipments_without_cost
        and not tally.rto_cost_open
    )
    ordered = {name: values.get(name) for name in FIELDS}
    return DayMetrics(tally.day, ordered, complete, {name: sources[name] for name in SOURCES})


def total_metrics(first_day: date, rows: Sequence[DayMetrics], customers: CustomerCount | None) -> DayMetrics:
    """The figures of a range: sums of its days, ratios recomputed, customers recounted, one day's reach only.

    `customers` None: not known. A sum is None as soon as one of its days is not known.
    """
    values: dict[str, Value] = {name: known_sum(_numbers(rows, name)) for name in SUMMED}
    values["reach"] = rows[0].values.get("reach") if len(rows) == 1 else None
    values["adFxRate"] = _only({rate for row in rows if (rate := row.values.get("adFxRate")) is not None})
    values["adTimezoneMismatch"] = any(row.values.get("adTimezoneMismatch") for row in rows)
    if customers is not None:
        values |= _customers(customers)
    worst = {name: _worst(row.sources.get(name, OFF) for row in rows) for name in SOURCES}
    _ratios(values, ads_off=worst[META] == OFF)
    ordered = {name: values.get(name) for name in FIELDS}
    return DayMetrics(first_day, ordered, all(row.complete for row in rows), worst)


def unknown_day(day: date, sources: Mapping[str, str]) -> DayMetrics:
    """A day that was never calculated."""
    return DayMetrics(day, dict.fromkeys(FIELDS), complete=False, sources=dict(sources))


def _numbers(rows: Iterable[DayMetrics], name: str) -> list[Decimal | int | None]:
    return [row.values.get(name) for row in rows]


def _worst(states: Iterable[str]) -> str:
    return max(states, key=(OFF, OK, STALE, MISSING).index, default=OFF)


def _sales(tally: "DayTally", known: bool, basis: str) -> dict[str, Value]:
    counts = ("totalOrders", "cancelledOrders", "anonymousOrders", "productsWithoutCost")
    if not known:
        return {}
    figures: dict[str, Value] = dict(
        zip(
            counts,
            (tally.orders, tally.cancelled_orders, tally.anonymous_orders, len(tally.products_without_cost)),
            strict=True,
        )
    )
    if tally.unconverted_orders:
        return figures  # never add up two currencies: the money of this day is not known
    figures |= {name: rounded(tally.money[amount]) for name, amount in SHOPIFY_MONEY.items()}
    figures["bookedRevenue"] = rounded(booked_revenue(tally.money, basis))
    return figures


def _reversal(tally: "DayTally", sources: Mapping[str, str], basis: str) -> Decimal | None:
    state = reversal_state(sources)
    if state == OFF:
        return ZERO
    return None if state == MISSING or tally.unconverted_orders else rounded(rto_reversal(tally.money, basis))


def reversal_state(sources: Mapping[str, str]) -> str:
    """Whether RTO reversals of a day are known: `off` (there are none), `missing`, or `ok`."""
    states = (sources[SHOPIFY], sources[SHIPROCKET])
    return next((state for state in (OFF, MISSING) if state in states), OK)


def booked_revenue(money: Money, basis: str) -> Decimal:
    """Unrounded, from all amounts; on the basis `total_sales` it holds tax."""
    return money["booked"] + (money["booked_tax"] if basis == "total_sales" else ZERO)


def rto_reversal(money: Money, basis: str) -> Decimal:
    """The same of money that will not come."""
    return money["rto_reversal"] + (money["rto_tax"] if basis == "total_sales" else ZERO)


def _ads(tally: "DayTally", currency: str, timezone: str, zones: Collection[str]) -> dict[str, Value]:
    spend: Decimal | None = ZERO
    for row in tally.ads:
        part = spend_in(row, currency)
        spend = None if part is None or spend is None else spend + part
    foreign = {row.fx_rate for row in tally.ads if row.currency != currency}
    calendars = {*zones, *(row.timezone for row in tally.ads if row.timezone)}
    reach = [row.reach for row in tally.ads]
    return {
        "adSpend": None if spend is None else rounded(spend),
        "impressions": sum(row.impressions for row in tally.ads),
        "linkClicks": sum(row.link_clicks for row in tally.ads),
        "reach": 0 if not reach else reach[0] if len(reach) == 1 else None,  # people cannot be added up
        "adFxRate": _only(foreign),
        "adTimezoneMismatch": not all(same_days([tally.day], zone, timezone) for zone in calendars),
    }


def _only(rates: Collection[Value]) -> Value:
    """The one rate there is; none when there is no foreign spend, or several rates."""
    return next(iter(rates)) if len(rates) == 1 else None


def _shipments(tally: "DayTally", known: bool) -> dict[str, Value]:
    if not known:
        return {}
    figures: dict[str, Value] = {name.value: tally.buckets[name] for name in _BUCKETS}
    figures["totalShipments"] = sum(tally.buckets.values())
    figures["unknownStatuses"] = tally.unknown_statuses
    figures["ndr"] = tally.ndr
    figures["shippingCost"] = rounded(tally.shipping_cost)
    figures["shipmentsBilled"] = tally.shipments_by_cost["billed"]
    figures["shipmentsEstimated"] = tally.shipments_by_cost["estimated"]
    figures["shipmentsWithoutCost"] = tally.shipments_without_cost
    return figures


def _customers(count: CustomerCount) -> dict[str, Value]:
    return {
        "newCustomers": count.new, "returningCustomers": count.returning, "totalCustomers": count.total,
    }  # fmt: skip


def compose(values: dict[str, Value], basis: str) -> None:
    """Add the sums that follow from other sums: netSales, totalSales, revenue, grossProfit and netProfit."""

    def combine(plus: Iterable[str], minus: Iterable[str] = ()) -> Decimal | int | None:
        given = known_sum(values.get(name) for name in plus)
        taken = known_sum(values.get(name) for name in minus)
        return None if taken is None or given is None else given - taken

    values["netSales"] = combine(["grossSales"], ["discounts", "returns"])
    values["totalSales"] = combine(["netSales", "shippingCharged", "taxes", "duties"])
    earned = ["totalSales"] if basis == "total_sales" else ["netSales", "shippingCharged"]
    reversal_known = values.get("rtoReversal") is not None
    # Until shipments were read for the first time, revenue is given from the shop alone; profit is not.
    values["revenue"] = combine(earned, ["rtoReversal"] if reversal_known else [])
    values["grossProfit"] = combine(["revenue"], ["cogs"])
    costs = ["adSpend", "shippingCost", "transactionFees", *([] if reversal_known else ["rtoReversal"])]
    values["netProfit"] = combine(["grossProfit"], costs)


def _ratios(values: dict[str, Value], *, ads_off: bool) -> None:
    """Add everything that is divided. A source that is off has no ratios."""
    for name, quotient in QUOTIENTS.items():
        values[name] = quotient.of(values, ads_off=ads_off)
