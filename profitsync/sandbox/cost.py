"""What a query costs, and the bucket it is paid from.

The model is the one fitted to recorded answers of Shopify's Admin API: scalars and money 0, an object 1, a
connection 2 plus f(n) times one node with f(n) = max(1, ⌊2 ln n⌋), a plain list as much as one element, a
top-level count 10, a mutation 10 and what it returns. One query may ask for at most 1000 points.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from profitsync.sandbox.graphql import Field, Operation

LARGEST_COST = 1000
COUNT_COST = 10
MUTATION_COST = 10  # before what it returns
PAGE_PARTS = frozenset({"nodes", "edges", "pageInfo"})


def page_weight(size: int) -> int:
    """f(n): how many nodes a page of `size` is charged as."""
    return max(1, math.floor(2 * math.log(size))) if size > 0 else 0


def requested_cost(operation: Operation) -> int:
    """Points an operation may cost at most, told from its text and variables alone."""
    fields = operation.root_fields()
    start = 0 if operation.is_query else MUTATION_COST
    return start + sum(
        COUNT_COST if one.name.endswith("Count") and one.selections else _field_cost(operation, one)
        for one in fields
    )


def _field_cost(operation: Operation, one: Field) -> int:
    if not one.selections:
        return 0
    children = operation.fields(one, None)
    names = {child.name for child in children}
    if one.name == "pageInfo" or _is_money(children):
        return 0
    if names & PAGE_PARTS:
        return 2 + page_weight(_page_size(one.arguments)) * _node_cost(operation, children)
    return 1 + sum(_field_cost(operation, child) for child in children)


def _is_money(children: Sequence[Field]) -> bool:
    """Told by fields that only MoneyBag and MoneyV2 have; a fee's `amount` is an object, not an amount."""
    return any(
        child.name in ("shopMoney", "presentmentMoney") or (child.name == "amount" and not child.selections)
        for child in children
    )


def _page_size(arguments: Mapping[str, Any]) -> int:
    size = arguments.get("first") or arguments.get("last")
    return size if isinstance(size, int) else 1


def _node_cost(operation: Operation, parts: Sequence[Field]) -> int:
    """The dearest way a page names its nodes: `nodes`, or `edges` with `node`."""
    costs = [1]
    for part in parts:
        if part.name == "nodes":
            costs.append(_field_cost(operation, part))
        elif part.name == "edges":
            edge = operation.fields(part, None)
            costs.append(sum(_field_cost(operation, one) for one in edge if one.name == "node"))
    return max(costs)


@dataclass(frozen=True, slots=True)
class BucketSize:
    """Points a bucket holds and gets back per second. A standard shop has 2000 and 100."""

    capacity: float = 1_000_000.0
    restore_rate: float = 100_000.0


class Bucket:
    """The leaky bucket of one shop."""

    def __init__(self, size: BucketSize, clock: Callable[[], datetime]) -> None:
        self.size = size
        self._clock = clock
        self._level = size.capacity
        self._at = clock()

    @property
    def available(self) -> float:
        """Points there are now."""
        now = self._clock()
        passed = max(0.0, (now - self._at).total_seconds())
        self._level = min(self.size.capacity, self._level + passed * self.size.restore_rate)
        self._at = now
        return self._level

    def spend(self, points: float) -> None:
        """Take points out."""
        self._level = self.available - points

    def status(self) -> dict[str, float]:
        """The answer's `throttleStatus`."""
        return {
            "maximumAvailable": self.size.capacity,
            "currentlyAvailable": math.floor(self.available),
            "restoreRate": self.size.restore_rate,
        }
