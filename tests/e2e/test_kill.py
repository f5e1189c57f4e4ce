"""A sync killed at any instant loses nothing and doubles nothing: the next one ends with the same figures."""

import json
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from profitsync.sandbox.faults import Faults
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.e2e.processes import (
    PATIENCE,
    OnRequest,
    die_in_store,
    kept,
    kill,
    let_leases_run_out,
    opened,
    process,
)

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def world() -> World:
    """Three weeks of a small shop."""
    return generate(until=NOW.astimezone(INDIA).date(), seed=11, now=NOW, days=21, orders_per_day=5)


def _undisturbed(merchant: Merchant) -> tuple[dict[str, Any], int]:
    """What the same world comes to in a store of its own, read in one go, and how many requests that takes."""
    url = "sqlite:///undisturbed.db"
    merchant.sandbox.faults = Faults()
    asked = len(merchant.sandbox.requests)
    for command in (("users", "add", "--from", "-"), ("--quiet", "sync", "--all")):
        done = merchant.run("--database-url", url, *command, stdin=json.dumps(merchant.world.user_json()))
        assert done.code == 0, done.err
    return kept(url, merchant.ref), len(merchant.sandbox.requests) - asked


@pytest.mark.parametrize(
    ("store_url", "share"), [("sqlite", 0.0), ("mongodb", 0.5), ("sqlite", 1.0)], indirect=["store_url"]
)
def test_a_sync_killed_while_reading_is_made_good_by_the_next(
    open_sandbox: OpenSandbox, world: World, database_url: str, share: float
) -> None:
    merchant = open_sandbox(world)
    wanted, requests = _undisturbed(merchant)
    number = max(1, round(share * requests))  # 0: at the first request, 1: at the last
    with process("--quiet", "sync", "--user", merchant.ref) as running:
        merchant.sandbox.faults = OnRequest(number, lambda: kill(running))
        assert running.wait(PATIENCE) == -signal.SIGKILL
    merchant.sandbox.faults = Faults()
    assert merchant.sync().code == 75
    let_leases_run_out(database_url)

    again = merchant.sync()

    assert again.code == 0, again.err
    assert kept(database_url, merchant.ref) == wanted


@pytest.mark.parametrize(
    ("store_url", "instants"),
    [
        ("mongodb", [("add_orders", 1), ("put_shipments", 1), ("put_costs", 1)]),
        ("sqlite", [("put_metrics", 1), ("clear_dirty", 1), ("save_source_states", 1)]),
    ],
    indirect=["store_url"],
)
def test_a_sync_killed_again_and_again_while_writing_is_made_good_by_the_next(
    open_sandbox: OpenSandbox, world: World, database_url: str, instants: list[tuple[str, int]]
) -> None:
    merchant = open_sandbox(world)
    for method, number in instants:
        script = die_in_store(database_url, method, number)
        with process("--quiet", "sync", "--user", merchant.ref, script=script) as running:
            assert running.wait(PATIENCE) == -signal.SIGKILL, method
        let_leases_run_out(database_url)

    again = merchant.sync()

    assert again.code == 0, again.err
    assert kept(database_url, merchant.ref) == _undisturbed(merchant)[0]
    with opened(database_url) as store:
        ended = [job.status for job in store.jobs()]
    assert ended == ["completed"] + ["failed"] * len(instants)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_an_interrupted_sync_ends_soon_and_tidily(
    open_sandbox: OpenSandbox, world: World, database_url: str
) -> None:
    merchant = open_sandbox(world)
    with process("--quiet", "sync", "--user", merchant.ref) as running:
        merchant.sandbox.faults = OnRequest(4, lambda: running.send_signal(signal.SIGINT))
        merchant.sandbox.latency = 0.05
        assert running.wait(PATIENCE) == 130
        assert running.stderr is not None
        assert "interrupted" in running.stderr.read()
    asked = len(merchant.sandbox.requests)
    merchant.sandbox.latency = 0
    merchant.sandbox.faults = Faults()
    with opened(database_url) as store:
        (job,) = store.jobs()
        assert (job.status, job.days_written) == ("failed", 0)
        assert "interrupted" in job.errors[-1]

    again = merchant.sync()

    assert again.code == 0, again.err
    wanted, requests = _undisturbed(merchant)
    assert kept(database_url, merchant.ref) == wanted
    assert asked < requests
