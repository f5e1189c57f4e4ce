"""A shop as drafts. See `world` for what drafts are.

Ids are digits. Amounts are in the shop's currency; prices, discounts and refunds hold tax where the order's
prices do.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class LineDraft:
    """One order line. `quantity` counts every unit ever on it, refunded and removed ones included."""

    id: str
    title: str
    quantity: int
    unit_price: Decimal
    sku: str | None = None
    product_id: str | None = None
    variant_id: str | None = None
    discount: Decimal = ZERO  # allocation over all units
    line_discount: bool = False  # granted on this line itself, not a share of an order or code discount
    tax: Decimal = ZERO  # over all units
    tax_rate: Decimal = ZERO  # a fraction
    gift_card: bool = False
    requires_shipping: bool = True


@dataclass(slots=True)
class ShippingDraft:
    """One shipping line; `price` is after shipping discounts."""

    id: str
    price: Decimal
    original_price: Decimal | None = None  # None: `price`
    tax: Decimal = ZERO
    tax_rate: Decimal = ZERO
    removed: bool = False
    title: str = "Standard"


@dataclass(slots=True)
class FeeDraft:
    """What Shopify Payments kept of one transaction."""

    id: str
    amount: Decimal
    rate: Decimal = ZERO
    flat: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(slots=True)
class TransactionDraft:
    """One transaction; `amount` is positive for every kind."""

    id: str
    kind: str  # SALE, CAPTURE, AUTHORIZATION, VOID, REFUND, CHANGE
    amount: Decimal
    at: datetime
    gateway: str
    status: str = "SUCCESS"
    label: str | None = None  # human-readable gateway; None: `gateway`
    manual: bool = False  # a manual payment method, such as cash on delivery
    test: bool = False
    parent_id: str | None = None
    fees: tuple[FeeDraft, ...] = ()


@dataclass(slots=True)
class RefundLineDraft:
    """Units of one line taken back; `subtotal` is after discounts and holds tax when the order's prices do."""

    line_id: str
    quantity: int
    subtotal: Decimal
    tax: Decimal = ZERO
    restock_type: str = "RETURN"


@dataclass(slots=True)
class RefundShippingDraft:
    """Shipping paid back; the tax is inside `subtotal` when the order's prices include tax."""

    id: str
    subtotal: Decimal
    tax: Decimal = ZERO


@dataclass(slots=True)
class AdjustmentDraft:
    """Positive: value the merchant kept. Negative: money paid beyond the goods."""

    id: str
    amount: Decimal
    tax: Decimal = ZERO
    reason: str | None = "REFUND_DISCREPANCY"


@dataclass(slots=True)
class RefundDraft:
    """A refund record; the money sent back is the sum of its successful transactions."""

    id: str
    at: datetime
    lines: tuple[RefundLineDraft, ...] = ()
    shipping: tuple[RefundShippingDraft, ...] = ()
    adjustments: tuple[AdjustmentDraft, ...] = ()
    transactions: tuple[TransactionDraft, ...] = ()
    note: str | None = None


@dataclass(slots=True)
class EditDraft:
    """Units added to (positive) or removed from (negative) a line by an order edit."""

    id: str
    at: datetime
    line_id: str
    units: int


@dataclass(slots=True)
class FulfillmentDraft:
    """Goods handed to a courier; `lines` are (line id, units)."""

    id: str
    created_at: datetime
    lines: tuple[tuple[str, int], ...]
    status: str = "SUCCESS"
    display_status: str | None = "FULFILLED"
    delivered_at: datetime | None = None
    tracking_number: str | None = None
    company: str | None = None


@dataclass(slots=True)
class OrderDraft:
    """An order. The audit trail (`agreements`) is derived from lines, edits and refunds when rendered."""

    id: str
    name: str
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    lines: tuple[LineDraft, ...]
    currency: str | None = None  # None: the shop's
    taxes_included: bool | None = None  # None: the shop's
    shipping: tuple[ShippingDraft, ...] = ()
    gateways: tuple[str, ...] = ()
    financial_status: str | None = "PAID"
    fulfillment_status: str = "UNFULFILLED"
    customer_id: str | None = None
    customer_orders: int | None = None  # the customer's lifetime count, as of now
    customer_order_index: int | None = None  # 1 = first order ever
    journey_ready: bool = True  # false: Shopify has not worked the index out yet
    test: bool = False
    edited: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    tip: Decimal = ZERO
    duties: Decimal = ZERO
    subtotal: Decimal | None = None  # what Shopify says, should it not be the sum of the lines
    payments: tuple[TransactionDraft, ...] = ()
    refunds: tuple[RefundDraft, ...] = ()
    edits: tuple[EditDraft, ...] = ()
    fulfillments: tuple[FulfillmentDraft, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class VariantDraft:
    """A variant; `unit_cost` is today's cost per item, None when nobody ever typed one."""

    id: str
    product_id: str
    product_title: str
    price: Decimal
    created_at: datetime
    updated_at: datetime
    sku: str | None = None
    title: str = "Default Title"
    unit_cost: Decimal | None = None
    gift_card: bool = False


@dataclass(slots=True)
class ShopifyWorld:
    """A shop. It accepts `access_token`, or tokens granted for `client_id` and `client_secret`."""

    host: str  # the permanent *.myshopify.com host
    currency: str
    timezone: str
    taxes_included: bool
    access_token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: list[str] = field(
        default_factory=lambda: [
            "read_all_orders", "read_customers", "read_inventory", "read_orders", "read_products", "read_returns",
        ]
    )  # fmt: skip
    orders: dict[str, OrderDraft] = field(default_factory=dict)
    variants: dict[str, VariantDraft] = field(default_factory=dict)
