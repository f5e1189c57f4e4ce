"""An order that was written down already: its JSON as a store keeps it, beside it what is asked of it before.

Another process can write an order down as soon as it has read it. What an ingest wants to know of nearly every
order is little, and the order as a whole need not be taken apart once more only to be stored.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from profitsync.domain.orders import Order, OrderLine
from profitsync.domain.touched import order_instants

Item = tuple[str | None, str | None, str | None]  # product, variant, SKU


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
    instants: list[datetime]  # of everything it adds to some day
    goods: list[Item]  # what its lines sell, gift cards left out
    body: msgspec.Raw


AnyOrder = Order | Slip
_whole = msgspec.json.Decoder(Order).decode


def slip_of(order: Order) -> Slip:
    """Write an order down."""
    return Slip(
        order.id, order.name, order.test, order.processed_at, order.updated_at,
        order.customer_id, order.customer_orders, order.customer_order_index,
        list(order_instants(order)), list(goods_of(order)),
        msgspec.Raw(msgspec.json.encode(order)),
    )  # fmt: skip


def goods_of(order: AnyOrder) -> Iterable[Item]:
    """What the lines of an order sell, gift cards left out, in the order of the lines."""
    if isinstance(order, Slip):
        return order.goods
    return [item_of(line) for line in order.lines if line.quantity and not line.gift_card]


def item_of(line: OrderLine) -> Item:
    """What a line sells."""
    return line.product_id, line.variant_id, line.sku


def whole(order: AnyOrder) -> Order:
    """The order itself."""
    return _whole(order.body) if isinstance(order, Slip) else order


def written(order: AnyOrder) -> str:
    """The order in JSON, Decimals as texts, digit for digit."""
    return bytes(order.body if isinstance(order, Slip) else msgspec.json.encode(order)).decode()
