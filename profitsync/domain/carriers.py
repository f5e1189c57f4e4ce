"""What a parcel's status means. Definitions: docs/metrics.md, shipping."""

import re
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from msgspec.structs import replace

from profitsync.domain.carrier_codes import (
    BEFORE_COURIER_NAMES,
    CUSTOMER_RETURN_ORDERS,
    DELIVERED_NAMES,
    IN_TRANSIT_NAMES,
    NO_ARRIVAL_NAMES,
    ORDER_STATUSES,
    SHIPMENT_STATUSES,
    WITH_COURIER_NAMES,
)
from profitsync.domain.shipments import FirstSeen, Shipment


class Bucket(StrEnum):
    """The class a parcel is counted in. All but LEFT_OUT add up to the number of shipments of a day."""

    LEFT_OUT = "leftOut"  # cancelled, not yet with a courier, or a customer's return
    PICKUP_PENDING = "pickupPending"
    IN_TRANSIT = "inTransit"
    NDR_OPEN = "ndrOpen"  # a delivery attempt failed and the parcel is still meant for the customer
    DELIVERED = "delivered"
    RTO = "rto"
    LOST = "lost"
    OTHER = "other"  # says nothing about arrival, or is a text we do not know


_BLANKS = re.compile(r"[\s_-]+")
_RTO = re.compile(r"\bRTO\b|^RETURN TO ORIGIN\b|^RETURNED$|^REACHED BACK AT (THE )?SELLER CITY\b")
_LOST = re.compile(r"\b(LOST|DESTROYED|DAMAGED|DISPOSED|UNTRACEABLE)\b")
_NO_TEXT = frozenset({"", "NA", "N/A"})
# Parcels are classed several times each, and carriers know a few hundred texts.
_TEXTS_KEPT = 4_096
_NEVER_SEEN = FirstSeen()


def status_name(shipment: Shipment) -> str:
    """The status that decides, normalised: the text; without one the shipment code's name, else the order's.

    Empty when nothing is known.
    """
    return _name(shipment.status, shipment.status_code, shipment.order_status_code)


@lru_cache(_TEXTS_KEPT)
def _name(status: str, status_code: int | None, order_status_code: int | None) -> str:
    text = _BLANKS.sub(" ", status.upper()).strip()
    if text not in _NO_TEXT:
        return text
    if status_code is not None:
        return SHIPMENT_STATUSES.get(status_code, "")
    if order_status_code is not None:
        return ORDER_STATUSES.get(order_status_code, "")
    return ""


def unknown_status(shipment: Shipment) -> str | None:
    """What the carrier said that nobody has explained: the normalised text, or whose number it is.

    None for every known status. An unknown one is counted as OTHER.
    """
    name = status_name(shipment)
    if is_customer_return(shipment) or name in NO_ARRIVAL_NAMES or _bucket_of(name) is not Bucket.OTHER:
        return None
    if name:
        return name
    if shipment.status_code is not None:
        return f"shipment status {shipment.status_code}"
    return "no status" if shipment.order_status_code is None else f"order status {shipment.order_status_code}"


def bucket(shipment: Shipment) -> Bucket:
    """The class of a parcel. An unknown status is OTHER: counted and reported, never guessed."""
    return _bucket(
        shipment.status, shipment.status_code, shipment.order_status_code, shipment.is_return, bool(shipment.awb)
    )  # fmt: skip


@lru_cache(_TEXTS_KEPT)
def _bucket(
    status: str, status_code: int | None, order_status_code: int | None, is_return: bool, has_awb: bool
) -> Bucket:
    name = _name(status, status_code, order_status_code)
    if _is_sent_back(name, order_status_code, is_return):
        return Bucket.LEFT_OUT
    found = _bucket_of(name)
    if found is None:  # waiting for a courier; an AWB says that one has been found
        return Bucket.PICKUP_PENDING if has_awb else Bucket.LEFT_OUT
    return found


def is_customer_return(shipment: Shipment) -> bool:
    """Whether a customer sends goods back with this parcel (a reverse pickup, which is not an RTO)."""
    return _is_sent_back(status_name(shipment), shipment.order_status_code, shipment.is_return)


def _is_sent_back(name: str, order_status_code: int | None, is_return: bool) -> bool:
    if is_return or order_status_code in CUSTOMER_RETURN_ORDERS:
        return True
    return name.startswith("RETURN ") and not _RTO.search(name)


def left_out_as(shipment: Shipment) -> str | None:
    """Why a parcel is in no count: `customerReturn`, `cancelled` or `withoutCourier`; None for one that counts."""
    if bucket(shipment) is not Bucket.LEFT_OUT:
        return None
    if is_customer_return(shipment):
        return "customerReturn"
    return "cancelled" if is_cancel(status_name(shipment)) else "withoutCourier"


@lru_cache(_TEXTS_KEPT)
def _bucket_of(name: str) -> Bucket | None:
    """The class of a normalised name; None while it depends on whether a courier was assigned.

    The order of the tests matters: "RTO DELIVERED" and "UNDELIVERED" both hold the word "delivered".
    """
    if _RTO.search(name):
        return Bucket.RTO
    if "UNDELIVERED" in name or name == "ISSUE RELATED TO THE RECIPIENT":
        return Bucket.NDR_OPEN
    if is_cancel(name):
        return Bucket.LEFT_OUT
    if _LOST.search(name):
        return Bucket.LOST
    for names, found in (
        (DELIVERED_NAMES, Bucket.DELIVERED),
        (IN_TRANSIT_NAMES, Bucket.IN_TRANSIT),
        (WITH_COURIER_NAMES, Bucket.PICKUP_PENDING),
        (BEFORE_COURIER_NAMES, None),
    ):
        if name in names:
            return found
    return Bucket.OTHER


def is_cancel(name: str) -> bool:
    """Whether a normalised status says that the parcel was cancelled."""
    return "CANCEL" in name or name == "EPAYMENT FAILED"


def rto_is_back(shipment: Shipment) -> bool:
    """Whether a returned parcel has reached the seller again."""
    return shipment.rto_delivered_at is not None or status_name(shipment).startswith(
        ("RTO DELIVERED", "RTO ACKNOWLEDGED")
    )


def needs_reread(shipment: Shipment) -> bool:
    """Whether the carrier may still change this parcel: not in a final state, or not yet billed.

    A parcel cancelled before it was handed over is never billed, so it is done at once.
    """
    if shipment.charges.billed is None:
        cancelled = is_cancel(status_name(shipment)) and bucket(shipment) is Bucket.LEFT_OUT
        final = "REQUESTED" not in status_name(shipment) and shipment.shipped_at is None
        return not (cancelled and final)
    match bucket(shipment):
        case Bucket.DELIVERED | Bucket.LOST | Bucket.LEFT_OUT:
            return False
        case Bucket.RTO:
            return not rto_is_back(shipment)
        case _:
            return True


def merge_seen(
    before: Shipment | None, now: Shipment, seen_at: datetime, failed_attempt: bool = False
) -> Shipment:
    """`now` with its first-seen instants: those once set are kept for ever, new ones become `seen_at`.

    `failed_attempt`: a failed delivery attempt is known from elsewhere than the status. An RTO cannot have
    begun after the parcel was back, so its first sight is no later than `rto_delivered_at`. A parcel never read
    before is in its state at least since its last change: a first sync must not date years of losses today.
    """
    if before is None and now.changed_at:
        seen_at = min(seen_at, now.changed_at)
    known = before.seen if before else _NEVER_SEEN
    where = bucket(now)
    rto_seen = min(seen_at, now.rto_delivered_at) if now.rto_delivered_at else seen_at

    def first(kept: datetime | None, holds: bool, seen: datetime = seen_at) -> datetime | None:
        return kept or (seen if holds else None)

    return replace(
        now,
        seen=FirstSeen(
            ndr=first(known.ndr, failed_attempt or where is Bucket.NDR_OPEN),
            rto=first(known.rto, where is Bucket.RTO, rto_seen),
            rto_delivered=first(known.rto_delivered, where is Bucket.RTO and rto_is_back(now)),
            delivered=first(known.delivered, where is Bucket.DELIVERED),
            lost=first(known.lost, where is Bucket.LOST),
        ),
    )
