"""Which orders exist: counts and ids by the time they were placed, and orders by id."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from profitsync.sources.protocol import OrderWindow, Placed
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.access import Access
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.details import nodes_in_batches
from profitsync.sources.shopify.fragments import MOST
from profitsync.sources.shopify.lists import CursorWalk
from profitsync.sources.shopify.orderlist import search_text, stamp
from profitsync.sources.shopify.pacing import Fit
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.scopes import Scopes
from profitsync.sources.shopify.wire import Number, OrderIdsAnswer, Ref, digits

_SECOND = timedelta(seconds=1)
_FIRST = datetime.fromisoformat("1970-01-01T00:00:00Z")


class Census:
    """Counts and looks up; reads no order it is not asked for."""

    def __init__(self, client: ShopifyClient, access: Access, scopes: Scopes) -> None:
        self._client = client
        self._access = access
        self._scopes = scopes
        self._ids = Fit(MOST)
        self._orders = Fit(queries.ORDER_BATCH)

    def counts(self, spans: Sequence[Placed]) -> list[int]:
        """How many orders were placed in each span, test orders included; one request for every few spans."""
        found: list[int] = []
        for start in range(0, len(spans), queries.COUNTS_AT_ONCE):
            some = spans[start : start + queries.COUNTS_AT_ONCE]
            texts = [placed_text(span) for span in some]
            texts += texts[-1:] * (queries.COUNTS_AT_ONCE - len(texts))  # the document always counts so many
            variables = {f"q{place}": text for place, text in enumerate(texts)}
            answer = self._client.ask(queries.COUNTS, variables, dict[str, Number])
            found += [answer[f"c{place}"].count for place in range(len(some))]
        return found

    def ids(self, span: Placed) -> set[str]:
        """Ids (digits) of every order placed in the span.

        Raises `BadResponseError` when fewer came than Shopify counts.
        """
        return self._listed(placed_text(span))

    def changed(self, window: OrderWindow) -> set[str]:
        """Ids (digits) of every order in the window; raises as `ids`."""
        return self._listed(search_text(window, window.updated_from))

    def _listed(self, text: str) -> set[str]:
        ids: set[str] = set()
        expected = 0
        walk, after, is_first = CursorWalk(self._client, "the list of ids"), None, True
        while is_first or after is not None:
            given = {"after": after, "query": text, "count": is_first}
            answer, _ = self._client.ask_fitting(queries.ORDER_IDS, self._ids, _with_first(given), OrderIdsAnswer)
            expected = answer.counted.count if answer.counted else expected
            ids.update(digits(one.id) for one in answer.orders.nodes)
            after, is_first = walk.after(answer.orders.page_info), False
        if len(ids) < expected:
            raise self._client.bad("the list of ids", f"has {len(ids)} orders where Shopify counts {expected}")
        return ids

    def by_id(self, ids: Collection[str], created: Mapping[str, datetime]) -> tuple[list[OrderNode], set[str]]:
        """Orders that exist, and the ids of those that do not; see `OrderSource.orders_by_id`."""
        nodes: list[OrderNode] = []
        absent: set[str] = set()
        wanted = [Ref(f"gid://shopify/Order/{number}") for number in sorted(set(ids))]
        asking = nodes_in_batches(self._access.ask_fitting, queries.ORDERS_BY_ID, self._orders, wanted)
        for ref, raw in ((ref, raw) for some, answers in asking for ref, raw in zip(some, answers, strict=True)):
            if bytes(raw) == b"null":
                absent.add(digits(ref.id))
                continue
            node = self._client.decode(raw, OrderNode, f"the order with the id {digits(ref.id)}")
            if node.id != ref.id:
                raise self._client.bad(f"order {node.name}", "came, another one was asked for")
            nodes.append(node)
        return nodes, self._gone(absent, created)

    def _gone(self, absent: set[str], created: Mapping[str, datetime]) -> set[str]:
        """Behind the wall an order is hidden, not gone: only one known to be younger can be missed."""
        if not absent:
            return set()
        wall = self._scopes.hidden_before(min(created.get(number, _FIRST) for number in absent))
        return {number for number in absent if wall is None or created.get(number, _FIRST) >= wall}


def placed_text(span: Placed) -> str:
    """The span in Shopify's search syntax. Times are whole seconds, so its end is the second before."""
    return f"processed_at:>='{stamp(span.start)}' processed_at:<='{stamp(span.end - _SECOND)}'"


def _with_first(given: Mapping[str, object]) -> Callable[[int], dict[str, object]]:
    return lambda size: {"first": size, **given}
