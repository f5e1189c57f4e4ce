"""Costs nobody typed: Shopify's cost per item where the merchant entered one there, else a marked estimate."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from profitsync.domain.costs import CostBook, CostSource, Item, ProductCost, UnitCostSnapshot
from profitsync.domain.merchants import SHOPIFY, User
from profitsync.domain.money import rounded
from profitsync.domain.orders import OrderLine
from profitsync.domain.tax import net_line, net_unit_price
from profitsync.services.costs import cost_id, estimate_id
from profitsync.stores.protocol import Store
from profitsync.stores.slips import AnyOrder, goods_of, item_of, whole

REFRESH_EVERY = timedelta(hours=24)  # an order does not change when the cost of its product does


class AutoCosts:
    """Fills in product costs during one sync of one merchant.

    `calculated_at` is when Shopify was last read with success: estimates made since then are behind no figure
    yet, also those of a run that was killed or broke off.
    """

    def __init__(
        self, store: Store, user: User, today: date, now: datetime, calculated_at: datetime | None
    ) -> None:
        self.store = store
        self.user = user
        self.today = today
        self.now = now
        self.calculated_at = calculated_at
        self._known = {cost.id: cost for cost in store.costs(user.id)}
        self._book = CostBook(self._known.values())
        self._estimates: dict[Item, str] = {}
        self._newest: dict[str, tuple[datetime, int, str]] = {}  # by estimate: when its last order changed; its id

    def notice(self, orders: Iterable[AnyOrder]) -> None:
        """Register the products of these orders that have no cost yet, as estimated.

        Of all orders noticed so far the one that changed last gives the price, in whatever order they come.
        """
        last: dict[str, tuple[Item, AnyOrder]] = {}  # by the id of its estimate
        for order in orders:
            at = (order.updated_at, len(order.id), order.id)
            for item in () if order.test else goods_of(order):
                identity = self._estimate(item)
                if identity and self._newest.get(identity, at) <= at:
                    self._newest[identity] = at
                    last[identity] = item, order
        found: dict[str, ProductCost] = {}
        for identity, (item, order) in last.items():
            line, taxes_included = _last_line(item, order)
            price = net_unit_price(line, net_line(line, taxes_included))
            found[identity] = ProductCost(
                identity, CostSource.ESTIMATED, rounded(self.user.settings.estimated_cost_ratio * price),
                line.product_id, line.variant_id, line.sku, line.title,
                created_at=self.now, updated_at=self.now,
            )  # fmt: skip
        changed = []
        for identity, entry in found.items():
            before = self._known.get(identity)
            if before is not None:
                if (before.cost, before.sku, before.product_name) == (entry.cost, entry.sku, entry.product_name):
                    continue
                entry = replace(entry, created_at=before.created_at)
            changed.append(entry)
        self._put(changed)

    def _estimate(self, item: Item) -> str:
        """The id of its estimate; "" where no product is named, or its cost is known."""
        identity = self._estimates.get(item)
        if identity is None:
            is_unknown = any(item) and self._book.known_cost(*item, self.today) is None
            identity = self._estimates[item] = estimate_id(*item) if is_unknown else ""
        return identity

    def variants_to_ask(self, last_asked: datetime | None) -> set[str]:
        """Variants whose cost per item to read now: all of them once a day, and whenever new ones appeared."""
        due = last_asked is None or self.now - last_asked >= REFRESH_EVERY
        if not (due or any(self._is_new(estimate) for estimate in self._of(CostSource.ESTIMATED))):
            return set()
        wanted = (CostSource.ESTIMATED, CostSource.SHOPIFY) if due else (CostSource.ESTIMATED,)
        return {cost.variant_id for cost in self._known.values() if cost.source in wanted and cost.variant_id}

    def learn(self, snapshots: Collection[UnitCostSnapshot], currency: str) -> list[str]:
        """Keep Shopify's costs; returns warnings.

        The first cost of a product counts for all its past if nothing was calculated with an estimate before;
        a later or changed one counts from today on.
        """
        warnings = []
        added: list[ProductCost] = []
        obsolete: list[str] = []
        for snapshot in snapshots:
            if snapshot.amount is None:
                continue
            if snapshot.currency not in (None, currency):
                warnings.append(
                    f"shopify: the cost of {snapshot.title} is in {snapshot.currency}, not {currency}; ignored"
                )
                continue
            history = [cost for cost in self._of(CostSource.SHOPIFY) if cost.variant_id == snapshot.variant_id]
            estimates = [c for c in self._of(CostSource.ESTIMATED) if c.variant_id == snapshot.variant_id]
            latest = max(history, key=lambda cost: cost.valid_from or date.min, default=None)
            if latest is None or latest.cost != snapshot.amount:
                fresh = all(self._is_new(estimate) for estimate in estimates)
                valid_from = None if latest is None and fresh else self.today
                added.append(self._entry(snapshot, valid_from))
            obsolete += [estimate.id for estimate in estimates]
        if any(cost.valid_from for cost in added):
            self.store.mark_dirty(self.user.id, SHOPIFY, {self.today})
        self._put(added)
        self.store.delete_costs(self.user.id, obsolete)
        for identity in obsolete:
            self._known.pop(identity, None)
        return warnings

    def _entry(self, snapshot: UnitCostSnapshot, valid_from: date | None) -> ProductCost:
        assert snapshot.amount is not None  # noqa: S101 - narrows the type; the caller has checked
        keys = {"product_id": snapshot.product_id, "variant_id": snapshot.variant_id}
        return ProductCost(
            cost_id(CostSource.SHOPIFY, **keys, valid_from=valid_from),
            CostSource.SHOPIFY, snapshot.amount, snapshot.product_id, snapshot.variant_id, snapshot.sku,
            snapshot.title, valid_from, self.now, self.now,
        )  # fmt: skip

    def _is_new(self, estimate: ProductCost) -> bool:
        made = estimate.created_at
        return self.calculated_at is None or (made is not None and made > self.calculated_at)

    def _of(self, source: CostSource) -> list[ProductCost]:
        return [cost for cost in self._known.values() if cost.source is source]

    def _put(self, costs: Collection[ProductCost]) -> None:
        if costs:
            self.store.put_costs(self.user.id, list(costs), durable=False)
            self._known |= {cost.id: cost for cost in costs}


def _last_line(item: Item, order: AnyOrder) -> tuple[OrderLine, bool]:
    """The last line of an order that sells an item, and whether its price holds tax."""
    sold = whole(order)
    *_, line = (line for line in sold.lines if line.is_goods and item_of(line) == item)
    return line, sold.taxes_included
