"""Shopify's objects as typed records, checked while decoding: a null or a missing field is never read as empty.

Only what `queries` asks for. Enumerations stay plain text, because new values appear with new API versions.
"""

from decimal import Decimal

import msgspec

from profitsync.sources.limits import check_instants, is_rate
from profitsync.sources.shopify.wire import (
    BigCount,
    CodedMoney,
    CodedMoneyBag,
    Connection,
    Count,
    Gid,
    Instant,
    MoneyBag,
    Ref,
    UncheckedGid,
    Wire,
)


class TaxLine(Wire):
    """One tax; `rate` is a fraction and may be unknown."""

    rate: Decimal | None
    price_set: MoneyBag

    def __post_init__(self) -> None:
        if self.rate is not None and not is_rate(self.rate):
            raise ValueError("a tax rate must be a number")


class DiscountAllocation(Wire):
    """A share of a discount, order-level ones included."""

    allocated_amount_set: MoneyBag


class Line(Wire):
    """LineItem."""

    id: UncheckedGid
    name: str
    sku: str | None
    quantity: Count
    is_gift_card: bool
    requires_shipping: bool
    original_unit_price_set: MoneyBag
    discount_allocations: list[DiscountAllocation]
    tax_lines: list[TaxLine]
    current_quantity: Count | None = None
    product: Ref | None = None  # also when the app may not see products
    variant: Ref | None = None


class ShippingLine(Wire):
    """ShippingLine."""

    is_removed: bool
    discounted_price_set: MoneyBag
    tax_lines: list[TaxLine]


class Fee(Wire):
    """What Shopify Payments kept."""

    amount: CodedMoney


class Transaction(Wire):
    """OrderTransaction."""

    kind: str
    status: str
    test: bool
    gateway: str | None
    created_at: Instant
    processed_at: Instant | None
    amount_set: MoneyBag
    fees: list[Fee] = msgspec.field(default_factory=list)  # also when fees were not asked for

    def __post_init__(self) -> None:
        check_instants(self.created_at, self.processed_at)


class Customer(Wire):
    """The buyer as an id; nothing personal."""

    id: UncheckedGid
    number_of_orders: BigCount


class Journey(Wire):
    """CustomerJourneySummary."""

    ready: bool
    customer_order_index: Count | None


class OrderNode(Wire):
    """An order as the list gives it."""

    id: UncheckedGid
    name: str
    test: bool
    edited: bool
    taxes_included: bool
    created_at: Instant
    processed_at: Instant
    updated_at: Instant
    cancelled_at: Instant | None
    payment_gateway_names: list[str]
    original_total_price_set: CodedMoneyBag
    current_total_price_set: MoneyBag
    total_tip_received_set: MoneyBag
    original_total_duties_set: MoneyBag | None
    original_total_additional_fees_set: MoneyBag | None
    customer: Customer | None
    line_items: Connection[Line]
    shipping_lines: Connection[ShippingLine]
    transactions: list[Transaction]
    refunds: list[Ref]
    presentment_currency_code: str | None = None
    subtotal_price_set: MoneyBag | None = None
    customer_journey_summary: Journey | None = None  # also when the app may not see it

    def __post_init__(self) -> None:
        check_instants(self.created_at, self.processed_at, self.updated_at, self.cancelled_at)


class InventoryItem(Wire):
    """InventoryItem; `unit_cost` None: never entered."""

    unit_cost: CodedMoney | None


class ProductTitle(Wire):
    """Product."""

    id: Gid
    title: str


class Variant(Wire):
    """ProductVariant."""

    id: Gid
    sku: str | None
    product: ProductTitle
    inventory_item: InventoryItem
