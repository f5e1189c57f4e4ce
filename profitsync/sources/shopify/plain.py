"""Plain orders: whole as the list gave them, and untouched since their sale. Nothing more need be asked of them.

Nearly all orders are plain. Reading very many is mostly the work of decoding and mapping these, so that is done
by another process where there is one, a few batches ahead.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future

import msgspec

from profitsync.domain.orders import Order
from profitsync.hands import Hands
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.mapping import to_order
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.wire import UNREADABLE

Raws = Sequence[msgspec.Raw]
AHEAD = 4  # batches under way for each hand: while one is mapped, the next ones wait in its pipe

_node = msgspec.json.Decoder(OrderNode).decode
_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
_orders = msgspec.json.Decoder(list[Order | None]).decode


def is_plain(node: OrderNode) -> bool:
    """Whether the list says all there is to say about the order."""
    return not (
        node.edited
        or node.refunds
        or node.cancelled_at
        or node.line_items.page_info.has_next_page
        or node.shipping_lines.page_info.has_next_page
        or len(node.transactions) >= queries.TRANSACTIONS
    )


def plain_orders(raws: Iterable[msgspec.Raw]) -> list[Order | None]:
    """Each order if it is plain; None for others, and for what cannot be read as an order."""
    found: list[Order | None] = []
    for raw in raws:
        try:
            node = _node(raw)
        except UNREADABLE:
            found.append(None)
        else:
            found.append(to_order(node, None, None) if is_plain(node) else None)
    return found


def mapped(given: bytes) -> bytes:
    """`plain_orders` for another process: JSON to JSON."""
    return msgspec.json.encode(plain_orders(_raws(given)))


def with_plain_orders(
    batches: Iterable[Raws], hands: Callable[[], Hands | None]
) -> Iterator[tuple[Raws, list[Order | None]]]:
    """Every batch with its plain orders, in order. `hands` is asked with each batch."""
    under_way: deque[tuple[Raws, Future[bytes | None]]] = deque()
    for raws in batches:
        helpers = hands()
        if not helpers:
            yield from _finished(under_way, 0)
            yield raws, plain_orders(raws)
            continue
        under_way.append((raws, helpers.call(mapped, b"[" + b",".join(raws) + b"]")))
        yield from _finished(under_way, AHEAD * len(helpers))
    yield from _finished(under_way, 0)


def _finished(
    under_way: deque[tuple[Raws, Future[bytes | None]]], most: int
) -> Iterator[tuple[Raws, list[Order | None]]]:
    """What is done already, and more until `most` are left."""
    while under_way and (len(under_way) > most or under_way[0][1].done()):
        raws, answer = under_way.popleft()
        content = answer.result()
        yield raws, plain_orders(raws) if content is None else _orders(content)
