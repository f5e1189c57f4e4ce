"""From Shopify's answers to orders: every field of the ledger, and the traps of the API."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from profitsync.domain.orders import (
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundAdjustment,
    RefundLine,
    Sale,
    ShippingCharge,
)
from profitsync.sources.errors import BadResponseError
from profitsync.stores.slips import whole
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import WINDOW, Json, Shop, bag, coded, line, order, page, ref, refund

D = Decimal


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def read(shop: Shop, given: Json, *further: Json) -> Order:
    """The order as the source hands it out."""
    shop.answers(samples.orders_answer(given), *further)
    [[only]] = shop.source().orders(WINDOW)
    return whole(only)


def read_with_details(shop: Shop, given: Json, **details: Any) -> Order:
    return read(shop, given, samples.nodes_answer(samples.details(**details)))


def test_a_plain_order_is_mapped_field_by_field(shop: Shop) -> None:
    assert read(shop, order()) == Order(
        id="450",
        name="#450",
        created_at=utc(2026, 11, 2, 5, 30),
        processed_at=utc(2026, 11, 2, 5, 29),
        updated_at=utc(2026, 11, 23, 9, 30),
        currency="INR",
        taxes_included=True,
        gateways=("razorpay",),
        customer_id="7",
        customer_orders=3,
        customer_order_index=1,
        lines=(
            OrderLine(
                id="11",
                title="Kurta - M",
                quantity=2,
                unit_price=D("1050.0"),
                discount=D("210.0"),
                tax=D("90.0"),
                tax_rate=D("0.05"),
                product_id="101",
                variant_id="1001",
                sku="KUR-M",
            ),
        ),
        shipping=(ShippingCharge(D("105.0"), D("5.0")),),
        total=D("1995.0"),
        current_total=D("1995.0"),
        payments=(Payment("SALE", "SUCCESS", "razorpay", D("1995.0"), utc(2026, 11, 2, 5, 30, 2)),),
    )


def test_an_untouched_order_costs_one_request_and_has_no_details(shop: Shop) -> None:
    plain = read(shop, order())

    assert shop.operations == ["Orders"]
    assert (plain.refunds, plain.sales, plain.fulfilled) == ((), None, None)


def test_discounts_taxes_and_rates_of_a_line_are_summed_exactly(shop: Shop) -> None:
    given = line(
        discountAllocations=[{"allocatedAmountSet": bag("0.1")}, {"allocatedAmountSet": bag("0.2")}],
        taxLines=[samples.tax("4.55", 0.09), samples.tax("4.56", 0.09), samples.tax("0", None)],
    )

    [mapped] = read(shop, order(lineItems=page(given))).lines

    assert (mapped.discount, mapped.tax, mapped.tax_rate) == (D("0.3"), D("9.11"), D("0.18"))


def test_a_gift_card_line_says_so(shop: Shop) -> None:
    given = line(isGiftCard=True, requiresShipping=False, taxLines=[], discountAllocations=[])

    [mapped] = read(shop, order(lineItems=page(given))).lines

    assert (mapped.gift_card, mapped.requires_shipping, mapped.tax) == (True, False, D(0))


@pytest.mark.parametrize("sku", [None, ""])
def test_a_custom_line_has_neither_product_nor_variant_nor_sku(shop: Shop, sku: str | None) -> None:
    given = line(product=None, variant=None, sku=sku)

    [mapped] = read(shop, order(lineItems=page(given))).lines

    assert (mapped.product_id, mapped.variant_id, mapped.sku) == (None, None, None)


def test_removed_shipping_lines_are_dropped(shop: Shop) -> None:
    lines = page(samples.shipping_line("80.0", "4.0"), samples.shipping_line(removed=True))

    assert read(shop, order(shippingLines=lines)).shipping == (ShippingCharge(D("80.0"), D("4.0")),)


def test_the_currency_is_that_of_the_amounts(shop: Shop) -> None:
    """An order keeps the currency the shop had when it was placed."""
    mapped = read(shop, order(originalTotalPriceSet={"shopMoney": coded("20.0", "USD")}))

    assert (mapped.currency, mapped.total) == ("USD", D("20.0"))


def test_duties_and_additional_fees_are_added_up(shop: Shop) -> None:
    given = order(originalTotalDutiesSet=bag("12.5"), originalTotalAdditionalFeesSet=bag("2.5"))

    assert read(shop, given).duties == D("15.0")


INDEXES = [
    pytest.param({"ready": True, "customerOrderIndex": 4}, 4, id="known"),
    pytest.param({"ready": False, "customerOrderIndex": 1}, None, id="not ready"),
    pytest.param({"ready": True, "customerOrderIndex": None}, None, id="null"),
    pytest.param({"ready": True, "customerOrderIndex": 0}, None, id="zero"),
    pytest.param(None, None, id="no journey"),
]


@pytest.mark.parametrize(("journey", "index"), INDEXES)
def test_the_order_index_counts_only_when_shopify_is_sure(
    shop: Shop, journey: Json | None, index: int | None
) -> None:
    assert read(shop, order(customerJourneySummary=journey)).customer_order_index == index


def test_an_order_without_customer_has_none(shop: Shop) -> None:
    mapped = read(shop, order(customer=None))

    assert (mapped.customer_id, mapped.customer_orders) == (None, None)


def test_a_tip_listed_among_the_goods_is_no_sale(shop: Shop) -> None:
    tip = line(
        12, name="Tip", quantity=1, product=None, variant=None, sku=None, requiresShipping=False,
        originalUnitPriceSet=bag("50.0"), discountAllocations=[], taxLines=[],
    )  # fmt: skip

    mapped = read(shop, order(lineItems=page(line(), tip), totalTipReceivedSet=bag("50.0")))

    assert mapped.tip == 50
    assert [one.id for one in mapped.lines] == ["11"]


def test_goods_that_cost_as_much_as_the_tip_stay(shop: Shop) -> None:
    socks = line(12, quantity=1, originalUnitPriceSet=bag("50.0"))

    mapped = read(shop, order(lineItems=page(line(), socks), totalTipReceivedSet=bag("50.0")))

    assert [one.id for one in mapped.lines] == ["11", "12"]


def test_unknown_enum_values_do_not_disturb(shop: Shop) -> None:
    given = order(transactions=[samples.transaction(kind="TELEPORT", status="MAYBE")], refunds=[ref("Refund", 1)])
    returned = refund(refundLineItems=page(samples.refund_line(restockType="SOMEWHERE")))

    mapped = read_with_details(
        shop, given, refunds=[returned], fulfillments=[samples.fulfillment(status="BEAMED")]
    )

    assert (mapped.payments[0].kind, mapped.payments[0].status) == ("TELEPORT", "MAYBE")
    assert mapped.refunds[0].lines[0].restock_type == "SOMEWHERE"
    assert mapped.fulfilled == ()


def test_fields_nobody_asked_for_are_ignored(shop: Shop) -> None:
    assert read(shop, order(displayFinancialStatus=None, email="x@y.z")).id == "450"


# --- payments


def test_an_unprocessed_payment_is_dated_by_its_creation(shop: Shop) -> None:
    [mapped] = read(shop, order(transactions=[samples.transaction(processedAt=None, gateway=None)])).payments

    assert (mapped.processed_at, mapped.gateway) == (utc(2026, 11, 2, 5, 30), "")


FEES = [
    pytest.param([], None, id="none reported"),
    pytest.param([{"amount": coded("30.0")}, {"amount": coded("5.4")}], D("35.4"), id="summed"),
    pytest.param([{"amount": coded("30.0")}, {"amount": coded("1.0", "USD")}], None, id="other currency"),
]


@pytest.mark.parametrize(("fees", "fee"), FEES)
def test_fees_count_only_when_they_can_be_added(shop: Shop, fees: list[Json], fee: Decimal | None) -> None:
    [mapped] = read(shop, order(transactions=[samples.transaction(fees=fees)])).payments

    assert mapped.fee == fee


def test_test_transactions_of_a_real_order_are_dropped(shop: Shop) -> None:
    assert read(shop, order(transactions=[samples.transaction(test=True)])).payments == ()


# --- after the sale


def test_a_refund_is_mapped_field_by_field(shop: Shop) -> None:
    given = refund(
        refundShippingLines=page({"subtotalAmountSet": bag("105.0"), "taxAmountSet": bag("5.0")}),
    )

    mapped = read_with_details(shop, order(refunds=[ref("Refund", 900)]), refunds=[given])

    assert shop.operations == ["Orders", "OrderDetails"]
    assert mapped.refunds == (
        Refund(
            id="900",
            happened_at=utc(2026, 11, 5, 7),
            amount=D("945.0"),
            lines=(RefundLine("11", 1, D("945.0"), D("45.0"), "RETURN"),),
            shipping=(ShippingCharge(D("105.0"), D("5.0")),),
        ),
    )


def test_a_refund_without_processing_time_is_dated_by_its_creation(shop: Shop) -> None:
    mapped = read_with_details(shop, order(refunds=[ref("Refund", 900)]), refunds=[refund(processedAt=None)])

    assert mapped.refunds[0].happened_at == utc(2026, 11, 5, 8)


def test_a_refund_without_items_keeps_its_adjustment(shop: Shop) -> None:
    given = refund(refundLineItems=page(), orderAdjustments=page(samples.adjustment("-100.0", "-4.76")))

    mapped = read_with_details(shop, order(refunds=[ref("Refund", 900)]), refunds=[given])

    assert mapped.refunds[0].lines == ()
    assert mapped.refunds[0].adjustments == (RefundAdjustment(D("-100.0"), D("-4.76"), "REFUND_DISCREPANCY"),)
    assert mapped.sales is None


def test_the_refund_of_an_unpaid_cod_order_has_goods_but_no_money(shop: Shop) -> None:
    given = refund(totalRefundedSet=bag("0.0"), transactions=page())

    [mapped] = read_with_details(shop, order(refunds=[ref("Refund", 900)]), refunds=[given]).refunds

    assert (mapped.amount, mapped.lines[0].subtotal, mapped.settled) == (D(0), D("945.0"), True)


SETTLEMENTS = [
    pytest.param([], True, id="no transaction"),
    pytest.param([("REFUND", "SUCCESS")], True, id="paid"),
    pytest.param([("REFUND", "PENDING")], False, id="pending"),
    pytest.param([("REFUND", "FAILURE")], False, id="failed"),
    pytest.param([("REFUND", "FAILURE"), ("REFUND", "SUCCESS")], True, id="paid at the second try"),
    pytest.param([("VOID", "FAILURE")], True, id="nothing sent back"),
]


@pytest.mark.parametrize(("moves", "settled"), SETTLEMENTS)
def test_a_refund_is_settled_once_its_money_moved(shop: Shop, moves: list[tuple[str, str]], settled: bool) -> None:
    given = refund(transactions=page(*({"kind": kind, "status": status} for kind, status in moves)))

    [mapped] = read_with_details(shop, order(refunds=[ref("Refund", 900)]), refunds=[given]).refunds

    assert mapped.settled is settled


def test_shipped_units_are_added_up_over_successful_fulfillments(shop: Shop) -> None:
    mapped = read_with_details(
        shop,
        order(cancelledAt="2026-11-03T00:00:00Z"),
        fulfillments=[
            samples.fulfillment(samples.fulfilled(11, 1), samples.fulfilled(12, 4)),
            samples.fulfillment(samples.fulfilled(11, 1)),
            samples.fulfillment(samples.fulfilled(11, 9), status="CANCELLED"),
        ],
    )

    assert mapped.cancelled_at == utc(2026, 11, 3)
    assert mapped.fulfilled == (("11", 2), ("12", 4))


def test_an_unknown_shipped_quantity_makes_the_whole_unknown(shop: Shop) -> None:
    mapped = read_with_details(
        shop,
        order(cancelledAt="2026-11-03T00:00:00Z"),
        fulfillments=[samples.fulfillment(samples.fulfilled(11, None))],
    )

    assert mapped.fulfilled is None


def test_an_edited_order_comes_with_its_audit_trail(shop: Shop) -> None:
    edit = samples.agreement(
        samples.sale(5001, actionType="UPDATE", quantity=-1, totalAmount=bag("-945.0"), totalTaxAmount=bag("-45")),
        samples.sale(5002, lineType="SHIPPING", quantity=None, lineItem=None),
        reason="ORDER_EDIT",
        happenedAt="2026-11-04T03:00:00Z",
    )
    trail = {**ref("Order", 450), "agreements": page(samples.agreement(samples.sale()), edit)}

    mapped = read(shop, order(edited=True), samples.nodes_answer(samples.details()), samples.nodes_answer(trail))

    assert shop.operations == ["Orders", "OrderDetails", "OrderAgreements"]
    assert mapped.sales is not None
    sold, lowered, shipping = mapped.sales
    assert sold == Sale(
        id="5000", happened_at=utc(2026, 11, 2, 5, 29), reason="ORDER", action="ORDER", line_type="PRODUCT",
        quantity=2, amount=D("1890.0"), tax=D("90.0"), discount=D("200.0"), line_id="11",
    )  # fmt: skip
    assert (lowered.reason, lowered.quantity, lowered.amount) == ("ORDER_EDIT", -1, D("-945.0"))
    assert lowered.happened_at == utc(2026, 11, 4, 3)
    assert (shipping.line_type, shipping.quantity, shipping.line_id) == ("SHIPPING", 0, None)


def test_a_refund_with_items_and_adjustment_is_explained_by_the_audit_trail(shop: Shop) -> None:
    taken_back = samples.agreement(
        samples.sale(lineType="ADJUSTMENT", totalAmount=bag("100.0")), reason="REFUND", refund=ref("Refund", 900)
    )
    trail = {**ref("Order", 450), "agreements": page(taken_back)}

    mapped = read(
        shop,
        order(refunds=[ref("Refund", 900)]),
        samples.nodes_answer(samples.details(refunds=[refund(orderAdjustments=page(samples.adjustment()))])),
        samples.nodes_answer(trail),
    )

    assert mapped.sales is not None
    assert (mapped.sales[0].line_type, mapped.sales[0].refund_id) == ("ADJUSTMENT", "900")


# --- data that cannot be


BAD = [
    pytest.param({"processedAt": None}, "processedAt", id="no date"),
    pytest.param({"processedAt": "2026-11-02T05:29:00"}, "processedAt", id="date without zone"),
    pytest.param({"id": "450"}, "id", id="id of another kind"),
    pytest.param({"lineItems": None}, "lineItems", id="lines refused"),
    pytest.param({"lineItems": page(None)}, r"lineItems\.nodes\[0\]", id="one line refused"),
    pytest.param({"lineItems": page(line(quantity=-1))}, "quantity", id="negative quantity"),
    pytest.param({"lineItems": page(line(quantity=None))}, "quantity", id="no quantity"),
    pytest.param({"lineItems": page(line(originalUnitPriceSet=bag("1,050"))) }, "amount", id="no number"),
    pytest.param({"lineItems": page(line(originalUnitPriceSet=bag("NaN")))}, "shopMoney", id="not a number"),
    pytest.param({"currentTotalPriceSet": None}, "currentTotalPriceSet", id="total refused"),
    pytest.param({"customer": {**ref("Customer", 7), "numberOfOrders": "-1"}}, "numberOf", id="negative count"),
    pytest.param({"refunds": None}, "refunds", id="refunds refused"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), BAD)
def test_invalid_data_names_the_order_and_the_field(shop: Shop, changes: Json, field: str) -> None:
    with pytest.raises(BadResponseError, match=rf"order #450 .*{field}"):
        read(shop, order(**changes))


def test_a_refused_order_in_the_list_is_not_skipped(shop: Shop) -> None:
    shop.answers({"data": {"shop": samples.SHOP, "orders": page(None)}})

    with pytest.raises(BadResponseError, match="an order in the list"):
        list(shop.source().orders(WINDOW))


def test_invalid_details_name_the_order_too(shop: Shop) -> None:
    with pytest.raises(BadResponseError, match=r"order #450 .*processedAt"):
        read_with_details(
            shop, order(refunds=[ref("Refund", 900)]), refunds=[refund(processedAt=None, createdAt=None)]
        )
