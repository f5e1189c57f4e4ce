"""What every store does with orders."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal as D

import pytest

from profitsync.domain.merchants import CustomerHistory
from profitsync.domain.orders import Order
from profitsync.services.plans import INDIA
from profitsync.stores.keys import BATCH, GLANCES
from profitsync.stores.protocol import Store
from profitsync.stores.slips import slip_of
from tests.contract.samples import ALL_DAYS, NOW, day, days, full_order, indexed, later, order

U = "u1"


def ids(batches: Iterable[list[Order]]) -> list[str]:
    return sorted(order.id for batch in batches for order in batch)


def test_an_order_comes_back_as_it_was_put(store: Store) -> None:
    store.put_orders(U, [indexed(full_order(), 2)])

    (found,) = store.orders_by_id(U, ["1001", "unknown"]).values()

    assert found == full_order()


def test_every_digit_of_an_amount_comes_back(store: Store) -> None:
    store.put_orders(U, [indexed(full_order(), 2)])

    (found,) = store.orders_by_id(U, ["1001"]).values()

    assert str(found.lines[0].unit_price) == "1234567890.123456789012345678901234"
    assert [str(found.tip), str(found.total), str(found.current_total)] == ["1E+1", "1890.00", "-0.01"]


def test_absent_is_not_zero_and_unread_is_not_empty(store: Store) -> None:
    bare = order(1, customer_id=None)
    read = order(2, sales=(), fulfilled=(), current_total=D(0), customer_orders=0)
    store.put_orders(U, [indexed(bare, 2), indexed(read, 2)])

    found = store.orders_by_id(U, ["1", "2"])

    assert (found["1"].sales, found["1"].fulfilled, found["1"].current_total) == (None, None, None)
    assert (found["2"].sales, found["2"].fulfilled, found["2"].current_total) == ((), (), D(0))
    assert found == {"1": bare, "2": read}


def test_an_instant_keeps_at_least_its_milliseconds_and_is_never_later(store: Store) -> None:
    fine = NOW.replace(microsecond=123_999)
    store.put_orders(U, [indexed(order(1, placed=fine), 2)])

    found = store.orders_by_id(U, ["1"])["1"].processed_at

    assert timedelta(0) <= fine - found < timedelta(milliseconds=1)
    assert found.utcoffset() == timedelta(0)


def test_putting_the_same_orders_twice_changes_nothing(store: Store) -> None:
    batch = [indexed(order(number), 2, 3, keys=(str(number),)) for number in range(5)]
    store.put_orders(U, batch)
    store.put_orders(U, batch)

    assert ids(store.orders_touching(U, ALL_DAYS)) == ["0", "1", "2", "3", "4"]
    assert [found.id for found in store.orders_by_key(U, ["3"])] == ["3"]


def test_new_orders_and_new_versions_come_in_one_batch(store: Store) -> None:
    store.put_orders(U, [indexed(order(number, tip=D(1)), 2, keys=("old",)) for number in (1, 3)])

    store.put_orders(U, [indexed(order(number, tip=D(2)), 4, keys=("new",)) for number in (1, 2, 3, 4)])

    assert {one.id: one.tip for one in store.orders_by_key(U, ["new"])} == dict.fromkeys("1234", D(2))
    assert (store.orders_by_key(U, ["old"]), ids(store.orders_touching(U, days(2, 2)))) == ([], [])


def test_the_last_of_two_versions_in_one_batch_counts(store: Store) -> None:
    store.put_orders(U, [indexed(order(1), 2, keys=("a",)), indexed(order(1, tip=D(5)), 3, keys=("b",))])

    assert store.orders_by_id(U, ["1"])["1"].tip == D(5)
    assert ids(store.orders_touching(U, days(2, 2))) == []
    assert store.orders_by_key(U, ["a"]) == []


def test_a_replaced_order_is_no_longer_found_by_its_old_days_and_keys(store: Store) -> None:
    store.put_orders(U, [indexed(order(1), 2, 5, keys=("old",))])
    store.put_orders(U, [indexed(order(1), 7, keys=("new",))])

    assert ids(store.orders_touching(U, days(1, 6))) == []
    assert ids(store.orders_touching(U, days(7, 7))) == ["1"]
    assert store.orders_by_key(U, ["old"]) == []
    assert [found.id for found in store.orders_by_key(U, ["new"])] == ["1"]


def test_both_ends_of_a_range_count_and_a_gap_does_not(store: Store) -> None:
    around = indexed(order(1), 1, 9)  # before and after the range, never in it
    store.put_orders(U, [around, indexed(order(2), 3), indexed(order(3), 5), indexed(order(4), 6)])

    assert ids(store.orders_touching(U, days(3, 5))) == ["2", "3"]


def test_across_batches_every_order_comes_once(store: Store) -> None:
    many = [indexed(order(number), 2, 3, 4) for number in range(BATCH * 2 + 1)]
    store.put_orders(U, many)

    batches = list(store.orders_touching(U, days(2, 4)))

    assert sorted(found.id for batch in batches for found in batch) == sorted(one.fact.id for one in many)
    assert all(0 < len(batch) <= BATCH for batch in batches)


def test_orders_may_be_written_while_others_are_being_read(store: Store) -> None:
    many = [indexed(order(number), 2) for number in range(BATCH + 1)]
    store.put_orders(U, many)
    seen = []

    for batch in store.orders_touching(U, days(1, 9)):
        store.put_orders(U, [indexed(found, 1, 3) for found in batch])  # as when the shop's time zone changes
        seen += [found.id for found in batch]

    assert sorted(seen) == sorted(one.fact.id for one in many)
    assert ids(store.orders_touching(U, days(2, 2))) == []


def test_more_ids_and_keys_than_fit_into_one_question(store: Store) -> None:
    numbers = range(BATCH + 1)
    store.put_orders(U, [indexed(order(number), 2, keys=(f"k{number}", "all")) for number in numbers])

    assert len(store.orders_by_id(U, [str(number) for number in numbers])) == BATCH + 1
    assert len(store.orders_by_key(U, ["all", *(f"k{number}" for number in numbers)])) == BATCH + 1


def test_by_key_those_of_other_days_alone_can_be_asked_for(store: Store) -> None:
    around = indexed(order(1), 1, 9, keys=("k",))  # before and after the range, never in it
    store.put_orders(U, [around, indexed(order(2), 1, 3, keys=("k",)), indexed(order(3), 9, keys=("other",))])

    assert [found.id for found in store.orders_by_key(U, ["k"], elsewhere=days(3, 5))] == ["1"]


def test_days_and_keys_are_told_without_the_orders(store: Store) -> None:
    store.put_orders(U, [indexed(order(1), 2, 5, keys=("k", "a")), indexed(order(2), 5, 7, keys=("k",))])
    store.put_orders(U, [indexed(order(3), 8, keys=("other",))])
    store.put_orders("u2", [indexed(order(1), 9, keys=("k", "theirs"))])

    assert store.orders_indexed_with(U, ["k", "unknown"]) == ({day(2), day(5), day(7)}, {"k", "a"})
    assert store.orders_indexed_with(U, ["unknown"]) == (set(), set())


def test_a_deleted_order_is_found_by_nothing(store: Store) -> None:
    store.put_orders(U, [indexed(order(1), 2, keys=("k",)), indexed(order(2), 2, keys=("k",))])
    store.delete_orders(U, ["1", "unknown"])

    assert store.orders_by_id(U, ["1"]) == {}
    assert ids(store.orders_touching(U, ALL_DAYS)) == ["2"]
    assert [found.id for found in store.orders_by_key(U, ["k"])] == ["2"]


def test_merchants_do_not_see_each_others_orders(store: Store) -> None:
    store.put_orders("u1", [indexed(order(1, tip=D(1)), 2, keys=("k",))])
    store.put_orders("u2", [indexed(order(1, tip=D(2)), 2, keys=("k",))])
    store.delete_orders("u1", ["1"])

    assert store.orders_by_id("u1", ["1"]) == {}
    assert [found.tip for found in store.orders_by_key("u2", ["k"])] == [D(2)]
    assert set(store.customer_histories("u1", ["7"])) == set()


def test_orders_are_added_only_where_there_was_none(store: Store) -> None:
    store.put_orders(U, [indexed(order(1, tip=D(1)), 2, keys=("old",))])
    store.put_orders("u2", [indexed(order(3), 2)])

    known = store.add_orders(
        U, [indexed(order(number, tip=D(2)), 3, keys=("new",)) for number in (1, 2, 3)]
    )  # fmt: skip

    assert known == {"1"}
    assert {found.id: found.tip for found in store.orders_by_id(U, "123").values()} == {"1": 1, "2": 2, "3": 2}
    assert store.orders_indexed_with(U, ["old"]) == ({day(2)}, {"old"})
    assert store.orders_indexed_with(U, ["new"]) == ({day(3)}, {"new"})
    assert ids(store.orders_touching(U, days(2, 2))) == ["1"]


def test_more_orders_than_one_batch_are_added(store: Store) -> None:
    batch = [indexed(order(number), 2) for number in range(2 * BATCH + 1)]
    store.put_orders(U, batch[::BATCH])

    known = store.add_orders(U, batch)

    assert known == {one.fact.id for one in batch[::BATCH]}
    assert ids(store.orders_touching(U, ALL_DAYS)) == sorted(one.fact.id for one in batch)
    assert store.add_orders(U, []) == set()


def test_a_merchant_has_orders_from_the_first_one_to_the_last(store: Store) -> None:
    assert not store.has_orders(U)

    store.put_orders(U, [indexed(order(1), 2), indexed(order(2), 2)])
    assert (store.has_orders(U), store.has_orders("u2")) == (True, False)
    store.delete_orders(U, ["1"])
    assert store.has_orders(U)

    store.delete_orders(U, ["2"])
    assert not store.has_orders(U)


def test_nothing_asked_for_is_nothing_found(store: Store) -> None:
    store.put_orders(U, [])
    store.delete_orders(U, [])

    assert store.orders_by_id(U, []) == {}
    assert store.orders_by_key(U, []) == []
    assert store.customer_histories(U, []) == {}


def test_a_customers_history_is_its_first_order_and_its_newest_word(store: Store) -> None:
    store.put_orders(U, [
        indexed(order(3, placed=later(days=2), updated_at=later(days=9), customer_orders=6), 4),
        indexed(order(1, placed=NOW, customer_order_index=4, customer_orders=5), 2),
        indexed(order(2, placed=later(days=1), customer_order_index=5), 3),
        indexed(order(8, placed=later(days=-5), test=True), 1),
        indexed(order(9, customer_id=None), 1),
    ])  # fmt: skip

    found = store.customer_histories(U, {"7", "unknown"})

    assert found == {"7": CustomerHistory("7", NOW, 3, first_order_index=4, lifetime_orders=6)}


def test_of_two_orders_at_one_instant_the_smaller_number_is_the_first(store: Store) -> None:
    first, second = order(999, placed=NOW, customer_order_index=1), order(1000, placed=NOW, customer_order_index=2)
    store.put_orders(U, [indexed(second, 2), indexed(first, 2)])

    assert store.customer_histories(U, ["7"])["7"].first_order_index == 1


def test_histories_of_many_customers_at_once(store: Store) -> None:
    store.put_orders(U, [indexed(order(number, customer_id=f"c{number}"), 2) for number in range(20)])

    found = store.customer_histories(U, [f"c{number}" for number in range(GLANCES + 20)])

    assert len(found) == 20


def test_an_order_that_comes_written_down_is_kept_as_any_other(store: Store) -> None:
    store.put_orders(U, [indexed(slip_of(full_order(), INDIA), 2, keys=("1001",)), indexed(order(2), 3)])

    assert store.orders_by_id(U, [full_order().id, "2"]) == {full_order().id: full_order(), "2": order(2)}
    assert store.orders_by_key(U, ["1001"]) == [full_order()]


def test_placed_orders_lie_between_their_instants_tests_and_guests_included(store: Store) -> None:
    store.put_orders(U, [
        indexed(order(1, placed=later(seconds=-1)), 1),
        indexed(order(2, placed=NOW, customer_id=None), 2),
        indexed(order(3, placed=later(hours=1), test=True), 2, 9),
        indexed(order(4, placed=later(days=1)), 3),
    ])  # fmt: skip
    store.put_orders("another", [indexed(order(5, placed=NOW), 2)])

    assert store.orders_placed(U, NOW, later(days=1)) == {"2", "3"}
    assert store.count_orders_placed(U, NOW, later(days=1)) == 2
    assert store.count_orders_placed(U, later(days=5), later(days=9)) == 0


@pytest.mark.parametrize("offset", [-1, 1])
def test_placed_orders_are_found_whatever_the_zone_of_the_shop(store: Store, offset: int) -> None:
    """Their shop day may be the day before or after their day in UTC."""
    store.put_orders(U, [indexed(order(1, placed=NOW), NOW.day + offset)])

    assert store.orders_placed(U, NOW, later(seconds=1)) == {"1"}


def test_placed_orders_across_batches_are_all_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profitsync.stores.mongo_facts.GLANCES", 10)
    many = [order(number, placed=later(seconds=number // 3)) for number in range(31)]
    store.put_orders(U, [indexed(one, 2, 3) for one in many])

    found = store.orders_placed(U, NOW, later(days=1))

    assert found == {one.id for one in many}
    assert store.count_orders_placed(U, NOW, later(days=1)) == len(many)


def test_customer_orders_lie_between_their_instants(store: Store) -> None:
    store.put_orders(U, [
        indexed(order(1, placed=later(days=-1), customer_id="early"), 1),
        indexed(order(2, placed=NOW, customer_id="a"), 2),
        indexed(order(3, placed=NOW, customer_id="a"), 2),
        indexed(order(4, placed=later(hours=1), customer_id=None), 2),
        indexed(order(5, placed=later(hours=1), customer_id="b", test=True), 2),
        indexed(order(6, placed=later(days=1), customer_id="late"), 3),
    ])  # fmt: skip

    assert list(store.customer_orders(U, NOW, later(days=1))) == [("a", NOW), ("a", NOW)]


def test_customer_orders_across_batches_come_once_each(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sqlite_facts", "mongo_facts"):
        monkeypatch.setattr(f"profitsync.stores.{module}.GLANCES", 10)
    many = [order(number, placed=later(seconds=number // 3), customer_id=f"c{number}") for number in range(101)]
    store.put_orders(U, [indexed(one, 2) for one in many])

    found = list(store.customer_orders(U, NOW, later(days=1)))

    assert sorted(found) == sorted((f"c{one.id}", one.processed_at) for one in many)
