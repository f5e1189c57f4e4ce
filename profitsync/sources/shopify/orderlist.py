"""The list of orders of one window: page by page, and counted, so that none is missed unheard."""

import logging
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from operator import ne
from typing import TypeVar

import msgspec

from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.access import Access
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.lists import CursorWalk
from profitsync.sources.shopify.pacing import Fit
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.wire import UNREADABLE, Counted, Glance, Named, OrdersAnswer, Shop, digits

T = TypeVar("T")
log = logging.getLogger(__name__)
WALK_LIMIT = 20_000  # orders per search; Shopify ends the pages of one search at 25,000
INDEX_LAG = 10.0  # seconds that the search index may lag behind the database
_ABOUT = "the list of orders"
_ORDER = msgspec.json.Decoder(OrderNode)
_GLANCE = msgspec.json.Decoder(Glance)


class Headcount:
    """Which orders of a window were read, and how many there should be at least."""

    def __init__(self) -> None:
        self.expected = 0
        self._read = array("q")  # 8 bytes each: there may be a million

    def add(self, glances: list[Glance]) -> None:
        """Orders that were read; one may come twice."""
        self._read.extend(int(digits(one.id)) for one in glances)

    @property
    def read(self) -> int:
        """Different orders read so far."""
        ordered = sorted(self._read)
        changes: int = sum(map(ne, ordered, ordered[1:]))
        return changes + len(ordered[:1])


class OrderList:
    """Reads windows; `learn` is told what each page says of the shop, `begun` when `counted` is known."""

    def __init__(
        self,
        client: ShopifyClient,
        access: Access,
        learn: Callable[[Shop], object],
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._access = access
        self._learn = learn
        self._begun = begun
        self._fit = Fit(queries.PAGE)
        self.counted = 0  # orders of the window that was begun last, known with its first page

    def pages(self, window: OrderWindow) -> Iterator[list[msgspec.Raw]]:
        """Every order of the window, in the order of the last change, page by page, still to be decoded.

        Raises `BadResponseError` when twice fewer orders came than Shopify counts.
        """
        for is_last in (False, True):
            heads = Headcount()
            yield from self._walk(window, heads)
            read = heads.read
            if read >= heads.expected:
                return
            # An order that changed or was deleted meanwhile has left the window: the next run reads it.
            left = self.count(window)
            if read >= left:
                return
            what = f"came with {read} orders where Shopify counts {left}"
            if is_last:
                raise self._client.bad(_ABOUT, f"{what}, twice; the window stays open")
            log.warning("%s %s; it is read again", _ABOUT, what)
            self._client.pause(INDEX_LAG)

    def count(self, window: OrderWindow) -> int:
        """How many orders the window has now."""
        text = search_text(window, window.updated_from)
        return self._client.ask(queries.COUNT, {"query": text}, Counted).counted.count

    def _walk(self, window: OrderWindow, heads: Headcount) -> Iterator[list[msgspec.Raw]]:
        """A search that grows too long goes on as a new one from its last change."""
        since = window.updated_from
        walk, after, walked = CursorWalk(self._client, _ABOUT), None, 0
        is_first = True
        while True:
            answer = self._page(search_text(window, since), after, count=is_first)
            is_first = False
            self._learn(answer.shop)
            if answer.counted:
                heads.expected = self.counted = answer.counted.count
                self._begun()
            glances = [self.glance(raw) for raw in answer.orders.nodes]
            heads.add(glances)
            yield answer.orders.nodes
            after = walk.after(answer.orders.page_info)
            if after is None:
                return
            walked += len(glances)
            if walked >= WALK_LIMIT and glances and glances[-1].updated_at > since:
                since = glances[-1].updated_at
                walk, after, walked = CursorWalk(self._client, _ABOUT), None, 0

    def _page(self, text: str, after: str | None, *, count: bool) -> OrdersAnswer:
        given = {"after": after, "query": text, "count": count}
        answer, _ = self._access.ask_fitting(
            queries.ORDERS, self._fit, lambda size: {"first": size, **given}, OrdersAnswer
        )
        return answer

    def order(self, raw: msgspec.Raw) -> OrderNode:
        """One order, decoded. Raises `BadResponseError` naming it and the field."""
        return self._decoded(_ORDER, raw)

    def glance(self, raw: msgspec.Raw) -> Glance:
        """Which order, and its times. Raises as `order`."""
        return self._decoded(_GLANCE, raw)

    def _decoded(self, decoder: msgspec.json.Decoder[T], raw: msgspec.Raw) -> T:
        try:
            return decoder.decode(raw)
        except UNREADABLE as error:
            raise self._client.misshapen(_name(raw), error) from None


def _name(raw: msgspec.Raw) -> str:
    """What to call an order that cannot be read."""
    try:
        return f"order {msgspec.json.decode(raw, type=Named).name}"
    except UNREADABLE:
        return "an order in the list"


def search_text(window: OrderWindow, since: datetime) -> str:
    """The window in Shopify's search syntax, bounds rounded outwards to its whole seconds.

    `<` was seen to behave like `<=`, so an order on the upper bound may come although it lies outside.
    """
    terms = [f"updated_at:>='{stamp(since)}'"]
    if window.updated_before is not None:
        terms.append(f"updated_at:<'{stamp(window.updated_before, up=True)}'")
    if window.processed_before is not None:
        terms.append(f"processed_at:<'{stamp(window.processed_before, up=True)}'")
    return " ".join(terms)


def stamp(instant: datetime, *, up: bool = False) -> str:
    """An instant as Shopify's search takes it: UTC, whole seconds, rounded down or `up`."""
    return whole_second(instant, up=up).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_second(instant: datetime, *, up: bool = False) -> datetime:
    """The instant in UTC, rounded down or `up` to a whole second."""
    second = instant.astimezone(UTC).replace(microsecond=0)
    return second + timedelta(seconds=1) if up and instant.microsecond else second
