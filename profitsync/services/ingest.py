"""Writing facts: only what changed, with the days it touches marked for recalculation first.

Days are marked before the facts change, so that a run killed in between recalculates them next time. All
days of a changed fact are marked, and those of the facts it is matched with: a parcel's RTO may change what
a later refund of its order books, and the other way round.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from profitsync.domain.ads import AdDay
from profitsync.domain.carriers import merge_seen
from profitsync.domain.days import ONE_DAY, DayRange, shop_day
from profitsync.domain.matching import order_key, shipment_keys
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, User
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.domain.touched import order_days, shipment_days
from profitsync.sources.protocol import AdAccount
from profitsync.stores.protocol import Indexed, Store
from profitsync.stores.slips import AnyOrder, days_of, whole

ALL_TIME = DayRange(date(1970, 1, 1), date(9999, 12, 31))
_Lookup = Callable[[str], Order | None]


class Ingest:
    """Puts one merchant's facts into the store, until what it has marked is calculated."""

    def __init__(self, store: Store, user: User, zone: ZoneInfo, now: datetime) -> None:
        self.store = store
        self.user = user
        self.zone = zone
        self.now = now
        self._marked: dict[str, set[date]] = {SHOPIFY: set(), META: set(), SHIPROCKET: set()}

    def orders(
        self, batch: Sequence[AnyOrder], notice: Callable[[list[AnyOrder]], None] = lambda _changed: None
    ) -> list[AnyOrder]:
        """Store the orders that changed and return them.

        `notice` is told of them first: once stored they are not new any more, so a run that is killed here
        must have said what else depends on them.
        """
        incoming = {order.id: order for order in batch}
        if not incoming or not self._began_without[SHOPIFY]:
            return self._changed_orders(incoming, notice)
        # What is stored of these came in this run, so there is little to look for, and no day but theirs to mark.
        indexed = [index_order(order, self.zone) for order in incoming.values()]
        days = {day for one in indexed for day in one.days}
        days |= self._days_of_matches({key for one in indexed for key in one.keys})
        notice(list(incoming.values()))
        self._mark(SHOPIFY, days)
        there = self.store.add_orders(self.user.id, indexed)
        new = [order for order in incoming.values() if order.id not in there]
        return new + self._changed_orders({order_id: incoming[order_id] for order_id in there}, notice)

    def _changed_orders(
        self, incoming: Mapping[str, AnyOrder], notice: Callable[[list[AnyOrder]], None]
    ) -> list[AnyOrder]:
        before = self.store.orders_by_id(self.user.id, list(incoming))
        changed = [
            order for order in incoming.values()
            if (known := before.get(order.id)) is None or known != whole(order)
        ]  # fmt: skip
        if not changed:
            return []
        indexed = [index_order(order, self.zone) for order in changed]
        replaced = [before[order.id] for order in changed if order.id in before]
        days = {day for one in indexed for day in one.days} | self._days_of_orders(replaced)
        names = {key for one in indexed for key in one.keys} | {order_key(order.name) for order in replaced}
        days |= self._days_of_matches(names)
        days |= self._first_order_days(changed, before.get)
        days |= self._days_after_leaving(changed, before)
        notice(changed)
        self._mark(SHOPIFY, days)
        self.store.put_orders(self.user.id, indexed)
        return changed

    def remove_orders(self, ids: Collection[str]) -> list[Order]:
        """Forget orders that no longer exist at the source; returns those that were stored.

        The days of their parcels are marked too, and those on which their customers are new from now on.
        """
        known = self.store.orders_by_id(self.user.id, ids)
        if not known:
            return []
        gone = list(known.values())
        days = self._days_of_orders(gone) | self._days_of_matches({order_key(order.name) for order in gone})
        days |= self._first_order_days(gone, lambda _id: None)
        days |= self._days_after({order.customer_id for order in gone if not order.test}, gone)
        self._mark(SHOPIFY, days)
        self.store.delete_orders(self.user.id, list(known))
        return gone

    def shipments(self, batch: Sequence[Shipment], failed_attempts: Collection[str] = ()) -> list[Shipment]:
        """Store the shipments that changed, with what was seen of them before, and return them."""
        incoming = {shipment.id: shipment for shipment in batch}
        before = self.store.shipments_by_id(self.user.id, list(incoming))
        merged = [
            merge_seen(before.get(one.id), one, self.now, failed_attempt=one.id in failed_attempts)
            for one in incoming.values()
        ]
        changed = [shipment for shipment in merged if before.get(shipment.id) != shipment]
        if not changed:
            return []
        indexed = [index_shipment(one, self.zone) for one in changed]
        replaced = [before[one.id] for one in changed if one.id in before]
        days = {day for one in indexed for day in one.days}
        days |= {day for one in replaced for day in shipment_days(one, self.zone)}
        keys = {key for one in indexed for key in one.keys}
        keys |= {key for one in replaced for key in shipment_keys(one.order_name)}
        for indexed_with in (self.store.shipments_indexed_with, self.store.orders_indexed_with):
            days |= indexed_with(self.user.id, keys)[0]
        self._mark(SHIPROCKET, days)
        self.store.put_shipments(self.user.id, indexed)
        return changed

    def failed_attempts(self, shipment_ids: Collection[str]) -> None:
        """Remember that these shipments had a failed delivery attempt, whatever became of them."""
        known = self.store.shipments_by_id(self.user.id, shipment_ids)
        self.shipments(list(known.values()), failed_attempts=shipment_ids)

    def ad_days(self, accounts: Mapping[str, AdAccount], days: DayRange, rows: Iterable[AdDay]) -> list[AdDay]:
        """Replace what is stored of the accounts' `days`; a day that vanished had no delivery after all.

        Returns the rows as they are stored now.
        """
        before = {(row.account_id, row.day): row for row in self.store.ad_days(self.user.id, days, accounts)}
        found = {(row.account_id, row.day): row for row in rows}
        after = {
            key: self._with_rate(row, before.get(key), accounts[row.account_id].timezone)
            for key, row in found.items()
        }
        gone = before.keys() - after.keys()
        changed = [row for key, row in after.items() if before.get(key) != row]
        self._mark(META, {*(day for _, day in gone), *(row.day for row in changed)})
        self._delete_ad_days(gone)
        self.store.put_ad_days(self.user.id, changed)
        return list(after.values())

    def only_ad_accounts(self, accounts: Collection[str], days: Iterable[DayRange]) -> None:
        """Forget the rows of all other accounts, which are not the merchant's any more.

        `days` are those on which the accounts that are left make up another sum now.
        """
        stored = self.store.ad_days(self.user.id, ALL_TIME)
        gone = {(row.account_id, row.day) for row in stored if row.account_id not in accounts}
        touched = {day for one in days for day in one.days()} | {day for _, day in gone}
        self._mark(META, touched)
        self._delete_ad_days(gone)

    def _mark(self, source: str, days: set[date]) -> None:
        """Marks last until the run has calculated, so those made here once are not made again."""
        if new := days - self._marked[source]:
            self.store.mark_dirty(self.user.id, source, new, durable=False)
            self._marked[source] |= new

    def _delete_ad_days(self, keys: Iterable[tuple[str, date]]) -> None:
        by_account: dict[str, set[date]] = {}
        for account_id, day in keys:
            by_account.setdefault(account_id, set()).add(day)
        for account_id, days in by_account.items():
            self.store.delete_ad_days(self.user.id, account_id, days)

    def _with_rate(self, row: AdDay, before: AdDay | None, timezone: str) -> AdDay:
        """A day keeps the exchange rate it was first read with."""
        kept = before.fx_rate if before and before.currency == row.currency else None
        return replace(row, timezone=timezone, fx_rate=kept or self.user.settings.fx_rates.get(row.currency))

    def _first_order_days(self, changed: Iterable[AnyOrder], before: _Lookup) -> set[date]:
        """Days on which a customer counts as new now, and perhaps no longer after this change."""
        if self._began_without[SHOPIFY]:
            return set()  # all of the customers' orders are ones of this run, whose days are marked
        ids: set[str | None] = set()
        for order in changed:
            known = before(order.id)
            if known is None:
                ids.add(order.customer_id)
            elif _customer_facts(order) != _customer_facts(known):
                ids.update((order.customer_id, known.customer_id))
        customers = [one for one in ids if one is not None]
        histories = self.store.customer_histories(self.user.id, customers) if customers else {}
        return {shop_day(history.first_order_at, self.zone) for history in histories.values()}

    @cached_property
    def _began_without(self) -> dict[str, bool]:
        """Whether no order, and no parcel, was stored before the first order of this run.

        Then all that are stored came in this run, and their days were marked with them.
        """
        has_orders, has_shipments = self.store.has_orders(self.user.id), self.store.has_shipments(self.user.id)
        return {SHOPIFY: not has_orders, SHIPROCKET: not has_shipments}

    def _days_after_leaving(self, changed: Iterable[AnyOrder], before: Mapping[str, Order]) -> set[date]:
        """Days on which a customer may count as new now that an earlier order is not theirs any more."""
        left = [old for order in changed if (old := before.get(order.id)) and _leaves(old, order)]
        return self._days_after({old.customer_id for old in left}, left)

    def _days_after(self, customer_ids: set[str | None], orders: list[Order]) -> set[date]:
        """Days of all orders of these customers since the first of `orders`."""
        if not customer_ids - {None}:
            return set()
        start = min(order.processed_at for order in orders)
        placed = self.store.customer_orders(self.user.id, start, self.now + ONE_DAY)
        return {shop_day(instant, self.zone) for customer_id, instant in placed if customer_id in customer_ids}

    def _days_of_matches(self, names: set[str]) -> set[date]:
        """Days of the parcels of these orders, and of the orders that lose or gain such a parcel."""
        if self._began_without[SHIPROCKET]:
            return set()
        days, keys = self.store.shipments_indexed_with(self.user.id, names)
        if rivals := keys - names:
            days |= self.store.orders_indexed_with(self.user.id, rivals)[0]
            days |= self.store.shipments_indexed_with(self.user.id, rivals)[0]
        return days

    def _days_of_orders(self, orders: Iterable[Order]) -> set[date]:
        return {day for order in orders for day in order_days(order, self.zone)}


def index_order(order: AnyOrder, zone: ZoneInfo) -> Indexed[AnyOrder]:
    """An order with what it is found by."""
    return Indexed(order, days_of(order, zone), (order_key(order.name),))


def index_shipment(shipment: Shipment, zone: ZoneInfo) -> Indexed[Shipment]:
    """A shipment with what it is found by."""
    return Indexed(shipment, shipment_days(shipment, zone), shipment_keys(shipment.order_name))


def reindex(store: Store, user_id: str, zone: ZoneInfo) -> None:
    """The shop moved to another time zone: every fact touches other days, and every stored day is in doubt."""
    for source in (SHOPIFY, SHIPROCKET):
        store.mark_dirty(user_id, source, {row.day for row in store.metrics(user_id, ALL_TIME)})
    for orders in store.orders_touching(user_id, ALL_TIME):
        store.put_orders(user_id, [index_order(order, zone) for order in orders])
    for shipments in store.shipments_touching(user_id, ALL_TIME):
        store.put_shipments(user_id, [index_shipment(one, zone) for one in shipments])


def _leaves(old: Order, new: AnyOrder) -> bool:
    """Whether the history of the old version's customer begins without this order, or with a later one, now."""
    if old.customer_id is None or old.test:
        return False
    return new.test or new.customer_id != old.customer_id or new.processed_at > old.processed_at


def _customer_facts(order: AnyOrder) -> tuple[object, ...]:
    return (
        order.customer_id, order.customer_orders, order.customer_order_index, order.processed_at, order.test,
    )  # fmt: skip
