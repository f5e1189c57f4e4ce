"""The real server: readers beside a sync, clients behind a proxy, its end, the same answers as the commands."""

import json
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from profitsync.sandbox.faults import Faults
from profitsync.sandbox.worlds.example import example
from tests.e2e.conftest import OpenSandbox
from tests.e2e.processes import PATIENCE, HeldBack, opened, process
from tests.e2e.servers import KEY, Served, serving, small_world, user_id, wait_until

CLIENTS = 50


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
