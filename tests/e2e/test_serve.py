"""The real server over each store: webhooks that change figures, readers beside a sync, and its end."""

import json
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from profitsync.sandbox.faults import Faults
from profitsync.sandbox.world import LineDraft, OrderDraft, World
from profitsync.sandbox.worlds.example import example
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from profitsync.services.webhooks import signature
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.e2e.processes import PATIENCE, HeldBack, opened, process
from tests.e2e.servers import KEY, Served, serving, wait_until

NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = "secret-of-the-shop's-webhooks"
CLIENTS = 50


def small_world(days: int = 5) -> World:
    return generate(until=NOW.astimezone(INDIA).date(), seed=5, now=NOW, days=days, orders_per_day=4)


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


def user_id(served: Served) -> str:
    (user,) = served.data("GET", "/api/users")
    found: str = user["id"]
    return found


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


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("trusted", "seen_as"), [(True, "many"), (False, "one")], ids=["trusted", "not trusted"])
def test_a_client_is_whom_a_trusted_proxy_names_and_nobody_else(
    place: Path, database_url: str, trusted: bool, seen_as: str
) -> None:
    with serving(database_url, ["127.0.0.1"] if trusted else []) as served:
        asked = [
            served("GET", "/api/users", "wrong", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
            for number in range(11)
        ]

    assert asked == [401] * 10 + [401 if seen_as == "many" else 429]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # by hand also on the other
def test_fifty_readers_beside_a_sync_see_no_half_written_day(open_sandbox: OpenSandbox, database_url: str) -> None:
    open_sandbox(small_world())
    with serving(database_url) as served:
        one = user_id(served)
        done = threading.Event()

        def read(_client: int) -> list[Any]:
            rows = []
            while True:
                last_round = done.is_set()
                answer = served("GET", f"/api/metrics/summary/{one}?days=7")
                assert answer.status_code == 200, answer.text
                found = json.loads(answer.text, parse_float=Decimal)["data"]
                rows += [*found["rows"], found["totals"]]
                if last_round:
                    return rows

        with ThreadPoolExecutor(CLIENTS) as pool:
            reading = [pool.submit(read, number) for number in range(CLIENTS)]
            result = served.data("POST", "/api/sync/manual", json={"userId": one})
            done.set()
            rows = [row for client in reading for row in client.result(PATIENCE)]

    assert result["status"] == "completed"
    assert result["daysWritten"] == 90
    known = [row for row in rows if row["netProfit"] is not None]
    assert known
    assert not [row for row in rows if broken(row)]


def broken(row: dict[str, Any]) -> bool:
    """Whether the figures of a row contradict each other."""
    if row["netProfit"] is None:
        return False
    gross = row["revenue"] - row["cogs"]
    spent = row["adSpend"] + row["shippingCost"] + row["transactionFees"]
    return bool(row["grossProfit"] != gross or row["netProfit"] != gross - spent)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # by hand also on the other
def test_told_to_end_the_server_lets_a_sync_go_hands_its_lease_back_and_ends_well(
    open_sandbox: OpenSandbox, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = open_sandbox(small_world())
    monkeypatch.setenv("PROFITSYNC_API_KEY", KEY)
    held = merchant.sandbox.faults = HeldBack()
    with process("serve", "--port", "0") as server, ThreadPoolExecutor(1) as pool:
        assert server.stderr is not None
        announced = re.search(r"http://\S+:\d+", server.stderr.readline())
        assert announced is not None
        served = Served(announced[0], None)
        asked = pool.submit(served, "POST", "/api/sync/manual", json={"userId": user_id(served)})
        assert held.asked.wait(PATIENCE)
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: not reachable(served), "the server went on listening")
        held.let_go.set()
        answer = asked.result(PATIENCE)
        code = server.wait(PATIENCE)
    merchant.sandbox.faults = Faults()

    assert (code, answer.json()["data"]["status"]) == (0, "failed")
    with opened(database_url) as store:
        (job,) = store.jobs()
        assert (job.status, job.errors[-1]) == ("failed", "interrupted; the next run goes on from here")
    assert merchant.sync().code == 0


def reachable(served: Served) -> bool:
    try:
        requests.get(f"{served.url}/health", timeout=1)
    except requests.RequestException:
        return False
    return True


def test_routes_and_commands_give_the_same_answers(open_sandbox: OpenSandbox, database_url: str) -> None:
    merchant = open_sandbox(example())
    days = ("--since", "2026-11-02", "--until", "2026-11-05")
    with serving(database_url) as served:
        one = user_id(served)
        synced = served.data(
            "POST", "/api/sync/manual", json={"userId": one, "startDate": days[1], "endDate": days[3]}
        )
        for by in ("day", "week", "month"):
            answer = served("GET", f"/api/metrics?userId={one}&startDate={days[1]}&endDate={days[3]}&by={by}")
            told = json.loads(answer.text, parse_float=Decimal)
            shown = json.loads(
                merchant.run("metrics", "show", "--user", one, *days, "--by", by, "--json").out,
                parse_float=Decimal,
            )
            assert (told["data"], told["totals"]) == (shown["rows"], shown["totals"])
            assert str(told["totals"]["netProfit"]) == "-323.40"
        costs = merchant.run("costs", "list", "--user", one, "--json").json()
        assert [without_id(cost) for cost in served.data("GET", f"/api/product-costs/{one}")] == [
            without_id(cost) for cost in costs
        ]
        assert served.data("GET", f"/api/sync/jobs/{one}") == merchant.run("jobs", "list", "--json").json()
        (user,) = merchant.run("users", "list", "--json").json()
        assert served.data("GET", f"/api/users/{one}") == user

    assert (synced["status"], synced["daysWritten"]) == ("completed", 4)


def without_id(cost: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in cost.items() if name != "id"}
