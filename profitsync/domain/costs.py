"""Product costs: who said what a unit costs, from which day on, and which of several answers counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from profitsync.domain.facts import Record
from profitsync.domain.orders import OrderLine
from profitsync.domain.tax import NetLine, net_unit_price

DEFAULT_ESTIMATE_RATIO = Decimal("0.40")


class CostSource(StrEnum):
    """Where a cost comes from. Manual and imported were said by a person and win over the others."""

    MANUAL = "manual"
    IMPORTED = "imported"
    SHOPIFY = "shopify"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class ProductCost:
    """What one unit costs from `valid_from` on (None: always). `cost` is in shop currency.

    An estimated entry only marks the product as having no known cost; its `cost` is the latest estimate,
    shown to people, never used for a figure: the estimate follows the price of each sale.
    """

    id: str
    source: CostSource
    cost: Decimal
    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None
    product_name: str = ""
    valid_from: date | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class UnitCost(Record, frozen=True):
    """The cost of one unit, and whether it is only an estimate."""

    amount: Decimal
    estimated: bool = False


Item = tuple[str | None, str | None, str | None]  # product, variant, SKU


@dataclass(frozen=True, slots=True)
class UnitCostSnapshot:
    """Shopify's cost per item, today. `amount` None: the merchant never entered one."""

    variant_id: str
    product_id: str | None
    sku: str | None
    title: str
    amount: Decimal | None
    currency: str | None


@dataclass(slots=True)
class CostBook:
    """All costs of a merchant, ready for look-ups. Order: a person's cost, then Shopify's, then the estimate.

    Within one rank the narrower key wins (variant, SKU, product), then the latest `valid_from` not after
    the day. See docs/metrics.md, cost of goods.
    """

    costs: Iterable[ProductCost]
    estimate_ratio: Decimal = DEFAULT_ESTIMATE_RATIO
    _by_key: dict[tuple[int, str, str], list[ProductCost]] = field(init=False, default_factory=dict)
    _found: dict[Item, list[ProductCost]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        ranks = {CostSource.MANUAL: 0, CostSource.IMPORTED: 0, CostSource.SHOPIFY: 1}
        for cost in self.costs:
            if (rank := ranks.get(cost.source)) is None:
                continue
            self._by_key.setdefault((rank, *cost_key(cost)), []).append(cost)
        for entries in self._by_key.values():
            entries.sort(key=lambda c: (c.valid_from or date.min, c.updated_at is not None, c.updated_at))

    def unit_cost(self, line: OrderLine, day: date, net: NetLine) -> UnitCost:
        """The cost of one unit of `line`, whose amounts without tax are `net`, sold on `day`."""
        known = self.known_cost(line.product_id, line.variant_id, line.sku, day)
        if known is not None:
            return UnitCost(known.cost)
        return UnitCost(self.estimate_ratio * net_unit_price(line, net), estimated=True)

    def known_cost(
        self, product_id: str | None, variant_id: str | None, sku: str | None, day: date
    ) -> ProductCost | None:
        """The recorded cost that counts on `day`, or None when there is only an estimate."""
        item = (product_id, variant_id, sku)
        if (entries := self._found.get(item)) is None:
            entries = self._found[item] = self._entries(item)
        for cost in entries:
            if cost.valid_from is None or cost.valid_from <= day:
                return cost
        return None

    def _entries(self, item: Item) -> list[ProductCost]:
        """Every entry that speaks of an item, the one that counts first."""
        product_id, variant_id, sku = item
        keys = (("variant", variant_id), ("sku", sku), ("product", product_id))
        return [
            cost
            for rank in (0, 1)
            for kind, value in keys
            if value
            for cost in reversed(self._by_key.get((rank, kind, value), ()))
        ]


def cost_key(cost: ProductCost) -> tuple[str, str]:
    """The narrowest key an entry speaks of: its variant, else its SKU, else its product."""
    for kind, value in (("variant", cost.variant_id), ("sku", cost.sku), ("product", cost.product_id)):
        if value:
            return kind, value
    return "product", ""
