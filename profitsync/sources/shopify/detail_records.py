"""Records of what happened to an order after its sale: refunds, parcels that left, and its audit trail.

Checked while decoding, as `records` are.
"""

from datetime import datetime

from profitsync.sources.limits import check_instants
from profitsync.sources.shopify.wire import Connection, Count, Gid, Instant, MoneyBag, Ref, SignedCount, Wire

SHIPPED = "SUCCESS"  # the only fulfillment status that means goods left


class RefundLine(Wire):
    """RefundLineItem."""

    quantity: Count
    restock_type: str
    line_item: Ref
    subtotal_set: MoneyBag
    total_tax_set: MoneyBag


class RefundShipping(Wire):
    """RefundShippingLine."""

    subtotal_amount_set: MoneyBag
    tax_amount_set: MoneyBag


class Adjustment(Wire):
    """OrderAdjustment."""

    reason: str | None
    amount_set: MoneyBag
    tax_amount_set: MoneyBag


class RefundTransaction(Wire):
    """A refund's transaction: whether its money moved."""

    kind: str
    status: str


class RefundNode(Wire):
    """Refund."""

    id: Gid
    created_at: Instant | None
    processed_at: Instant | None
    total_refunded_set: MoneyBag
    refund_line_items: Connection[RefundLine]
    refund_shipping_lines: Connection[RefundShipping]
    order_adjustments: Connection[Adjustment]
    transactions: Connection[RefundTransaction]

    def __post_init__(self) -> None:
        check_instants(self.moment())

    def moment(self) -> datetime:
        """When it happened. Raises `ValueError` when Shopify says neither time; checked while decoding."""
        moment = self.processed_at or self.created_at
        if moment is None:
            raise ValueError("a refund needs `processedAt` or `createdAt`")
        return moment


class FulfilledLine(Wire):
    """FulfillmentLineItem; the schema allows an unknown quantity."""

    quantity: Count | None
    line_item: Ref


class Fulfillment(Wire):
    """Fulfillment."""

    id: Gid
    status: str
    fulfillment_line_items: Connection[FulfilledLine]


class OrderDetails(Wire):
    """What only orders that were touched after the sale have."""

    id: Gid
    refunds: list[RefundNode]
    fulfillments: list[Fulfillment]


class SaleNode(Wire):
    """Sale. Only product, gift-card and tip sales have a line."""

    id: Gid
    action_type: str
    line_type: str
    quantity: SignedCount | None
    total_amount: MoneyBag
    total_tax_amount: MoneyBag
    total_discount_amount_before_taxes: MoneyBag
    line_item: Ref | None = None


class Agreement(Wire):
    """SalesAgreement. Only a refund's agreement names a refund."""

    happened_at: Instant
    reason: str
    sales: Connection[SaleNode]
    refund: Ref | None = None

    def __post_init__(self) -> None:
        check_instants(self.happened_at)


class OrderAgreements(Wire):
    """An order's audit trail."""

    id: Gid
    agreements: Connection[Agreement]


class AgreementsOwner(Wire):
    """The order an audit trail belongs to."""

    agreements: Connection[Agreement]
