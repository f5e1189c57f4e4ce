"""Answers that fail at random: repeated runs reach the undisturbed documents, and show no wrong figure in between.

More seeds by hand: PROFITSYNC_FAULT_SEEDS=100 python -m pytest tests/e2e/test_random_faults.py
"""

import os
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from profitsync.domain.rows import DayMetrics
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.reports import COMPLETED
from tests.e2e.installations import NOW, installation

KINDS = {
    "shopify": ("502-html", "reset", "truncated", "429", "throttled"),
    "meta": ("502-html", "reset", "truncated", "429", "code=2", "80000"),
    "shiprocket": ("502-html", "reset", "truncated", "429"),
}
SEEDS = range(int(os.environ.get("PROFITSYNC_FAULT_SEEDS", "1")))
RATES = [10, 60] if len(SEEDS) == 1 else [10, 20, 60]  # per cent of the answers of each API
STEPS = tuple(NOW + timedelta(hours=6) * number for number in range(7))  # instants at which the merchant is read

# What rests on one source alone, hence is either what it was before or what is true now, however a run ended.
OF_ONE_SOURCE = (
    "totalOrders", "cancelledOrders", "grossSales", "discounts", "returns", "netSales", "shippingCharged", "taxes",
    "totalSales", "bookedRevenue", "adSpend", "impressions", "linkClicks", "reach", "newCustomers",
    "returningCustomers", "totalShipments", "delivered", "inTransit", "rto", "lost", "shippingCost",
)  # fmt: skip


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


@pytest.mark.parametrize("rate", RATES)
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
