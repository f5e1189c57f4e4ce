"""Orders edited after they were placed; amounts of the audit trail include 5 % tax."""

from decimal import Decimal as D
from typing import Any

from profitsync.domain.orders import Order, OrderLine, Sale
from tests.unit.builders import (
    at,
    book,
    cod_order,
    cost,
    day,
    delivery,
    line,
    order,
    refund,
    rto_parcel,
    sale,
    taken,
    total,
)

COSTS = (cost("400", "p1"), cost("600", "p2"))


def edited(*lines: OrderLine, sales: tuple[Sale, ...], **more: Any) -> Order:
    return order(*lines, edited=True, sales=sales, **more)


def edit(amount: str, quantity: int = 1, on: int = 6, **more: Any) -> Sale:
    given: dict[str, Any] = {"reason": "ORDER_EDIT", "happened_at": at(on)} | more
    return sale(amount, quantity, **given)


def test_added_units_are_a_sale_on_the_day_of_the_edit() -> None:
    booked = book(edited(line("1"), line("2"), sales=(sale("1050"), edit("1050", line="2"))), costs=COSTS)

    assert total(booked, "gross_sales", on=2) == total(booked, "gross_sales", on=6) == 1000
    assert total(booked, "taxes", on=6) == 50
    assert total(booked, "cogs", on=2) == 400
    assert total(booked, "cogs", on=6) == 600


def test_units_added_on_a_later_day_are_not_booked_with_the_order() -> None:
    booked = book(edited(line("1"), line("2"), sales=(sale("1050"), edit("1050", line="2"))))

    assert total(booked, "booked") == 1000


def test_units_added_on_the_day_of_the_order_are_booked_with_it() -> None:
    booked = book(edited(line("1"), line("2"), sales=(sale("1050"), edit("1050", line="2", on=2))))

    assert total(booked, "booked", on=2) == 2000


def test_removed_units_are_a_return_on_the_day_of_the_edit_and_come_off_the_cost() -> None:
    booked = book(edited(line(quantity=2), sales=(sale("2100", 2), edit("-1050", -1))), costs=COSTS)

    assert total(booked, "gross_sales", on=2) == 2000
    assert total(booked, "returns", on=6) == 1000
    assert total(booked, "taxes", on=6) == -50
    assert total(booked, "cogs", on=6) == -400


def test_units_removed_on_the_day_of_the_order_are_a_return_and_stay_booked() -> None:
    booked = book(edited(line(quantity=2), sales=(sale("2100", 2), edit("-1050", -1, on=2))))

    assert total(booked, "returns", on=2) == 1000
    assert total(booked, "booked", on=2) == 2000


def test_a_discount_given_by_an_edit_is_a_discount_on_the_day_of_the_edit() -> None:
    booked = book(edited(line(discount="105"), sales=(sale("1050"), edit("-105", 0, action="UPDATE"))))

    assert total(booked, "discounts", on=2) == 0
    assert total(booked, "discounts", on=6) == 100
    assert total(booked, "taxes", on=6) == -5
    assert total(booked, "booked") == 1000


def test_a_discount_given_on_the_day_of_the_order_lowers_what_was_booked() -> None:
    booked = book(edited(line(discount="105"), sales=(sale("1050"), edit("-105", 0, action="UPDATE", on=2))))

    assert total(booked, "booked", on=2) == 900
    assert total(booked, "booked_tax", on=2) == 45


def test_discounts_of_the_trail_are_without_tax_and_make_up_the_gross() -> None:
    first = sale("1890", 2, discount=D(200))

    booked = book(edited(line(quantity=3, discount="210"), sales=(first, edit("1050"))))

    assert total(booked, "gross_sales", on=2) == 2000
    assert total(booked, "discounts", on=2) == 200


def test_shipping_changed_by_an_edit_counts_on_its_day() -> None:
    trail = (
        sale("1050"),
        sale("105", line=None, line_type="SHIPPING"),
        edit("-105", -1, line=None, line_type="SHIPPING"),
    )

    booked = book(edited(line(), shipping=(delivery(),), sales=trail))

    assert total(booked, "shipping", on=2) == 100
    assert total(booked, "shipping", on=6) == -100


def test_tips_and_gift_cards_of_the_trail_are_no_sales() -> None:
    card = line("2", price="500", tax="0", gift_card=True)
    trail = (
        sale("1050"), sale("500", line="2", line_type="GIFT_CARD", tax=D(0)),
        sale("50", line="9", line_type="TIP", tax=D(0)), edit("1050"),
    )  # fmt: skip

    booked = book(edited(line(quantity=2), card, tip=D(50), sales=trail))

    assert total(booked, "gross_sales") == 2000
    assert total(booked, "tips") == 50


def test_an_edited_order_can_still_be_refunded() -> None:
    trail = (sale("1050"), edit("1050", line="2"))

    booked = book(edited(line("1"), line("2"), sales=trail, refunds=(refund(taken("2"), on=at(8)),)), costs=COSTS)

    assert total(booked, "returns", on=8) == 1000
    assert total(booked, "cogs", on=8) == -600


def test_a_cancelled_edited_order_reverses_what_still_stands() -> None:
    trail = (sale("2100", 2), edit("-1050", -1), edit("1050", line="2"))

    booked = book(edited(line(quantity=2), line("2"), sales=trail, cancelled_at=at(9)), costs=COSTS)

    assert total(booked, "returns", on=9) == 2000
    assert total(booked, "cogs") == 0


def test_units_removed_before_shipping_are_not_taken_off_again_when_the_order_is_cancelled() -> None:
    trail = (sale("2100", 2), edit("-1050", -1))

    booked = book(edited(line(quantity=2), sales=trail, cancelled_at=at(9), fulfilled=(("1", 1),)), costs=COSTS)

    assert total(booked, "cogs") == 400


def test_units_removed_after_an_rto_make_the_reversal_give_way() -> None:
    trail = (sale("1050"), edit("-1050", -1))

    booked = book(edited(line(), sales=trail, gateways=("COD",)), rto_parcel(began=4, back=None))

    assert total(booked, "rto_reversal", on=4) == 1000
    assert total(booked, "returns", on=6) == 1000
    assert total(booked, "rto_reversal", on=6) == -1000


def test_money_sent_back_for_removed_units_is_no_second_return() -> None:
    trail = (sale("2100", 2), edit("-1050", -1))

    booked = book(edited(line(quantity=2), sales=trail, refunds=(refund(amount=D(1050), on=at(7)),)))

    assert total(booked, "returns") == 1000


def test_only_the_difference_of_an_exchange_by_edit_is_open_to_be_sent_back() -> None:
    trail = (sale("2100", 2), edit("840", line="2"), edit("-1050", -1))
    repaid = (refund(amount=D(210), on=at(7)), refund(id="r2", amount=D(50), on=at(8)))

    booked = book(edited(line(quantity=2), line("2", price="840"), sales=trail, refunds=repaid))

    assert total(booked, "returns", on=7) == 0
    assert total(booked, "returns", on=8) == 50


def test_an_exchange_is_a_return_and_a_new_sale_each_on_its_own_day() -> None:
    sent_instead = sale("1050", line="2", reason="RETURN", happened_at=at(7))
    swapped = order(line("1"), line("2"), sales=(sale("1050"), sent_instead), refunds=(refund(taken(), on=at(6)),))

    booked = book(swapped, costs=COSTS)

    assert total(booked, "gross_sales", on=2) == 1000
    assert total(booked, "returns", on=6) == 1000
    assert total(booked, "gross_sales", on=7) == 1000
    assert total(booked, "cogs", on=7) == 600
    assert total(booked, "booked") == 1000


def test_without_a_dated_trail_added_units_fall_on_the_day_of_the_order() -> None:
    booked = book(order(line("1"), line("2"), edited=True))

    assert {entry.day for entry in booked} == {day(2)}
    assert total(booked, "gross_sales") == 2000


def test_without_a_dated_trail_removed_units_are_a_return_on_the_day_of_the_order() -> None:
    fewer = order(line(quantity=3, current_quantity=1), edited=True, refunds=(refund(taken(), on=at(5)),))

    booked = book(fewer, costs=COSTS)

    assert total(booked, "returns", on=2) == 1000
    assert total(booked, "taxes", on=2) == 100
    assert total(booked, "cogs", on=2) == 800
    assert total(booked, "returns", on=5) == 1000


def test_the_trail_of_an_order_nobody_changed_is_not_needed() -> None:
    booked = book(cod_order(sales=(sale("1050"), sale("105", line=None, line_type="SHIPPING"))))

    assert booked == book(cod_order())
