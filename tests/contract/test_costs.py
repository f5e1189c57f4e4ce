"""What every store does with product costs."""

from dataclasses import replace
from decimal import Decimal as D

from profitsync.domain.costs import CostSource, ProductCost
from profitsync.stores.protocol import Store
from tests.contract.samples import full_cost

U = "u1"


def test_a_cost_comes_back_as_it_was_put(store: Store) -> None:
    bare = ProductCost("c0", CostSource.ESTIMATED, D(0))
    store.put_costs(U, [full_cost(), bare])

    assert store.costs(U) == [bare, full_cost()]


def test_costs_come_ordered_by_id(store: Store) -> None:
    store.put_costs(U, [replace(full_cost(), id=key) for key in ("b", "a|v2", "ü", "a|v10", "B")])

    assert [cost.id for cost in store.costs(U)] == ["B", "a|v10", "a|v2", "b", "ü"]


def test_a_cost_put_again_is_replaced(store: Store) -> None:
    store.put_costs(U, [full_cost()])
    store.put_costs(U, [replace(full_cost(), cost=D("7.10"), sku=None)])

    assert [(cost.cost, cost.sku) for cost in store.costs(U)] == [(D("7.10"), None)]


def test_deleting_takes_only_the_named_costs_of_that_user(store: Store) -> None:
    for user in ("u1", "u2"):
        store.put_costs(user, [replace(full_cost(), id=key) for key in ("a", "b")])
    store.delete_costs(U, ["a", "unknown"])

    assert [cost.id for cost in store.costs("u1")] == ["b"]
    assert [cost.id for cost in store.costs("u2")] == ["a", "b"]


def test_putting_and_deleting_nothing_is_allowed(store: Store) -> None:
    store.put_costs(U, [])
    store.delete_costs(U, [])

    assert store.costs(U) == []
