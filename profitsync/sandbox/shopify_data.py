"""The root fields of Shopify's GraphQL API over one sandbox shop."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from profitsync.sandbox.execution import Root
from profitsync.sandbox.faults import Fault
from profitsync.sandbox.graphql import Field, Path, QueryError
from profitsync.sandbox.paging import PAGING_ARGUMENTS, Listing, Page, Rendered, bad_request, id_number
from profitsync.sandbox.render_shopify import order_node, shop_node, variant_node
from profitsync.sandbox.search import Search, SearchError, Term, compile_search, flags, instants, numbers, texts
from profitsync.sandbox.shopify_faults import ignored_term
from profitsync.sandbox.world import OrderDraft, ShopifyWorld, VariantDraft

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
WALL = timedelta(days=60)  # without read_all_orders older orders do not exist for an app
COUNT_LIMIT = 10_000
MOST_IDS = 250
Node = Mapping[str, Any]

_GID = re.compile(r"gid://shopify/(?P<type>[A-Za-z]+)/(?P<digits>\d+)")
_LIST_ARGUMENTS = PAGING_ARGUMENTS | {"query", "sortKey", "savedSearchId"}


class ShopData:
    """Answers the root fields. One `begin` before each query clears what belongs to one answer only."""

    def __init__(self, world: ShopifyWorld, clock: Callable[[], datetime]) -> None:
        self.world = world
        self.warnings: list[dict[str, Any]] = []  # of the answer's `extensions.search`
        self._clock = clock
        self._empty_page = False
        self._short_by = 0
        self.zone = zone = ZoneInfo(world.timezone)
        self._order_terms: dict[str, Term] = {
            "created_at": instants(lambda order: order.created_at, zone),
            "updated_at": instants(lambda order: order.updated_at, zone),
            "processed_at": instants(lambda order: order.processed_at, zone),
            "id": numbers(lambda order: id_number(order.id)),
            "name": texts(lambda order: order.name),
            "test": flags(lambda order: order.test),
        }
        self._variant_terms: dict[str, Term] = {
            "created_at": instants(lambda variant: variant.created_at, zone),
            "updated_at": instants(lambda variant: variant.updated_at, zone),
            "id": numbers(lambda variant: id_number(variant.id)),
            "product_id": numbers(lambda variant: id_number(variant.product_id)),
            "sku": texts(lambda variant: variant.sku),
        }
        self._orders: dict[str, Listing[OrderDraft]] = {
            "ID": Listing("ID", lambda order: id_number(order.id), int),
            "CREATED_AT": Listing("CREATED_AT", lambda order: order.created_at, datetime),
            "UPDATED_AT": Listing("UPDATED_AT", lambda order: order.updated_at, datetime),
            "PROCESSED_AT": Listing("PROCESSED_AT", lambda order: order.processed_at, datetime),
        }
        self._variants: dict[str, Listing[VariantDraft]] = {
            "ID": Listing("ID", lambda variant: id_number(variant.id), int),
        }

    def begin(self, fault: Fault | None = None) -> None:
        """Start an answer. Of the faults, those that concern its lists, or its search, are played here."""
        kind = fault.kind if fault else None
        self.warnings = [ignored_term()] if kind == "search-warning" else []
        self._empty_page = kind == "empty-page"
        self._short_by = int(fault.value or 1) if fault and kind == "short-page" else 0

    def roots(self) -> Mapping[str, Root]:
        """The query root."""
        identified = frozenset({"id"})
        return {
            "shop": Root(frozenset(), self._shop),
            "currentAppInstallation": Root(frozenset(), self._installation),
            "publicApiVersions": Root(frozenset(), self._versions),
            "orders": Root(_LIST_ARGUMENTS, self._orders_page),
            "ordersCount": Root(frozenset({"query", "limit", "savedSearchId"}), self._orders_count),
            "productVariants": Root(_LIST_ARGUMENTS, self._variants_page),
            "order": Root(identified, self._of_type("Order")),
            "refund": Root(identified, self._of_type("Refund")),
            "fulfillment": Root(identified, self._of_type("Fulfillment")),
            "productVariant": Root(identified, self._of_type("ProductVariant")),
            "node": Root(identified, lambda field, path: self._node(field.arguments.get("id"), field, path)),
            "nodes": Root(frozenset({"ids"}), self._nodes),
        }

    def _shop(self, _field: Field, _path: Path) -> Node:
        return shop_node(self.world)

    def _installation(self, _field: Field, _path: Path) -> Node:
        scopes = [{"__typename": "AccessScope", "handle": scope} for scope in self.world.scopes]
        return {"__typename": "AppInstallation", "id": "gid://shopify/AppInstallation/1", "accessScopes": scopes}

    def _versions(self, _field: Field, _path: Path) -> list[Node]:
        candidate = {"handle": "2027-01", "supported": False, "displayName": "2027-01 (Release candidate)"}
        stable = [{"handle": one, "supported": True, "displayName": one} for one in VERSIONS]
        return [{"__typename": "ApiVersion", **one} for one in (*stable, candidate)]

    def _orders_page(self, field: Field, path: Path) -> Page:
        listing = self._listing(self._orders, field, "PROCESSED_AT", path)
        search = self._search(field, self._order_terms, path)
        return self._page(listing, self.world.orders, self._visible(search), self._render_order, field, path)

    def _variants_page(self, field: Field, path: Path) -> Page:
        listing = self._listing(self._variants, field, "ID", path)
        matches = self._search(field, self._variant_terms, path).matches
        return self._page(listing, self.world.variants, matches, self._render_variant, field, path)

    def matching(self, field: Field, path: Path) -> tuple[list[Any], Callable[[Any], Node]]:
        """Everything that a list's search finds, in its order and as it is now, and what renders one of it."""
        if field.name == "orders":
            listing: Listing[Any] = self._listing(self._orders, field, "PROCESSED_AT", path)
            matches, render = self._visible(self._search(field, self._order_terms, path)), self._render_order
            return self._found(listing, self.world.orders, matches), render
        if field.name == "productVariants":
            listing = self._listing(self._variants, field, "ID", path)
            found = self._search(field, self._variant_terms, path).matches
            return self._found(listing, self.world.variants, found), self._render_variant
        raise bad_request(f"the sandbox has no bulk operation over {field.name}", field, path)

    def _found(
        self, listing: Listing[Any], drafts: Mapping[str, Any], matches: Callable[[Any], bool]
    ) -> list[Any]:
        return [copy(drafts[key]) for _, _, key in listing.entries(drafts) if matches(drafts[key])]

    def _page(
        self,
        listing: Listing[Any],
        drafts: Mapping[str, Any],
        matches: Callable[[Any], bool],
        render: Callable[[Any], Node],
        field: Field,
        path: Path,
    ) -> Page:
        page = listing.page(drafts, matches, render, field, path)
        if self._short_by and isinstance(page.nodes, Rendered):
            page = replace(page, nodes=page.nodes.without_last(self._short_by))
        return replace(page, nodes=[], has_next=True) if self._empty_page else page

    def _orders_count(self, field: Field, path: Path) -> Node:
        limit = field.arguments.get("limit", COUNT_LIMIT)
        matches = self._visible(self._search(field, self._order_terms, path))
        number = sum(1 for order in self.world.orders.values() if matches(order))
        capped = limit is not None and number > limit
        precision = "AT_LEAST" if capped else "EXACT"
        return {"__typename": "Count", "count": limit if capped else number, "precision": precision}

    def _listing(self, known: Mapping[str, Listing[Any]], field: Field, default: str, path: Path) -> Listing[Any]:
        key = field.arguments.get("sortKey", default)
        if key not in known:
            raise bad_request(f"the sandbox cannot sort by {key}", field, path)
        return known[key]

    def _search(self, field: Field, terms: Mapping[str, Term], path: Path) -> Search:
        text = field.arguments.get("query")
        word = terms["name" if "name" in terms else "sku"]
        try:
            search = compile_search(text, terms, word)
        except SearchError as error:
            raise bad_request(str(error), field, path) from None
        if search.warnings:
            self.warnings.append({"path": list(path), "query": text, "warnings": search.warnings})
        return search

    def _visible(self, search: Search) -> Callable[[OrderDraft], bool]:
        if "read_all_orders" in self.world.scopes:
            return search.matches
        wall = self._clock() - WALL
        return lambda order: order.created_at >= wall and search.matches(order)

    def _of_type(self, typename: str) -> Callable[[Field, Path], Node | None]:
        def resolve(field: Field, path: Path) -> Node | None:
            node = self._node(field.arguments.get("id"), field, path)
            if node is not None and node["__typename"] != typename:
                raise QueryError(
                    f"Invalid id: {node['id']}", "RESOURCE_NOT_FOUND", path=path, node=field.node, null_data=True
                )
            return node

        return resolve

    def _nodes(self, field: Field, path: Path) -> list[Node | None]:
        ids = field.arguments.get("ids")
        if not isinstance(ids, list):
            raise bad_request("ids must be a list", field, path)
        if len(ids) > MOST_IDS:
            message = f"The input array size of {len(ids)} is greater than the maximum allowed of {MOST_IDS}."
            raise QueryError(message, "MAX_INPUT_SIZE_EXCEEDED", path=path, node=field.node)
        return [self._node(one, field, path) for one in ids]

    def _node(self, gid: Any, field: Field, path: Path) -> Node | None:
        match = _GID.fullmatch(gid) if isinstance(gid, str) else None
        if match is None:
            raise bad_request(f"Invalid global id '{gid}'", field, path)
        return next(self._candidates(match["type"], match["digits"], gid), None)

    def _candidates(self, kind: str, digits: str, gid: str) -> Iterator[Node]:
        if kind == "Order":
            everything = self._visible(Search(lambda _: True))
            found = self.world.orders.get(digits)
            yield from (self._render_order(order) for order in (found,) if order and everything(order))
        elif kind == "ProductVariant":
            yield from (self._render_variant(one) for one in (self.world.variants.get(digits),) if one)
        elif kind == "InventoryItem":
            items = (self._render_variant(one)["inventoryItem"] for one in self.world.variants.values())
            yield from (item for item in items if item["id"] == gid)
        elif kind in ("Refund", "Fulfillment"):
            yield from self._inside(kind.lower() + "s", digits, gid)

    def _inside(self, name: str, digits: str, gid: str) -> Iterator[Node]:
        """Objects of the plain list `name` of any order."""
        owners = (
            order
            for order in self.world.orders.values()
            if any(id_number(part.id) == int(digits) for part in getattr(order, name))
        )
        nodes: Iterable[Node] = chain.from_iterable(self._render_order(order)[name] for order in owners)
        yield from (node for node in nodes if node["id"] == gid)

    def _render_order(self, order: OrderDraft) -> Node:
        return order_node(order, self.world)

    def _render_variant(self, variant: VariantDraft) -> Node:
        return variant_node(variant, self.world)
