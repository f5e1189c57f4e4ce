"""Shiprocket drafts as the external API writes them: four spellings of a date, all naive Indian time, numbers
beside numeric strings, and several ways to say "not known".

Which spelling a record gets follows from its id, so an answer never changes by itself.
"""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from profitsync.sandbox.world import ChargesDraft, NdrDraft, ParcelDraft, ShiprocketOrderDraft

IST = timezone(timedelta(hours=5, minutes=30))  # India has no daylight-saving time
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CHANNEL_ID, MANUAL_CHANNEL_ID = 2450001, 2450002
DELIVERY_DAYS = timedelta(days=5)

Record = dict[str, Any]
Scalar = str | int | float | None


def order_item(draft: ShiprocketOrderDraft) -> Record:
    """An item of `GET /orders`. Several parcels share no `awb_data`: their charges are in `/shipments` only."""
    item = _order_base(draft)
    item["shipments"] = [_listed_parcel(parcel, draft) for parcel in draft.parcels]
    if len(draft.parcels) == 1 and (charges := draft.parcels[0].charges):
        item["awb_data"] = {"charges": charges_object(charges, draft.parcels[0].id)}
    return item


def order_show(draft: ShiprocketOrderDraft) -> Record:
    """The `data` of `GET /orders/show/{id}`: numbers where the list has strings, one shipment as an object."""
    shown = _order_base(draft)
    shown |= {
        "total": number(draft.total),
        "tax": number(draft.tax),
        "created_at": spaced(draft.created_at),
        "updated_at": spaced(draft.updated_at),
        "order_date": spaced(draft.channel_created_at or draft.created_at)[:11],
    }
    if draft.parcels:
        parcel = draft.parcels[0]
        shown["shipments"] = _listed_parcel(parcel, draft) | {
            "status": parcel.status_text,
            "is_rto": "RTO" in parcel.status_text,
            "created_at": ordinal(parcel.created_at),
        }
        if parcel.charges:
            shown["awb_data"] = {"charges": charges_object(parcel.charges, parcel.id)}
    return shown


def shipment_item(parcel: ParcelDraft, order: ShiprocketOrderDraft) -> Record:
    """An item of `GET /shipments`: joined to its order by `order_id`, without `channel_order_id`."""
    return {
        "id": parcel.id,
        "order_id": order.id,
        "awb": parcel.awb,
        "status": parcel.status_text,
        "created_at": ordinal(parcel.created_at),
        **_channel(order),
        "payment_method": "cod" if order.cod else "prepaid",
        "products": _products(order),
        "courier_name": parcel.courier,
        "charges": charges_object(parcel.charges or ChargesDraft(), parcel.id),
    }


def ndr_item(draft: NdrDraft) -> Record:
    """An item of `GET /ndr/all`; its status is the failed attempt's, not the parcel's present one."""
    return {
        "id": draft.id,
        "shipment_id": draft.shipment_id,
        "awb_code": draft.awb,
        "status": "UNDELIVERED",
        "status_code": 36,
        "reason": draft.reason,
        "attempts": draft.attempts,
        "ndr_raised_at": iso(draft.raised_at),
        "created_at": listed(draft.raised_at),
        "payment_method": "cod" if draft.cod else "prepaid",
        "courier": draft.courier,
        "history": [{"ndr_reason": draft.reason, "ndr_raised_at": iso(draft.raised_at), "ndr_attempt": 1}],
    }


def _order_base(draft: ShiprocketOrderDraft) -> Record:
    return {
        "id": draft.id,
        **_channel(draft),
        "channel_order_id": draft.channel_order_id,
        "status": draft.status,
        "status_code": draft.status_code,
        "master_status": "",
        "payment_method": "cod" if draft.cod else ("prepaid", "Prepaid")[draft.id % 2],
        "cod": int(draft.cod),
        "payment_status": "",
        "total": f"{draft.total:.2f}",
        "tax": f"{draft.tax:.2f}",
        "created_at": listed(draft.created_at),
        "channel_created_at": listed(draft.channel_created_at or draft.created_at),
        "updated_at": listed(draft.updated_at),
        "is_return": int(draft.is_return),
        "is_international": 0,
        "products": _products(draft),
        "shipments": [],
        "others": {},
        "errors": [],
        "activities": [],
    }


def _channel(draft: ShiprocketOrderDraft) -> Record:
    if draft.manual:
        return {"channel_id": MANUAL_CHANNEL_ID, "channel_name": "CUSTOM", "base_channel_code": "CS"}
    return {"channel_id": CHANNEL_ID, "channel_name": "SHOPIFY", "base_channel_code": "SH"}


def _products(draft: ShiprocketOrderDraft) -> list[Record]:
    return [
        {
            "id": draft.id * 10 + place,
            "name": item.name,
            "channel_sku": item.sku,
            "quantity": item.quantity,
            "price": f"{item.price:.2f}",
        }
        for place, item in enumerate(draft.items)
    ]


def _listed_parcel(parcel: ParcelDraft, order: ShiprocketOrderDraft) -> Record:
    due = parcel.shipped_at and parcel.shipped_at + DELIVERY_DAYS
    return {
        "id": parcel.id,
        "awb": parcel.awb,
        "courier": parcel.courier,
        "courier_id": parcel.courier_id,
        "status": parcel.status,
        "weight": "0.500",
        "dimensions": "20.00x15.00x5.00",
        "pickup_scheduled_date": day_first(parcel.shipped_at),
        "shipped_date": iso(parcel.shipped_at) or no_date(parcel.id),
        "delivered_date": iso(parcel.delivered_at) or no_date(parcel.id + 1),
        "rto_initiated_date": iso(parcel.rto_initiated_at) or no_date(parcel.id + 2),
        "rto_delivered_date": iso(parcel.rto_delivered_at) or no_date(parcel.id + 3),
        "etd": iso(due) or no_date(order.id),
        "return_awb": "",
    }


def charges_object(draft: ChargesDraft, seed: int) -> Record:
    """A bill. Unknown parts are "", "N/A", "-" or absent; a return leg that never was is "0.00"."""
    named: dict[str, Decimal | None] = {
        "freight_charges": draft.freight,
        "cod_charges": draft.cod,
        "applied_weight_amount": draft.applied,
        "charged_weight_amount": draft.charged,
        "applied_weight_amount_rto": draft.applied_rto,
        "charged_weight_amount_rto": draft.charged_rto,
        "billing_amount": draft.billed,
    }
    charges: Record = {"zone": "", "applied_weight": "0.500", "charged_weight": "0.500" if draft.charged else ""}
    for place, (name, amount) in enumerate(named.items()):
        spelling = (seed + place) % 4
        if amount is not None:
            charges[name] = number(amount) if spelling == 0 else f"{amount:.2f}"
        elif spelling < 3:
            charges[name] = ("", "N/A", "-")[spelling]
    return charges


def number(amount: Decimal) -> int | float:
    """A JSON number; two decimals read back exactly."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def no_date(seed: int) -> str | None:
    """One of the ways in which the API says that there is no date."""
    return (None, "", "NA", "N/A", "0000-00-00 00:00:00", None)[seed % 6]


def _clock(local: datetime) -> str:
    return f"{(local.hour - 1) % 12 + 1:02d}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


def listed(instant: datetime) -> str:
    """`3 Nov 2026, 12:05 AM`"""
    local = instant.astimezone(IST)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {_clock(local)}"


def spaced(instant: datetime) -> str:
    """`21 Sep 2022 05:28 PM`"""
    local = instant.astimezone(IST)
    return f"{local.day:02d} {MONTHS[local.month - 1]} {local.year} {_clock(local)}"


def ordinal(instant: datetime) -> str:
    """`28th Aug 2018 07:11 PM`"""
    local = instant.astimezone(IST)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(local.day % 10, "th") if local.day not in (11, 12, 13) else "th"
    return f"{local.day}{ending} {MONTHS[local.month - 1]} {local.year} {_clock(local)}"


def iso(instant: datetime | None) -> str | None:
    """`2022-07-18 20:28:00`"""
    return instant.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S") if instant else None


def day_first(instant: datetime | None) -> str | None:
    """`27/11/2021`"""
    return instant.astimezone(IST).strftime("%d/%m/%Y") if instant else None
