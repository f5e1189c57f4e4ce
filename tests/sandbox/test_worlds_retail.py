"""Order lines from CSV as a shop."""

import gzip
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from profitsync.errors import UsageError
from profitsync.sandbox.render_shopify import order_node
from profitsync.sandbox.world import OrderDraft, ShopifyWorld, World
from profitsync.sandbox.worlds.retail import from_csv
from tests.sandbox.retail_expected import ExpectedDay, expected_days
from tests.sandbox.retail_sample import HEADER, LINES, write_lines, write_random_year

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return from_csv(write_lines(tmp_path / "lines.csv", *LINES))


@pytest.fixture
def shop(world: World) -> ShopifyWorld:
    assert world.shopify is not None
    return world.shopify


def test_each_invoice_is_one_order_and_repeated_items_stay_separate_lines(shop: ShopifyWorld) -> None:
    order = shop.orders["536365"]

    assert list(shop.orders) == ["536365", "536366", "536367", "536368", "536376"]
    assert [(line.sku, line.quantity) for line in order.lines] == [("85123A", 6), ("71053", 2), ("71053", 2)]
    assert len({line.id for line in order.lines}) == 3


def test_a_merchant_from_csv_uses_shopify_alone(world: World, shop: ShopifyWorld) -> None:
    assert world.meta is None
    assert world.shiprocket is None
    assert (shop.currency, shop.timezone, shop.taxes_included) == ("GBP", "Europe/London", False)
    assert set(world.user_json()) == {"email", "shopifyStore", "shopifyAccessToken"}


def test_times_are_london_time_summer_time_included(shop: ShopifyWorld) -> None:
    assert shop.orders["536365"].processed_at == datetime(2011, 3, 1, 8, 26, tzinfo=UTC)
    assert shop.orders["536376"].processed_at == datetime(2011, 7, 3, 23, 10, tzinfo=UTC)


def test_prices_are_kept_exactly_as_written(shop: ShopifyWorld) -> None:
    line = shop.orders["536368"].lines[0]

    assert line.unit_price == Decimal("0.295")
    assert line.title == "84077"
    node = order_node(shop.orders["536368"], shop)
    assert node["lineItems"][0]["originalUnitPriceSet"]["shopMoney"]["amount"] == "0.295"


def test_a_credit_note_takes_the_newest_purchase_back_first(shop: ShopifyWorld) -> None:
    newer, older = shop.orders["536367"].refunds[0], shop.orders["536365"].refunds[0]

    assert [(line.quantity, line.subtotal) for line in newer.lines] == [(4, Decimal("11.00"))]
    assert [(line.quantity, line.subtotal) for line in older.lines] == [(1, Decimal("2.55"))]
    assert newer.at == older.at == datetime(2011, 3, 3, 23, 30, tzinfo=UTC)
    assert {line.restock_type for line in newer.lines + older.lines} == {"RETURN"}


def test_the_credit_notes_own_price_is_kept_as_a_signed_adjustment(shop: ShopifyWorld) -> None:
    cheaper, dearer = shop.orders["536367"].refunds[0], shop.orders["536368"].refunds[0]

    assert [(one.amount, one.reason) for one in cheaper.adjustments] == [(Decimal("1.00"), "REFUND_DISCREPANCY")]
    assert [one.amount for one in dearer.adjustments] == [48 * (Decimal("0.295") - Decimal("0.30"))]
    assert [one.amount for one in dearer.transactions] == [Decimal("14.40")]


def test_the_audit_trail_adds_up_to_what_was_credited(shop: ShopifyWorld) -> None:
    for order in (shop.orders["536367"], shop.orders["536368"]):
        trail = order_node(order, shop)["agreements"]
        refund = next(one for one in trail if one["reason"] == "REFUND")
        amounts = [Decimal(sale["totalAmount"]["shopMoney"]["amount"]) for sale in refund["sales"]]

        assert -sum(amounts) == order.refunds[0].transactions[0].amount


def test_one_credit_line_may_take_units_from_two_lines_of_an_order(shop: ShopifyWorld) -> None:
    refund = shop.orders["536365"].refunds[1]

    assert sorted(line.quantity for line in refund.lines) == [1, 2]
    assert not refund.adjustments


def test_customers_are_counted_over_the_whole_file(shop: ShopifyWorld) -> None:
    orders = [shop.orders[name] for name in ("536365", "536367", "536376")]

    assert [order.customer_order_index for order in orders] == [1, 2, 3]
    assert {order.customer_orders for order in orders} == {3}
    assert shop.orders["536366"].customer_id is None


def test_an_order_changes_last_with_its_last_refund(shop: ShopifyWorld) -> None:
    assert shop.orders["536365"].updated_at == datetime(2011, 3, 4, 11, 0, tzinfo=UTC)
    assert shop.orders["536366"].updated_at == shop.orders["536366"].created_at
    assert shop.orders["536368"].financial_status == "REFUNDED"
    assert shop.orders["536365"].financial_status == "PARTIALLY_REFUNDED"


def test_whatever_is_left_out_is_counted(world: World) -> None:
    report = world.report
    assert report is not None

    assert (report.rows, report.orders, report.order_lines, report.guest_orders) == (15, 5, 7, 1)
    assert (report.stock_movement_lines, report.bad_debt_lines) == (1, 2)
    assert (report.credit_lines, report.credit_units, report.refunds) == (5, 60, 4)
    assert (report.matched_units, report.unmatched_units, report.guest_credit_units) == (56, 3, 1)
    assert "matched units: 56" in list(report.lines())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_daily_figures_equal_an_independent_computation(tmp_path: Path, seed: int) -> None:
    path = write_random_year(tmp_path / "year.csv", seed)
    shop = from_csv(path).shopify
    assert shop is not None

    assert _daily(shop.orders.values()) == expected_days(path)


def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    plain = write_lines(tmp_path / "plain.csv", *LINES)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert from_csv(packed) == from_csv(plain)


BROKEN = {
    "no column": (HEADER.replace("UnitPrice", "Price"), (), ("line 1", "UnitPrice", "header")),
    "quantity": (HEADER, ("1,A,x,six,2011-03-01 08:26:00,1,,UK",), ("line 2", "Quantity", "'six'", "whole")),
    "price": (HEADER, ("1,A,x,1,2011-03-01 08:26:00,NaN,,UK",), ("line 2", "UnitPrice", "'NaN'", "2.55")),
    "date": (HEADER, ("1,A,x,1,01/03/2011 08:26,1,,UK",), ("line 2", "InvoiceDate", "2010-12-01 08:26:00")),
    "customer": (HEADER, ("1,A,x,1,2011-03-01 08:26:00,1,bob,UK",), ("line 2", "CustomerID", "digits")),
    "no invoice": (HEADER, (",A,x,1,2011-03-01 08:26:00,1,,UK",), ("line 2", "InvoiceNo", "empty")),
    "cells": (HEADER, ("1,A,x,y,1,2011-03-01 08:26:00,1,,UK",), ("line 2", "9 cells", "quote")),
    "quotes": (HEADER, ('1,A,"x"y,1,2011-03-01 08:26:00,1,,UK',), ("not CSV",)),
    "no sale": (HEADER, ("1,A,x,-1,2011-03-01 08:26:00,0,,UK",), ("no sale", "positive quantity")),
    "empty": ("", (), ("line 1", "InvoiceNo")),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_malformed_file_is_refused_with_place_and_remedy(tmp_path: Path, case: str) -> None:
    header, lines, wanted = BROKEN[case]
    path = write_lines(tmp_path / "broken.csv", *lines, header=header)

    with pytest.raises(UsageError) as caught:
        from_csv(path)

    assert [text for text in (str(path), *wanted) if text not in str(caught.value)] == []


def test_every_bad_line_is_named_up_to_ten(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "broken.csv", *["1,A,x,many,2011-03-01 08:26:00,1,,UK"] * 30)

    with pytest.raises(UsageError) as caught:
        from_csv(path)

    assert len(str(caught.value).splitlines()) == 10


@pytest.mark.parametrize("content", [None, b"\x1f\x8bno gzip", b"\xff\xfe\x00"])
def test_an_unreadable_file_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "lines.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageError, match=r"lines\.csv"):
        from_csv(path)


def _daily(orders: Iterable[OrderDraft]) -> dict[date, ExpectedDay]:
    """The drafts' own figures per London day."""
    days: dict[date, ExpectedDay] = defaultdict(ExpectedDay)
    for order in orders:
        day = days[order.processed_at.astimezone(LONDON).date()]
        day.orders.add(order.id)
        day.gross_sales += sum(line.unit_price * line.quantity for line in order.lines)
        if order.customer_id:
            day.customers.add(order.customer_id)
            day.new_customers += order.customer_order_index == 1
        for refund in order.refunds:
            value = sum(line.subtotal for line in refund.lines) - sum(one.amount for one in refund.adjustments)
            days[refund.at.astimezone(LONDON).date()].matched_refunds += value
    return dict(days)
