"""A sync killed at random instants, again and again: a clean run then leaves the documents of an undisturbed one.

More by hand: PROFITSYNC_KILLS=100 PROFITSYNC_KILL_SEED=7 python -m pytest -s tests/e2e/test_random_kills.py
"""

import os
import random
import signal
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.secrets import new_key
from profitsync.services.lease import LEASE_SECONDS
from profitsync.services.reports import COMPLETED
from tests.e2e import deaths
from tests.e2e.installations import NOW, Installation, installation

KILLS = int(os.environ.get("PROFITSYNC_KILLS", "5"))  # on each store
SEED = int(os.environ.get("PROFITSYNC_KILL_SEED", "1"))
BY_HAND = "PROFITSYNC_KILLS" in os.environ
INSTANTS = 100  # of a run on an empty store, about; later ones have fewer
IN_A_ROW = 5  # at most, before a run may end
JUST_OVER = timedelta(seconds=LEASE_SECONDS + 1)
LATER = NOW + timedelta(hours=6)


@pytest.fixture(scope="module")
def worlds() -> tuple[World, World]:
    """A merchant, and the same six hours later."""
    one, other = (generate(until=NOW.date(), seed=11, now=now, days=6, orders_per_day=4) for now in (NOW, LATER))
    return one, other


@pytest.fixture(scope="module")
def undisturbed(worlds: tuple[World, World], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What is stored after each of two runs that nobody kills."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found = []
    with Sandbox([worlds[0]]) as sandbox, installation(sandbox, f"sqlite:///{folder}/store.db", folder) as quiet:
        for world, now in zip(worlds, (NOW, LATER), strict=True):
            sandbox.worlds[:], quiet.clock.now = [world], now
            assert quiet.sync() == COMPLETED
            found.append(quiet.documents())
    return found


def test_a_sync_killed_at_random_instants_is_made_good_by_a_clean_run(
    worlds: tuple[World, World], undisturbed: list[dict[str, Any]], store_url: str, tmp_path: Path
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    kills = rounds = 0
    while kills < KILLS:
        rounds += 1
        environment = {"PROFITSYNC_SECRET_KEY": new_key()}
        with (
            Sandbox([worlds[0]]) as sandbox,
            installation(sandbox, store_url, tmp_path, environment) as merchant,
        ):
            environment |= sandbox.environment()
            for world, now, wanted in zip(worlds, (NOW, LATER), undisturbed, strict=True):
                sandbox.worlds[:], merchant.clock.now = [world], now
                job = deaths.Job(store_url, environment, tmp_path, merchant.user.id, now)
                kills += killed_again_and_again(merchant, job, dice, min(IN_A_ROW, KILLS - kills))

                assert merchant.sync() == COMPLETED

                assert merchant.documents() == wanted
                nothing_is_left_behind(merchant)
            merchant.runtime.store.remove_user(merchant.user.id)
    print(f"{kills} kills, then {2 * rounds} clean runs")


def killed_again_and_again(merchant: Installation, job: deaths.Job, dice: random.Random, most: int) -> int:
    """Some runs, most of them killed; how many were. Each begins when the lease of the last has run out."""
    store = merchant.runtime.store
    kills = 0
    for _ in range(dice.randint(min(1, most), most)):
        again = replace(job, now=merchant.clock.now)
        by_the_clock = BY_HAND and dice.random() < 0.5
        kills += killed_by_the_clock(again, dice) if by_the_clock else killed_by_count(again, dice)
        assert len(store.jobs(merchant.user.id, status="running")) <= 1
        merchant.clock.now += JUST_OVER
    return kills


def killed_by_count(job: deaths.Job, dice: random.Random) -> bool:
    """At a call of the store or at a request, unless the run has fewer."""
    last = dice.randint(1, INSTANTS)
    return was_killed(deaths.begin(job, last, done=dice.random() < 0.5))


def killed_by_the_clock(job: deaths.Job, dice: random.Random) -> bool:
    """After a real while, unless the run is quicker."""
    process = deaths.begin(job)
    time.sleep(dice.uniform(0.0, 0.4))
    process.kill()
    return was_killed(process)


def was_killed(process: ForkServerProcess) -> bool:
    code = deaths.ended(process)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def nothing_is_left_behind(merchant: Installation) -> None:
    """No job runs, and the lease is free."""
    store, name = merchant.runtime.store, f"sync:{merchant.user.id}"
    assert store.jobs(merchant.user.id, status="running") == []
    assert store.acquire_lease(name, "somebody else", merchant.clock.now, 1)
    store.release_lease(name, "somebody else")
