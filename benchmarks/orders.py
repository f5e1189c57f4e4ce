"""Any number of orders without the work of simulating them: a few hundred rendered once, stamped into copies.

What is rendered is what the sandbox answers to the source's own document. Only orders that nothing happened to
after their sale are taken, so that none needs a second look. A copy gets an id, a name, its buyer and its times;
its lines, prices and taxes are those of its template.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec
import requests

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.worlds.generated import generate
from profitsync.sources.shopify import queries

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # of the rendered orders; copies have times of their own
RENDERED_DAYS, RENDERED_PER_DAY = 20, 20.0
SPAN = timedelta(days=85)  # over which the copies are placed, evenly: all of a first sync's days
NEWEST = timedelta(hours=1)  # how long before the server's start the last one was
FIRST_ID, FIRST_NAME, FIRST_BUYER = 5_000_000_000_000, 1001, 7_000_000_000_000
_TERM = re.compile(r"(?:updated_at|processed_at):(>=|<=|<)'([^']+)'")
_TIMES = ("createdAt", "processedAt", "updatedAt")


def rendered(days: int = RENDERED_DAYS) -> list[dict[str, Any]]:
    """The templates, as the list of orders gives them: what a shop sold in so many days."""
    world = generate(until=NOW.date(), seed=7, now=NOW, days=days, orders_per_day=RENDERED_PER_DAY)
    assert world.shopify is not None
    found: list[dict[str, Any]] = []
    variables = {"first": queries.PAGE, "after": None, "query": "", "count": False,
                 "fees": False, "products": True, "journey": True}  # fmt: skip
    with Sandbox([world], clock=lambda: NOW) as sandbox, requests.Session() as session:
        url = f"{sandbox.url}/shopify/{world.shopify.host}/admin/api/2026-10/graphql.json"
        session.headers["X-Shopify-Access-Token"] = world.shopify.access_token or ""
        more = True
        while more:
            answer = session.post(url, json={"query": queries.ORDERS, "variables": variables}).json()
            if "data" not in answer:  # the bucket of query points is empty: a new shop has a full one
                raise SystemExit(f"the sandbox did not render the orders: {answer['errors'][0]['message']}")
            page = answer["data"]["orders"]
            found += page["nodes"]
            more, variables["after"] = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return [node for node in found if _is_plain(node)]


def _is_plain(node: dict[str, Any]) -> bool:
    """Whole, untouched, and with a total that is its sales: no gift card, no tip."""
    lines = node["lineItems"]
    cut = lines["pageInfo"]["hasNextPage"] or node["shippingLines"]["pageInfo"]["hasNextPage"]
    touched = node["edited"] or node["cancelledAt"] or node["refunds"] or node["test"]
    tip = Decimal(node["totalTipReceivedSet"]["shopMoney"]["amount"])
    return not (cut or touched or tip or any(line["isGiftCard"] for line in lines["nodes"]))


class PreparedOrders:
    """`count` orders of one shop, numbered from 0 in the order of their times.

    Every buyer orders twice, half of all orders apart; so half of the orders, the earlier one, are of new buyers.
    """

    def __init__(
        self,
        count: int,
        started: datetime,
        templates: list[dict[str, Any]] | None = None,
        span: timedelta = SPAN,
    ) -> None:
        """`templates` None: render them. `started`: when the server did; `span`: over which orders are placed."""
        self.count = count
        self.templates = rendered() if templates is None else templates
        self._buyers = max(1, (count + 1) // 2)
        self._span = int(span.total_seconds())
        self._first = int((started - NEWEST - span).timestamp())
        self._nodes = [_template(node) for node in self.templates]

    @cached_property
    def _rows(self) -> list[bytes]:
        return [_template_rows(node) for node in self.templates]

    @cached_property
    def variants(self) -> dict[str, dict[str, Any]]:
        """What the shop knows of each variant that was ordered; the cost is a third of the price, rounded down."""
        found = {}
        for line in (line for node in self.templates for line in node["lineItems"]["nodes"]):
            if line["variant"] and line["product"]:
                price = Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"])
                found[line["variant"]["id"]] = {
                    "id": line["variant"]["id"], "sku": line["sku"],
                    "product": {"id": line["product"]["id"], "title": line["name"]},
                    "inventoryItem": {"unitCost": {"amount": str(price // 3), "currencyCode": "INR"}},
                }  # fmt: skip
        return found

    def at(self, number: int) -> int:
        """When an order was placed, paid and last changed: seconds since 1970."""
        return self._first + number * self._span // max(1, self.count)

    def matching(self, search: str) -> range:
        """The orders that a search text means, as far as the source writes such texts."""
        everything = range(self.count)
        low, high = 0, self.count
        for sign, text in _TERM.findall(search):
            instant = int(datetime.fromisoformat(text).timestamp())
            if sign == ">=":
                low = max(low, bisect_left(everything, instant, key=self.at))
            else:
                cut = bisect_right if sign == "<=" else bisect_left
                high = min(high, cut(everything, instant, key=self.at))
        return range(low, max(low, high))

    def node(self, number: int) -> bytes:
        """One order as the list gives it."""
        return self._nodes[number % len(self._nodes)] % self._stamp(number)

    def rows(self, numbers: range) -> Iterator[bytes]:
        """The rows of a bulk operation's file, those of one order at a time."""
        for number in numbers:
            yield self._rows[number % len(self._rows)] % self._stamp(number)

    def objects(self, numbers: range) -> int:
        """How many rows such a file has."""
        sizes = [1 + len(one["lineItems"]["nodes"]) + len(one["shippingLines"]["nodes"]) for one in self.templates]
        whole, rest = divmod(len(numbers), len(sizes))
        begin = numbers.start % len(sizes)
        return whole * sum(sizes) + sum(sizes[(begin + place) % len(sizes)] for place in range(rest))

    def total(self) -> Decimal:
        """What all orders come to, tax and shipping included."""
        amounts = [Decimal(one["originalTotalPriceSet"]["shopMoney"]["amount"]) for one in self.templates]
        whole, rest = divmod(self.count, len(amounts))
        return whole * sum(amounts) + sum(amounts[:rest], Decimal(0))

    def _stamp(self, number: int) -> dict[bytes, Any]:
        round_, buyer = divmod(number, self._buyers)
        twice = buyer + self._buyers < self.count
        return {
            b"id": FIRST_ID + number,
            b"name": FIRST_NAME + number,
            b"at": datetime.fromtimestamp(self.at(number), UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode(),
            b"buyer": FIRST_BUYER + buyer,
            b"orders": 2 if twice else 1,
            b"index": round_ + 1,
        }


def _template(node: dict[str, Any]) -> bytes:
    return _format(_marked(node))


def _template_rows(node: dict[str, Any]) -> bytes:
    """The same order as rows: itself, its lines and its shipping lines."""
    root = {"__typename": "Order", **_marked(node)}
    lines, shipping = (root.pop(name)["nodes"] for name in ("lineItems", "shippingLines"))
    rows = [root, *({"__typename": "LineItem", **line, "__parentId": root["id"]} for line in lines)]
    rows += [
        {"__typename": "ShippingLine", "id": f"gid://shopify/ShippingLine/{place + 1}", **line,
         "__parentId": root["id"]}
        for place, line in enumerate(shipping)
    ]  # fmt: skip
    return b"\n".join(map(_format, rows)) + b"\n"


def _marked(node: dict[str, Any]) -> dict[str, Any]:
    """The node with marks where a copy has values of its own."""
    copy: dict[str, Any] = {**node, "id": "gid://shopify/Order/<<id>>", "name": "#<<name>>"}
    copy |= dict.fromkeys(_TIMES, "<<at>>")
    paid = {"createdAt": "<<at>>", "processedAt": "<<at>>"}
    copy["transactions"] = [one | paid for one in node["transactions"]]
    copy["customer"] = {"id": "gid://shopify/Customer/<<buyer>>", "numberOfOrders": "<<orders>>"}
    copy["customerJourneySummary"] = {"ready": True, "customerOrderIndex": "<<index>>"}
    return copy


def _format(marked: dict[str, Any]) -> bytes:
    """JSON for Python's own formatting: marks become places, and the one number loses its quotes."""
    encoded = msgspec.json.encode(marked).replace(b"%", b"%%").replace(b'"<<index>>"', b"%(index)d")
    for name, kind in (("id", "d"), ("name", "d"), ("at", "s"), ("buyer", "d"), ("orders", "d")):
        encoded = encoded.replace(f"<<{name}>>".encode(), f"%({name}){kind}".encode())
    return encoded
