"""Several syncs at the same time: of one merchant only one works, of several merchants all.

More at once by hand: PROFITSYNC_AT_ONCE=20 python -m pytest tests/e2e/test_at_once.py
"""

import json
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from subprocess import Popen

import pytest

from profitsync.sandbox.faults import Faults
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.conftest import OpenSandbox
from tests.e2e.processes import PATIENCE, HeldBack, kept, opened, process

NOW = datetime.now(UTC).replace(microsecond=0)
AT_ONCE = int(os.environ.get("PROFITSYNC_AT_ONCE", "4"))
by_hand = pytest.mark.skipif(
    "PROFITSYNC_AT_ONCE" not in os.environ, reason="many processes: PROFITSYNC_AT_ONCE=20"
)


def _world(name: str = "demo", seed: int = 5) -> World:
    return generate(until=NOW.astimezone(INDIA).date(), seed=seed, now=NOW, days=14, orders_per_day=4, name=name)


def test_of_several_syncs_of_one_merchant_one_works_and_the_others_step_back(
    open_sandbox: OpenSandbox, database_url: str
) -> None:
    merchant = open_sandbox(_world())
    held = merchant.sandbox.faults = HeldBack(patience=AT_ONCE * PATIENCE)
    with ExitStack() as stack:
        running = [stack.enter_context(process("--quiet", "sync", "--user", merchant.ref)) for _ in range(AT_ONCE)]
        _wait_until_ended(running, AT_ONCE - 1)
        held.let_go.set()
        codes = sorted(one.wait(AT_ONCE * PATIENCE) for one in running)
    merchant.sandbox.faults = Faults()

    assert codes == [0] + [75] * (AT_ONCE - 1)
    with opened(database_url) as store:
        assert [job.status for job in store.jobs()] == ["completed"]
    found = kept(database_url, merchant.ref)
    alone = "sqlite:///alone.db"
    for command in (("users", "add", "--from", "-"), ("--quiet", "sync", "--all")):
        merchant.run("--database-url", alone, *command, stdin=json.dumps(merchant.world.user_json()))
    assert found == kept(alone, merchant.ref)
    assert found["orders"]


def _wait_until_ended(running: Sequence[Popen[str]], number: int) -> None:
    end = time.monotonic() + AT_ONCE * PATIENCE
    while sum(one.poll() is not None for one in running) < number:
        if time.monotonic() > end:
            pytest.fail("the others did not step back")
        time.sleep(0.02)


def test_two_merchants_side_by_side_get_the_figures_each_gets_alone(
    open_sandbox: OpenSandbox, database_url: str
) -> None:
    merchant, other = open_sandbox(_world()), _world("other", seed=6)
    merchant.sandbox.worlds.append(other)
    merchant.sandbox.latency = 0.01
    merchant.run("users", "add", "--from", "-", stdin=json.dumps(other.user_json()))

    both = merchant.run("--quiet", "sync", "--all", "--workers", "2", "--json")

    assert both.code == 0, both.err
    hosts = [one.merchant for one in merchant.sandbox.requests if one.api == "shopify"]
    assert _mixed(hosts)
    alone = "sqlite:///alone.db"
    for world in (merchant.world, other):
        document = world.user_json()
        for command in (("users", "add", "--from", "-"), ("--quiet", "sync", "--user", document["email"])):
            assert merchant.run("--database-url", alone, *command, stdin=json.dumps(document)).code == 0
        assert kept(database_url, document["email"]) == kept(alone, document["email"])


def _mixed(hosts: Sequence[str]) -> bool:
    """Whether the second began before the first was done."""
    first, second = dict.fromkeys(hosts)
    return hosts.index(second) < len(hosts) - 1 - hosts[::-1].index(first)


@by_hand
def test_syncs_that_wait_for_each_other_all_end_well_one_after_the_other(
    open_sandbox: OpenSandbox, database_url: str
) -> None:
    merchant = open_sandbox(_world())
    with ExitStack() as stack:
        command = ("--quiet", "sync", "--user", merchant.ref, "--wait", "300")
        running = [stack.enter_context(process(*command)) for _ in range(AT_ONCE)]
        codes = [one.wait(300) for one in running]

    assert codes == [0] * AT_ONCE
    with opened(database_url) as store:
        jobs = store.jobs()
    spans = sorted((job.created_at, job.completed_at) for job in jobs)
    assert [job.status for job in jobs] == ["completed"] * AT_ONCE
    assert all(end is not None and end <= begin for (_, end), (begin, _) in pairwise(spans))


@by_hand
def test_merchants_in_processes_of_their_own_get_the_figures_each_gets_alone(
    open_sandbox: OpenSandbox, database_url: str
) -> None:
    merchant = open_sandbox(_world())
    others = [_world(f"other{number}", seed=6 + number) for number in range(1, AT_ONCE)]
    merchant.sandbox.worlds += others
    documents = [world.user_json() for world in (merchant.world, *others)]
    for document in documents[1:]:
        assert merchant.run("users", "add", "--from", "-", stdin=json.dumps(document)).code == 0
    with ExitStack() as stack:
        running = [
            stack.enter_context(process("--quiet", "sync", "--user", document["email"])) for document in documents
        ]
        codes = [one.wait(300) for one in running]

    assert codes == [0] * AT_ONCE
    alone = "sqlite:///alone.db"
    for document in documents:
        for command in (("users", "add", "--from", "-"), ("--quiet", "sync", "--user", document["email"])):
            assert merchant.run("--database-url", alone, *command, stdin=json.dumps(document)).code == 0
        assert kept(database_url, document["email"]) == kept(alone, document["email"])
