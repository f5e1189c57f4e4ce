"""Transactions, refunds and fulfillments of an order as GraphQL objects."""

from decimal import Decimal

from profitsync.sandbox.render_sums import OrderSums
from profitsync.sandbox.render_values import Node, gid, money, money_bag, timestamp, to_cent
from profitsync.sandbox.world import (
    ZERO,
    Connection,
    FulfillmentDraft,
    RefundDraft,
    RefundLineDraft,
    TransactionDraft,
)


def transaction_node(draft: TransactionDraft, currency: str) -> Node:
    """An `OrderTransaction`."""
    parent = draft.parent_id
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", draft.id),
        "kind": draft.kind,
        "status": draft.status,
        "test": draft.test,
        "gateway": draft.gateway,
        "formattedGateway": draft.label or draft.gateway,
        "manualPaymentGateway": draft.manual,
        "createdAt": timestamp(draft.at),
        "processedAt": timestamp(draft.at),
        "parentTransaction": parent and {"__typename": "OrderTransaction", "id": gid("OrderTransaction", parent)},
        "amountSet": money_bag(draft.amount, currency),
        "fees": [
            {
                "__typename": "TransactionFee",
                "id": gid("TransactionFee", fee.id),
                "type": "processing_fee",
                "rate": format(fee.rate, "f"),
                "amount": money(fee.amount, currency),
                "flatFee": money(fee.flat, currency),
                "taxAmount": money(fee.tax, currency),
            }
            for fee in draft.fees
        ],
    }


def refund_node(draft: RefundDraft, sums: OrderSums) -> Node:
    """A `Refund`; its total is the money that was really sent."""
    currency = sums.currency
    sent = [one.amount for one in draft.transactions if one.kind == "REFUND" and one.status == "SUCCESS"]
    return {
        "__typename": "Refund",
        "id": gid("Refund", draft.id),
        "legacyResourceId": draft.id,
        "createdAt": timestamp(draft.at),
        "processedAt": timestamp(draft.at),
        "updatedAt": timestamp(draft.at),
        "note": draft.note,
        "totalRefundedSet": money_bag(sum(sent, ZERO), currency),
        "refundLineItems": Connection(
            _line_node(line, f"{draft.id}{place:03d}", sums) for place, line in enumerate(draft.lines)
        ),
        "refundShippingLines": Connection(
            {
                "__typename": "RefundShippingLine",
                "id": gid("RefundShippingLine", one.id),
                "subtotalAmountSet": money_bag(one.subtotal, currency),
                "taxAmountSet": money_bag(one.tax, currency),
            }
            for one in draft.shipping
        ),
        "orderAdjustments": Connection(
            {
                "__typename": "OrderAdjustment",
                "id": gid("OrderAdjustment", one.id),
                "reason": one.reason,
                "amountSet": money_bag(one.amount, currency),
                "taxAmountSet": money_bag(one.tax, currency),
            }
            for one in draft.adjustments
        ),
        "transactions": Connection(transaction_node(one, currency) for one in draft.transactions),
    }


def _line_node(draft: RefundLineDraft, digits: str, sums: OrderSums) -> Node:
    each = _each(draft.subtotal, draft.quantity)
    return {
        "__typename": "RefundLineItem",
        "id": gid("RefundLineItem", digits),
        "quantity": draft.quantity,
        "restockType": draft.restock_type,
        "restocked": draft.restock_type != "NO_RESTOCK",
        "lineItem": {"__typename": "LineItem", "id": gid("LineItem", draft.line_id)},
        "priceSet": money_bag(each, sums.currency),
        "subtotalSet": money_bag(draft.subtotal, sums.currency),
        "totalTaxSet": money_bag(draft.tax, sums.currency),
    }


def _each(amount: Decimal, quantity: int) -> Decimal:
    return to_cent(amount / quantity) if quantity else amount


def fulfillment_node(draft: FulfillmentDraft, name: str) -> Node:
    """A `Fulfillment`; a cancelled one keeps its tracking number, as recorded."""
    tracking = {"company": draft.company, "number": draft.tracking_number, "url": None}
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", draft.id),
        "legacyResourceId": draft.id,
        "name": name,
        "status": draft.status,
        "displayStatus": draft.display_status,
        "createdAt": timestamp(draft.created_at),
        "updatedAt": timestamp(draft.delivered_at or draft.created_at),
        "deliveredAt": timestamp(draft.delivered_at),
        "totalQuantity": sum(units for _, units in draft.lines),
        "trackingInfo": [{"__typename": "FulfillmentTrackingInfo", **tracking}] if draft.tracking_number else [],
        "fulfillmentLineItems": Connection(
            {
                "__typename": "FulfillmentLineItem",
                "id": gid("FulfillmentLineItem", f"{draft.id}{place:03d}"),
                "quantity": units,
                "lineItem": {"__typename": "LineItem", "id": gid("LineItem", line_id)},
            }
            for place, (line_id, units) in enumerate(draft.lines)
        ),
    }
