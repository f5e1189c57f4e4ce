"""How every store answers for orders and shipments: the same calls, handed to whatever keeps one kind of fact."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from profitsync.domain.days import DayRange
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.stores.protocol import Indexed
from profitsync.stores.slips import AnyOrder

F = TypeVar("F", Order, Shipment)


class KeptFacts(Protocol[F]):
    """One kind of fact in one store; what each method promises stands in the store protocol."""

    def by_id(self, user_id: str, ids: Collection[str]) -> dict[str, F]: ...

    def by_key(self, user_id: str, keys: Collection[str], elsewhere: DayRange | None = None) -> list[F]: ...

    def indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]: ...

    def touching(self, user_id: str, days: DayRange, without: Collection[str] = ()) -> Iterator[list[F]]: ...

    def put(self, user_id: str, facts: Sequence[Indexed[Any]]) -> None: ...

    def add(self, user_id: str, facts: Sequence[Indexed[Any]]) -> set[str]: ...

    def delete(self, user_id: str, ids: Collection[str]) -> None: ...

    def has_any(self, user_id: str) -> bool: ...


class FactAccess:
    """The methods of a store that concern orders and shipments as such."""

    def __init__(self, orders: KeptFacts[Order], shipments: KeptFacts[Shipment]) -> None:
        self._orders = orders
        self._shipments = shipments

    def orders_by_id(self, user_id: str, ids: Collection[str]) -> dict[str, Order]:
        return self._orders.by_id(user_id, ids)

    def put_orders(self, user_id: str, orders: Sequence[Indexed[AnyOrder]]) -> None:
        self._orders.put(user_id, orders)

    def add_orders(self, user_id: str, orders: Sequence[Indexed[AnyOrder]]) -> set[str]:
        return self._orders.add(user_id, orders)

    def has_orders(self, user_id: str) -> bool:
        return self._orders.has_any(user_id)

    def delete_orders(self, user_id: str, ids: Collection[str]) -> None:
        self._orders.delete(user_id, ids)

    def orders_touching(self, user_id: str, days: DayRange) -> Iterator[list[Order]]:
        return self._orders.touching(user_id, days)

    def orders_by_key(self, user_id: str, keys: Collection[str], elsewhere: DayRange | None = None) -> list[Order]:
        return self._orders.by_key(user_id, keys, elsewhere)

    def orders_indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]:
        return self._orders.indexed_with(user_id, keys)

    def shipments_by_id(self, user_id: str, ids: Collection[str]) -> dict[str, Shipment]:
        return self._shipments.by_id(user_id, ids)

    def put_shipments(self, user_id: str, shipments: Sequence[Indexed[Shipment]]) -> None:
        self._shipments.put(user_id, shipments)

    def has_shipments(self, user_id: str) -> bool:
        return self._shipments.has_any(user_id)

    def shipments_touching(
        self, user_id: str, days: DayRange, without: Collection[str] = ()
    ) -> Iterator[list[Shipment]]:
        return self._shipments.touching(user_id, days, without)

    def shipments_by_key(self, user_id: str, keys: Collection[str]) -> list[Shipment]:
        return self._shipments.by_key(user_id, keys)

    def shipments_indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]:
        return self._shipments.indexed_with(user_id, keys)
