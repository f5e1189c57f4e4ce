"""The lock of a merchant: who may write, and until when."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from profitsync import logs
from profitsync.errors import LeaseLostError, LockedError, StoreUnavailableError
from profitsync.services.lease import LEASE_SECONDS, POLL_EVERY, Lease, StoppedError
from profitsync.stores.sqlite import SqliteStore
from tests.services.fakes import Clock
from tests.unit.builders import at


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(str(tmp_path / "test.db"))
    store.prepare()
    return store


def test_a_lease_that_nobody_renewed_in_time_forbids_writing(store: SqliteStore) -> None:
    clock = Clock(at(5))
    with Lease(store, "sync:u1", clock) as lease:
        lease.check()
        clock.now += timedelta(seconds=LEASE_SECONDS)

        with pytest.raises(LeaseLostError):
            lease.check()
    store.close()


def test_a_second_holder_is_refused_until_the_first_is_done(store: SqliteStore) -> None:
    clock = Clock(at(5))
    with Lease(store, "sync:u1", clock), pytest.raises(LockedError), Lease(store, "sync:u1", clock):
        pass

    with Lease(store, "sync:u1", clock) as third:
        third.check()
    store.close()


def test_a_brief_holder_is_waited_for(store: SqliteStore) -> None:
    clock = Clock(at(5))
    brief = Lease(store, "sync:u1", clock, brief=True)
    brief.__enter__()

    with Lease(store, "sync:u1", clock, sleep=lambda _seconds: brief.__exit__(None, None, None)) as waiting:
        waiting.check()

    store.close()


def test_a_brief_holder_that_never_ends_is_not_waited_for_for_ever(store: SqliteStore) -> None:
    clock = Clock(at(5))
    pauses: list[float] = []
    late = Lease(store, "sync:u1", clock, sleep=pauses.append)

    with Lease(store, "sync:u1", clock, brief=True), pytest.raises(LockedError), late:
        pass

    assert sum(pauses) == pytest.approx(30)
    store.close()


def test_a_brief_holder_itself_does_not_wait(store: SqliteStore) -> None:
    clock = Clock(at(5))
    with Lease(store, "sync:u1", clock), pytest.raises(LockedError), Lease(store, "sync:u1", clock, brief=True):
        pass

    with Lease(store, "sync:u1", clock, brief=True) as later:
        later.check()
    store.close()


def test_whoever_is_told_to_stop_stops_waiting_for_a_brief_holder(store: SqliteStore) -> None:
    clock, stop = Clock(at(5)), threading.Event()
    stop.set()
    with (
        Lease(store, "sync:u1", clock, brief=True),
        pytest.raises(StoppedError),
        Lease(store, "sync:u1", clock, stop),
    ):
        pass
    store.close()


def test_a_renewed_lease_goes_on_and_a_stolen_one_does_not(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profitsync.services.lease.RENEW_EVERY", 0.005)
    clock = Clock(at(5))
    with Lease(store, "sync:u1", clock) as lease:
        for _ in range(2):
            clock.now += timedelta(seconds=LEASE_SECONDS - 1)
            _wait_for(lambda: lease._until == clock.now + timedelta(seconds=LEASE_SECONDS))
        lease.check()
        store.release_lease("sync:u1", lease.owner)
        assert store.acquire_lease("sync:u1", "thief", clock.now, LEASE_SECONDS)

        _wait_for(lambda: lease._lost.is_set())
        with pytest.raises(LeaseLostError):
            lease.check()
    assert not store.acquire_lease("sync:u1", "another", clock.now, 1)
    store.close()


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        threading.Event().wait(0.005)
    pytest.fail("it did not happen within two seconds")


def test_a_stopped_run_may_not_write_any_more(store: SqliteStore) -> None:
    stop = threading.Event()
    with Lease(store, "sync:u1", Clock(at(5)), stop) as lease:
        stop.set()

        with pytest.raises(StoppedError) as stopped:
            lease.check()
    assert stopped.value.exit_code == 130
    store.close()


def test_a_store_that_is_away_at_the_end_does_not_undo_the_work(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailableError("the database is away")

    monkeypatch.setattr(SqliteStore, "release_lease", away)

    with Lease(store, "sync:u1", Clock(at(5))):
        pass

    assert "runs out by itself" in caplog.text
    store.close()


def test_a_lease_that_becomes_free_is_worth_the_wait(store: SqliteStore) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            store.release_lease("sync:u1", "another")

    store.acquire_lease("sync:u1", "another", at(5), LEASE_SECONDS)
    with Lease(store, "sync:u1", Clock(at(5)), wait=60, sleep=pause) as lease:
        lease.check()
    assert pauses == [POLL_EVERY, POLL_EVERY]
    store.close()


def test_waiting_ends_after_as_long_as_was_said(store: SqliteStore) -> None:
    pauses: list[float] = []
    store.acquire_lease("sync:u1", "another", at(5), LEASE_SECONDS)

    with (
        pytest.raises(LockedError, match="also after 5 seconds"),
        Lease(store, "sync:u1", Clock(at(5)), wait=5, sleep=pauses.append),
    ):
        pass
    assert sum(pauses) == 5
    store.close()


def test_what_the_renewal_says_names_the_job_too(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise StoreUnavailableError("the database is away")

    monkeypatch.setattr("profitsync.services.lease.RENEW_EVERY", 0.005)
    monkeypatch.setattr(SqliteStore, "renew_lease", away)
    logs.configure(tmp_path / "logs", "info")
    (file,) = (tmp_path / "logs").iterdir()

    with logs.log_context(jobId="j1"), Lease(store, "sync:u1", Clock(at(5))):
        _wait_for(lambda: "could not be renewed" in file.read_text())

    logs.shutdown()
    assert json.loads(file.read_text().splitlines()[0])["jobId"] == "j1"
    store.close()
