"""What the server does beside answering: syncs somebody waits for, and hints followed up in the background."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from profitsync.domain.hints import ORDER, Hint
from profitsync.services.lease import Lease, StoppedError
from profitsync.services.reports import SyncRequest
from profitsync.services.workers import REFUSED_PAUSE, REST, HintWorker, ManualSyncs, RunningError
from profitsync.sources.errors import CredentialsError, RetriableError
from tests.services.conftest import Shop
from tests.unit.builders import line, order

PATIENCE = 30


@pytest.fixture
def syncs(shop: Shop) -> Iterator[ManualSyncs]:
    made = ManualSyncs(shop.runtime, limit=PATIENCE)
    yield made
    made.close()


@pytest.fixture
def worker(shop: Shop) -> Iterator[HintWorker]:
    shop.sources.shop.held = [order(line("1"), customer_id="c1")]
    shop.sync()
    made = HintWorker(shop.runtime)
    yield made
    made.close()


def look(worker: HintWorker) -> int:
    """One look, until everything begun is done; how many merchants it was about."""
    begun = worker.look()
    for one in begun:
        one.result(PATIENCE)
    return len(begun)


def hint(shop: Shop) -> None:
    shop.store.put_hint(Hint("u1", ORDER, "1001", shop.clock.now, "m"))


def test_a_second_sync_of_the_same_merchant_is_told_of_the_first(shop: Shop, syncs: ManualSyncs) -> None:
    go_on = threading.Event()
    shop.sources.shop.held = [order(line("1"))]
    shop.sources.shop.meanwhile = lambda: assert_true(go_on.wait(PATIENCE))
    first = syncs.start(shop.user, SyncRequest())

    with pytest.raises(RunningError):
        syncs.start(shop.user, SyncRequest())

    go_on.set()
    assert first.result(PATIENCE).status == "completed"
    assert syncs.start(shop.user, SyncRequest()).result(PATIENCE).status == "completed"


def assert_true(held: bool) -> None:
    assert held


def test_a_sync_that_another_process_holds_is_told_with_its_job(shop: Shop, syncs: ManualSyncs) -> None:
    with Lease(shop.store, "sync:u1", shop.clock), pytest.raises(RunningError) as refused:
        syncs.start(shop.user, SyncRequest()).result(PATIENCE)

    assert refused.value.job is None
    assert refused.value.exit_code == 75


def test_merchants_do_not_wait_for_each_other(shop: Shop, syncs: ManualSyncs) -> None:
    other = replace(shop.user, id="u2", email="other@example.com", shopify_store="other.myshopify.com")
    shop.store.add_user(other)
    both = threading.Barrier(2, timeout=PATIENCE)
    shop.sources.shop.meanwhile = lambda: assert_true(both.wait() >= 0)

    begun = [syncs.start(user, SyncRequest()) for user in (shop.user, other)]

    assert [one.result(PATIENCE).status for one in begun] == ["completed", "completed"]


def test_a_sync_that_takes_too_long_ends_and_hands_its_lease_back(shop: Shop) -> None:
    syncs = ManualSyncs(shop.runtime, limit=0.01)
    shop.sources.shop.held = [order(line("1"))]
    shop.sources.shop.meanwhile = lambda: assert_true(_stopped(syncs))

    report = syncs.start(shop.user, SyncRequest()).result(PATIENCE)

    assert (report.status, report.users[0].error) == ("failed", str(StoppedError()))
    assert [job.status for job in shop.store.jobs("u1")] == ["failed"]
    assert shop.store.acquire_lease("sync:u1", "next", shop.clock(), 1)
    syncs.close()


def _stopped(syncs: ManualSyncs) -> bool:
    (stop,) = syncs._running.values()
    return stop.wait(PATIENCE)


def test_when_the_server_ends_runs_end_and_none_begins(shop: Shop, syncs: ManualSyncs) -> None:
    shop.sources.shop.held = [order(line("1"))]
    shop.sources.shop.meanwhile = syncs.stop

    report = syncs.start(shop.user, SyncRequest()).result(PATIENCE)

    assert report.status == "failed"
    with pytest.raises(StoppedError):
        syncs.start(shop.user, SyncRequest())
    assert shop.store.acquire_lease("sync:u1", "next", shop.clock(), 1)


def test_hints_are_followed_up_and_then_the_merchant_rests(shop: Shop, worker: HintWorker) -> None:
    hint(shop)

    assert (look(worker), shop.store.hinted_users()) == (1, [])
    hint(shop)
    assert look(worker) == 0
    shop.clock.now += REST
    assert look(worker) == 1


def test_a_locked_merchant_is_looked_at_again_soon(shop: Shop, worker: HintWorker) -> None:
    hint(shop)
    with Lease(shop.store, "sync:u1", shop.clock):
        look(worker)
    assert shop.store.hinted_users() == ["u1"]

    shop.later(seconds=5)

    assert (look(worker), shop.store.hinted_users()) == (1, [])


def test_refused_credentials_are_not_tried_with_every_webhook(shop: Shop, worker: HintWorker) -> None:
    shop.sources.shop.counting_failure = CredentialsError("Shopify: the token is refused")
    hint(shop)
    look(worker)
    shop.later(minutes=50)
    hint(shop)

    look(worker)
    assert len(shop.sources.shop.asked_ids) == 1
    shop.clock.now += REFUSED_PAUSE
    look(worker)
    assert len(shop.sources.shop.asked_ids) == 2


@pytest.mark.parametrize(
    "fault", [RetriableError("away"), RuntimeError("a mistake of ours")], ids=["source", "own"]
)
def test_after_a_fault_hints_wait_a_minute_and_the_worker_lives(
    shop: Shop, worker: HintWorker, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_ids: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(shop.sources.shop, "orders_by_id", fail)
        hint(shop)
        look(worker)
    assert look(worker) == 0
    shop.later(minutes=1)

    assert (look(worker), shop.store.hinted_users()) == (1, [])


def test_the_background_thread_outlives_a_fault_notices_hints_and_ends(shop: Shop, worker: HintWorker) -> None:
    failed, done = threading.Event(), threading.Event()
    dropped, hinted = shop.store.drop_hints, shop.store.hinted_users

    def fail_once() -> list[str]:
        shop.store.hinted_users = hinted  # type: ignore[method-assign]
        failed.set()
        raise RuntimeError("a mistake")

    def drop(hints: list[Hint]) -> None:
        dropped(hints)
        done.set()

    shop.store.drop_hints = drop  # type: ignore[method-assign,assignment]
    shop.store.hinted_users = fail_once  # type: ignore[method-assign]
    worker.start()
    assert failed.wait(PATIENCE)
    hint(shop)
    worker.wake()

    assert done.wait(PATIENCE)
    worker.close()
    assert not worker._thread.is_alive()


def test_a_long_pause_is_not_taken_while_a_sync_may_be_waiting(shop: Shop, worker: HintWorker) -> None:
    with pytest.raises(RetriableError):
        worker._runtime.sleep(60)
    worker.stop()
    with pytest.raises(StoppedError):
        worker._runtime.sleep(1)
