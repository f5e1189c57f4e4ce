"""Cancelled orders: with and without refund records, shipped and not, prepaid and on delivery."""

from decimal import Decimal as D

import pytest

from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.movements import Movement
from profitsync.domain.orders import Order
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
    refund,
    rto_parcel,
    taken,
    total,
)

P1 = (cost("400", "p1"),)
PAID = order(line(quantity=2), shipping=(delivery(),), cancelled_at=at(4))


def cancelled(**changes: object) -> Order:
    return replace(PAID, **changes)


def nothing_stands(booked: list[Movement]) -> bool:
    sales = total(booked, "gross_sales") - total(booked, "discounts") - total(booked, "returns")
    return sales == total(booked, "shipping") == total(booked, "taxes") == 0


def test_the_sale_stays_on_its_day_and_the_negative_falls_on_the_day_of_the_cancellation() -> None:
    booked = book(PAID)

    assert total(booked, "gross_sales", on=2) == 2000
    assert total(booked, "returns", on=4) == 2000
    assert total(booked, "shipping", on=4) == -100
    assert total(booked, "taxes", on=4) == -105
    assert total(booked, "booked") == 2100


def test_a_cancelled_unpaid_order_is_reversed_like_a_paid_one() -> None:
    assert nothing_stands(book(cod_order(cancelled_at=at(4))))


def test_tips_and_duties_are_given_back_too() -> None:
    booked = book(cancelled(tip=D(50), duties=D(30)))

    assert total(booked, "tips", on=4) == -50
    assert total(booked, "duties", on=4) == -30


def test_a_refund_record_of_everything_is_not_reversed_again() -> None:
    record = refund(taken(units=2, worth="2100", restock="NO_RESTOCK"), shipping=(delivery(),), on=at(4))

    booked = book(cancelled(refunds=(record,), current_total=D(0)))

    assert nothing_stands(booked)
    assert total(booked, "returns", on=4) == 2000


def test_a_record_of_some_units_leaves_the_others_to_the_cancellation() -> None:
    booked = book(cancelled(refunds=(refund(taken(), on=at(3)),)))

    assert total(booked, "returns", on=3) == 1000
    assert total(booked, "returns", on=4) == 1000
    assert nothing_stands(booked)


def test_a_later_record_books_its_own_part_on_its_own_day() -> None:
    booked = book(cancelled(refunds=(refund(taken(), on=at(6)),)))

    assert total(booked, "returns", on=4) == 1000
    assert total(booked, "returns", on=6) == 1000
    assert nothing_stands(booked)


def test_a_later_record_of_all_units_decides_their_value() -> None:
    booked = book(cancelled(refunds=(refund(taken(units=2, worth="1890"), on=at(6)),)))

    assert total(booked, "returns", on=4) == 0
    assert total(booked, "returns", on=6) == 1800


def test_shipping_that_a_later_record_gives_back_waits_for_it() -> None:
    record = refund(taken(units=2, worth="2100"), shipping=(delivery(),), on=at(6))

    booked = book(cancelled(refunds=(record,), current_total=D(0)))

    assert total(booked, "shipping", on=4) == 0
    assert nothing_stands(booked)


def test_shipping_that_the_record_left_standing_stays_charged() -> None:
    record = refund(taken(units=2, worth="2100"), on=at(4))

    booked = book(cancelled(refunds=(record,), current_total=D(105)))

    assert total(booked, "shipping") == 100
    assert total(booked, "taxes") == 5


def test_value_kept_on_the_record_of_a_cancellation_stays_with_the_merchant() -> None:
    record = refund(taken(units=2, worth="2100"), adjustments=(adjustment("210", tax="10"),), on=at(4))

    assert total(book(cancelled(refunds=(record,), current_total=D(0))), "returns") == 1800


@pytest.mark.parametrize("restock", ["NO_RESTOCK", "RETURN", "CANCEL"])
def test_goods_never_shipped_come_off_the_cost_whatever_the_restock_type(restock: str) -> None:
    record = refund(taken(units=2, worth="2100", restock=restock), on=at(4))

    assert total(book(cancelled(refunds=(record,)), costs=P1), "cogs", on=4) == -800


def test_goods_never_shipped_come_off_the_cost_without_any_record() -> None:
    assert total(book(PAID, costs=P1), "cogs", on=4) == -800


def test_goods_that_were_shipped_stay_in_the_cost() -> None:
    assert total(book(cancelled(fulfilled=(("1", 2),)), costs=P1), "cogs", on=4) == 0


def test_goods_that_are_under_way_stay_in_the_cost() -> None:
    assert total(book(PAID, parcel("IN TRANSIT"), costs=P1), "cogs", on=4) == 0


@pytest.mark.parametrize("status", ["PICKUP SCHEDULED", "CANCELED"])
def test_a_parcel_that_never_left_does_not_keep_goods_in_the_cost(status: str) -> None:
    assert total(book(PAID, parcel(status), costs=P1), "cogs", on=4) == -800


def test_of_a_partly_shipped_order_only_the_rest_comes_off_the_cost() -> None:
    assert total(book(cancelled(fulfilled=(("1", 1),)), costs=P1), "cogs", on=4) == -400


def test_a_unit_taken_off_before_shipping_is_not_taken_off_again_for_a_shipped_one() -> None:
    record = refund(taken(restock="CANCEL"), on=at(3))

    booked = book(cancelled(refunds=(record,), fulfilled=(("1", 1),)), costs=P1)

    assert total(booked, "cogs", on=3) == -400
    assert total(booked, "cogs", on=4) == 0


def test_a_refund_before_the_cancellation_restocks_each_unit_once() -> None:
    booked = book(cancelled(refunds=(refund(taken(), on=at(3)),)), costs=P1)

    assert total(booked, "cogs", on=4) == -400
    assert total(booked, "cogs") == 0


def test_shipped_goods_of_a_cancelled_order_come_off_when_they_are_back() -> None:
    booked = book(PAID, rto_parcel(began=3, back=6), costs=P1)

    assert total(booked, "cogs", on=4) == 0
    assert total(booked, "cogs", on=6) == -800


def test_money_sent_back_before_the_cancellation_is_not_reversed_twice() -> None:
    goodwill = refund(amount=D(210), adjustments=(adjustment("-210", tax="-10"),), on=at(3))

    booked = book(cancelled(refunds=(goodwill,)))

    assert total(booked, "returns", on=3) == 200
    assert total(booked, "returns", on=4) == 1800
    assert nothing_stands(booked)


def test_money_sent_back_after_the_cancellation_is_not_reversed_twice() -> None:
    booked = book(cancelled(refunds=(refund(amount=D(2205), on=at(7)),)))

    assert total(booked, "returns", on=7) == 0
    assert nothing_stands(booked)


def test_only_what_goes_beyond_a_cancelled_order_is_goodwill() -> None:
    booked = book(cancelled(refunds=(refund(amount=D(2305), on=at(7)),)))

    assert total(booked, "returns", on=7) == 100


def test_a_cancellation_after_an_rto_is_a_return_and_an_equal_negative_reversal() -> None:
    booked = book(cod_order(cancelled_at=at(7)), rto_parcel(began=4, back=5))

    assert total(booked, "rto_reversal", on=4) == 1100
    assert total(booked, "returns", on=7) == 1000
    assert total(booked, "shipping", on=7) == -100
    assert total(booked, "rto_reversal", on=7) == -1100
    assert total(booked, "rto_tax") == 0


def test_an_rto_after_the_cancellation_reverses_nothing_more() -> None:
    assert total(book(cod_order(cancelled_at=at(3)), rto_parcel(began=4)), "rto_reversal") == 0


def test_an_rto_before_the_cancellation_takes_its_goods_off_the_cost_once() -> None:
    booked = book(cod_order(cancelled_at=at(7)), rto_parcel(began=4, back=5), costs=P1)

    assert total(booked, "cogs", on=5) == -400
    assert total(booked, "cogs", on=7) == 0


def test_a_lost_parcel_cancelled_later_gives_way_and_its_goods_stay_lost() -> None:
    lost = parcel("LOST", seen=FirstSeen(lost=at(5)))

    booked = book(cod_order(cancelled_at=at(7)), lost, costs=P1)

    assert total(booked, "rto_reversal") == 0
    assert total(booked, "returns") == 1000
    assert total(booked, "cogs") == 400


def test_fees_of_a_cancelled_order_are_not_given_back() -> None:
    assert total(book(PAID, settings=MerchantSettings()), "fees") == 0
