"""From Shiprocket's records to shipment facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from profitsync.domain.shipments import Charges, Shipment, ShipmentLine
from profitsync.sources.errors import BadResponseError
from profitsync.sources.shiprocket.dates import instant
from profitsync.sources.shiprocket.wire import (
    OrderItem,
    Parcel,
    Product,
    ShipmentItem,
    flag,
    key,
    money,
    text,
    weight,
    whole,
)


@dataclass(frozen=True, slots=True)
class ParcelDetails:
    """What only the list of shipments tells of one parcel of a split order."""

    created_at: datetime | None = None
    charges: Charges = field(default_factory=Charges)  # unknown
    zone: str = ""


def order_created_at(order: OrderItem) -> datetime:
    """Raises `BadResponseError` when the order has no creation date."""
    created = instant(order.created_at, f"order {text(order.id)}, created_at")
    if created is None:
        raise BadResponseError(f"Shiprocket: order {text(order.id)} without a creation date")
    return created


def dispatched_at(parcel: Parcel) -> datetime | None:
    """When the parcel was handed over; None while it was not."""
    return _at(parcel, "shipped_date")


def shipments(order: OrderItem, details: Mapping[str, ParcelDetails] | None = None) -> list[Shipment]:
    """The parcels of an order; none while it has no shipment.

    The order's bill, contents and status text speak of its only parcel. With several parcels these are
    unknown per parcel: then `details`, by shipment id, give the charges where they are known.
    """
    if len(order.parcels) == 1:
        return [_only(order, order.parcels[0])]
    known = details or {}
    return [_one_of_several(order, parcel, known) for parcel in order.parcels]


def parcel_details(item: ShipmentItem) -> ParcelDetails:
    """An element of the list of shipments."""
    return ParcelDetails(
        created_at=instant(item.created_at, f"shipment {text(item.id)}, created_at"),
        charges=charges(item.charges, f"shipment {text(item.id)}"),
        zone=_zone(item.charges),
    )


def charges(raw: dict[str, Any] | list[Any] | None, record: str) -> Charges:
    """The parts of a bill; whatever is absent, blank or a placeholder is unknown. `record` is whose bill it is."""
    found = raw if isinstance(raw, dict) else {}

    def amount(name: str) -> Decimal | None:
        return money(found.get(name), f"{record}, {name}")

    return Charges(
        freight=amount("freight_charges"),
        cod=amount("cod_charges"),
        applied=amount("applied_weight_amount"),
        charged=amount("charged_weight_amount"),
        applied_rto=amount("applied_weight_amount_rto"),
        charged_rto=amount("charged_weight_amount_rto"),
        billed=amount("billing_amount"),
        applied_weight=weight(found.get("applied_weight")),
        charged_weight=weight(found.get("charged_weight")),
    )


def _only(order: OrderItem, parcel: Parcel) -> Shipment:
    bill = order.awb_data.charges if order.awb_data is not None and not isinstance(order.awb_data, list) else None
    return _shipment(
        order,
        parcel,
        status=_words(order.status) or _words(parcel.status),  # the order's text is the richer one
        created_at=_at(parcel, "created_at") or order_created_at(order),
        lines=_lines(order.products or [], f"order {text(order.id)}"),
        bill=charges(bill, f"order {text(order.id)}"),
        zone=_zone(bill),
    )


def _one_of_several(order: OrderItem, parcel: Parcel, details: Mapping[str, ParcelDetails]) -> Shipment:
    own = details.get(text(parcel.id), ParcelDetails())
    return _shipment(
        order,
        parcel,
        status=_words(parcel.status),
        created_at=own.created_at or _at(parcel, "created_at") or order_created_at(order),
        lines=(),
        bill=own.charges,
        zone=own.zone,
    )


def _shipment(
    order: OrderItem,
    parcel: Parcel,
    *,
    status: str,
    created_at: datetime,
    lines: tuple[ShipmentLine, ...],
    bill: Charges,
    zone: str,
) -> Shipment:
    return Shipment(
        id=key(parcel.id, "a shipment"),
        order_id=key(order.id, "an order"),
        order_name=text(order.channel_order_id, f"order {text(order.id)}, channel_order_id"),
        created_at=created_at,
        status=status,
        status_code=whole(parcel.status),
        order_status_code=whole(order.status_code),
        awb=text(parcel.awb, f"order {text(order.id)}, awb"),
        courier=text(parcel.courier),
        zone=zone,
        cod=text(order.payment_method).lower() == "cod" or flag(order.cod),
        is_return=flag(order.is_return),
        shipped_at=_at(parcel, "shipped_date"),
        delivered_at=_at(parcel, "delivered_date"),
        rto_initiated_at=_at(parcel, "rto_initiated_date"),
        rto_delivered_at=_at(parcel, "rto_delivered_date"),
        changed_at=instant(order.updated_at, f"order {text(order.id)}, updated_at"),
        lines=lines,
        charges=bill,
    )


def _at(parcel: Parcel, name: str) -> datetime | None:
    return instant(getattr(parcel, name), f"shipment {text(parcel.id)}, {name}")


def _zone(bill: dict[str, Any] | list[Any] | None) -> str:
    return text(bill.get("zone")) if isinstance(bill, dict) else ""


def _words(status: Any) -> str:
    """A status given as text; "" for a number, which needs its numbering."""
    return "" if whole(status) is not None else text(status)


def _lines(products: list[Product], record: str) -> tuple[ShipmentLine, ...]:
    """The contents; empty, which is "unknown", when a position lacks its SKU or its quantity."""
    lines = []
    for product in products:
        sku, quantity = text(product.channel_sku), whole(product.quantity)
        if not sku or quantity is None or quantity < 0:
            return ()
        lines.append(ShipmentLine(sku, quantity, money(product.price, f"{record}, price")))
    return tuple(lines)
