"""The generated merchant looks like life, adds up, and is the same everywhere."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from profitsync.domain.carriers import Bucket, bucket
from profitsync.domain.payments import is_cod_gateway
from profitsync.domain.shipments import Shipment
from profitsync.sandbox.render_meta import insights_row
from profitsync.sandbox.render_shiprocket import ndr_item, order_item
from profitsync.sandbox.render_shopify import order_node
from profitsync.sandbox.world import MetaWorld, OrderDraft, ParcelDraft, ShiprocketWorld, ShopifyWorld, World
from profitsync.sandbox.worlds.generated import generate

UNTIL = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# Prints a digest of a small world; run by other interpreters, with other hash seeds and time zones.
DIGEST = (
    "import datetime, hashlib, profitsync.sandbox.worlds.generated as g;"
    "w = g.generate(until=datetime.date(2026, 11, 22), days=12);"
    "print(hashlib.sha256(repr((w.shopify, w.meta, w.shiprocket)).encode()).hexdigest())"
)


@pytest.fixture(scope="module")
def world() -> World:
    return generate(until=UNTIL, now=NOW)


@pytest.fixture(scope="module")
def shop(world: World) -> ShopifyWorld:
    assert world.shopify is not None
    return world.shopify


@pytest.fixture(scope="module")
def orders(shop: ShopifyWorld) -> list[OrderDraft]:
    return [order for order in shop.orders.values() if not order.test]


@pytest.fixture(scope="module")
def carrier(world: World) -> ShiprocketWorld:
    assert world.shiprocket is not None
    return world.shiprocket


@pytest.fixture(scope="module")
def ads(world: World) -> MetaWorld:
    assert world.meta is not None
    return world.meta


@pytest.fixture(scope="module")
def parcels(carrier: ShiprocketWorld) -> list[ParcelDraft]:
    return [parcel for order in carrier.orders.values() for parcel in order.parcels]


# --- determinism


def test_the_same_seed_gives_the_same_merchant_and_another_seed_another_one() -> None:
    first, again = (generate(until=UNTIL, days=4) for _ in range(2))

    assert _rendered(first) == _rendered(again)
    assert _rendered(first) != _rendered(generate(until=UNTIL, days=4, seed=2))


def test_hash_seed_and_time_zone_of_the_machine_do_not_matter() -> None:
    digests = {_digest(hash_seed, zone) for hash_seed, zone in (("1", "UTC"), ("2", "America/New_York"))}

    assert len(digests) == 1


def test_a_later_now_is_the_same_merchant_a_few_days_on(shop: ShopifyWorld) -> None:
    earlier = generate(until=UNTIL, now=NOW - timedelta(days=9)).shopify
    assert earlier is not None

    assert len(earlier.orders) < len(shop.orders)
    assert [key for key, order in earlier.orders.items() if _bought(order) != _bought(shop.orders[key])] == []


def test_nothing_is_later_than_now(shop: ShopifyWorld, carrier: ShiprocketWorld) -> None:
    instants = [at for order in shop.orders.values() for at in _instants(order)]
    instants += [row.raised_at for row in carrier.ndr]
    for booking in carrier.orders.values():
        instants += [booking.created_at, booking.updated_at]
        for parcel in booking.parcels:
            dated = (parcel.shipped_at, parcel.delivered_at, parcel.rto_initiated_at, parcel.rto_delivered_at)
            instants += [at for at in dated if at]

    assert max(instants) <= NOW


def test_a_world_needs_a_day_and_a_zone() -> None:
    for wrong in ({"days": 0}, {"now": datetime(2026, 11, 22)}):  # noqa: DTZ001 - the naive one is the point
        with pytest.raises(ValueError, match="at least one day"):
            generate(until=UNTIL, **wrong)


# --- sums


def test_the_identities_of_recorded_orders_hold(shop: ShopifyWorld) -> None:
    assert [order.name for order in shop.orders.values() if not _adds_up(order_node(order, shop))] == []


def test_the_audit_trail_ends_at_what_stands(shop: ShopifyWorld) -> None:
    """All sales together are what stands and what adjustments kept or gave; only bare cancellations have none."""
    wrong = []
    for order in shop.orders.values():
        node = order_node(order, shop)
        sales = [_money(sale, "totalAmount") for one in node["agreements"] for sale in one["sales"]]
        stands = _money(node, "currentTotalPriceSet") + _money(node, "refundDiscrepancySet")
        if sum(sales) != stands and not (order.cancelled_at and not order.refunds):
            wrong.append(order.name)

    assert wrong == []


def test_nobody_gets_back_more_than_was_paid_or_bought(shop: ShopifyWorld) -> None:
    for order in shop.orders.values():
        node = order_node(order, shop)

        assert _money(node, "totalRefundedSet") <= _money(node, "totalReceivedSet")
        assert min(line["currentQuantity"] for line in node["lineItems"]) >= 0
        assert _money(node, "currentTotalPriceSet") >= 0


# --- likeness


def test_about_60_percent_pay_on_delivery(orders: list[OrderDraft]) -> None:
    share = sum(any(map(is_cod_gateway, order.gateways)) for order in orders) / len(orders)

    assert 0.56 < share < 0.64


def test_about_20_percent_of_settled_parcels_come_back_mostly_cash_on_delivery(carrier: ShiprocketWorld) -> None:
    settled = Counter(
        (_bucket(parcel), order.cod)
        for order in carrier.orders.values()
        for parcel in order.parcels
        if not order.is_return and _bucket(parcel) in (Bucket.DELIVERED, Bucket.RTO, Bucket.LOST)
    )
    returned = settled[Bucket.RTO, True] + settled[Bucket.RTO, False]

    assert 0.16 < returned / settled.total() < 0.24
    assert settled[Bucket.RTO, True] > 5 * settled[Bucket.RTO, False]


def test_every_shipment_bucket_occurs(parcels: list[ParcelDraft]) -> None:
    assert {_bucket(parcel) for parcel in parcels} == set(Bucket)


def test_parcels_have_every_oddity_of_the_carrier(carrier: ShiprocketWorld, parcels: list[ParcelDraft]) -> None:
    bookings = list(carrier.orders.values())
    failed = {row.shipment_id for row in carrier.ndr}
    names = Counter(booking.channel_order_id.lstrip("#") for booking in bookings)
    bills = Counter(_bill(parcel) for parcel in parcels)

    assert any(parcel.id in failed and parcel.delivered_at for parcel in parcels)
    assert any(booking.channel_order_id.endswith("-C") for booking in bookings)
    assert any(booking.is_return and booking.channel_order_id.startswith("R_") for booking in bookings)
    assert any(booking.manual for booking in bookings)
    assert any(not parcel.awb for parcel in parcels)
    assert max(names.values()) == 2
    assert min(bills["billed"], bills["estimated"], bills["unknown"]) > 5


def test_orders_have_every_oddity_of_a_shop(shop: ShopifyWorld, orders: list[OrderDraft]) -> None:
    refunds = [refund for order in orders for refund in order.refunds]
    cancelled = [order for order in orders if order.cancelled_at]

    assert any(order.test for order in shop.orders.values())
    assert any(order.tip for order in orders)
    assert any(line.gift_card for order in orders for line in order.lines)
    assert any(line.line_discount and not line.tax and line.discount for order in orders for line in order.lines)
    assert any(order.customer_id is None for order in orders)
    assert {bool(order.refunds) for order in cancelled} == {True, False}
    assert {edit.units > 0 for order in orders for edit in order.edits} == {True, False}
    assert {(bool(refund.lines), bool(refund.adjustments)) for refund in refunds} >= {
        (True, False),
        (True, True),
        (False, True),
    }
    assert any(len(order.gateways) > 1 and order.financial_status == "PARTIALLY_PAID" for order in orders)
    assert any("manual" in order.gateways and order.financial_status == "PAID" for order in orders)


def test_refunds_come_days_after_the_order(orders: list[OrderDraft]) -> None:
    waits = sorted(refund.at - order.created_at for order in orders for refund in order.refunds)

    assert waits[len(waits) // 2] > timedelta(days=5)


def test_some_customers_come_again_and_some_came_before_our_time(orders: list[OrderDraft]) -> None:
    known = [order for order in orders if order.customer_id]
    returning = sum((order.customer_order_index or 0) > 1 for order in known) / len(known)
    seen: Counter[str] = Counter(order.customer_id or "" for order in known)

    assert 0.15 < returning < 0.35
    assert any((order.customer_orders or 0) > seen[order.customer_id or ""] for order in known)


def test_there_are_weekends_and_one_sale(orders: list[OrderDraft]) -> None:
    per_day = Counter((order.processed_at + timedelta(hours=5, minutes=30)).date() for order in orders)
    usual = sorted(per_day.values())[len(per_day) // 2]
    peaks = [day for day, count in per_day.items() if count > 2.5 * usual]
    weekend = [count for day, count in per_day.items() if day.weekday() >= 5 and day not in peaks]
    midweek = [count for day, count in per_day.items() if day.weekday() < 4]

    assert (peaks[1] - peaks[0], len(peaks)) == (timedelta(days=1), 2)
    assert sum(weekend) / len(weekend) > 1.2 * sum(midweek) / len(midweek)
    assert 3 < max(per_day.values()) / usual < 6


def test_some_costs_are_unknown_and_one_is_a_real_zero(shop: ShopifyWorld) -> None:
    costs = Counter(
        "unknown" if variant.unit_cost is None else bool(variant.unit_cost)
        for variant in shop.variants.values()
        if not variant.gift_card
    )

    assert 3 <= costs["unknown"] <= 12
    assert costs[False] == 1


def test_ad_spend_follows_sales_and_some_days_deliver_nothing(ads: MetaWorld, orders: list[OrderDraft]) -> None:
    per_day = Counter((order.processed_at + timedelta(hours=5, minutes=30)).date() for order in orders)
    busiest = max(ads.days, key=lambda day: per_day[day])
    spends = sorted(draft.spend for draft in ads.days.values())

    assert 105 < len(ads.days) < 119
    assert ads.days[busiest].spend > 2 * spends[len(spends) // 2]


def _digest(hash_seed: str, zone: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _rendered(world: World) -> str:
    assert world.shopify
    assert world.meta
    assert world.shiprocket
    return repr(
        (
            [dict(order_node(order, world.shopify)) for order in world.shopify.orders.values()],
            [insights_row(world.meta, day, draft) for day, draft in world.meta.days.items()],
            [order_item(order) for order in world.shiprocket.orders.values()],
            [ndr_item(row) for row in world.shiprocket.ndr],
        )
    )


def _bought(order: OrderDraft) -> tuple[object, ...]:
    return (order.created_at, order.customer_id, order.customer_order_index, order.lines[0], order.gateways)


def _instants(order: OrderDraft) -> list[datetime]:
    dated = [order.created_at, order.updated_at, order.cancelled_at]
    dated += [payment.at for payment in order.payments]
    dated += [refund.at for refund in order.refunds]
    dated += [edit.at for edit in order.edits]
    dated += [at for one in order.fulfillments for at in (one.created_at, one.delivered_at)]
    return [at for at in dated if at]


def _money(node: Any, name: str) -> Decimal:
    return Decimal(node[name]["shopMoney"]["amount"])


def _adds_up(node: Any) -> bool:
    lines = node["lineItems"]
    gross = sum(_money(line, "originalUnitPriceSet") * line["quantity"] for line in lines)
    allocated = sum(_money(one, "allocatedAmountSet") for line in lines for one in line["discountAllocations"])
    charged = sum(_money(one, "discountedPriceSet") for one in node["shippingLines"])
    subtotal, tip = _money(node, "subtotalPriceSet"), _money(node, "totalTipReceivedSet")
    net = _money(node, "totalReceivedSet") - _money(node, "totalRefundedSet")
    return bool(
        gross - allocated == subtotal
        and subtotal + charged + tip == _money(node, "totalPriceSet")
        and net == _money(node, "netPaymentSet")
    )


def _bucket(parcel: ParcelDraft) -> Bucket:
    text = parcel.status_text
    return bucket(Shipment("1", "1", "1", parcel.created_at, text, parcel.status, awb=parcel.awb))


def _bill(parcel: ParcelDraft) -> str:
    if parcel.charges is None:
        return "none"
    if parcel.charges.billed is not None:
        return "billed"
    return "unknown" if parcel.charges.freight is None else "estimated"
