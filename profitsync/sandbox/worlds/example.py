"""The worked example of docs/metrics.md as a merchant, in the state that is seen on 5 November 2026.

Three orders, a refund, three parcels (one of them a COD parcel that came back) and four ad days, one of them
without delivery. P3 has no recorded cost. Customer Z first ordered in August; that order is not in this shop's
history, only Shopify's count and index tell of it.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from profitsync.sandbox.world import (
    AdDraft,
    ChargesDraft,
    FulfillmentDraft,
    ItemDraft,
    LineDraft,
    MetaWorld,
    NdrDraft,
    OrderDraft,
    ParcelDraft,
    RefundDraft,
    RefundLineDraft,
    ShippingDraft,
    ShiprocketOrderDraft,
    ShiprocketWorld,
    ShopifyWorld,
    TransactionDraft,
    VariantDraft,
    World,
    invented_secret,
)

IST = timezone(timedelta(hours=5, minutes=30))
GST = Decimal("0.05")
PREPAID, COD = "Razorpay", "Cash on Delivery (COD)"
COURIER = "Delhivery Surface"


def example() -> World:
    """The example's merchant, fresh at each call."""
    return World(name="example", shopify=_shop(), meta=_ads(), shiprocket=_carrier())


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026, given in Indian time."""
    return datetime(2026, 11, day, hour, minute, tzinfo=IST).astimezone(UTC)


def _shop() -> ShopifyWorld:
    made = datetime(2026, 7, 1, tzinfo=UTC)
    products = (("P1", "1050", "400"), ("P2", "1575", "600"), ("P3", "1050", None))
    variants = [
        VariantDraft(
            id=f"91{place}",
            product_id=f"81{place}",
            product_title=f"Product {sku}",
            price=Decimal(price),
            created_at=made,
            updated_at=made,
            sku=sku,
            unit_cost=Decimal(cost) if cost else None,
        )
        for place, (sku, price, cost) in enumerate(products, start=1)
    ]
    return ShopifyWorld(
        host="worked-example.myshopify.com",
        currency="INR",
        timezone="Asia/Kolkata",
        taxes_included=True,
        access_token=invented_secret("shopify", "example"),
        orders={order.id: order for order in (_order_a(), _order_b(), _order_c())},
        variants={variant.id: variant for variant in variants},
    )


def _line(digits: str, product: int, quantity: int, price: str, tax: str, discount: str = "0") -> LineDraft:
    return LineDraft(
        id=digits,
        title=f"Product P{product}",
        quantity=quantity,
        unit_price=Decimal(price),
        sku=f"P{product}",
        product_id=f"81{product}",
        variant_id=f"91{product}",
        discount=Decimal(discount),
        tax=Decimal(tax),
        tax_rate=GST,
    )


def _order_a() -> OrderDraft:
    """Two P1, prepaid, 10 % off; one unit refunded and restocked on the 5th."""
    placed, refunded = _at(2, 10), _at(5, 15)
    back = RefundLineDraft("7001", 1, Decimal(945), Decimal(45), "RETURN")
    return OrderDraft(
        id="1001",
        name="#1001",
        created_at=placed,
        processed_at=placed,
        updated_at=refunded,
        lines=(_line("7001", 1, 2, "1050", "90", "210"),),
        gateways=(PREPAID,),
        financial_status="PARTIALLY_REFUNDED",
        fulfillment_status="FULFILLED",
        customer_id="501",
        customer_orders=1,
        customer_order_index=1,
        payments=(TransactionDraft("9001", "SALE", Decimal(1890), placed, PREPAID),),
        refunds=(
            RefundDraft(
                id="6001",
                at=refunded,
                lines=(back,),
                transactions=(
                    TransactionDraft("9002", "REFUND", Decimal(945), refunded, PREPAID, parent_id="9001"),
                ),
            ),
        ),
        fulfillments=(_fulfillment("5001", _at(2, 18), "7001", 2, "143000000001", _at(4, 12)),),
    )


def _order_b() -> OrderDraft:
    """One P2, cash on delivery with paid shipping. Its parcel came back; nobody cancelled it here."""
    placed = _at(2, 14)
    shipping = ShippingDraft("3002", Decimal(105), tax=Decimal(5), tax_rate=GST)
    payment = TransactionDraft(
        "9003", "SALE", Decimal(1680), placed, COD, status="PENDING", manual=True
    )  # fmt: skip
    return OrderDraft(
        id="1002",
        name="#1002",
        created_at=placed,
        processed_at=placed,
        updated_at=_at(2, 20),
        lines=(_line("7002", 2, 1, "1575", "75"),),
        shipping=(shipping,),
        gateways=(COD,),
        financial_status="PENDING",
        fulfillment_status="FULFILLED",
        customer_id="502",
        customer_orders=1,
        customer_order_index=1,
        payments=(payment,),
        fulfillments=(_fulfillment("5002", _at(2, 20), "7002", 1, "143000000002"),),
    )


def _order_c() -> OrderDraft:
    """One P3, prepaid, placed at half past midnight in India: still the 2nd in UTC, but the shop's 3rd."""
    placed = datetime(2026, 11, 2, 19, 0, tzinfo=UTC)
    return OrderDraft(
        id="1003",
        name="#1003",
        created_at=placed,
        processed_at=placed,
        updated_at=_at(3, 18),
        lines=(_line("7003", 3, 1, "1050", "50"),),
        gateways=(PREPAID,),
        fulfillment_status="FULFILLED",
        customer_id="503",
        customer_orders=2,
        customer_order_index=2,
        payments=(TransactionDraft("9004", "SALE", Decimal(1050), placed, PREPAID),),
        fulfillments=(_fulfillment("5003", _at(3, 18), "7003", 1, "143000000003"),),
    )


def _fulfillment(
    digits: str, at: datetime, line_id: str, units: int, awb: str, delivered: datetime | None = None
) -> FulfillmentDraft:
    return FulfillmentDraft(
        id=digits,
        created_at=at,
        lines=((line_id, units),),
        display_status="DELIVERED" if delivered else "IN_TRANSIT",
        delivered_at=delivered,
        tracking_number=awb,
        company=COURIER,
    )


def _ads() -> MetaWorld:
    return MetaWorld(
        account_id="1002003004",
        currency="INR",
        timezone="Asia/Kolkata",
        access_token=invented_secret("meta", "example"),
        name="Worked Example",
        days={
            date(2026, 11, 2): AdDraft(Decimal(600), 20_000, 14_000, 300, 410, 2, Decimal(3570)),
            date(2026, 11, 4): AdDraft(Decimal(300), 12_000, 9_000, 150, 205),
            date(2026, 11, 5): AdDraft(Decimal(200), 8_000, 6_500, 80, 120),
        },
    )


def _carrier() -> ShiprocketWorld:
    plain = ChargesDraft(freight=Decimal(80), applied=Decimal(80))
    returned = ChargesDraft(
        freight=Decimal("114.40"),
        cod=Decimal(47),
        applied=Decimal("114.40"),
        charged=Decimal("114.40"),
        applied_rto=Decimal(96),
        charged_rto=Decimal(96),
        billed=Decimal("163.40"),
    )
    a = _parcel(1, _at(2, 11), 7, "DELIVERED", plain)
    a.delivered_at = _at(4, 12)
    b = _parcel(2, _at(2, 15), 10, "RTO DELIVERED", returned)
    b.rto_initiated_at, b.rto_delivered_at = _at(4, 17), _at(5, 12)
    c = _parcel(3, _at(3, 9), 18, "IN TRANSIT", plain)
    orders = (
        _booking(1, a, ItemDraft("Product P1", "P1", 2, Decimal(1050)), "1890", "90", _at(4, 12), 7),
        _booking(2, b, ItemDraft("Product P2", "P2", 1, Decimal(1575)), "1680", "80", _at(5, 12), 16, cod=True),
        _booking(3, c, ItemDraft("Product P3", "P3", 1, Decimal(1050)), "1050", "50", _at(4, 8), 20),
    )
    failed = NdrDraft(8001, b.id, b.awb, _at(4, 11), reason="Customer refused delivery", courier=COURIER)
    return ShiprocketWorld(
        email="api@worked-example.example",
        password=invented_secret("shiprocket", "example"),
        company_id=4001,
        orders={order.id: order for order in orders},
        ndr=[failed],
    )


def _parcel(number: int, created: datetime, code: int, text: str, charges: ChargesDraft) -> ParcelDraft:
    return ParcelDraft(
        id=698100200 + number,
        created_at=created,
        status=code,
        status_text=text,
        awb=f"14300000000{number}",
        courier=COURIER,
        courier_id=43,
        shipped_at=created.astimezone(IST).replace(hour=18, minute=20).astimezone(UTC),
        charges=charges,
    )


def _booking(
    number: int,
    parcel: ParcelDraft,
    item: ItemDraft,
    total: str,
    tax: str,
    updated: datetime,
    code: int,
    *,
    cod: bool = False,
) -> ShiprocketOrderDraft:
    return ShiprocketOrderDraft(
        id=700100200 + number,
        channel_order_id=f"#100{number}",
        created_at=parcel.created_at,
        updated_at=updated,
        status=parcel.status_text,
        status_code=code,
        cod=cod,
        total=Decimal(total),
        items=(item,),
        parcels=[parcel],
        channel_created_at=parcel.created_at,
        tax=Decimal(tax),
    )
