"""What refunds take back: goods, shipping, and money beyond or short of them."""

from decimal import Decimal as D

import pytest

from profitsync.domain.orders import RefundLine
from tests.records import replace
from tests.unit.builders import adjustment, at, book, cost, delivery, line, order, refund, sale, taken, total

P1 = (cost("400", "p1"),)
TWO = line(quantity=2)


def test_a_refund_lands_on_its_own_day_and_leaves_the_day_of_the_sale_alone() -> None:
    sold = order(TWO)
    returned = replace(sold, refunds=(refund(taken(), on=at(5)),))

    booked = book(returned, costs=P1)

    assert total(booked, "returns", on=5) == 1000
    assert total(booked, "taxes", on=5) == -50
    assert [entry for entry in booked if entry.day.day == 2] == book(sold, costs=P1)


def test_refunded_goods_are_valued_without_tax_also_where_prices_exclude_it() -> None:
    back = refund(RefundLine("1", 1, D(1000), D(50), "RETURN"))

    booked = book(order(line(price="1000", tax="50"), taxes_included=False, refunds=(back,)))

    assert total(booked, "returns") == 1000
    assert total(booked, "taxes", on=5) == -50


@pytest.mark.parametrize(
    ("restock", "came_back"),
    [("RETURN", 400), ("CANCEL", 400), ("LEGACY_RESTOCK", 400), ("NO_RESTOCK", 0), ("SOMETHING_NEW", 0)],
)
def test_only_restocked_goods_come_off_the_cost(restock: str, came_back: int) -> None:
    booked = book(order(TWO, refunds=(refund(taken(restock=restock)),)), costs=P1)

    assert total(booked, "cogs", on=5) == -came_back
    assert total(booked, "returns") == 1000


def test_restocked_goods_come_back_at_the_cost_of_the_day_of_the_sale() -> None:
    rising = (cost("400", "p1"), cost("450", "p1", id="later", valid_from=at(4).date()))

    assert total(book(order(TWO, refunds=(refund(taken()),)), costs=rising), "cogs", on=5) == -400


def test_the_value_of_goods_counts_even_if_no_money_moved() -> None:
    unpaid = order(line(), cod=True, refunds=(refund(taken(), amount=D(0)),))

    assert total(book(unpaid), "returns", on=5) == 1000


def test_goods_of_a_refund_whose_money_is_pending_or_failed_count_all_the_same() -> None:
    assert total(book(order(line(), refunds=(refund(taken(), settled=False),))), "returns") == 1000


def test_refunded_shipping_lowers_shipping_and_not_sales() -> None:
    booked = book(order(line(), shipping=(delivery(),), refunds=(refund(shipping=(delivery(),), amount=D(105)),)))

    assert total(booked, "shipping", on=5) == -100
    assert total(booked, "taxes", on=5) == -5
    assert total(booked, "returns") == 0


def test_refunded_shipping_without_goods_waits_for_its_money() -> None:
    promised = refund(shipping=(delivery(),), settled=False)

    assert total(book(order(line(), shipping=(delivery(),), refunds=(promised,))), "shipping") == 100


def test_a_refund_of_nothing_but_money_is_a_return_without_tax_and_without_cost() -> None:
    goodwill = refund(amount=D(105), adjustments=(adjustment("-105", tax="-5"),))

    booked = book(order(line(), refunds=(goodwill,)), costs=P1)

    assert total(booked, "returns", on=5) == 100
    assert total(booked, "taxes", on=5) == -5
    assert total(booked, "cogs", on=5) == 0


def test_a_money_refund_adds_to_returns_whatever_sign_its_adjustment_has() -> None:
    assert (
        total(book(order(line(), refunds=(refund(adjustments=(adjustment("105", tax="5"),)),))), "returns") == 100
    )


def test_a_money_refund_without_an_adjustment_counts_with_its_amount() -> None:
    assert total(book(order(line(), refunds=(refund(amount=D(80)),))), "returns") == 80


def test_a_pending_money_refund_counts_only_once_it_succeeded() -> None:
    pending = refund(amount=D(80), settled=False)

    assert total(book(order(line(), refunds=(pending,))), "returns") == 0
    assert total(book(order(line(), refunds=(replace(pending, settled=True),))), "returns", on=5) == 80


def test_a_money_refund_that_succeeded_counts_even_if_shopify_still_calls_it_pending() -> None:
    late = refund(amount=D(80), adjustments=(adjustment("-80", reason="PENDING_REFUND_DISCREPANCY"),))

    assert total(book(order(line(), refunds=(late,))), "returns") == 80


def test_value_the_merchant_kept_lowers_returns() -> None:
    kept = refund(taken(), amount=D(945), adjustments=(adjustment("105", tax="5"),))

    booked = book(order(line(), refunds=(kept,)))

    assert total(booked, "returns") == 900
    assert total(booked, "taxes", on=5) == -45


def test_money_paid_beyond_the_goods_raises_returns() -> None:
    generous = refund(taken(), amount=D(1155), adjustments=(adjustment("-105", tax="-5"),))

    assert total(book(order(line(), refunds=(generous,))), "returns") == 1100


def test_money_promised_beyond_the_goods_waits_until_it_was_sent() -> None:
    generous = refund(taken(), adjustments=(adjustment("-105", tax="-5"),), settled=False)

    assert total(book(order(line(), refunds=(generous,))), "returns") == 1000


@pytest.mark.parametrize(("signed", "returns"), [("105", 900), ("-105", 1100)])
def test_the_audit_trail_says_which_way_an_adjustment_goes(signed: str, returns: int) -> None:
    unsure = refund(taken(), adjustments=(adjustment("105", tax="5"),))
    entry = sale(signed, 0, line=None, line_type="ADJUSTMENT", reason="REFUND", refund_id="r1", happened_at=at(5))
    other = replace(entry, id="other", refund_id="another refund")

    assert total(book(order(line(), refunds=(unsure,), sales=(entry, other))), "returns") == returns


def test_a_pending_discrepancy_of_unpaid_goods_does_not_lower_their_value() -> None:
    unpaid = refund(taken(), amount=D(0), adjustments=(adjustment("1050", reason="PENDING_REFUND_DISCREPANCY"),))

    assert total(book(order(line(), refunds=(unpaid,))), "returns") == 1000


def test_money_sent_later_for_goods_taken_back_before_is_no_second_return() -> None:
    goods = refund(taken(), amount=D(0), adjustments=(adjustment("1050", reason="PENDING_REFUND_DISCREPANCY"),))
    money = refund(id="r2", amount=D(1050), on=at(7))

    assert total(book(order(line(), refunds=(goods, money))), "returns") == 1000


def test_refunded_gift_cards_lower_nothing() -> None:
    card = line("2", price="500", tax="0", gift_card=True)
    back = refund(RefundLine("2", 1, D(500), D(0), "RETURN"), amount=D(500))

    assert total(book(order(line(), card, refunds=(back,))), "returns") == 0


def test_a_unit_comes_off_the_cost_once_however_often_it_is_refunded() -> None:
    twice = (refund(taken(), on=at(5)), refund(taken(), id="r2", on=at(6)))

    assert total(book(order(line(), refunds=twice), costs=P1), "cogs") == 0


def test_two_refunds_of_one_order_each_land_on_their_day() -> None:
    booked = book(order(TWO, refunds=(refund(taken(), on=at(5)), refund(taken(), id="r2", on=at(9)))), costs=P1)

    assert total(booked, "returns", on=5) == total(booked, "returns", on=9) == 1000
    assert total(booked, "cogs", on=9) == -400
