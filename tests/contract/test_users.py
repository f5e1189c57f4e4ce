"""What every store does with merchants."""

from dataclasses import replace

import pytest

from profitsync.stores.protocol import DuplicateUserError, Store
from tests.contract.samples import (
    ALL_DAYS,
    fill,
    full_user,
    later,
    plain_user,
)


def test_a_user_comes_back_as_it_was_added(store: Store) -> None:
    store.add_user(full_user())
    store.add_user(plain_user(2))

    assert store.users() == [full_user(), plain_user(2)]


@pytest.mark.parametrize(
    "ref", ["u1", "asha@example.IN", "Asha@Example.in", "asha.myshopify.com", "ASHA.myshopify.com"]
)
def test_a_user_is_found_by_id_email_in_any_case_and_shop(store: Store, ref: str) -> None:
    store.add_user(full_user())

    assert store.find_user(ref) == full_user()


@pytest.mark.parametrize("ref", ["", "u", "asha", "none", "12345"])
def test_nothing_else_finds_a_user(store: Store, ref: str) -> None:
    store.add_user(full_user())
    store.add_user(plain_user(2))

    assert store.find_user(ref) is None


def test_users_come_oldest_first(store: Store) -> None:
    for number in (3, 1, 2):
        store.add_user(plain_user(number))

    assert [user.id for user in store.users()] == ["u1", "u2", "u3"]


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (full_user(id="u2", email="aSHA@example.in", shopify_store=None), "email: aSHA@example.in"),
        (full_user(id="u2", email="b@example.in"), "shopifyStore: asha.myshopify.com"),
    ],
    ids=["e-mail", "shop"],
)
def test_a_taken_email_or_shop_is_refused_and_nothing_stored(store: Store, second: object, named: str) -> None:
    store.add_user(full_user())

    with pytest.raises(DuplicateUserError, match=f"{named} is registered already"):
        store.add_user(second)  # type: ignore[arg-type]

    assert store.users() == [full_user()]


def test_several_users_may_have_no_shop(store: Store) -> None:
    for number in range(3):
        store.add_user(plain_user(number))

    assert len(store.users()) == 3


def test_a_saved_user_is_replaced_as_a_whole(store: Store) -> None:
    store.add_user(full_user())
    bare = plain_user(1, email="new@example.in")
    store.save_user(bare)

    assert store.users() == [bare]
    assert store.find_user("asha@example.in") is None


def test_saving_keeps_the_users_own_email_and_shop(store: Store) -> None:
    store.add_user(full_user())
    changed = replace(full_user(), last_sync_at=later(days=1))
    store.save_user(changed)

    assert store.users() == [changed]


def test_saving_refuses_another_users_email_and_shop(store: Store) -> None:
    store.add_user(full_user())
    store.add_user(plain_user(2))

    with pytest.raises(DuplicateUserError, match=r"email: ASHA@example\.in"):
        store.save_user(plain_user(2, email="ASHA@example.in"))
    with pytest.raises(DuplicateUserError, match="shopifyStore"):
        store.save_user(plain_user(2, shopify_store="asha.myshopify.com"))

    assert store.users() == [full_user(), plain_user(2)]


def test_a_freed_email_and_shop_can_be_taken_again(store: Store) -> None:
    store.add_user(full_user())
    store.save_user(plain_user(1))
    store.add_user(full_user(id="u2"))

    assert [user.id for user in store.users()] == ["u2", "u1"]


def test_saving_an_unknown_user_stores_nothing(store: Store) -> None:
    with pytest.raises(KeyError):
        store.save_user(full_user())

    assert store.users() == []


def contents(store: Store, user_id: str) -> list[object]:
    """What each reading method finds of a user."""
    return [
        store.costs(user_id), store.orders_by_id(user_id, ["1001"]),
        list(store.orders_touching(user_id, ALL_DAYS)), store.orders_by_key(user_id, ["1001"]),
        store.customer_histories(user_id, ["77"]),
        list(store.customer_orders(user_id, later(days=-1), later(days=1))),
        store.shipments_by_id(user_id, ["9001"]), list(store.shipments_touching(user_id, ALL_DAYS)),
        store.shipments_by_key(user_id, ["1001"]), store.ad_days(user_id, ALL_DAYS), store.dirty_days(user_id),
        store.metrics(user_id, ALL_DAYS), store.source_states(user_id), store.jobs(user_id),
        store.hints(user_id, 10),
    ]  # fmt: skip


def test_a_removed_user_leaves_nothing_and_others_keep_everything(store: Store) -> None:
    store.add_user(full_user())
    store.add_user(plain_user(2))
    fill(store, "u1")
    fill(store, "u2")
    before = contents(store, "u2")

    store.remove_user("u1")
    store.remove_user("unknown")

    assert not any(contents(store, "u1"))
    assert all(contents(store, "u2"))
    assert contents(store, "u2") == before
    assert store.users() == [plain_user(2)]
    assert store.job("job of u1") is None


def test_after_a_removal_the_same_facts_can_be_stored_again(store: Store) -> None:
    fill(store, "u1")
    before = contents(store, "u1")
    store.remove_user("u1")
    fill(store, "u1")

    assert contents(store, "u1") == before
