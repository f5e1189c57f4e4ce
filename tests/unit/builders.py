"""Short ways to say what an order or a parcel is, for tests of the pure core."""

from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import Any
from zoneinfo import ZoneInfo

from profitsync.domain.costs import CostBook, CostSource, ProductCost
from profitsync.domain.ledger import movements
from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.movements import Amount, Movement
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
from profitsync.domain.shipments import Charges, FirstSeen, Shipment

INDIA = ZoneInfo("Asia/Kolkata")


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    """Local time in November 2026 (or another month), as UTC."""
    return datetime(2026, month, day, hour, tzinfo=INDIA).astimezone(UTC)


def day(number: int) -> date:
    return date(2026, 11, number)


def line(id: str = "1", price: str = "1050", quantity: int = 1, **more: Any) -> OrderLine:  # noqa: A002
    """A line with 5 % tax inside its price unless told otherwise."""
    discount = D(more.pop("discount", 0))
    total = D(price) * quantity - discount
    tax = D(more.pop("tax", total / 21))
    given: dict[str, Any] = {
        "tax_rate": D("0.05"),
        "product_id": f"p{id}",
        "variant_id": f"v{id}",
        "sku": f"s{id}",
    } | more
    return OrderLine(id, f"Product {id}", quantity, D(price), discount, tax, **given)


def order(*lines: OrderLine, cod: bool = False, **more: Any) -> Order:
    """An order of 2 November, tax included, in rupees."""
    placed = more.pop("placed", at(2))
    shipping = more.get("shipping", ())
    total = sum((x.unit_price * x.quantity - x.discount for x in lines), D(0)) + sum(
        (s.price for s in shipping), D(0)
    )
    given: dict[str, Any] = {
        "id": "1001", "name": "#1001", "created_at": placed, "processed_at": placed, "updated_at": placed,
        "currency": "INR", "taxes_included": True, "lines": lines, "total": total,
        "gateways": ("Cash on Delivery (COD)",) if cod else ("razorpay",),
    }  # fmt: skip
    return Order(**(given | more))


def refund(*lines: RefundLine, on: datetime | None = None, **more: Any) -> Refund:
    given: dict[str, Any] = {"id": "r1", "happened_at": on or at(5), "lines": lines}
    return Refund(**(given | more))


def taken(id: str = "1", units: int = 1, worth: str = "1050", restock: str = "RETURN") -> RefundLine:  # noqa: A002
    """Units taken back; `worth` holds 5 % tax."""
    return RefundLine(id, units, D(worth), D(worth) / 21, restock)


def delivery(price: str = "105") -> ShippingCharge:
    """A shipping charge with 5 % tax inside, paid or refunded."""
    return ShippingCharge(D(price), D(price) / 21)


def adjustment(amount: str, tax: str = "0", reason: str = "REFUND_DISCREPANCY") -> RefundAdjustment:
    """Positive: the merchant kept value. Negative: money paid beyond the goods."""
    return RefundAdjustment(D(amount), D(tax), reason)


def sale(amount: str, quantity: int = 1, *, line: str | None = "1", **more: Any) -> Sale:
    """An entry of the audit trail of 2 November with 5 % tax inside."""
    given: dict[str, Any] = {
        "id": f"sale{line}{quantity}{amount}", "happened_at": at(2), "reason": "ORDER", "line_type": "PRODUCT",
        "action": "ORDER" if quantity > 0 else "RETURN", "tax": D(amount) / 21,
    }  # fmt: skip
    return Sale(quantity=quantity, amount=D(amount), line_id=line, **(given | more))


def payment(amount: str, gateway: str = "razorpay", kind: str = "SALE", **more: Any) -> Payment:
    return Payment(kind, more.pop("status", "SUCCESS"), gateway, D(amount), more.pop("on", at(2)), **more)


def parcel(status: str, id: str = "9001", **more: Any) -> Shipment:  # noqa: A002
    given: dict[str, Any] = {
        "id": id, "order_id": "7001", "order_name": "#1001", "created_at": at(2, 15), "status": status,
        "awb": "AWB1", "shipped_at": at(2, 18),
    }  # fmt: skip
    return Shipment(**(given | more))


def rto_parcel(began: int = 4, back: int | None = 5, **more: Any) -> Shipment:
    """A parcel that turned back on one day and came back on another."""
    return parcel(
        "RTO DELIVERED" if back else "RTO INITIATED",
        **({"rto_initiated_at": at(began), "rto_delivered_at": at(back) if back else None,
            "seen": FirstSeen(rto=at(began))} | more),
    )  # fmt: skip


def charges(**parts: str) -> Charges:
    return Charges(**{name: D(value) for name, value in parts.items()})


def cost(amount: str, product: str, **more: Any) -> ProductCost:
    given: dict[str, Any] = {"id": f"person|{product}", "source": CostSource.MANUAL, "product_id": product} | more
    return ProductCost(cost=D(amount), **given)


def book(
    the_order: Order,
    *parcels: Shipment,
    costs: tuple[ProductCost, ...] = (),
    settings: MerchantSettings | None = None,
) -> list[Movement]:
    return movements(the_order, parcels, CostBook(costs), settings or MerchantSettings(), INDIA)


def cod_order(*lines: OrderLine, **more: Any) -> Order:
    """One kurta at 1,000 and shipping at 100, both without tax, to be paid at the door."""
    return order(*(lines or (line(),)), cod=True, **({"shipping": (delivery(),)} | more))


def total(entries: list[Movement], field: Amount, on: int | None = None) -> D:
    """The sum of one amount, of all days or of one day of November; two places."""
    chosen = [entry for entry in entries if on is None or entry.day == day(on)]
    return sum((entry.money.get(field, D(0)) for entry in chosen), D(0)).quantize(D("0.01"))
