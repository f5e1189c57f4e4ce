"""What an order adds on the day it is placed."""

from datetime import UTC, datetime
from decimal import Decimal as D

from profitsync.domain.merchants import FeeRate, MerchantSettings, TransactionFees
from profitsync.domain.movements import Cause
from tests.unit.builders import at, book, cost, day, delivery, line, order, payment, total


def test_a_sale_is_booked_without_tax_on_the_day_of_the_order() -> None:
    booked = book(order(line(quantity=2, discount="210"), shipping=(delivery(),)))

    assert {entry.day for entry in booked} == {day(2)}
    assert total(booked, "gross_sales") == 2000
    assert total(booked, "discounts") == 200
    assert total(booked, "shipping") == 100
    assert total(booked, "taxes") == 95
    assert total(booked, "booked") == 1900
    assert total(booked, "booked_tax") == 95


def test_prices_without_tax_are_taken_as_they_are() -> None:
    booked = book(order(line(price="1000", discount="100", tax="45"), taxes_included=False))

    assert total(booked, "gross_sales") == 1000
    assert total(booked, "discounts") == 100
    assert total(booked, "taxes") == 45


def test_a_line_discounted_to_zero_has_gross_sales_and_an_equal_discount() -> None:
    booked = book(order(line(discount="1050", tax="0")))

    assert total(booked, "gross_sales") == 1000
    assert total(booked, "discounts") == 1000
    assert total(booked, "booked") == 0


def test_an_order_belongs_to_the_day_it_was_processed_in_the_shops_zone() -> None:
    late = datetime(2026, 11, 2, 19, tzinfo=UTC)

    booked = book(order(line(), placed=late, created_at=at(1)))

    assert {entry.day for entry in booked} == {day(3)}


def test_a_test_order_adds_nothing() -> None:
    assert book(order(line(), test=True)) == []


def test_a_sold_gift_card_is_no_revenue_and_has_no_cost() -> None:
    booked = book(order(line("1"), line("2", price="500", tax="0", gift_card=True)), costs=(cost("300", "p2"),))

    assert total(booked, "gross_sales") == 1000
    assert total(booked, "booked") == 1000
    assert total(booked, "cogs") == 400


def test_an_order_of_nothing_but_a_gift_card_adds_nothing() -> None:
    assert book(order(line(price="500", tax="0", gift_card=True))) == []


def test_a_used_gift_card_is_only_a_means_of_payment() -> None:
    paid = order(line(), gateways=("gift_card",), payments=(payment("1050", gateway="gift_card"),))

    assert total(book(paid), "gross_sales") == 1000


def test_tips_and_duties_stand_apart_from_sales_and_shipping() -> None:
    booked = book(order(line(), tip=D(50), duties=D(30)))

    assert total(booked, "tips") == 50
    assert total(booked, "duties") == 30
    assert total(booked, "gross_sales") == total(booked, "booked") == 1000
    assert total(booked, "taxes") == 50


def test_shipping_has_no_cost_of_goods() -> None:
    booked = book(order(line(), shipping=(delivery(),)), costs=(cost("400", "p1"),))

    assert total(booked, "cogs") == 400


def test_unpaid_and_pending_orders_count_like_paid_ones() -> None:
    unpaid = order(line(), payments=(payment("1050", status="PENDING"),))

    assert total(book(unpaid), "gross_sales") == 1000


def test_nothing_is_booked_for_a_line_without_units() -> None:
    assert book(order(line(quantity=0, tax="0"))) == []


def test_transaction_fees_are_none_unless_the_merchant_sets_them() -> None:
    assert total(book(order(line(), payments=(payment("1050", fee=D(21)),))), "fees") == 0


def test_fees_by_rate_fall_on_the_day_of_the_order() -> None:
    rates = MerchantSettings(transaction_fees=TransactionFees("rates", (FeeRate("*", D(2), D(3)),)))

    assert total(book(order(line()), settings=rates), "fees", on=2) == 24


def test_fees_that_shopify_reports_fall_on_the_day_of_the_payment() -> None:
    reported = MerchantSettings(transaction_fees=TransactionFees("shopify"))
    paid = order(
        line(), payments=(payment("1050", fee=D(21), on=at(3)), payment("1050", fee=D(9), status="FAILURE"))
    )

    booked = book(paid, settings=reported)

    assert [(entry.day, entry.money["fees"]) for entry in booked if entry.cause is Cause.FEES] == [(day(3), D(21))]
