"""Syncs over HTTP against the generated merchant: repeats, quiet hours, failing sources, passing faults."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from profitsync.bootstrap import open_store
from profitsync.domain.days import DayRange
from profitsync.domain.shipments import FirstSeen
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.records import replace

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.astimezone(INDIA).date()
EVER = DayRange(date(2000, 1, 1), date(2100, 1, 1))


# What the sources and the services do does not depend on the store; the contract tests hold for both.
ONE_STORE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def world() -> World:
    """A small shop with a month of life."""
    return generate(until=TODAY, seed=7, now=NOW, days=35, orders_per_day=6)


def _stored(merchant: Merchant, database_url: str) -> dict[str, Any]:
    """Everything stored that a figure rests on, time stamps of our own left out."""
    store = open_store(database_url)
    try:
        user = store.find_user(merchant.ref)
        assert user is not None
        return {
            "orders": {o.id: o for batch in store.orders_touching(user.id, EVER) for o in batch},
            "shipments": {s.id: s for batch in store.shipments_touching(user.id, EVER) for s in batch},
            "ads": store.ad_days(user.id, EVER),
            "costs": [replace(cost, created_at=None, updated_at=None) for cost in store.costs(user.id)],
            "figures": [replace(row, updated_at=None) for row in store.metrics(user.id, EVER)],
            "dirty": store.dirty_days(user.id),
        }
    finally:
        store.close()


def test_the_same_sync_twice_stores_the_same_documents(
    open_sandbox: OpenSandbox, world: World, database_url: str
) -> None:
    merchant = open_sandbox(world)
    assert merchant.sync("--days", "30").code == 0
    first = _stored(merchant, database_url)

    again = merchant.sync("--days", "30")

    assert again.code == 0
    assert _stored(merchant, database_url) == first
    assert len(first["figures"]) == 30
    assert len(first["orders"]) > 100
    assert first["dirty"] == {}


def test_a_plain_sync_with_nothing_new_asks_each_source_once_and_rewrites_nothing(
    open_sandbox: OpenSandbox, world: World
) -> None:
    merchant = open_sandbox(world)
    merchant.sync("--days", "30")
    merchant.sync()
    asked = len(merchant.sandbox.requests)

    quiet = merchant.sync()

    (user,) = quiet.json()["users"]
    assert quiet.code == 0
    assert user["daysWritten"] == 0
    assert sorted(one.api for one in merchant.sandbox.requests[asked:]) == ["meta", "shiprocket", "shopify"]


@ONE_STORE
def test_with_meta_failing_on_a_later_run_old_figures_stay_and_everything_says_so(
    open_sandbox: OpenSandbox, world: World
) -> None:
    merchant = open_sandbox(world)
    merchant.sync()
    before = merchant.metrics("--days", "10")["rows"]
    merchant.sandbox.faults = Faults.parse("meta:190")

    failed = merchant.sync()

    (user,) = failed.json()["users"]
    assert failed.code == 3
    assert (failed.json()["status"], user["sources"]["meta"]["status"]) == ("partial", "failed")
    after = merchant.metrics("--days", "10")["rows"]
    assert [row["adSpend"] for row in after] == [row["adSpend"] for row in before]
    assert {row["sources"]["meta"] for row in after} == {"stale"}
    assert not any(row["complete"] for row in after)
    job = merchant.run("jobs", "show", user["jobId"], "--json").json()
    assert any("Meta" in error for error in job["errors"])


@ONE_STORE
def test_with_meta_failing_on_the_first_run_what_needs_it_is_null_not_zero(
    open_sandbox: OpenSandbox, world: World
) -> None:
    merchant = open_sandbox(world, faults=Faults.parse("meta:190"))

    assert merchant.sync().code == 3

    rows = merchant.metrics("--days", "10")["rows"]
    for row in rows:
        needing = ("adSpend", "netProfit", "netProfitMargin", "roas", "poas", "cpp", "cac", "cpc", "cpm", "ctr")
        assert {row[name] for name in (*needing, "breakEvenRoas", "impressions", "linkClicks", "reach")} == {None}
        assert row["grossProfit"] is not None
        assert row["shippingCost"] is not None


@ONE_STORE
@pytest.mark.parametrize(
    "faults",
    [
        "shopify:502-html@2 meta:code=2@1 shiprocket:502-html@2",
        "shopify:throttled@2 meta:truncated@2 shiprocket:429=1@3",
        "shopify:reset@3 meta:hangup@1 shiprocket:cut@4",
    ],
)
def test_passing_faults_change_nothing(
    open_sandbox: OpenSandbox, world: World, database_url: str, faults: str
) -> None:
    merchant = open_sandbox(world, faults=Faults.parse(faults))

    synced = merchant.sync("--days", "30")

    assert synced.code == 0, synced.err
    undisturbed = _undisturbed(open_sandbox, merchant, world)
    assert _figures(_stored(merchant, database_url)) == undisturbed


def _undisturbed(open_sandbox: OpenSandbox, merchant: Merchant, world: World) -> list[Any]:
    """The figures of the same world without faults, in a store of their own."""
    merchant.sandbox.faults = Faults()
    url = "sqlite:///undisturbed.db"
    registered = open_sandbox.run(
        "--database-url", url, "users", "add", "--from", "-", stdin=json.dumps(world.user_json())
    )
    assert registered.code == 0
    done = open_sandbox.run("--database-url", url, "--quiet", "sync", "--user", merchant.ref, "--days", "30")
    assert done.code == 0, done.err
    return _figures(_stored(merchant, url))


def _figures(stored: dict[str, Any]) -> list[Any]:
    """What must be equal between two merchants read at different instants: when a state was seen may differ."""
    shipments = {name: replace(one, seen=FirstSeen()) for name, one in stored["shipments"].items()}
    return [stored["figures"], stored["orders"], shipments, stored["ads"]]


@ONE_STORE
def test_one_merchant_failing_does_not_stop_the_others(open_sandbox: OpenSandbox, world: World) -> None:
    merchant = open_sandbox(world)
    stranger = world.user_json() | {"email": "other@example.com", "shopifyStore": "nobody.myshopify.com"}
    merchant.run("users", "add", "--from", "-", stdin=json.dumps(stranger))

    result = merchant.run("--quiet", "sync", "--all", "--days", "3", "--json")

    states = {user["email"]: user["status"] for user in result.json()["users"]}
    assert result.code == 3
    assert states == {merchant.ref: "completed", "other@example.com": "partial"}


@ONE_STORE
def test_a_refund_made_after_the_first_sync_is_seen_on_its_day(open_sandbox: OpenSandbox, world: World) -> None:
    merchant = open_sandbox(world)
    merchant.sync()
    assert world.shopify is not None
    before = merchant.metrics("--days", "35")["totals"]
    victim = next(
        order
        for order in world.shopify.orders.values()
        if not (order.test or order.refunds or order.cancelled_at or order.edited)
        and NOW - order.processed_at > timedelta(days=10)
    )

    with merchant.sandbox.lock:
        victim.cancelled_at = victim.updated_at = NOW - timedelta(minutes=1)
    merchant.sync()

    after = merchant.metrics("--days", "35")["totals"]
    assert after["cancelledOrders"] == before["cancelledOrders"] + 1
    assert after["grossSales"] == before["grossSales"]
    assert after["returns"] > before["returns"]


def test_an_order_deleted_in_the_shop_is_found_and_counts_no_more(open_sandbox: OpenSandbox, world: World) -> None:
    """By the next reconciliation, here that of a full sync."""
    merchant = open_sandbox(world)
    merchant.sync()
    assert world.shopify is not None
    before = merchant.metrics("--days", "35")["totals"]
    victim = next(order for order in world.shopify.orders.values() if not order.test)

    with merchant.sandbox.lock:
        del world.shopify.orders[victim.id]
    found = merchant.sync("--full")

    after = merchant.metrics("--days", "35")["totals"]
    assert after["totalOrders"] == before["totalOrders"] - 1
    assert after["grossSales"] < before["grossSales"]
    (user,) = found.json()["users"]
    assert user["sources"]["shopify"]["points"] > 0
    assert f"orders {victim.name}" in merchant.run("jobs", "show", user["jobId"]).out


@ONE_STORE
def test_bulk_of_the_generated_merchant_is_free_of_contradictions(open_sandbox: OpenSandbox, world: World) -> None:
    merchant = open_sandbox(world)
    merchant.sync()

    for row in merchant.metrics("--days", "35")["rows"]:
        assert _same(row["grossProfit"], row["revenue"] - row["cogs"])
        assert _same(row["netProfit"], row["grossProfit"] - row["adSpend"] - row["shippingCost"])
        assert _same(row["revenue"], row["netSales"] + row["shippingCharged"] - row["rtoReversal"])
        buckets = ("delivered", "inTransit", "pickupPending", "ndrOpen", "rto", "lost", "other")
        assert row["totalShipments"] == sum(row[name] for name in buckets)
        assert row["totalCustomers"] == row["newCustomers"] + row["returningCustomers"]


def _same(left: float, right: float) -> bool:
    return abs(left - right) < 1e-6
