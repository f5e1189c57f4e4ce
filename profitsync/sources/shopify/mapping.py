"""From Shopify's records to the facts of the domain. Pure; the records were checked while decoding.

Only shop-currency amounts are used. Sources of the field meanings: the Admin schema's descriptions and
recorded answers of 2026.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.money import CENT, ONE
from profitsync.domain.orders import (
    ZERO,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundAdjustment,
    RefundLine,
    Sale,
    ShippingCharge,
)
from profitsync.sources.shopify import detail_records, records
from profitsync.sources.shopify.wire import MoneyBag, digits


def to_order(
    node: records.OrderNode,
    details: detail_records.OrderDetails | None,
    audit: Sequence[detail_records.Agreement] | None,
) -> Order:
    """One whole order. `details` None: nothing happened to it after its sale.

    Lines are in the order of their ids: Shopify's own order is lost in the rows of a bulk operation.
    """
    tip = _amount(node.total_tip_received_set)
    lines = node.line_items.nodes
    if len(lines) > 1:
        lines = sorted(lines, key=lambda line: int(digits(line.id)))
    if tip and (tip_line := _tip_line(lines, tip)):
        lines = [line for line in lines if line.id != tip_line]
    else:
        tip_line = None
    goods = [_line(line) for line in lines]
    total = node.original_total_price_set.shop_money
    return Order(
        id=digits(node.id),
        name=node.name,
        created_at=_utc(node.created_at),
        processed_at=_utc(node.processed_at),
        updated_at=_utc(node.updated_at),
        currency=total.currency_code,  # of the amounts themselves: the shop's when the order was placed
        taxes_included=node.taxes_included,
        test=node.test,
        edited=node.edited,
        cancelled_at=_utc(node.cancelled_at) if node.cancelled_at else None,
        gateways=tuple(node.payment_gateway_names),
        customer_id=digits(node.customer.id) if node.customer else None,
        customer_orders=int(node.customer.number_of_orders) if node.customer else None,
        customer_order_index=_order_index(node.customer_journey_summary),
        lines=tuple(goods),
        shipping=tuple([_shipping(one) for one in node.shipping_lines.nodes if not one.is_removed]),
        tip=tip,
        duties=_amount(node.original_total_duties_set) + _amount(node.original_total_additional_fees_set),
        total=total.amount,
        subtotal_gap=_subtotal_gap(node, goods, lines),
        current_total=_amount(node.current_total_price_set),
        payments=tuple(
            [_payment(one, total.currency_code) for one in node.transactions if node.test or not one.test]
        ),
        refunds=tuple(_refund(refund, tip_line) for refund in details.refunds) if details else (),
        sales=tuple(_sales(audit)) if audit is not None else None,
        fulfilled=_fulfilled(details.fulfillments) if details else None,
    )


def to_snapshot(variant: records.Variant) -> UnitCostSnapshot:
    """Shopify's cost per item; the schema gives no cost of the past."""
    cost = variant.inventory_item.unit_cost
    return UnitCostSnapshot(
        variant_id=digits(variant.id),
        product_id=digits(variant.product.id),
        sku=variant.sku or None,
        title=variant.product.title,
        amount=cost.amount if cost else None,
        currency=cost.currency_code if cost else None,
    )


def _amount(bag: MoneyBag | None) -> Decimal:
    """The shop-currency amount; no bag (no duties, no fees) is zero."""
    return bag.shop_money.amount if bag else ZERO


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def _order_index(journey: records.Journey | None) -> int | None:
    """1-based; Shopify says 0 for test orders and orders without a customer, null while it is not sure."""
    if journey is None or not journey.ready:
        return None
    return journey.customer_order_index or None


def _tip_line(lines: Iterable[records.Line], tip: Decimal) -> str | None:
    """The gid of the line that is the tip itself.

    A tip sale points to a line item, so a tip may be listed among the goods; it has neither product nor
    parcel and costs exactly the tip. It is left out: tips are no sales.
    """
    for line in lines:
        bare = not (line.product or line.variant or line.requires_shipping or line.is_gift_card)
        if bare and _amount(line.original_unit_price_set) * line.quantity == tip:
            return line.id
    return None


def _subtotal_gap(node: records.OrderNode, goods: Iterable[OrderLine], lines: Sequence[records.Line]) -> Decimal:
    """Shopify's subtotal less price × quantity less allocations of the lines; 0: the lines tell the whole sale.

    The two agreed in every recorded order: both are before returns and removals, and both follow a discount that
    came by an edit. An order paid in another currency is converted line by line; its rounding is no gap.
    """
    if node.subtotal_price_set is None:
        return ZERO
    subtotal = node.subtotal_price_set.shop_money.amount
    gap = subtotal
    for line in goods:
        gap -= line.unit_price * line.quantity - line.discount
    if not gap or node.presentment_currency_code in (None, node.original_total_price_set.shop_money.currency_code):
        return gap
    allocations = [one.allocated_amount_set.shop_money.amount for x in lines for one in x.discount_allocations]
    prices = [line.original_unit_price_set.shop_money.amount * line.quantity for line in lines]
    whole = all(amount == amount.to_integral_value() for amount in (subtotal, sum(prices, ZERO), *allocations))
    unit = ONE if whole else CENT  # yen have no smaller part
    return gap if abs(gap) > unit * (sum(line.quantity for line in lines) + len(allocations)) else ZERO


def _line(line: records.Line) -> OrderLine:
    # `discountAllocations` alone holds every discount; `totalDiscountSet` leaves order-level ones out.
    discount = tax_rate = ZERO
    for one in line.discount_allocations:
        discount += one.allocated_amount_set.shop_money.amount
    for tax in line.tax_lines:
        if tax.rate is not None:
            tax_rate += tax.rate
    return OrderLine(
        id=digits(line.id),
        title=line.name,
        quantity=line.quantity,
        current_quantity=line.current_quantity,
        unit_price=line.original_unit_price_set.shop_money.amount,
        discount=discount,
        tax=_tax(line.tax_lines),
        tax_rate=tax_rate,
        product_id=digits(line.product.id) if line.product else None,
        variant_id=digits(line.variant.id) if line.variant else None,
        sku=line.sku or None,
        gift_card=line.is_gift_card,
        requires_shipping=line.requires_shipping,
    )


def _shipping(line: records.ShippingLine) -> ShippingCharge:
    return ShippingCharge(price=_amount(line.discounted_price_set), tax=_tax(line.tax_lines))


def _tax(lines: Iterable[records.TaxLine]) -> Decimal:
    total = ZERO
    for tax in lines:
        total += tax.price_set.shop_money.amount
    return total


def _payment(payment: records.Transaction, currency: str) -> Payment:
    # A fee in a payout currency of its own cannot be added to the order's amounts: it stays unknown.
    coded = [fee.amount for fee in payment.fees]
    known = coded and all(fee.currency_code == currency for fee in coded)
    return Payment(
        kind=payment.kind,
        status=payment.status,
        gateway=payment.gateway or "",
        amount=_amount(payment.amount_set),
        processed_at=_utc(payment.processed_at or payment.created_at),
        fee=sum((fee.amount for fee in coded), ZERO) if known else None,
    )


def _refund(refund: detail_records.RefundNode, tip_line: str | None) -> Refund:
    sent = [one.status for one in refund.transactions.nodes if one.kind == "REFUND"]
    return Refund(
        id=digits(refund.id),
        happened_at=_utc(refund.moment()),
        amount=_amount(refund.total_refunded_set),
        lines=tuple(
            RefundLine(
                line_id=digits(line.line_item.id),
                quantity=line.quantity,
                subtotal=_amount(line.subtotal_set),
                tax=_amount(line.total_tax_set),
                restock_type=line.restock_type,
            )
            for line in refund.refund_line_items.nodes
            if line.line_item.id != tip_line
        ),
        shipping=tuple(
            ShippingCharge(_amount(line.subtotal_amount_set), _amount(line.tax_amount_set))
            for line in refund.refund_shipping_lines.nodes
        ),
        adjustments=tuple(
            RefundAdjustment(_amount(one.amount_set), _amount(one.tax_amount_set), one.reason)
            for one in refund.order_adjustments.nodes
        ),
        settled=not sent or "SUCCESS" in sent,
    )


def _sales(audit: Iterable[detail_records.Agreement]) -> Iterable[Sale]:
    for agreement in audit:
        for sale in agreement.sales.nodes:
            yield Sale(
                id=digits(sale.id),
                happened_at=_utc(agreement.happened_at),
                reason=agreement.reason,
                action=sale.action_type,
                line_type=sale.line_type,
                quantity=sale.quantity or 0,
                amount=_amount(sale.total_amount),
                tax=_amount(sale.total_tax_amount),
                discount=_amount(sale.total_discount_amount_before_taxes),
                line_id=digits(sale.line_item.id) if sale.line_item else None,
                refund_id=digits(agreement.refund.id) if agreement.refund else None,
            )


def _fulfilled(fulfillments: Iterable[detail_records.Fulfillment]) -> tuple[tuple[str, int], ...] | None:
    """Units shipped per line; None when Shopify does not say how many of some line."""
    shipped: dict[str, int] = {}
    for fulfillment in fulfillments:
        if fulfillment.status != detail_records.SHIPPED:
            continue
        for line in fulfillment.fulfillment_line_items.nodes:
            if line.quantity is None:
                return None
            line_id = digits(line.line_item.id)
            shipped[line_id] = shipped.get(line_id, 0) + line.quantity
    return tuple(shipped.items())
