"""An order that was written down already: its JSON as a store keeps it, beside it what is asked of it before.

Another process can write an order down as soon as it has read it. What an ingest wants to know of nearly every
order is little, and the order as a whole need not be taken apart once more only to be stored.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from profitsync.domain.costs import Item
from profitsync.domain.orders import Order, OrderLine
from profitsync.domain.touched import order_days

Form = Literal["json", "bson"]  # what a store takes; with "bson", JSON and the fields of a document


class Slip(msgspec.Struct, array_like=True, gc=False):
    """Fields named as those of `Order` are those; `body` is all of it."""

    id: str
    name: str
    test: bool
    processed_at: datetime
    updated_at: datetime
    customer_id: str | None
    customer_orders: int | None
    customer_order_index: int | None
    zone: str  # of `days`
    days: tuple[date, ...]  # those it may touch, in that zone
    goods: list[Item]  # what its lines sell, gift cards left out
    body: bytes  # JSON, Decimals as texts, digit for digit
    fields: bytes = b""  # the same as BSON, for a store that keeps both


AnyOrder = Order | Slip
_whole = msgspec.json.Decoder(Order).decode


def slip_of(order: Order, zone: ZoneInfo, form: Form = "json") -> Slip:
    """Write an order down for a shop in this zone, in the form of the store that will keep it."""
    return Slip(
        order.id, order.name, order.test, order.processed_at, order.updated_at,
        order.customer_id, order.customer_orders, order.customer_order_index,
        zone.key, order_days(order, zone), list(goods_of(order)),
        written(order), fields_of(order) if form == "bson" else b"",
    )  # fmt: skip


def days_of(order: AnyOrder, zone: ZoneInfo) -> tuple[date, ...]:
    """The shop days that an order may touch."""
    if isinstance(order, Slip):
        return order.days if order.zone == zone.key else order_days(whole(order), zone)
    return order_days(order, zone)


def goods_of(order: AnyOrder) -> Iterable[Item]:
    """What the lines of an order sell, gift cards left out, in the order of the lines."""
    if isinstance(order, Slip):
        return order.goods
    return [item_of(line) for line in order.lines if line.is_goods]


def item_of(line: OrderLine) -> Item:
    """What a line sells."""
    return line.product_id, line.variant_id, line.sku


def whole(order: AnyOrder) -> Order:
    """The order itself."""
    return _whole(order.body) if isinstance(order, Slip) else order


def written(order: AnyOrder) -> bytes:
    """The order in JSON."""
    return order.body if isinstance(order, Slip) else msgspec.json.encode(order)


def fields_of(order: AnyOrder) -> bytes:
    """The order in BSON. Raises `UnstorableNumberError` where that cannot hold one of its amounts."""
    if isinstance(order, Slip) and order.fields:
        return order.fields
    from profitsync.stores.bson_facts import order_fields  # the driver: only with MongoDB

    return order_fields(whole(order))
