"""Plain orders: whole as the list gave them, and untouched since their sale. Nothing more need be asked of them.

Nearly all orders are plain. Reading very many is mostly the work of decoding and mapping these, so that is done
by another process where there is one, a few batches ahead.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from profitsync.domain.orders import Order
from profitsync.hands import Hands
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.mapping import to_order
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.wire import UNREADABLE
from profitsync.stores.slips import AnyOrder, Form, Slip, slip_of

Raws = Sequence[msgspec.Raw]
_Answer = Future[Any]  # bytes, orders, or None where nobody has read the batch
AHEAD = 8  # batches under way for each hand, which is some 40 ms of its work; then it is quicker to help
AT_MOST = 16  # batches held because an earlier one is not done

_node = msgspec.json.Decoder(OrderNode).decode
_task = msgspec.json.Decoder(tuple[str, Form, list[msgspec.Raw]]).decode
_slips = msgspec.msgpack.Decoder(list[Slip | None]).decode


def needs_details(order: OrderNode) -> bool:
    """Whether anything happened to the order after its sale."""
    return bool(order.edited or order.cancelled_at or order.refunds)


def is_plain(node: OrderNode) -> bool:
    """Whether the list says all there is to say about the order."""
    return not (
        needs_details(node)
        or node.line_items.page_info.has_next_page
        or node.shipping_lines.page_info.has_next_page
        or len(node.transactions) >= queries.TRANSACTIONS
    )


def plain_orders(raws: Iterable[msgspec.Raw]) -> list[Order | None]:
    """Each order if it is plain; None for others, and for what cannot be read as an order.

    One whose lines do not add up is nothing to be passed over, either.
    """
    found: list[Order | None] = []
    for raw in raws:
        try:
            node = _node(raw)
            order = to_order(node, None, None) if is_plain(node) else None
        except (*UNREADABLE, ValueError):
            order = None
        found.append(None if order is None or order.subtotal_gap else order)
    return found


def written_down(given: bytes) -> bytes:
    """`plain_orders` for another process: JSON to msgpack, written down for a shop in that zone."""
    key, form, raws = _task(given)
    zone = ZoneInfo(key)
    return msgspec.msgpack.encode([order and slip_of(order, zone, form) for order in plain_orders(raws)])


def with_plain_orders(
    batches: Iterable[Raws], hands: Callable[[], Hands | None], zone: Callable[[], str], form: Form = "json"
) -> Iterator[tuple[Raws, Sequence[AnyOrder | None]]]:
    """Every batch with its plain orders, in order. `hands`, and `zone` of the shop, are asked with each batch.

    `form` is how those are written down that another process reads.
    """
    waiting: deque[tuple[Raws, _Answer]] = deque()
    for raws in batches:
        helpers = hands()
        are_behind = helpers and len(waiting) >= AHEAD * len(helpers) and not waiting[0][1].done()
        if helpers and not are_behind:
            how = msgspec.json.encode((zone(), form))[1:-1]
            waiting.append((raws, helpers.call(written_down, b"[%b,[%b]]" % (how, b",".join(raws)))))
        else:
            done: _Answer = Future()
            done.set_result(plain_orders(raws))
            waiting.append((raws, done))
        # One comes, one goes: whoever helps must not run out of work meanwhile.
        if waiting[0][1].done() or len(waiting) > AT_MOST:
            yield _taken(waiting.popleft())
    while waiting:
        yield _taken(waiting.popleft())


def _taken(one: tuple[Raws, "_Answer"]) -> tuple[Raws, Sequence[AnyOrder | None]]:
    raws, answer = one
    found = answer.result()
    if found is None:
        return raws, plain_orders(raws)
    return raws, _slips(found) if isinstance(found, bytes) else found
