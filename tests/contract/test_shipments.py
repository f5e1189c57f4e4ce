"""What every store does with shipments."""

from decimal import Decimal as D

from profitsync.domain.shipments import Charges
from profitsync.stores.keys import BATCH
from profitsync.stores.protocol import Store
from tests.contract.samples import ALL_DAYS, day, days, full_shipment, indexed, shipment

U = "u1"


def test_a_shipment_comes_back_as_it_was_put(store: Store) -> None:
    store.put_shipments(U, [indexed(full_shipment(), 2), indexed(shipment(1), 2)])

    found = store.shipments_by_id(U, ["9001", "1", "unknown"])

    assert found == {"9001": full_shipment(), "1": shipment(1)}


def test_an_unknown_charge_is_not_a_charge_of_zero(store: Store) -> None:
    store.put_shipments(U, [indexed(shipment(1, charges=Charges(freight=D(0))), 2)])

    charges = store.shipments_by_id(U, ["1"])["1"].charges

    assert (charges.freight, charges.billed) == (D(0), None)


def test_a_shipment_is_found_by_each_of_its_keys_once(store: Store) -> None:
    store.put_shipments(U, [indexed(full_shipment(), 2, keys=("r_#1001-c", "1001")), indexed(shipment(1), 2)])

    assert [one.id for one in store.shipments_by_key(U, ["1001"])] == ["9001"]
    assert [one.id for one in store.shipments_by_key(U, ["1001", "r_#1001-c"])] == ["9001"]


def test_a_replaced_shipment_is_no_longer_found_by_its_old_days_and_keys(store: Store) -> None:
    store.put_shipments(U, [indexed(shipment(1), 2, keys=("old",))])
    store.put_shipments(U, [indexed(shipment(1, status="DELIVERED"), 3, keys=("new",))])

    assert list(store.shipments_touching(U, days(2, 2))) == []
    assert store.shipments_by_key(U, ["old"]) == []
    assert [one.status for one in store.shipments_by_key(U, ["new"])] == ["DELIVERED"]


def test_shipments_that_are_known_already_can_be_left_out(store: Store) -> None:
    store.put_shipments(U, [indexed(shipment(number), 2) for number in range(3)])

    found = [one.id for part in store.shipments_touching(U, ALL_DAYS, without={"0", "2"}) for one in part]

    assert found == ["1"]


def test_days_and_keys_are_told_without_the_shipments(store: Store) -> None:
    store.put_shipments(U, [indexed(full_shipment(), 2, 4, keys=("r_#1001-c", "1001")), indexed(shipment(1), 3)])

    assert store.shipments_indexed_with(U, ["1001"]) == ({day(2), day(4)}, {"r_#1001-c", "1001"})


def test_across_batches_every_shipment_comes_once(store: Store) -> None:
    batch = [indexed(shipment(number), 2, 3) for number in range(BATCH + 1)]
    assert not store.has_shipments(U)
    store.put_shipments(U, batch)
    assert (store.has_shipments(U), store.has_shipments("u2"), store.has_orders(U)) == (True, False, False)
    store.put_shipments(U, batch)

    found = [one.id for part in store.shipments_touching(U, ALL_DAYS) for one in part]

    assert sorted(found) == sorted(one.fact.id for one in batch)
