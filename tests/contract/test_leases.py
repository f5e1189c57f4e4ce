"""What every store does with leases."""

import pytest

from profitsync.stores.protocol import Store
from tests.contract.samples import NOW, later


def test_a_free_lease_is_taken_and_then_refused_to_others(store: Store) -> None:
    assert store.acquire_lease("sync:u1", "first", NOW, 120)
    assert not store.acquire_lease("sync:u1", "second", later(seconds=119), 120)


def test_leases_of_different_names_do_not_meet(store: Store) -> None:
    assert store.acquire_lease("sync:u1", "first", NOW, 120)
    assert store.acquire_lease("sync:u2", "second", NOW, 120)


def test_the_owner_may_take_its_lease_again(store: Store) -> None:
    store.acquire_lease("sync:u1", "first", NOW, 120)

    assert store.acquire_lease("sync:u1", "first", later(seconds=60), 120)
    assert not store.acquire_lease("sync:u1", "second", later(seconds=179), 120)


@pytest.mark.parametrize("seconds", [120, 121])
def test_an_expired_lease_goes_to_whoever_asks_next(store: Store, seconds: int) -> None:
    store.acquire_lease("sync:u1", "dead", NOW, 120)

    assert store.acquire_lease("sync:u1", "second", later(seconds=seconds), 120)
    assert not store.renew_lease("sync:u1", "dead", later(seconds=seconds), 120)
    assert not store.acquire_lease("sync:u1", "dead", later(seconds=seconds), 120)


def test_a_renewed_lease_lasts_longer(store: Store) -> None:
    store.acquire_lease("sync:u1", "first", NOW, 120)

    assert store.renew_lease("sync:u1", "first", later(seconds=100), 120)
    assert not store.acquire_lease("sync:u1", "second", later(seconds=219), 120)
    assert store.acquire_lease("sync:u1", "second", later(seconds=220), 120)


def test_a_lease_that_never_was_cannot_be_renewed(store: Store) -> None:
    assert not store.renew_lease("sync:u1", "first", NOW, 120)
    assert store.acquire_lease("sync:u1", "second", NOW, 120)


def test_a_released_lease_is_free(store: Store) -> None:
    store.acquire_lease("sync:u1", "first", NOW, 120)
    store.release_lease("sync:u1", "first")

    assert store.acquire_lease("sync:u1", "second", NOW, 120)


def test_nobody_releases_somebody_elses_lease(store: Store) -> None:
    store.acquire_lease("sync:u1", "first", NOW, 120)
    store.release_lease("sync:u1", "second")

    assert not store.acquire_lease("sync:u1", "second", NOW, 120)
