"""Shopify drafts as objects of the Admin GraphQL API, whole: whoever answers a query picks the fields.

Every object carries `__typename`; a list that the schema publishes as a connection is a `Connection`.
Field names and types: the published Admin schema, valid in 2026-01 to 2026-10.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from profitsync.sandbox.render_agreements import agreements
from profitsync.sandbox.render_refunds import fulfillment_node, refund_node, transaction_node
from profitsync.sandbox.render_sums import OrderSums, line_total
from profitsync.sandbox.render_values import LazyNode, Node, gid, money, money_bag, timestamp, to_cent
from profitsync.sandbox.world import (
    ZERO,
    Connection,
    LineDraft,
    OrderDraft,
    ShippingDraft,
    ShopifyWorld,
    VariantDraft,
)


def order_node(draft: OrderDraft, shop: ShopifyWorld) -> Mapping[str, Any]:
    """An `Order` with all its inner lists. It holds no buyer data: a customer is an id and a count."""
    sums = OrderSums(draft, shop)
    returned = [refund.transactions for refund in draft.refunds]
    transactions = [*draft.payments, *(one for group in returned for one in group)]
    fields: Node = {
        "__typename": "Order",
        "id": gid("Order", draft.id),
        "legacyResourceId": draft.id,
        "name": draft.name,
        "test": draft.test,
        "edited": draft.edited,
        "sourceName": "web",
        "tags": list(draft.tags),
        "taxesIncluded": sums.taxes_included,
        "createdAt": timestamp(draft.created_at),
        "processedAt": timestamp(draft.processed_at),
        "updatedAt": timestamp(draft.updated_at),
        "closedAt": timestamp(draft.closed_at),
        "cancelledAt": timestamp(draft.cancelled_at),
        "cancelReason": draft.cancel_reason,
        "currencyCode": sums.currency,
        "presentmentCurrencyCode": sums.currency,
        "displayFinancialStatus": draft.financial_status,
        "displayFulfillmentStatus": draft.fulfillment_status,
        "returnStatus": "NO_RETURN",
        "paymentGatewayNames": list(draft.gateways),
        "customer": _customer(draft),
        "customerJourneySummary": _journey(draft),
        "shippingLines": Connection(_shipping_line(one, sums.currency) for one in draft.shipping),
        "lineItems": Connection(_line_item(line, sums, shop) for line in draft.lines),
        "refunds": [refund_node(refund, sums) for refund in draft.refunds],
        "transactions": [transaction_node(one, sums.currency) for one in transactions],
        "transactionsCount": _count(len(transactions)),
        "fulfillments": [
            fulfillment_node(one, f"{draft.name}.{place}") for place, one in enumerate(draft.fulfillments, 1)
        ],
        "fulfillmentsCount": _count(len(draft.fulfillments)),
        **_totals(sums),
    }
    return LazyNode(fields, {"agreements": partial(agreements, sums)})


def _totals(sums: OrderSums) -> Node:
    charged = sum((one.price if one.original_price is None else one.original_price for one in sums.charges), ZERO)
    amounts: dict[str, Decimal] = {
        "subtotalPriceSet": sums.subtotal if sums.draft.subtotal is None else sums.draft.subtotal,
        "currentSubtotalPriceSet": sums.current_subtotal,
        "totalDiscountsSet": sums.discounts,
        "totalShippingPriceSet": charged,
        "totalTaxSet": sums.tax,
        "currentTotalTaxSet": sums.current_tax,
        "totalTipReceivedSet": sums.draft.tip,
        "totalPriceSet": sums.total,
        "originalTotalPriceSet": sums.original_total,
        "currentTotalPriceSet": sums.current_total,
        "totalReceivedSet": sums.received,
        "totalRefundedSet": sums.refunded,
        "totalRefundedShippingSet": sums.refunded_shipping,
        "netPaymentSet": sums.received - sums.refunded,
        "totalOutstandingSet": sums.outstanding,
        "refundDiscrepancySet": sums.discrepancy,
    }
    bags: Node = {name: money_bag(amount, sums.currency) for name, amount in amounts.items()}
    bags["originalTotalDutiesSet"] = money_bag(sums.draft.duties, sums.currency) if sums.draft.duties else None
    bags["originalTotalAdditionalFeesSet"] = None
    return bags


def _customer(draft: OrderDraft) -> Node | None:
    if draft.customer_id is None:
        return None
    return {
        "__typename": "Customer",
        "id": gid("Customer", draft.customer_id),
        "legacyResourceId": draft.customer_id,
        "numberOfOrders": str(draft.customer_orders or 0),
    }


def _journey(draft: OrderDraft) -> Node:
    """The index is 1-based, and 0 for test orders and for orders without a customer, as recorded."""
    known = draft.customer_id is not None and not draft.test
    index = draft.customer_order_index if known else 0
    return {
        "__typename": "CustomerJourneySummary",
        "ready": draft.journey_ready,
        "customerOrderIndex": index if draft.journey_ready else None,
    }


def _line_item(line: LineDraft, sums: OrderSums, shop: ShopifyWorld) -> LazyNode:
    currency = sums.currency
    total = line_total(line)
    each = to_cent(total / line.quantity) if line.quantity else ZERO
    current = sums.current_quantity(line)
    variant = shop.variants.get(line.variant_id) if line.variant_id else None
    fields: Node = {
        "__typename": "LineItem",
        "id": gid("LineItem", line.id),
        "name": line.title,
        "title": line.title,
        "sku": line.sku,
        "quantity": line.quantity,
        "currentQuantity": current,
        "refundableQuantity": current,
        "unfulfilledQuantity": max(0, current - sums.shipped(line.id)),
        "isGiftCard": line.gift_card,
        "requiresShipping": line.requires_shipping,
        "product": _product(variant) if variant else None,
        "originalUnitPriceSet": money_bag(line.unit_price, currency),
        "originalTotalSet": money_bag(line.unit_price * line.quantity, currency),
        "totalDiscountSet": money_bag(line.discount if line.line_discount else ZERO, currency),
        "discountedUnitPriceAfterAllDiscountsSet": money_bag(each, currency),
        "discountAllocations": [_allocation(line.discount, currency)] if line.discount else [],
        "taxLines": _tax_lines(line.tax, line.tax_rate, currency),
    }
    return LazyNode(fields, {"variant": lambda: variant_node(variant, shop) if variant else None})


def _shipping_line(draft: ShippingDraft, currency: str) -> Node:
    before = draft.price if draft.original_price is None else draft.original_price
    return {
        "__typename": "ShippingLine",
        "id": gid("ShippingLine", draft.id),
        "title": draft.title,
        "isRemoved": draft.removed,
        "originalPriceSet": money_bag(before, currency),
        "discountedPriceSet": money_bag(draft.price, currency),
        "currentDiscountedPriceSet": money_bag(ZERO if draft.removed else draft.price, currency),
        "discountAllocations": [_allocation(before - draft.price, currency)] if before != draft.price else [],
        "taxLines": _tax_lines(draft.tax, draft.tax_rate, currency),
    }


def _allocation(amount: Decimal, currency: str) -> Node:
    return {"__typename": "DiscountAllocation", "allocatedAmountSet": money_bag(amount, currency)}


def _tax_lines(tax: Decimal, rate: Decimal, currency: str) -> list[Node]:
    if not tax and not rate:
        return []
    bag = money_bag(tax, currency)
    # `rate` is a Float in the schema: JSON numbers of short fractions such as 0.05 read back exactly.
    return [{"__typename": "TaxLine", "title": "GST", "rate": float(rate), "priceSet": bag}]


def variant_node(draft: VariantDraft, shop: ShopifyWorld) -> Node:
    """A `ProductVariant` with its product and its cost per item (null when nobody typed one)."""
    cost = draft.unit_cost
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", draft.id),
        "legacyResourceId": draft.id,
        "title": draft.title,
        "sku": draft.sku,
        "price": money(draft.price, shop.currency)["amount"],
        "createdAt": timestamp(draft.created_at),
        "updatedAt": timestamp(draft.updated_at),
        "product": _product(draft),
        "inventoryItem": {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", draft.id),
            "unitCost": None if cost is None else money(cost, shop.currency),
        },
    }


def _product(variant: VariantDraft) -> Node:
    return {
        "__typename": "Product",
        "id": gid("Product", variant.product_id),
        "legacyResourceId": variant.product_id,
        "title": variant.product_title,
        "isGiftCard": variant.gift_card,
    }


def shop_node(shop: ShopifyWorld) -> Node:
    """The `Shop`."""
    return {
        "__typename": "Shop",
        "id": gid("Shop", "1"),
        "name": shop.host.partition(".")[0],
        "myshopifyDomain": shop.host,
        "currencyCode": shop.currency,
        "ianaTimezone": shop.timezone,
        "taxesIncluded": shop.taxes_included,
        "plan": {
            "__typename": "ShopPlan",
            "publicDisplayName": "Basic",
            "partnerDevelopment": False,
            "shopifyPlus": False,
        },
    }


def _count(number: int) -> Node:
    return {"__typename": "Count", "count": number, "precision": "EXACT"}
