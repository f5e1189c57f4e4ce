"""An order as a fact: what Shopify says about it, normalised, in shop currency, without any buyer data.

Instants are timezone-aware UTC. Amounts are `shop_money`. When `taxes_included` is true, prices, discounts,
shipping and refund subtotals hold tax; the ledger takes it out.
"""

from datetime import datetime
from decimal import Decimal

from profitsync.domain.facts import Fact

ZERO = Decimal(0)


class OrderLine(Fact, frozen=True):
    """One line item. `quantity` counts every unit ever on the line, refunded and removed ones included."""

    id: str
    title: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO  # sum of the discount allocations over all units
    tax: Decimal = ZERO  # sum of the line's tax lines
    tax_rate: Decimal = ZERO  # sum of their rates, as a fraction (0.05)
    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None
    gift_card: bool = False
    requires_shipping: bool = True
    current_quantity: int | None = None  # units neither refunded nor removed by an edit; None: never read

    @property
    def is_goods(self) -> bool:
        """Whether it sells goods: a gift card is money to be spent later, and a line may be of no unit."""
        return bool(self.quantity) and not self.gift_card


class ShippingCharge(Fact, frozen=True):
    """What the buyer pays for shipping, after shipping discounts. Removed shipping lines are not here."""

    price: Decimal
    tax: Decimal = ZERO


class RefundLine(Fact, frozen=True):
    """Units of one line taken back; `subtotal` is their value after discounts."""

    line_id: str
    quantity: int
    subtotal: Decimal
    tax: Decimal = ZERO
    restock_type: str = "NO_RESTOCK"  # RETURN, CANCEL, NO_RESTOCK, LEGACY_RESTOCK or newer


class RefundAdjustment(Fact, frozen=True):
    """A difference between the goods' value and what was agreed, tax in `amount` when `taxes_included`.

    Positive: value the merchant kept. Negative: money paid beyond the goods.
    """

    amount: Decimal
    tax: Decimal = ZERO
    reason: str | None = None


class Refund(Fact, frozen=True):
    """A refund record. `happened_at` is Shopify's `processedAt`, else `createdAt`."""

    id: str
    happened_at: datetime
    amount: Decimal = ZERO  # money sent back (0 for an unpaid COD order)
    lines: tuple[RefundLine, ...] = ()
    shipping: tuple[ShippingCharge, ...] = ()  # refunded shipping
    adjustments: tuple[RefundAdjustment, ...] = ()
    settled: bool = True  # false while its money is only pending, or has failed


class Sale(Fact, frozen=True):
    """One dated, signed entry of Shopify's own audit trail (`agreements`): includes tax, after discounts."""

    id: str
    happened_at: datetime
    reason: str  # of the agreement: ORDER, ORDER_EDIT, REFUND, RETURN
    action: str  # ORDER, RETURN, UPDATE
    line_type: str  # PRODUCT, SHIPPING, TIP, GIFT_CARD, FEE, DUTY, ADDITIONAL_FEE, ADJUSTMENT
    quantity: int
    amount: Decimal
    tax: Decimal = ZERO
    discount: Decimal = ZERO  # before taxes
    line_id: str | None = None
    refund_id: str | None = None


class Payment(Fact, frozen=True):
    """One transaction. Amounts are positive for every kind."""

    kind: str  # SALE, CAPTURE, AUTHORIZATION, VOID, REFUND, CHANGE
    status: str  # SUCCESS, PENDING, FAILURE, ERROR, …
    gateway: str
    amount: Decimal
    processed_at: datetime
    fee: Decimal | None = None  # what Shopify Payments kept; other gateways report none


class Order(Fact, frozen=True):
    """An order with everything the ledger needs. `sales` is None unless the audit trail was read."""

    id: str  # digits of the gid
    name: str  # "#1042"
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    currency: str  # shop currency when the order was placed
    taxes_included: bool = False
    test: bool = False
    edited: bool = False
    cancelled_at: datetime | None = None
    gateways: tuple[str, ...] = ()
    customer_id: str | None = None
    customer_orders: int | None = None  # the customer's lifetime count, as of `updated_at`
    customer_order_index: int | None = None  # 1 = first order ever; None when Shopify is not sure
    lines: tuple[OrderLine, ...] = ()
    shipping: tuple[ShippingCharge, ...] = ()
    tip: Decimal = ZERO
    duties: Decimal = ZERO  # duties and additional fees
    total: Decimal = ZERO  # what the buyer was asked for when ordering, tax included
    subtotal_gap: Decimal = ZERO  # Shopify's subtotal less the sum of the lines; not 0: the lines miss something
    current_total: Decimal | None = None  # what still stands after refunds, edits and cancellation
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    sales: tuple[Sale, ...] | None = None
    fulfilled: tuple[tuple[str, int], ...] | None = None  # (line id, units shipped); None: never read
