"""Which share of an order each of its parcels carries."""

from decimal import Decimal as D

from profitsync.domain.orders import OrderLine
from profitsync.domain.parcels import SHIPPING, Shares, attempt, parcel_shares
from profitsync.domain.shipments import Shipment, ShipmentLine
from tests.unit.builders import line, parcel

SHIRT, SHOE = line("1", quantity=2), line("2", price="2100")


def box(id: str, *items: tuple[str, int], **more: object) -> Shipment:  # noqa: A002
    return parcel("IN TRANSIT", id=id, lines=tuple(ShipmentLine(*item) for item in items), **more)


def shares(*parcels: Shipment, lines: tuple[OrderLine, ...] = (SHIRT, SHOE)) -> dict[str, Shares]:
    units = {one.id: D(one.quantity) for one in lines}
    values = {one.id: one.unit_price * one.quantity for one in lines}
    return parcel_shares(lines, units, values, parcels)


def test_one_parcel_of_unknown_contents_carries_everything() -> None:
    assert shares(box("a")) == {"a": {SHIPPING: 1, "1": 1, "2": 1}}


def test_parcels_of_known_contents_share_by_units_and_the_charge_by_value() -> None:
    found = shares(box("a", ("s1", 1)), box("b", ("s1", 1), ("s2", 1)))

    assert found["a"] == {"1": D("0.5"), SHIPPING: D("0.25")}
    assert found["b"] == {"1": D("0.5"), "2": 1, SHIPPING: D("0.75")}


def test_units_of_one_sku_fill_its_lines_in_order() -> None:
    twins = (line("1", sku="same"), line("2", sku="same"))

    found = shares(box("a", ("same", 1)), box("b", ("same", 1)), lines=twins)

    assert found["a"]["1"] == found["b"]["2"] == 1


def test_a_parcel_with_more_units_than_were_ordered_is_not_understood() -> None:
    found = shares(box("a", ("s1", 3)), box("b", ("s2", 1)))

    assert found["a"]["2"] == found["b"]["1"] == D("0.5")


def test_one_parcel_of_unknown_contents_makes_all_of_them_share_equally() -> None:
    found = shares(box("a", ("s1", 2)), box("b"))

    assert found["a"] == found["b"] == {SHIPPING: D("0.5"), "1": D("0.5"), "2": D("0.5")}


def test_a_clone_is_an_attempt_of_its_own() -> None:
    found = shares(box("a"), box("b", order_name="#1001-C"))

    assert found["a"]["1"] == found["b"]["1"] == 1
    assert attempt(box("a")) == attempt(box("c", order_name="1001 ")) != attempt(box("b", order_name="#1001-C"))


def test_parcels_of_an_order_without_value_share_the_charge_equally() -> None:
    free = (line("1", price="0", tax="0"), line("2", price="0", tax="0"))

    found = shares(box("a", ("s1", 1)), box("b", ("s2", 1)), lines=free)

    assert found["a"][SHIPPING] == found["b"][SHIPPING] == D("0.5")
