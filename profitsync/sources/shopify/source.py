"""Shopify as an order source: a paged list of orders, then details of those that need them."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.orders import Order
from profitsync.hands import MANY, Hands
from profitsync.sources.findings import Finding
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import OrderWindow, Placed, ShopProfile
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.access import Access
from profitsync.sources.shopify.auth import Credentials
from profitsync.sources.shopify.bulk import Backfill, BulkOptions
from profitsync.sources.shopify.census import Census
from profitsync.sources.shopify.checkup import Checkup
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.detail_records import Agreement, OrderDetails
from profitsync.sources.shopify.details import DetailReader, named, needs_audit, nodes_in_batches
from profitsync.sources.shopify.lists import complete, whole
from profitsync.sources.shopify.mapping import to_order, to_snapshot
from profitsync.sources.shopify.notices import Notices
from profitsync.sources.shopify.optional import Selection
from profitsync.sources.shopify.orderlist import OrderList
from profitsync.sources.shopify.pacing import Fit
from profitsync.sources.shopify.plain import Raws, needs_details, with_plain_orders
from profitsync.sources.shopify.records import Line, OrderNode, ShippingLine, Transaction, Variant
from profitsync.sources.shopify.scopes import Scopes
from profitsync.sources.shopify.wire import ListOwner, Owned, PageOwner, Ref, Shop, ShopAnswer, digits
from profitsync.stores.slips import AnyOrder, Form

log = logging.getLogger(__name__)


class ShopifySource:
    """One shop, read with one version of the Admin API. `base_url` is scheme and host, the shop filled in.

    `fees`: ask for what Shopify Payments keeps; only merchants who count it need that.
    With `bulk`, large windows are read by bulk operations; `hands` help to map what they hold, and
    write it down in the `form` in which it is stored.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        version: str,
        credentials: Credentials,
        fees: bool = False,
        bulk: BulkOptions | None = None,
        hands: Hands | None = None,
        form: Form = "json",
    ) -> None:
        self.profile: ShopProfile | None = None
        self._notices = Notices()
        self.warnings = self._notices.lines
        self._http = http
        self._hands = hands
        self._form = form
        self._credentials = credentials
        self._client = ShopifyClient(
            http, base_url=base_url, version=version, credentials=credentials, warn=self._notices.say
        )
        self._scopes = Scopes(self._client, credentials)
        self._selection = Selection(fees=fees)
        access = Access(self._client, credentials, self._selection, self._scopes, self._notices.say)
        self._list = OrderList(self._client, access, self._learn, self._counted)
        self._census = Census(self._client, access, self._scopes)
        self._backfill = None
        if bulk is not None:
            self._backfill = Backfill(
                self._client, http, bulk, self._list, self._census, self._selection, self._notices.say
            )
        self._details = DetailReader(self._client)
        self._variants = Fit(queries.VARIANT_BATCH)

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._http.requests

    @property
    def points(self) -> int:
        """Query points taken so far."""
        return round(self._client.points)

    @property
    def clock_ahead(self) -> timedelta:
        """By how much this machine's clock was ahead of Shopify's at its last answer; zero where not known."""
        return timedelta(seconds=max(0.0, self._client.clock_skew() or 0.0))

    def shop(self) -> ShopProfile:
        """Ask the shop for its currency and time zone (one request)."""
        return self._learn(self._client.ask(queries.SHOP, {}, ShopAnswer).shop)

    def check(self) -> list[Finding]:
        """Ask the shop about itself (one request, and one for a token where there is none)."""
        return Checkup(self._client, self._credentials).run()

    def hidden_before(self, since: datetime) -> datetime | None:
        """The 60-day wall, if `since` lies behind it and the app may not see beyond."""
        return self._scopes.hidden_before(since)

    def orders(self, window: OrderWindow) -> Iterator[list[AnyOrder]]:
        """Every order of the window with all inner lists complete, in batches.

        Pages are walked in the order of the last change, so an order that changes meanwhile comes again later.
        """
        read, points, waited = 0, self._client.points, self._client.waited
        batches = with_plain_orders(
            self._pages(window),
            lambda: self._hands if self._are_many() else None,
            lambda: self.profile.timezone if self.profile else "UTC",
            self._form,
        )
        for raws, plain in batches:
            if orders := self._with_others(raws, plain):
                yield orders
            read += len(raws)
        spent = self._client.points - points
        log.info(
            "Shopify: %d orders for %.0f points (%.2f each), waited %.1f s for them",
            read, spent, spent / max(1, read), self._client.waited - waited,
        )  # fmt: skip

    def stored(self) -> None:
        """Everything that `orders` gave is stored; what would help another run to read it again may go."""
        if self._backfill:
            self._backfill.forget()

    def orders_by_id(
        self, ids: Collection[str], created: Mapping[str, datetime] | None = None
    ) -> tuple[list[Order], set[str]]:
        """Whole orders, and the ids that no longer exist."""
        nodes, gone = self._census.by_id(ids, created or {})
        return self._whole_orders(nodes), gone

    def counts(self, spans: Sequence[Placed]) -> list[int]:
        """How many orders were placed in each span."""
        return self._census.counts(spans)

    def ids(self, span: Placed) -> set[str]:
        """Ids of every order placed in the span."""
        return self._census.ids(span)

    def unit_costs(self, variant_ids: Collection[str]) -> list[UnitCostSnapshot]:
        """Today's cost per item of the given variants (digits); unknown variants are left out.

        Raises `CredentialsError` when the app may not read costs, a permission of its own.
        """
        wanted = [Ref(f"gid://shopify/ProductVariant/{number}") for number in sorted(set(variant_ids))]
        asking = nodes_in_batches(self._client.ask_fitting, queries.UNIT_COSTS, self._variants, wanted)
        known = (raw for _, answers in asking for raw in answers if bytes(raw) != b"null")
        return [to_snapshot(self._client.decode(raw, Variant, "a variant")) for raw in known]

    def _pages(self, window: OrderWindow) -> Iterator[list[msgspec.Raw]]:
        """The orders of the window as the list gives them, counted; what they lack, `_whole_orders` reads."""
        return self._backfill.nodes(window) if self._backfill else self._list.pages(window)

    def _are_many(self) -> bool:
        """Whether further processes should map the orders; those with fees must be looked at one by one."""
        return self._list.counted >= MANY and not self._selection("fees")["fees"]

    def _counted(self) -> None:
        """A first page has come: what is needed for many orders takes a moment to start."""
        if self._hands and self._are_many():
            self._hands.warm_up()

    def _with_others(self, raws: Raws, plain: Sequence[AnyOrder | None]) -> list[AnyOrder]:
        """A batch, with what more must be asked about orders that are not plain."""
        orders = [order for order in plain if order is not None]
        self._remark(order for order in orders if isinstance(order, Order))
        if len(orders) == len(raws):
            return orders
        nodes = [self._list.order(raw) for raw, order in zip(raws, plain, strict=True) if order is None]
        others = {order.id: order for order in self._whole_orders(nodes)}
        places = iter(nodes)
        found = (others.get(digits(next(places).id)) if order is None else order for order in plain)
        return [order for order in found if order is not None]

    def _whole_orders(self, nodes: list[OrderNode]) -> list[Order]:
        for node in nodes:
            self._complete(node)
        touched = [node for node in nodes if needs_details(node)]
        details = self._details.details(touched)
        audited = [node for node in touched if node.id in details and needs_audit(node, details[node.id])]
        audits = self._details.audits(audited)
        # Deleted between the list and its details: as good as deleted before.
        gone = {node.id for node in touched} - details.keys() | {node.id for node in audited} - audits.keys()
        left = [node for node in nodes if node.id not in gone]
        orders = [self._mapped(node, details.get(node.id), audits.get(node.id)) for node in left]
        self._remark(orders)
        return orders

    def _mapped(self, node: OrderNode, details: OrderDetails | None, audit: list[Agreement] | None) -> Order:
        try:
            return to_order(node, details, audit)
        except ValueError as error:
            raise self._client.misshapen(named(node), error) from None

    def _remark(self, orders: Iterable[Order]) -> None:
        some = list(orders)
        self._notices.subtotals(some)
        if self._selection("fees")["fees"]:
            self._notices.fees(some)

    def _complete(self, node: OrderNode) -> None:
        about = named(node)
        complete(
            self._client, node.id, node.line_items, queries.MORE_LINES, Owned[PageOwner[Line]],
            f"{about}, lines", **self._selection("products"),
        )  # fmt: skip
        complete(
            self._client, node.id, node.shipping_lines, queries.MORE_SHIPPING, Owned[PageOwner[ShippingLine]],
            f"{about}, shipping lines",
        )  # fmt: skip
        node.transactions = whole(
            self._client, node.id, node.transactions, queries.TRANSACTIONS, queries.ALL_TRANSACTIONS,
            Owned[ListOwner[Transaction]], f"{about}, transactions", **self._selection("fees"),
        )  # fmt: skip

    def _learn(self, shop: Shop) -> ShopProfile:
        self.profile = ShopProfile(currency=shop.currency_code, timezone=shop.iana_timezone)
        return self.profile
