"""From Shiprocket's records to shipment facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
    whole,
)


@dataclass(frozen=True, slots=True)
class ParcelDetails:
    """What only the list of shipments tells of one parcel of a split order."""

    created_at: datetime | None = None
    charges: Charges = field(default_factory=Charges)  # unknown


def order_created_at(order: OrderItem) -> datetime:
    """Raises `BadResponseError` when the order has no creation date."""
    created = instant(order.created_at)
    if created is None:
        raise BadResponseError(f"Shiprocket: order {text(order.id)} without a creation date")
    return created


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
    return ParcelDetails(created_at=instant(item.created_at), charges=charges(item.charges))


def charges(raw: dict[str, Any] | list[Any] | None) -> Charges:
    """The parts of a bill; whatever is absent, blank or a placeholder is unknown."""
    found = raw if isinstance(raw, dict) else {}
    return Charges(
        freight=money(found.get("freight_charges")),
        cod=money(found.get("cod_charges")),
        applied=money(found.get("applied_weight_amount")),
        charged=money(found.get("charged_weight_amount")),
        applied_rto=money(found.get("applied_weight_amount_rto")),
        charged_rto=money(found.get("charged_weight_amount_rto")),
        billed=money(found.get("billing_amount")),
    )


def _only(order: OrderItem, parcel: Parcel) -> Shipment:
    bill = order.awb_data.charges if order.awb_data is not None and not isinstance(order.awb_data, list) else None
    return _shipment(
        order,
        parcel,
        status=_words(order.status) or _words(parcel.status),  # the order's text is the richer one
        created_at=instant(parcel.created_at) or order_created_at(order),
        lines=_lines(order.products or []),
        bill=charges(bill),
    )


def _one_of_several(order: OrderItem, parcel: Parcel, details: Mapping[str, ParcelDetails]) -> Shipment:
    own = details.get(text(parcel.id), ParcelDetails())
    return _shipment(
        order,
        parcel,
        status=_words(parcel.status),
        created_at=own.created_at or instant(parcel.created_at) or order_created_at(order),
        lines=(),
        bill=own.charges,
    )


def _shipment(
    order: OrderItem,
    parcel: Parcel,
    *,
    status: str,
    created_at: datetime,
    lines: tuple[ShipmentLine, ...],
    bill: Charges,
) -> Shipment:
    return Shipment(
        id=key(parcel.id, "a shipment"),
        order_id=key(order.id, "an order"),
        order_name=text(order.channel_order_id),
        created_at=created_at,
        status=status,
        status_code=whole(parcel.status),
        order_status_code=whole(order.status_code),
        awb=text(parcel.awb),
        courier=text(parcel.courier),
        cod=text(order.payment_method).lower() == "cod" or flag(order.cod),
        is_return=flag(order.is_return),
        shipped_at=instant(parcel.shipped_date),
        delivered_at=instant(parcel.delivered_date),
        rto_initiated_at=instant(parcel.rto_initiated_date),
        rto_delivered_at=instant(parcel.rto_delivered_date),
        changed_at=instant(order.updated_at),
        lines=lines,
        charges=bill,
    )


def _words(status: Any) -> str:
    """A status given as text; "" for a number, which needs its numbering."""
    return "" if whole(status) is not None else text(status)


def _lines(products: list[Product]) -> tuple[ShipmentLine, ...]:
    """The contents; empty, which is "unknown", when a position lacks its SKU or its quantity."""
    lines = []
    for product in products:
        sku, quantity = text(product.channel_sku), whole(product.quantity)
        if not sku or quantity is None:
            return ()
        lines.append(ShipmentLine(sku, quantity, money(product.price)))
    return tuple(lines)
