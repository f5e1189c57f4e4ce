"""Orders in several parcels, and orders sent once more.

One kurta at 1,000 plus shipping at 100, without tax, unless a test says otherwise.
"""

from decimal import Decimal as D

from profitsync.domain.shipments import Shipment, ShipmentLine
from tests.unit.builders import (
    at,
    book,
    cod_order,
    cost,
    delivery,
    line,
    order,
    parcel,
    refund,
    rto_parcel,
    taken,
    total,
)

P1 = (cost("400", "p1"),)
PREPAID = order(line(), shipping=(delivery(),))


# --- split orders

SPLIT = cod_order(line("1"), line("2", price="2100"))  # 1,000 and 2,000, shipping 100


def contents(*skus: str) -> tuple[ShipmentLine, ...]:
    return tuple(ShipmentLine(sku, 1) for sku in skus)


def test_only_the_lines_in_the_returned_parcel_are_reversed() -> None:
    there = parcel("DELIVERED", delivered_at=at(4), lines=contents("s1"))
    back = rto_parcel(id="9002", lines=contents("s2"))

    booked = book(SPLIT, there, back, costs=(cost("400", "p1"), cost("600", "p2")))

    assert total(booked, "rto_reversal") == D("2066.67")  # two thirds of the value, so of the shipping
    assert total(booked, "cogs") == 400


def test_parcels_of_unknown_contents_share_the_order_equally() -> None:
    booked = book(SPLIT, parcel("DELIVERED", delivered_at=at(4)), rto_parcel(id="9002"))

    assert total(booked, "rto_reversal") == 1550


def test_parcels_of_unknown_items_share_by_their_value() -> None:
    there = parcel("DELIVERED", delivered_at=at(4), lines=(ShipmentLine("?", 1, D(500)),))
    back = rto_parcel(id="9002", lines=(ShipmentLine("??", 3, D(500)),))

    assert total(book(SPLIT, there, back), "rto_reversal") == D("2325.00")


def test_the_only_parcel_known_so_far_reverses_only_its_own_lines() -> None:
    assert total(book(SPLIT, rto_parcel(lines=contents("s2"))), "rto_reversal") == D("2066.67")


def test_all_parcels_returned_reverse_the_whole_order() -> None:
    booked = book(SPLIT, rto_parcel(lines=contents("s1")), rto_parcel(id="9002", began=6, lines=contents("s2")))

    assert total(booked, "rto_reversal") == 3100


def test_a_unit_cancelled_before_dispatch_is_in_no_parcel() -> None:
    fewer = cod_order(line(quantity=2), refunds=(refund(taken(restock="CANCEL"), on=at(2, 13)),))

    booked = book(fewer, rto_parcel(lines=contents("s1")), costs=P1)

    assert total(booked, "rto_reversal") == 1100
    assert total(booked, "cogs") == 0


# --- clones: the panel sends the whole order once more under another name


def clone_delivered(on: int, sent: int = 6) -> Shipment:
    return parcel("DELIVERED", id="9005", order_name="#1001-C", created_at=at(sent), delivered_at=at(on))


def test_a_clone_that_is_delivered_undoes_the_reversal_of_the_first_try() -> None:
    sent_again = clone_delivered(on=9)

    booked = book(cod_order(), rto_parcel(began=4, back=5), sent_again, costs=P1)

    assert total(booked, "rto_reversal", on=9) == -1100
    assert total(booked, "cogs", on=5) == -400
    assert total(booked, "cogs", on=9) == 400


def test_a_first_try_that_comes_back_after_its_clone_was_delivered_reverses_nothing() -> None:
    sent_again = clone_delivered(on=5, sent=3)

    booked = book(cod_order(), rto_parcel(began=7, back=9), sent_again, costs=P1)

    assert total(booked, "rto_reversal") == 0
    assert total(booked, "cogs") == 400


def test_a_clone_that_comes_back_as_well_reverses_nothing_more() -> None:
    again = rto_parcel(began=8, back=9, id="9005", order_name="#1001-C", created_at=at(6))

    booked = book(cod_order(), rto_parcel(began=4, back=5), again, costs=P1)

    assert total(booked, "rto_reversal") == 1100
    assert total(booked, "cogs") == 0


def test_a_clone_in_two_parcels_undoes_everything_once_both_arrived() -> None:
    parts = [
        parcel("DELIVERED", id=f"900{n}", order_name="1001-C", created_at=at(6), delivered_at=at(n))
        for n in (8, 9)
    ]

    booked = book(cod_order(), rto_parcel(began=4, back=5), *parts, costs=P1)

    assert total(booked, "rto_reversal", on=8) == -550
    assert total(booked, "rto_reversal") == 0
    assert total(booked, "cogs") == 400


def test_a_clone_of_a_prepaid_order_puts_its_goods_back_into_the_cost() -> None:
    sent_again = clone_delivered(on=9)

    booked = book(PREPAID, rto_parcel(began=4, back=5), sent_again, costs=P1)

    assert total(booked, "cogs", on=9) == 400
    assert total(booked, "rto_reversal") == 0
