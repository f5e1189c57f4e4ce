"""Shiprocket's answers as they come. Most values change their type from place to place, so they stay
untyped here and are read by the functions below; fractions arrive as Decimal."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from profitsync.sources.errors import BadResponseError
from profitsync.sources.limits import MOST_UNITS, is_amount

_ID = re.compile(r"[\w.-]{1,100}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,6})?", re.ASCII | re.IGNORECASE)
_UNKNOWN = frozenset({"", "NA", "N/A", "-"})  # unknown, which is not zero


class Pagination(msgspec.Struct, gc=False):
    """`links` is an object, or an empty list on the last page; `total_pages` may be null."""

    current_page: Any = None
    total_pages: Any = None
    total: Any = None
    per_page: Any = None  # as answered; may be less than was asked for
    links: Any = None


class Meta(msgspec.Struct, gc=False):
    """The `meta` of a list answer."""

    pagination: Pagination | list[Any] | None = None


class Answer(msgspec.Struct, gc=False):
    """A list answer. Failures come inside HTTP 200 too: then `data` is missing or no list."""

    data: Any = None
    meta: Meta | list[Any] | None = None
    status: Any = None
    status_code: Any = None


class Product(msgspec.Struct, gc=False):
    """One position of an order."""

    channel_sku: Any = None
    quantity: Any = None
    price: Any = None


class Parcel(msgspec.Struct, gc=False):
    """An element of an order's `shipments`; `status` counts in the shipment numbering."""

    id: Any = None
    awb: Any = None
    courier: Any = None
    status: Any = None
    created_at: Any = None
    shipped_date: Any = None
    delivered_date: Any = None
    rto_initiated_date: Any = None
    rto_delivered_date: Any = None


class AwbData(msgspec.Struct, gc=False):
    """What an order tells of its bill."""

    charges: dict[str, Any] | list[Any] | None = None


class OrderItem(msgspec.Struct, gc=False):
    """An element of `GET /orders`; `status_code` counts in the order numbering. No buyer data is read."""

    id: Any
    channel_order_id: Any = None
    status: Any = None
    status_code: Any = None
    payment_method: Any = None
    cod: Any = None
    created_at: Any = None
    updated_at: Any = None
    is_return: Any = None
    products: list[Product] | None = None
    shipments: list[Parcel] | Parcel | None = None  # one object where PHP had a single one
    awb_data: AwbData | list[Any] | None = None

    @property
    def parcels(self) -> Sequence[Parcel]:
        """Its shipments, none or more."""
        if self.shipments is None:
            return ()
        return self.shipments if isinstance(self.shipments, list) else (self.shipments,)


class ShipmentItem(msgspec.Struct, gc=False):
    """An element of `GET /shipments`."""

    id: Any
    order_id: Any = None
    created_at: Any = None
    charges: dict[str, Any] | list[Any] | None = None


class FailedAttempt(msgspec.Struct, gc=False):
    """An element of `GET /ndr/all`. It stays after a later delivery or RTO."""

    id: Any
    shipment_id: Any = None


def text(value: Any, where: str = "") -> str:
    """A text or a number as text; "" for nothing and for the placeholders of nothing, an empty list among them.

    A list or an object with something in it raises `BadResponseError`, with `where` it stands.
    """
    if value is None or isinstance(value, bool) or value in ([], {}):
        return ""
    if isinstance(value, list | dict):
        raise BadResponseError(f"Shiprocket: {where and f'{where}: '}not a text: {value!r:.80}")
    found = str(value).strip()
    return "" if found.upper() in ("NA", "N/A") else found


def key(value: Any, what: str) -> str:
    """An id, number or text. Raises `BadResponseError` when there is none."""
    found = text(value, f"the id of {what}")
    if not found or found == "0":
        raise BadResponseError(f"Shiprocket: {what} without an id")
    if not _ID.fullmatch(found):
        raise BadResponseError(f"Shiprocket: {what} whose id is none: {found!r:.80}")
    return found


def whole(value: Any) -> int | None:
    """An integer of 32 bits, also in a text; None for anything else."""
    if not isinstance(value, int):
        found = str(value).strip() if isinstance(value, str | Decimal) else ""
        if not re.fullmatch(r"-?\d{1,18}", found, re.ASCII):
            return None
        value = int(found)
    return int(value) if abs(value) <= MOST_UNITS else None


def flag(value: Any) -> bool:
    """1, "1" and true hold; 0, "", null and false do not."""
    return value is True or whole(value) == 1 or (isinstance(value, str) and value.strip().lower() == "true")


def money(value: Any, where: str = "") -> Decimal | None:
    """An amount in INR: a number or a decimal text. Blank, "N/A" and "-" mean unknown.

    Anything else raises `BadResponseError` with the raw text and `where` it stands (the record and the field).
    """
    if value is None:
        return None
    raw = str(value).strip()
    if raw.upper() in _UNKNOWN:
        return None
    amount = _number(raw)
    if amount is None:
        raise BadResponseError(f"Shiprocket: {where and f'{where}: '}not an amount: {raw!r:.80}")
    return amount


def weight(value: Any) -> Decimal | None:
    """A weight in kg; None when it is not told. No figure rests on it, so nothing fails for its sake."""
    return None if value is None else _number(str(value).strip())


def _number(raw: str) -> Decimal | None:
    if not _NUMBER.fullmatch(raw):  # `Decimal` itself would take "1_000" and digits of other scripts
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if is_amount(number) else None
