"""What a parcel's status means, and what the parcel costs. Definitions: docs/metrics.md, shipping."""

import re
from datetime import datetime
from decimal import Decimal
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
from profitsync.domain.facts import Record
from profitsync.domain.shipments import FirstSeen, Shipment

ZERO = Decimal(0)
ONE = Decimal(1)


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
    return "cancelled" if _is_cancel(status_name(shipment)) else "withoutCourier"


@lru_cache(_TEXTS_KEPT)
def _bucket_of(name: str) -> Bucket | None:
    """The class of a normalised name; None while it depends on whether a courier was assigned.

    The order of the tests matters: "RTO DELIVERED" and "UNDELIVERED" both hold the word "delivered".
    """
    if _RTO.search(name):
        return Bucket.RTO
    if "UNDELIVERED" in name or name == "ISSUE RELATED TO THE RECIPIENT":
        return Bucket.NDR_OPEN
    if _is_cancel(name):
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


def _is_cancel(name: str) -> bool:
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
        cancelled = _is_cancel(status_name(shipment)) and bucket(shipment) is Bucket.LEFT_OUT
        final = "REQUESTED" not in status_name(shipment) and shipment.shipped_at is None
        return not (cancelled and final)
    match bucket(shipment):
        case Bucket.DELIVERED | Bucket.LOST | Bucket.LEFT_OUT:
            return False
        case Bucket.RTO:
            return not rto_is_back(shipment)
        case _:
            return True


class ParcelCost(Record, frozen=True):
    """What a parcel costs, INR, in the parts that fall on different days. None is unknown, not zero.

    `kind`: billed (Shiprocket's final figure), estimated (from the parts known), unknown (a part is
    missing; the other one may still be given) or none (nothing to pay: cancelled, or not yet with a courier).
    """

    forward: Decimal | None  # belongs to the day the shipment was created
    rto: Decimal | None  # belongs to the day the RTO began; negative when more was reversed than added
    kind: str

    def at_rate(self, rate: Decimal | None) -> "ParcelCost":
        """The same in another currency; without a rate nothing of it is known, except that it is nothing."""
        if self.kind == "none" or rate == ONE:
            return self
        if rate is None:
            return ParcelCost(None, None, "unknown")
        forward, rto = (None if part is None else part * rate for part in (self.forward, self.rto))
        return ParcelCost(forward, rto, self.kind)


def parcel_cost(shipment: Shipment, cod_fee_in_freight: bool) -> ParcelCost:
    """The bill if there is one, else the estimate of docs/metrics.md.

    `cod_fee_in_freight`: whether the forward charge already holds the COD fee (seen so on live accounts).
    """
    parts = shipment.charges
    where = bucket(shipment)
    forward = _forward(shipment, cod_fee_in_freight)
    if parts.billed is not None:
        if where is Bucket.RTO and forward is not None:
            return ParcelCost(forward, parts.billed - forward, "billed")
        return ParcelCost(parts.billed, ZERO, "billed")
    if where is Bucket.LEFT_OUT and not _is_paid_return(shipment):
        return ParcelCost(ZERO, ZERO, "none")
    rto = _estimated_rto(shipment) if where is Bucket.RTO else ZERO
    known = forward is not None and rto is not None
    return ParcelCost(forward, rto, "estimated" if known else "unknown")


def _is_paid_return(shipment: Shipment) -> bool:
    """Whether this is a customer's return that a courier has been given: it costs what its way costs."""
    return is_customer_return(shipment) and bool(shipment.awb) and not _is_cancel(status_name(shipment))


def _forward(shipment: Shipment, cod_fee_in_freight: bool) -> Decimal | None:
    parts = shipment.charges
    charge = _first_known(parts.charged, parts.applied, parts.freight)
    fee = ZERO if cod_fee_in_freight else _cod_fee(shipment)
    return None if charge is None or fee is None else charge + fee


def _estimated_rto(shipment: Shipment) -> Decimal | None:
    """The way back, less the COD fee, which is paid back when nothing was collected."""
    leg = _first_known(shipment.charges.charged_rto, shipment.charges.applied_rto)
    fee = _cod_fee(shipment)
    return None if leg is None or fee is None else leg - fee


def _cod_fee(shipment: Shipment) -> Decimal | None:
    """The COD fee; a prepaid parcel has none, a COD parcel without a figure an unknown one."""
    if shipment.charges.cod is None and not shipment.cod:
        return ZERO
    return shipment.charges.cod


def _first_known(*amounts: Decimal | None) -> Decimal | None:
    for amount in amounts:
        if amount is not None:
            return amount
    return None


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
