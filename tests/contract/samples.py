"""Records with every field set, and short ways to make many of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from typing import Any

from profitsync.domain.ads import AdDay
from profitsync.domain.costs import CostSource, ProductCost
from profitsync.domain.days import DayRange
from profitsync.domain.hints import ORDER, Hint
from profitsync.domain.merchants import FeeRate, Job, MerchantSettings, SourceState, TransactionFees, User
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
from profitsync.domain.rows import DayMetrics
from profitsync.domain.shipments import Charges, FirstSeen, Shipment, ShipmentLine
from profitsync.stores.protocol import Indexed, Store

NOW = datetime(2026, 11, 2, 19, 0, 0, 123_000, tzinfo=UTC)  # whole milliseconds: what every store keeps
LONG = D("1234567890.123456789012345678901234")  # 34 digits
ALL_DAYS = DayRange(date(1970, 1, 1), date(9999, 12, 31))


def day(number: int) -> date:
    return date(2026, 11, number)


def days(first: int, last: int) -> DayRange:
    return DayRange(day(first), day(last))


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def full_user(**more: Any) -> User:
    given: dict[str, Any] = {
        "id": "u1", "email": "Asha@Example.in", "created_at": NOW, "updated_at": later(hours=1),
        "shopify_store": "asha.myshopify.com", "meta_ad_account_id": "12345", "is_active": False,
        "secrets": {"shopifyAccessToken": "gAAAA-1", "metaAccessToken": "gAAAA-2", "metaAppSecret": "gAAAA-4",
                    "shiprocketEmail": "gAAAA-3"},
        "settings": MerchantSettings(
            revenue_basis="total_sales", estimated_cost_ratio=D("0.350"), cod_fee_in_freight=False,
            cod_gateways=("नकद", "Nakit"), fx_rates={"USD": D("83.2150")},
            transaction_fees=TransactionFees("rates", (FeeRate("razorpay", D("2.0"), D("3.00")),)),
        ),
        "currency": "INR", "timezone": "Asia/Kolkata", "last_sync_at": later(hours=2),
    }  # fmt: skip
    return User(**(given | more))


def plain_user(number: int, **more: Any) -> User:
    """A merchant without a shop."""
    given: dict[str, Any] = {
        "id": f"u{number}", "email": f"user{number}@example.in", "created_at": later(minutes=number),
        "updated_at": NOW,
    }  # fmt: skip
    return User(**(given | more))


def full_cost() -> ProductCost:
    return ProductCost(
        "c1", CostSource.IMPORTED, LONG, "p1", "v1", "SKU-1", "Öl «fein»", day(1), NOW, later(days=1)
    )


def full_order(**more: Any) -> Order:
    shipping = (ShippingCharge(D("105.00"), D("5.00")),)
    refund = Refund(
        "r1", later(days=3), D("945.00"), (RefundLine("l1", 1, D(945), D("45.0"), "RETURN"),), shipping,
        (RefundAdjustment(D("-12.50"), D("0.60"), "REFUND_DISCREPANCY"),), settled=False,
    )  # fmt: skip
    sale = Sale(
        "s1", NOW, "REFUND", "RETURN", "PRODUCT", -1, D(-945), D(-45), D(-105), line_id="l1", refund_id="r1"
    )  # fmt: skip
    given: dict[str, Any] = {
        "id": "1001", "name": "#1001", "created_at": NOW, "processed_at": later(minutes=1),
        "updated_at": later(days=3), "currency": "INR", "taxes_included": True, "test": True, "edited": True,
        "cancelled_at": later(days=4), "gateways": ("razorpay", "कैश ऑन डिलीवरी"), "customer_id": "77",
        "customer_orders": 3, "customer_order_index": 2,
        "lines": (
            OrderLine(
                "l1", "Kurta — “Indigo” 🧵", 2, LONG, D("210.0"), D("90.00"), D("0.05"), "p1", "v1", "SKU-1",
                gift_card=True, requires_shipping=False, current_quantity=1,
            ),
            OrderLine("l2", "", 0, D(0)),  # nothing but its defaults: absent stays absent, zero stays zero
        ),
        "shipping": shipping, "tip": D("1E+1"), "duties": D("0.10"), "total": D("1890.00"),
        "current_total": D("-0.01"), "subtotal_gap": D("0.020"),
        "payments": (Payment("SALE", "SUCCESS", "razorpay", D(1890), NOW, D("44.604")),),
        "refunds": (refund,), "sales": (sale,), "fulfilled": (("l1", 2), ("l2", 0)),
    }  # fmt: skip
    return Order(**(given | more))


def order(number: int, **more: Any) -> Order:
    placed = more.pop("placed", later(minutes=number))
    given: dict[str, Any] = {
        "id": str(number), "name": f"#{number}", "created_at": placed, "processed_at": placed,
        "updated_at": placed, "currency": "INR", "customer_id": "7",
    }  # fmt: skip
    return Order(**(given | more))


def full_shipment(**more: Any) -> Shipment:
    given: dict[str, Any] = {
        "id": "9001", "order_id": "7001", "order_name": "R_#1001-C", "created_at": NOW,
        "status": "RTO DELIVERED", "status_code": 10, "order_status_code": 0, "awb": "AWB1",
        "courier": "Délhivery", "zone": "z_e",
        "cod": True, "is_return": True, "shipped_at": later(hours=3), "delivered_at": later(hours=4),
        "rto_initiated_at": later(days=2), "rto_delivered_at": later(days=3),
        "changed_at": later(days=4),
        "lines": (ShipmentLine("SKU-1", 2, D("0.00")), ShipmentLine("SKU-2", 1)),
        "charges": Charges(
            D("114.40"), D(47), D("1.1"), D("2.20"), D("3.3"), D(96), D("163.400"), D("0.500"), D(1)
        ),
        "seen": FirstSeen(NOW, later(days=1), later(days=2), later(days=3), later(days=4)),
    }  # fmt: skip
    return Shipment(**(given | more))


def shipment(number: int, **more: Any) -> Shipment:
    return Shipment(str(number), str(number), f"#{number}", later(minutes=number), **more)


def full_ad_day(**more: Any) -> AdDay:
    given: dict[str, Any] = {
        "account_id": "12345", "day": day(2), "currency": "USD", "spend": D("600.120"), "impressions": 20_000,
        "reach": 9_000, "link_clicks": 300, "timezone": "America/New_York", "fx_rate": D("83.2150"),
    }  # fmt: skip
    return AdDay(**(given | more))


def full_state(**more: Any) -> SourceState:
    given: dict[str, Any] = {
        "source": "shopify", "cursor": NOW, "covered": (days(1, 2), days(4, 9)), "stale": (days(9, 9),),
        "last_success_at": later(hours=1), "last_full_read_at": later(hours=2), "error": "Meta: no answer in time",
        "tokens": {"shiprocket": "gAAAA-4", "expires.at": "x"}, "notes": {"zone": "Asia/Kolkata"},
        "kept": {"bulk.job": "7"},
    }  # fmt: skip
    return SourceState(**(given | more))


def full_job(**more: Any) -> Job:
    given: dict[str, Any] = {
        "job_id": "j1", "user_id": "u1", "status": "completed", "started_at": NOW, "created_at": later(seconds=-1),
        "completed_at": later(minutes=2), "records_synced": 42, "days_written": 7, "since": "2026-11-01",
        "until": "2026-11-07", "errors": ("Meta: ₹",), "warnings": ("no cost for 3 products",),
        "sources": {"shopify": {"status": "ok", "records": 40, "requests": 2}},
    }  # fmt: skip
    return Job(**(given | more))


def full_row(number: int = 2, **more: Any) -> DayMetrics:
    values = {
        "revenue": D("3400.00"),
        "totalOrders": 2,
        "roas": None,
        "poas": D("-6.50"),
        "adZoneDiffers": True,
    }
    given: dict[str, Any] = {
        "complete": True, "sources": {"shopify": "ok", "meta": "stale"}, "updated_at": NOW,
    }  # fmt: skip
    return DayMetrics(day(number), more.pop("values", values), **(given | more))


def indexed(fact: Any, *on: int, keys: tuple[str, ...] = ()) -> Indexed[Any]:
    """A fact found on days of November."""
    return Indexed(fact, tuple(day(number) for number in on), keys)


def fill(store: Store, user_id: str) -> None:
    """Something of everything that is stored under a user."""
    store.put_costs(user_id, [full_cost()])
    store.put_orders(user_id, [indexed(full_order(test=False), 2, keys=("1001",))])
    store.put_shipments(user_id, [indexed(full_shipment(), 2, keys=("1001",))])
    store.put_ad_days(user_id, [full_ad_day()])
    store.mark_dirty(user_id, "shopify", [day(2)])
    store.put_metrics(user_id, [full_row()])
    store.save_source_state(user_id, full_state())
    store.put_job(full_job(job_id=f"job of {user_id}", user_id=user_id))
    store.open_incident(user_id, NOW, "meta: the token has expired")
    store.put_hint(Hint(user_id, ORDER, "1001", NOW, "mark"))
