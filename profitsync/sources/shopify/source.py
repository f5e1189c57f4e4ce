"""Shopify as an order source: a paged list of orders, then details of those that need them."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.orders import Order
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import OrderWindow, ShopProfile
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.auth import Credentials
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.details import DetailReader, batches, named, needs_audit, needs_details
from profitsync.sources.shopify.lists import CursorWalk, complete, whole
from profitsync.sources.shopify.mapping import to_order, to_snapshot
from profitsync.sources.shopify.records import Line, OrderNode, ShippingLine, Transaction, Variant
from profitsync.sources.shopify.wire import (
    ListOwner,
    Named,
    NodesAnswer,
    OrdersAnswer,
    Owned,
    PageOwner,
    Shop,
    ShopAnswer,
)

_ORDER = msgspec.json.Decoder(OrderNode)
WALK_LIMIT = 20_000  # orders per search; Shopify ends the pages of one search at 25,000


class ShopifySource:
    """One shop, read with one version of the Admin API. `base_url` is scheme and host, the shop filled in."""

    def __init__(self, http: HttpClient, *, base_url: str, version: str, credentials: Credentials) -> None:
        self._http = http
        self._client = ShopifyClient(http, base_url=base_url, version=version, credentials=credentials)
        self._details = DetailReader(self._client)
        self.profile: ShopProfile | None = None
        self.warnings: list[str] = []

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._http.requests

    def shop(self) -> ShopProfile:
        """Ask the shop for its currency and time zone (one request)."""
        return self._learn(self._client.ask(queries.SHOP, {}, ShopAnswer).shop)

    def orders(self, window: OrderWindow) -> Iterator[list[Order]]:
        """Every order of the window with all inner lists complete, page by page.

        The walk is in the order of the last change, so an order that changes meanwhile comes again later.
        """
        for nodes in self._pages(window):
            if orders := self._whole_orders(nodes):
                yield orders

    def orders_by_id(self, ids: Collection[str]) -> tuple[list[Order], set[str]]:
        """The orders with these ids (digits), whole as in `orders()`, and the ids that no longer exist."""
        found: list[Order] = []
        for batch in batches(sorted(set(ids)), queries.PAGE):
            search = " OR ".join(f"id:{number}" for number in batch)
            variables = {"first": queries.PAGE, "after": None, "query": search}
            answer = self._client.ask(queries.ORDERS, variables, OrdersAnswer)
            found += self._whole_orders([self._order(raw) for raw in answer.orders.nodes])
        return [order for order in found if order.id in ids], set(ids) - {order.id for order in found}

    def unit_costs(self, variant_ids: Collection[str]) -> list[UnitCostSnapshot]:
        """Today's cost per item of the given variants (digits); unknown variants are left out.

        Raises `CredentialsError` when the app may not read costs, a permission of its own.
        """
        snapshots: list[UnitCostSnapshot] = []
        gids = [f"gid://shopify/ProductVariant/{number}" for number in sorted(set(variant_ids))]
        for batch in batches(gids, queries.VARIANT_BATCH):
            answer = self._client.ask(queries.UNIT_COSTS, {"ids": list(batch)}, NodesAnswer)
            known = (raw for raw in answer.nodes if bytes(raw) != b"null")
            snapshots.extend(to_snapshot(self._client.decode(raw, Variant, "a variant")) for raw in known)
        return snapshots

    def _pages(self, window: OrderWindow) -> Iterator[list[OrderNode]]:
        """The list, page by page; a search that grows too long goes on as a new one from its last change."""
        since = window.updated_from
        walk, after, walked = CursorWalk(self._client, "the list of orders"), None, 0
        while True:
            variables = {"first": queries.PAGE, "after": after, "query": search_text(window, since)}
            answer = self._client.ask(queries.ORDERS, variables, OrdersAnswer)
            self._learn(answer.shop)
            nodes = [self._order(raw) for raw in answer.orders.nodes]
            yield nodes
            after = walk.after(answer.orders.page_info)
            if after is None:
                return
            walked += len(nodes)
            if walked >= WALK_LIMIT and nodes and nodes[-1].updated_at > since:
                since = nodes[-1].updated_at
                walk, after, walked = CursorWalk(self._client, "the list of orders"), None, 0

    def _order(self, raw: msgspec.Raw) -> OrderNode:
        try:
            return _ORDER.decode(raw)
        except msgspec.ValidationError as error:
            raise self._client.misshapen(_name(raw), error) from None

    def _whole_orders(self, nodes: list[OrderNode]) -> list[Order]:
        for node in nodes:
            self._complete(node)
        touched = [node for node in nodes if needs_details(node)]
        details = self._details.details(touched)
        audited = [node for node in touched if node.id in details and needs_audit(node, details[node.id])]
        audits = self._details.audits(audited)
        # Deleted between the list and its details: as good as deleted before.
        gone = {node.id for node in touched} - details.keys() | {node.id for node in audited} - audits.keys()
        return [to_order(node, details.get(node.id), audits.get(node.id)) for node in nodes if node.id not in gone]

    def _complete(self, node: OrderNode) -> None:
        about = named(node)
        complete(
            self._client, node.id, node.line_items,
            queries.MORE_LINES, Owned[PageOwner[Line]], f"{about}, lines",
        )  # fmt: skip
        complete(
            self._client, node.id, node.shipping_lines,
            queries.MORE_SHIPPING, Owned[PageOwner[ShippingLine]], f"{about}, shipping lines",
        )  # fmt: skip
        node.transactions = whole(
            self._client, node.id, node.transactions, queries.TRANSACTIONS,
            queries.ALL_TRANSACTIONS, Owned[ListOwner[Transaction]], f"{about}, transactions",
        )  # fmt: skip

    def _learn(self, shop: Shop) -> ShopProfile:
        self.profile = ShopProfile(currency=shop.currency_code, timezone=shop.iana_timezone)
        return self.profile


def _name(raw: msgspec.Raw) -> str:
    """What to call an order that cannot be read."""
    try:
        return f"order {msgspec.json.decode(raw, type=Named).name}"
    except msgspec.ValidationError:
        return "an order in the list"


def search_text(window: OrderWindow, since: datetime) -> str:
    """The window in Shopify's search syntax, bounds rounded outwards to its whole seconds.

    `<` was seen to behave like `<=`, so an order on the upper bound may come although it lies outside.
    """
    terms = [f"updated_at:>='{_stamp(since)}'"]
    if window.updated_before is not None:
        terms.append(f"updated_at:<'{_stamp(window.updated_before, up=True)}'")
    if window.processed_before is not None:
        terms.append(f"processed_at:<'{_stamp(window.processed_before, up=True)}'")
    return " ".join(terms)


def _stamp(instant: datetime, *, up: bool = False) -> str:
    whole_second = instant.astimezone(UTC).replace(microsecond=0)
    if up and instant.microsecond:
        whole_second += timedelta(seconds=1)
    return whole_second.strftime("%Y-%m-%dT%H:%M:%SZ")
