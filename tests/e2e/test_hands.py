"""A sync that shares its work with further processes leaves the same documents as one that does not."""

import json
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from profitsync.hands import Hands, Task
from profitsync.sandbox.bulk import BulkStyle
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.conftest import OpenSandbox
from tests.e2e.processes import kept

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize("threshold", [10, 10_000], ids=["by bulk operation", "by pages"])
def test_hands_change_nothing(
    open_sandbox: OpenSandbox, database_url: str, threshold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = generate(until=NOW.astimezone(INDIA).date(), seed=5, now=NOW, days=12, orders_per_day=8)
    merchant = open_sandbox(world, bulk=BulkStyle(seed=None))
    monkeypatch.setattr("profitsync.sources.shopify.bulk.BULK_FROM", threshold)
    monkeypatch.setattr("profitsync.hands._cpus", lambda: 1)
    alone = merchant.sync()
    wanted = kept(database_url, merchant.ref)
    for module in ("sources.shopify.source", "services.run"):
        monkeypatch.setattr(f"profitsync.{module}.MANY", 1)
    monkeypatch.setattr("profitsync.hands._cpus", lambda: 2)
    answers = watched(monkeypatch)

    forgotten = merchant.run("users", "remove", merchant.ref, "--yes")
    added = merchant.run("users", "add", "--from", "-", stdin=json.dumps(world.user_json()))
    together = merchant.sync()

    assert (alone.code, forgotten.code, added.code, together.code) == (0, 0, 0, 0)
    assert {name for name, answer in answers if answer.result(0)} == {"written_down", "calculated"}
    assert kept(database_url, merchant.ref) == wanted


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, "Future[bytes | None]"]]:
    """Every call of a hand from now on, with its answer."""
    answers: list[tuple[str, Future[bytes | None]]] = []
    call = Hands.call

    def watching(hands: Hands, task: Task, given: bytes) -> "Future[bytes | None]":
        answer = call(hands, task, given)
        answers.append((task.__qualname__, answer))
        return answer

    monkeypatch.setattr(Hands, "call", watching)
    return answers
