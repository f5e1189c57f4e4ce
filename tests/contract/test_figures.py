"""What every store does with daily metrics and with days waiting for recalculation."""

from decimal import Decimal as D

from profitsync.stores.protocol import Store
from tests.contract.samples import ALL_DAYS, day, days, full_row

U = "u1"


def test_a_days_figures_come_back_with_their_types(store: Store) -> None:
    store.put_metrics(U, [full_row()])

    (found,) = store.metrics(U, ALL_DAYS)

    assert found == full_row()
    assert {name: type(value) for name, value in found.values.items()} == {
        name: type(value) for name, value in full_row().values.items()
    }
    assert str(found.values["revenue"]) == "3400.00"


def test_writing_a_day_replaces_all_of_it(store: Store) -> None:
    store.put_metrics(U, [full_row()])
    other = full_row(values={"revenue": D("1.00")}, complete=False, sources={}, updated_at=None)
    store.put_metrics(U, [other])

    assert store.metrics(U, ALL_DAYS) == [other]


def test_figures_come_in_order_within_both_ends(store: Store) -> None:
    store.put_metrics(U, [full_row(number) for number in (5, 2, 4, 3, 1)])
    store.put_metrics("u2", [full_row(3)])

    assert [row.day.day for row in store.metrics(U, days(2, 4))] == [2, 3, 4]
    assert [row.day.day for row in store.metrics(U, ALL_DAYS)] == [1, 2, 3, 4, 5]


def test_waiting_days_are_kept_by_cause_until_cleared(store: Store) -> None:
    store.mark_dirty(U, "shopify", [day(1), day(2)])
    store.mark_dirty(U, "shopify", {day(2), day(3)})
    store.mark_dirty(U, "costs", [day(2)])
    store.mark_dirty("u2", "shopify", [day(9)])
    store.clear_dirty(U, "shopify", {day(2), day(7)})

    assert store.dirty_days(U) == {"shopify": {day(1), day(3)}, "costs": {day(2)}}


def test_a_cause_without_waiting_days_is_left_out(store: Store) -> None:
    store.mark_dirty(U, "meta", [])
    store.mark_dirty(U, "shopify", [day(1)])
    store.clear_dirty(U, "shopify", [day(1)])
    store.clear_dirty(U, "shopify", [])

    assert store.dirty_days(U) == {}
