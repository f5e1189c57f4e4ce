"""Answers that fail at random: repeated runs reach the undisturbed documents, and show no wrong figure in between.

More seeds by hand: PROFITSYNC_FAULT_SEEDS=100 python -m pytest tests/e2e/test_random_faults.py
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from profitsync.bootstrap import Runtime, open_store
from profitsync.config import load_settings
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import User
from profitsync.domain.rows import DayMetrics
from profitsync.domain.shipments import FirstSeen
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.secrets import new_key
from profitsync.services.reports import COMPLETED, SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user
from tests.e2e.processes import EVER

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
KINDS = {
    "shopify": ("502-html", "reset", "truncated", "429", "throttled"),
    "meta": ("502-html", "reset", "truncated", "429", "code=2", "80000"),
    "shiprocket": ("502-html", "reset", "truncated", "429"),
}
SEEDS = range(int(os.environ.get("PROFITSYNC_FAULT_SEEDS", "1")))
STEPS = tuple(NOW + timedelta(hours=6) * number for number in range(7))  # instants at which the merchant is read

# A first sync goes back 90 days from whenever it succeeds.
COMPARED = DayRange(NOW.date() - timedelta(days=60), STEPS[-1].date())

# What rests on one source alone, hence is either what it was before or what is true now, however a run ended.
OF_ONE_SOURCE = (
    "totalOrders", "cancelledOrders", "grossSales", "discounts", "returns", "netSales", "shippingCharged", "taxes",
    "totalSales", "bookedRevenue", "adSpend", "impressions", "linkClicks", "reach", "newCustomers",
    "returningCustomers", "totalShipments", "delivered", "inTransit", "rto", "lost", "shippingCost",
)  # fmt: skip


@dataclass
class Hourly:
    """Time that passes with every pause, and by an hour between runs."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Installation:
    """A store with one merchant of the sandbox in it."""

    runtime: Runtime
    clock: Hourly
    user: User

    def sync(self) -> str:
        return run_sync(self.runtime, [self.user], SyncRequest()).status

    def rows(self) -> list[DayMetrics]:
        return [replace(row, updated_at=None) for row in self.runtime.store.metrics(self.user.id, COMPARED)]

    def documents(self) -> dict[str, Any]:
        store, user = self.runtime.store, self.user
        orders = (one for batch in store.orders_touching(user.id, EVER) for one in batch)
        shipments = (one for batch in store.shipments_touching(user.id, EVER) for one in batch)
        return {
            # counts of a customer's orders grow without a change of the order: they are as of its last read
            "orders": {one.id: replace(one, customer_orders=0, customer_order_index=0) for one in orders},
            # at which of two runs a state was first seen may differ, what was seen may not
            "shipments": {one.id: replace(one, seen=_whether(one.seen)) for one in shipments},
            "ads": store.ad_days(user.id, EVER),
            "costs": [replace(one, created_at=None, updated_at=None) for one in store.costs(user.id)],
            "figures": self.rows(),
            "waiting": store.dirty_days(user.id),
        }


def _whether(seen: FirstSeen) -> FirstSeen:
    names = FirstSeen.__dataclass_fields__
    return FirstSeen(**{name: NOW if getattr(seen, name) else None for name in names})


@contextmanager
def installation(sandbox: Sandbox, url: str, folder: Path) -> Iterator[Installation]:
    clock = Hourly()
    sandbox.clock = clock
    store = open_store(url)
    store.prepare()
    try:
        settings = load_settings(sandbox.environment() | {"PROFITSYNC_SECRET_KEY": new_key()}, folder)
        runtime = Runtime(settings, store, clock=clock, sleep=clock.sleep, rng=random.Random(1))  # noqa: S311
        yield Installation(runtime, clock, add_user(runtime, sandbox.worlds[0].user_json()))
    finally:
        store.close()


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """The same merchant at every step."""
    return [generate(until=STEPS[-1].date(), seed=11, now=now, days=25, orders_per_day=4) for now in STEPS]


@pytest.fixture(scope="module")
def undisturbed(worlds: list[World], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What is stored after each step when nothing fails."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found = []
    with Sandbox(worlds[:1]) as sandbox, installation(sandbox, f"sqlite:///{folder}/store.db", folder) as quiet:
        for now, world in zip(STEPS, worlds, strict=True):
            sandbox.worlds[:], quiet.clock.now = [world], now
            assert quiet.sync() == COMPLETED
            found.append(quiet.documents())
    assert all(one != other for one, other in pairwise(found))
    return found


@pytest.mark.parametrize("rate", [10, 60])
@pytest.mark.parametrize("seed", SEEDS)
def test_runs_under_random_faults_reach_the_undisturbed_documents_and_never_show_a_wrong_figure(
    worlds: list[World], undisturbed: list[dict[str, Any]], store_url: str, tmp_path: Path, rate: int, seed: int
) -> None:
    truths: dict[date, list[DayMetrics]] = {}  # since the last run that succeeded
    with Sandbox(worlds[:1]) as sandbox, installation(sandbox, store_url, tmp_path) as merchant:
        sandbox.faults = Faults.parse(_at_random(rate, seed))

        for now, world, true in zip(STEPS, worlds, undisturbed, strict=True):
            sandbox.worlds[:], merchant.clock.now = [world], now
            if now == STEPS[-1]:
                sandbox.faults.clear()
            status = merchant.sync()

            for row in true["figures"]:
                truths.setdefault(row.day, []).append(row)
            assert [found for row in merchant.rows() for found in _wrong(row, truths[row.day])] == []
            if status == COMPLETED:
                assert merchant.documents() == true
                truths = {row.day: [row] for row in true["figures"]}

        assert status == COMPLETED
        assert any(record.fault for record in sandbox.requests)


def _at_random(rate: int, seed: int) -> str:
    """Every API fails in `rate` per cent of its answers or some more, each kind as often as the next."""
    return " ".join(
        f"{api}:{kind}%{-(-rate // len(kinds))}:{seed * 100 + number}"
        for api, kinds in KINDS.items()
        for number, kind in enumerate(kinds)
    )


def _wrong(row: DayMetrics, truths: list[DayMetrics]) -> list[str]:
    """Figures of the row that were true at none of the steps since its last success; unknown is not wrong."""
    found = [
        f"{row.day} {name}: {value}, was or is {[true.values[name] for true in truths]}"
        for name in OF_ONE_SOURCE
        if (value := row.values[name]) is not None and all(value != true.values[name] for true in truths)
    ]
    unknown = [name for name in OF_ONE_SOURCE if row.values[name] is None]
    return found + [f"{row.day} calls itself complete without {name}" for name in unknown if row.complete]
