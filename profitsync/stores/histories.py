"""What our orders say about a customer, from a few fields of each. The same for every store."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from profitsync.domain.merchants import CustomerHistory


class _Comparable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=_Comparable)  # an instant, as the store keeps it


class Glance(NamedTuple):
    """The fields of an order that its customer's history is made of."""

    customer_id: str
    order_id: str
    processed_at: datetime
    updated_at: datetime
    order_index: int | None
    lifetime_orders: int | None


_Glance = tuple[str, str, T, T, int | None, int | None]  # a `Glance`, or the same fields of a row


def fold_histories(glances: Iterable[Glance]) -> dict[str, CustomerHistory]:
    """One history per customer. Of orders placed (or changed) at the same instant the id decides."""
    return fold_rows(glances, lambda at: at)


def fold_rows(glances: Iterable[_Glance[T]], instant: Callable[[T], datetime]) -> dict[str, CustomerHistory]:
    """The same; `instant` turns what the store keeps for an instant into one."""
    found: dict[str, tuple[_Glance[T], _Glance[T], int]] = {}
    for glance in glances:
        customer_id, order_id, processed_at, updated_at, _, _ = glance
        if (known := found.get(customer_id)) is None:
            found[customer_id] = (glance, glance, 1)
            continue
        first, newest, count = known
        if processed_at < first[2] or (processed_at == first[2] and _number(order_id) < _number(first[1])):
            first = glance
        if newest[3] < updated_at or (updated_at == newest[3] and _number(newest[1]) < _number(order_id)):
            newest = glance
        found[customer_id] = (first, newest, count + 1)
    return {
        customer_id: CustomerHistory(customer_id, instant(first[2]), count, first[4], newest[5])
        for customer_id, (first, newest, count) in found.items()
    }


def _number(order_id: str) -> tuple[int, str]:
    """The id as numbers compare: "999" before "1000"."""
    return len(order_id), order_id
