"""What our orders say about a customer, from a few fields of each. The same for every store."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from profitsync.domain.merchants import CustomerHistory


class Glance(NamedTuple):
    """The fields of an order that its customer's history is made of."""

    customer_id: str
    order_id: str
    processed_at: datetime
    updated_at: datetime
    order_index: int | None
    lifetime_orders: int | None

    @property
    def number(self) -> tuple[int, str]:
        """The id as numbers compare: "999" before "1000"."""
        return len(self.order_id), self.order_id


def fold_histories(glances: Iterable[Glance]) -> dict[str, CustomerHistory]:
    """One history per customer. Of orders placed (or changed) at the same instant the id decides."""
    found: dict[str, tuple[Glance, Glance, int]] = {}
    for glance in glances:
        first, newest, count = found.get(glance.customer_id, (glance, glance, 0))
        if (glance.processed_at, glance.number) < (first.processed_at, first.number):
            first = glance
        if (glance.updated_at, glance.number) > (newest.updated_at, newest.number):
            newest = glance
        found[glance.customer_id] = (first, newest, count + 1)
    return {
        customer_id: CustomerHistory(
            customer_id, first.processed_at, count, first.order_index, newest.lifetime_orders
        )
        for customer_id, (first, newest, count) in found.items()
    }
