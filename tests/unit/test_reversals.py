"""Cash on delivery, parcels that come back, and parcels that never arrive.

The order is one kurta at 1,000 plus shipping at 100, without tax, unless a test says otherwise.
"""

from decimal import Decimal as D

import pytest

from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.shipments import FirstSeen
from tests.records import replace
from tests.unit.builders import (
    adjustment,
    at,
    book,
    cod_order,
    cost,
    delivery,
    line,
    order,
    parcel,
    payment,
    refund,
    rto_parcel,
    taken,
    total,
)

P1 = (cost("400", "p1"),)
PREPAID = order(line(), shipping=(delivery(),))


# --- RTO of a COD order


def test_the_booked_value_is_reversed_on_the_day_the_rto_began() -> None:
    booked = book(cod_order(), rto_parcel(began=4, back=None))

    assert total(booked, "rto_reversal", on=4) == 1100
    assert total(booked, "rto_tax", on=4) == 55
    assert total(booked, "returns") == 0
    assert total(booked, "taxes") == 55


def test_an_undated_rto_counts_from_the_day_it_was_first_seen() -> None:
    turned = rto_parcel(back=None, rto_initiated_at=None, seen=FirstSeen(rto=at(6)))

    assert total(book(cod_order(), turned), "rto_reversal", on=6) == 1100


def test_the_carriers_date_goes_before_the_day_it_was_first_seen() -> None:
    turned = rto_parcel(began=4, back=None, seen=FirstSeen(rto=at(6)))

    assert total(book(cod_order(), turned), "rto_reversal", on=4) == 1100


def test_goods_come_off_the_cost_on_the_day_they_are_back_and_not_before() -> None:
    booked = book(cod_order(), rto_parcel(began=4, back=8), costs=P1)

    assert total(booked, "cogs", on=4) == 0
    assert total(booked, "cogs", on=8) == -400


def test_goods_on_their_way_back_stay_in_the_cost() -> None:
    assert total(book(cod_order(), rto_parcel(back=None), costs=P1), "cogs") == 400


def test_discounts_are_not_reversed_beyond_what_was_booked() -> None:
    booked = book(cod_order(line(discount="210", quantity=2)), rto_parcel())

    assert total(booked, "rto_reversal") == 1900


def test_goods_that_are_not_shipped_are_not_reversed() -> None:
    download = line("2", requires_shipping=False)

    booked = book(cod_order(line(), download), rto_parcel(), costs=P1)

    assert total(booked, "rto_reversal") == 1100


def test_a_parcel_of_a_cancelled_shipment_or_a_customers_return_reverses_nothing() -> None:
    gone = replace(rto_parcel(), status="CANCELED")
    sent_back = replace(rto_parcel(), is_return=True)

    assert total(book(cod_order(), gone, sent_back), "rto_reversal") == 0


# --- prepaid


def test_a_prepaid_rto_is_no_reversal_but_its_goods_come_back() -> None:
    booked = book(PREPAID, rto_parcel(began=4, back=5), costs=P1)

    assert total(booked, "rto_reversal") == 0
    assert total(booked, "cogs", on=5) == -400


@pytest.mark.parametrize("refunded_on", [3, 7])
def test_the_refund_of_a_prepaid_rto_is_a_return_and_restocks_nothing_twice(refunded_on: int) -> None:
    paid_back = replace(PREPAID, refunds=(refund(taken(), on=at(refunded_on)),))

    booked = book(paid_back, rto_parcel(began=4, back=5), costs=P1)

    assert total(booked, "returns", on=refunded_on) == 1000
    assert total(booked, "cogs") == 0


# --- part-paid


def test_only_the_share_outstanding_at_dispatch_is_reversed() -> None:
    advance = cod_order(payments=(payment("231", on=at(2)),))  # of 1,155: a fifth

    assert total(book(advance, rto_parcel()), "rto_reversal") == 880


def test_the_advance_is_reversed_when_it_is_refunded() -> None:
    repaid = refund(amount=D(231), adjustments=(adjustment("-231", tax="-11"),), on=at(8))

    booked = book(cod_order(payments=(payment("231"),), refunds=(repaid,)), rto_parcel())

    assert total(booked, "returns", on=8) == 220
    assert total(booked, "returns") + total(booked, "rto_reversal") == 1100


def test_of_a_part_paid_order_lines_refunded_before_are_not_reversed_for_others() -> None:
    advance = cod_order(line("1"), line("2"), shipping=(), payments=(payment("420"),))  # of 2,100: a fifth
    fewer = replace(advance, refunds=(refund(taken("1"), on=at(3)),))

    assert total(book(fewer, rto_parcel(began=4)), "rto_reversal") == 800


def test_money_paid_after_dispatch_is_no_advance() -> None:
    late = cod_order(payments=(payment("231", on=at(3)),))

    assert total(book(late, rto_parcel(shipped_at=at(2, 18))), "rto_reversal") == 1100


# --- never twice


def test_what_was_refunded_before_is_not_reversed_again() -> None:
    booked = book(cod_order(refunds=(refund(taken(), on=at(3)),)), rto_parcel(began=4))

    assert total(booked, "rto_reversal", on=4) == 100


def test_goodwill_paid_before_is_not_reversed_again() -> None:
    booked = book(cod_order(refunds=(refund(amount=D(150), on=at(3)),)), rto_parcel(began=4))

    assert total(booked, "rto_reversal", on=4) == 950


def test_a_refund_recorded_after_the_rto_makes_the_reversal_give_way() -> None:
    booked = book(cod_order(refunds=(refund(taken(), on=at(7)),)), rto_parcel(began=4))

    assert total(booked, "returns", on=7) == 1000
    assert total(booked, "rto_reversal", on=7) == -1000
    assert total(booked, "rto_reversal") == 100


def test_a_refund_of_goods_that_are_back_does_not_take_them_off_the_cost_again() -> None:
    booked = book(cod_order(refunds=(refund(taken(), on=at(7)),)), rto_parcel(began=4, back=5), costs=P1)

    assert total(booked, "cogs", on=7) == 0
    assert total(booked, "cogs") == 0


def test_a_money_refund_after_the_rto_takes_the_place_of_its_reversal() -> None:
    booked = book(cod_order(refunds=(refund(amount=D(300), on=at(7)),)), rto_parcel(began=4))

    assert total(booked, "returns") + total(booked, "rto_reversal") == 1100


# --- delivered after all


def test_a_parcel_delivered_after_all_undoes_its_reversal_on_that_day() -> None:
    arrived = parcel("DELIVERED", rto_initiated_at=at(4), delivered_at=at(8), seen=FirstSeen(rto=at(4)))

    booked = book(cod_order(), arrived, costs=P1)

    assert total(booked, "rto_reversal", on=4) == 1100
    assert total(booked, "rto_reversal", on=8) == -1100
    assert total(booked, "rto_tax") == 0
    assert total(booked, "cogs") == 400


def test_an_undated_delivery_counts_from_the_day_it_was_first_seen() -> None:
    arrived = parcel("DELIVERED", seen=FirstSeen(rto=at(4), delivered=at(9)))

    assert total(book(cod_order(), arrived), "rto_reversal", on=9) == -1100


def test_a_delivery_dated_before_the_rto_undoes_it_when_it_began() -> None:
    muddled = parcel("DELIVERED", rto_initiated_at=at(6), delivered_at=at(4), seen=FirstSeen(rto=at(6)))

    booked = book(cod_order(), muddled)

    assert total(booked, "rto_reversal", on=4) == 0
    assert total(booked, "rto_reversal") == 0


def test_a_parcel_simply_delivered_books_nothing() -> None:
    assert book(cod_order(), parcel("DELIVERED", delivered_at=at(4))) == book(cod_order())


def test_a_partly_delivered_parcel_counts_as_delivered() -> None:
    part = parcel("PARTIAL DELIVERED", rto_initiated_at=at(4), delivered_at=at(8))

    assert total(book(cod_order(), part), "rto_reversal") == 0


# --- lost


@pytest.mark.parametrize("status", ["LOST", "DAMAGED", "DESTROYED"])
def test_a_lost_cod_parcel_is_reversed_and_its_goods_stay_in_the_cost(status: str) -> None:
    booked = book(cod_order(), parcel(status, seen=FirstSeen(lost=at(6))), costs=P1)

    assert total(booked, "rto_reversal", on=6) == 1100
    assert total(booked, "cogs") == 400


def test_a_lost_prepaid_parcel_waits_for_its_refund() -> None:
    lost = parcel("LOST", seen=FirstSeen(lost=at(6)))

    assert total(book(PREPAID, lost), "rto_reversal") == 0
    assert (
        total(
            book(replace(PREPAID, refunds=(refund(taken(restock="NO_RESTOCK"), on=at(9)),)), lost), "returns", on=9
        )
        == 1000
    )


def test_a_parcel_lost_on_its_way_back_is_reversed_once() -> None:
    lost = parcel("LOST", rto_initiated_at=at(4), seen=FirstSeen(rto=at(4), lost=at(9)))

    booked = book(cod_order(), lost)

    assert total(booked, "rto_reversal", on=4) == 1100
    assert total(booked, "rto_reversal", on=9) == 0


def test_a_lost_parcel_that_turns_up_keeps_its_past_and_is_undone_on_delivery() -> None:
    found = parcel("DELIVERED", delivered_at=at(9), seen=FirstSeen(lost=at(6), delivered=at(9)))

    booked = book(cod_order(), found)

    assert total(booked, "rto_reversal", on=6) == 1100
    assert total(booked, "rto_reversal", on=9) == -1100


# --- who pays at the door


def test_names_the_merchant_added_mean_cash_on_delivery_too() -> None:
    named = replace(cod_order(), gateways=("Pay at door",))

    assert total(book(named, rto_parcel()), "rto_reversal") == 0
    assert (
        total(book(named, rto_parcel(), settings=MerchantSettings(cod_gateways=("pay at door",))), "rto_reversal")
        == 1100
    )


def test_a_cod_order_marked_as_paid_at_creation_is_reversed_all_the_same() -> None:
    marked = cod_order(
        payments=(payment("1155", gateway="Cash on Delivery (COD)"), payment("1155", gateway="manual"))
    )

    assert total(book(marked, rto_parcel()), "rto_reversal") == 1100
