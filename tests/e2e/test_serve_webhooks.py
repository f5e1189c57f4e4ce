"""Webhooks to the real server: a signed one changes its day within seconds, and no other kind changes anything."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from profitsync.sandbox.world import LineDraft, OrderDraft
from profitsync.services.plans import INDIA
from profitsync.services.webhooks import signature
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.e2e.processes import opened
from tests.e2e.servers import NOW, Served, serving, small_world, user_id, wait_until

SECRET = "secret-of-the-shop's-webhooks"


@pytest.fixture
def merchant(open_sandbox: OpenSandbox) -> Merchant:
    """A merchant whose first days are read already."""
    opened_one = open_sandbox(small_world())
    added = opened_one.run("users", "update", opened_one.ref, "--from", "-", stdin=json.dumps(
        {"shopifyWebhookSecret": SECRET}))  # fmt: skip
    assert added.code == 0, added.err
    assert opened_one.sync().code == 0
    return opened_one


@pytest.fixture
def served(merchant: Merchant, database_url: str) -> Iterator[Served]:
    with serving(database_url) as server:
        yield server


def figures(served: Served) -> dict[str, Any]:
    return {row["date"]: row for row in served.data("GET", f"/api/metrics/summary/{user_id(served)}")["rows"]}


def placed_now(number: str) -> OrderDraft:
    line = LineDraft(f"{number}1", "Kurta", 1, Decimal(105), sku="K", tax=Decimal(5), tax_rate=Decimal("0.05"))
    return OrderDraft(
        id=number, name=f"#{number}", created_at=NOW, processed_at=NOW, updated_at=NOW, lines=(line,),
        gateways=("razorpay",),
    )  # fmt: skip


def order_webhook(served: Served, merchant: Merchant, number: str, **changed: str) -> requests.Response:
    topic = changed.pop("topic", "orders/updated")
    body = changed.pop(
        "body", json.dumps({"id": int(number)} | ({} if "delete" in topic else {"created_at": "x"}))
    )
    shop = merchant.world.shopify
    assert shop is not None
    headers = {
        "X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": shop.host,
        "X-Shopify-Hmac-SHA256": signature(SECRET, body.encode()), **changed,
    }  # fmt: skip
    path = f"/webhooks/shopify/{user_id(served)}"
    return served("POST", path, None, data=body.encode(), headers=headers)


def test_a_signed_webhook_changes_its_day_within_seconds_and_no_other_kind_does(
    merchant: Merchant, served: Served
) -> None:
    shop, parcels = merchant.world.shopify, merchant.world.shiprocket
    assert shop is not None
    assert parcels is not None
    before = figures(served)
    today = max(before)
    with merchant.sandbox.lock:
        shop.orders |= {"9990001": placed_now("9990001"), "9990002": placed_now("9990002")}

    refused = [
        order_webhook(served, merchant, "9990001", **{"X-Shopify-Hmac-SHA256": signature("wrong", b"{}")}),
        order_webhook(served, merchant, "9990001", **{"X-Shopify-Shop-Domain": "other.myshopify.com"}),
        order_webhook(served, merchant, "9990001", body="{"),
    ]
    first = order_webhook(served, merchant, "9990002", **{"X-Shopify-Webhook-Id": "w1"})
    wait_until(lambda: figures(served)[today] != before[today], "the webhook changed nothing")
    replayed = order_webhook(served, merchant, "9990002", **{"X-Shopify-Webhook-Id": "w1"})

    assert [one.status_code for one in (*refused, first, replayed)] == [401, 401, 400, 200, 200]
    assert [one.json()["data"]["queued"] for one in (first, replayed)] == [True, False]
    after = figures(served)
    assert after[today]["totalOrders"] == before[today]["totalOrders"] + 1
    assert {one: row for one, row in after.items() if one != today} == {
        one: row for one, row in before.items() if one != today
    }

    with merchant.sandbox.lock:
        del shop.orders["9990002"]
    assert order_webhook(served, merchant, "9990002", topic="orders/delete").status_code == 200
    wait_until(lambda: figures(served) == before, "the deleted order stayed")


def test_a_parcel_webhook_changes_the_day_of_its_parcel(merchant: Merchant, served: Served) -> None:
    carrier = merchant.world.shiprocket
    assert carrier is not None
    shown = merchant.run("webhooks", "show", "--user", merchant.ref, "--url", "https://a.example", "--json").json()
    registered = {one["source"]: one for one in shown}["shiprocket"]
    booking = next(one for one in carrier.orders.values() if one.parcels and one.parcels[0].status == 18)
    (parcel,) = booking.parcels
    before = figures(served)
    with merchant.sandbox.lock:
        booking.status, booking.status_code, booking.updated_at = "LOST", 33, NOW
        parcel.status, parcel.status_text = 12, "LOST"

    response = served(
        "POST", registered["url"].removeprefix("https://a.example"), None,
        json={"awb": parcel.awb, "order_id": booking.channel_order_id}, headers={"x-api-key": registered["token"]},
    )  # fmt: skip

    assert response.status_code == 200
    wait_until(lambda: figures(served) != before, "the webhook changed nothing")
    day = parcel.created_at.astimezone(INDIA).date().isoformat()
    assert figures(served)[day]["lost"] == before[day]["lost"] + 1


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_webhook_outlives_the_server_that_took_it(merchant: Merchant, database_url: str) -> None:
    shop = merchant.world.shopify
    assert shop is not None
    with opened(database_url) as store, serving(database_url) as first:
        one, before = user_id(first), figures(first)
        assert store.acquire_lease(f"sync:{one}", "a sync", datetime.now(UTC), 60)
        with merchant.sandbox.lock:
            shop.orders["9990001"] = placed_now("9990001")
        assert order_webhook(first, merchant, "9990001").status_code == 200
    with opened(database_url) as store:
        assert [hint.record for hint in store.hints(one, 10)] == ["9990001"]
        store.release_lease(f"sync:{one}", "a sync")

    with serving(database_url) as second:
        wait_until(lambda: figures(second) != before, "the webhook was lost")
