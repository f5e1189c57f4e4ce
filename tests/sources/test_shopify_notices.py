"""What people are told of orders: lines that miss their subtotal, gateways that tell no fee."""

from decimal import Decimal

import pytest

from profitsync.sources.shopify.notices import MOST_NAMED
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import WINDOW, Json, Shop, bag, coded, line, order, page, ref
from tests.sources.test_shopify_mapping import read

D = Decimal


# --- the sum of the lines against the subtotal


SUBTOTALS = [
    pytest.param({}, "1890.0", "0", id="as the lines say"),
    pytest.param({}, "1990.0", "100", id="more than the lines say"),
    pytest.param({}, "1889.99", "-0.01", id="a paisa less"),
    pytest.param({"subtotalPriceSet": None}, None, "0", id="not told"),
    pytest.param(
        {"edited": True, "currentTotalPriceSet": bag("0.0")}, "1890.0", "0", id="units removed by an edit"
    ),
    pytest.param({"presentmentCurrencyCode": "INR"}, "1889.99", "-0.01", id="paid in the shop's currency"),
    pytest.param({"presentmentCurrencyCode": "USD"}, "1889.98", "0", id="rounding of an order paid elsewhere"),
    pytest.param({"presentmentCurrencyCode": "USD"}, "1889.90", "-0.10", id="more than rounding"),
]


@pytest.mark.parametrize(("changes", "subtotal", "gap"), SUBTOTALS)
def test_the_lines_are_held_against_the_subtotal(
    shop: Shop, changes: Json, subtotal: str | None, gap: str
) -> None:
    told = {} if subtotal is None else {"subtotalPriceSet": bag(subtotal)}
    edited = [
        samples.nodes_answer(samples.details()),
        samples.nodes_answer({**ref("Order", 450), "agreements": page()}),
    ]

    found = read(shop, order(450, **told, **changes), *(edited if changes.get("edited") else []))

    assert found.subtotal_gap == D(gap)


def test_yen_are_rounded_to_whole_ones(shop: Shop) -> None:
    """An order paid elsewhere, in a shop whose money has no smaller part."""
    goods = line(originalUnitPriceSet=bag("1050.0"), discountAllocations=[])
    given = order(
        lineItems=page(goods), subtotalPriceSet=bag("2102.0"), presentmentCurrencyCode="USD",
        originalTotalPriceSet={"shopMoney": coded("2102.0", "JPY")},
    )  # fmt: skip

    assert read(shop, given).subtotal_gap == 0


def test_a_tip_among_the_lines_is_no_part_of_the_subtotal(shop: Shop) -> None:
    tip = line(12, quantity=1, product=None, variant=None, requiresShipping=False,
               originalUnitPriceSet=bag("50.0"), discountAllocations=[], taxLines=[])  # fmt: skip
    given = order(
        lineItems=page(line(), tip), totalTipReceivedSet=bag("50.0"), subtotalPriceSet=bag("1890.0")
    )  # fmt: skip

    assert read(shop, given).subtotal_gap == 0


def test_lines_that_do_not_add_up_are_told_by_order_and_do_not_stop_the_read(shop: Shop) -> None:
    shop.answers(samples.orders_answer(order(1, subtotalPriceSet=bag("1990.0")), order(2)))
    shopify = shop.source()

    [batch] = shopify.orders(WINDOW)

    assert [one.id for one in batch] == ["1", "2"]
    assert shopify.warnings == [
        "order #1: its lines come to 1890.0 INR, its subtotal to 1990.0 INR; the lines are counted"
    ]


def test_many_such_orders_are_not_all_named(shop: Shop) -> None:
    shop.answers(samples.orders_answer(*(order(n, subtotalPriceSet=bag("1.0")) for n in range(30))))
    shopify = shop.source()

    list(shopify.orders(WINDOW))

    assert len(shopify.warnings) == MOST_NAMED + 1


# --- gateways that tell no fee


FEELESS = [
    pytest.param({}, True, id="another gateway"),
    pytest.param({"gateway": "shopify_payments"}, False, id="Shopify Payments, which may tell it later"),
    pytest.param({"gateway": "Cash on Delivery (COD)"}, False, id="cash on delivery"),
    pytest.param({"gateway": "manual"}, False, id="marked as paid by hand"),
    pytest.param({"gateway": "gift_card"}, False, id="a gift card"),
    pytest.param({"status": "FAILURE"}, False, id="a payment that failed"),
    pytest.param({"kind": "AUTHORIZATION"}, False, id="an authorization"),
    pytest.param({"fees": [{"amount": coded("2.0")}]}, False, id="a fee that is told"),
]


@pytest.mark.parametrize(("changes", "told"), FEELESS)
def test_a_gateway_that_tells_no_fee_is_named_once_fees_count(shop: Shop, changes: Json, told: bool) -> None:
    shop.answers(samples.orders_answer(*(order(n, transactions=[samples.transaction(**changes)]) for n in (1, 2))))
    counting, other = shop.source(fees=True), shop.source()

    list(counting.orders(WINDOW))
    list(other.orders(WINDOW))

    assert [text.split(",")[0] for text in counting.warnings] == (
        ["payments through razorpay report no fee to Shopify"] if told else []
    )
    assert other.warnings == []
