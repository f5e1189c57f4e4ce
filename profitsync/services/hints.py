"""Following up hints: the records they name are read again from the APIs, and their days calculated.

The way is that of a sync: the merchant's lease, the same ingest, the same calculation; only the list of what to
read is another, and no cursor moves. So a hint that is lost, late or repeated changes no figure that the next
sync would not write as well.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Event
from zoneinfo import ZoneInfo

from profitsync.bootstrap import Runtime
from profitsync.domain.costs import CostSource
from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.hints import DELETED_ORDER, SHIPMENT, Hint
from profitsync.domain.merchants import SHIPROCKET, SHOPIFY, SOURCES, SourceState, User
from profitsync.services.autocosts import AutoCosts
from profitsync.services.ingest import Ingest
from profitsync.services.lease import Lease
from profitsync.services.plans import Span
from profitsync.services.reports import SilentProgress, SyncRequest, UserReport
from profitsync.services.run import MerchantRun
from profitsync.sources.errors import CredentialsError
from profitsync.sources.protocol import OrderSource

log = logging.getLogger(__name__)
# Hints followed up under one hold of the lease, so that a sync need not wait long for it: orders are read in one
# request, parcels in one each.
AT_ONCE = {SHOPIFY: 50, SHIPROCKET: 10}
LOOKED_AT = 5_000  # the oldest hints of a merchant
INDEX_LAG = timedelta(minutes=5)  # how long Shopify's search may show what is not, or not yet show what is
KEPT = timedelta(hours=24)  # by then a sync has read the record, or keeps its cursor for the day it can


def follow_up(runtime: Runtime, user_id: str, source: str, stop: Event | None = None) -> int:
    """Read again what the oldest hints about one source name; how many are left for another look.

    Raises `LockedError` while a sync holds the merchant, a `SourceError` when the API cannot be read: then the
    hints stay for another try.
    """
    store = runtime.store
    about = [hint for hint in store.hints(user_id, LOOKED_AT) if _source(hint) == source]
    hints = about[: AT_ONCE[source]]
    if not hints:
        return 0
    early: set[Hint] = set()
    with Lease(store, f"sync:{user_id}", runtime.clock, stop, brief=True) as lease:
        user, state = store.find_user(user_id), store.source_states(user_id).get(source)
        wanted = [hint for hint in hints if runtime.clock() - hint.noted_at < KEPT]
        # Before the first sync has ended there is nothing that a single record could bring up to date.
        begun = state is not None and state.cursor is not None
        if user and user.is_active and user.configured(source) and user.timezone and begun and wanted:
            early = _FollowUp(runtime, user, lease).run(wanted, source)
    store.drop_hints([hint for hint in hints if hint not in early])
    return len(early) + len(about) - len(hints)


def _source(hint: Hint) -> str:
    return SHIPROCKET if hint.kind == SHIPMENT else SHOPIFY


class _FollowUp:
    """One hold of a merchant's lease."""

    def __init__(self, runtime: Runtime, user: User, lease: Lease) -> None:
        self.runtime = runtime
        self.user = user
        self.lease = lease
        self.now = runtime.clock()
        self.zone = ZoneInfo(user.timezone or "UTC")

    def run(self, hints: Sequence[Hint], source: str) -> set[Hint]:
        """Read, store, calculate; the hints that the source does not bear out yet."""
        self.ingest = Ingest(self.runtime.store, self.user, self.zone, self.now)  # one for each calculation
        early = self._orders(hints) if source == SHOPIFY else self._parcels(hints)
        states = {name: SourceState(name) for name in SOURCES} | self.runtime.store.source_states(self.user.id)
        today = shop_day(self.now, self.zone)
        report = UserReport(self.user.id, self.user.email)
        run = MerchantRun(self.runtime, self.user, SyncRequest(), SilentProgress(), self.lease, report)
        run.calculate(Span(DayRange(today, today), False, self.now, self.zone), states, {}, in_doubt=set())
        log.info("webhooks: %d records read again, %d days written", len(hints), report.days_written)
        return early

    def _parcels(self, hints: Sequence[Hint]) -> set[Hint]:
        source = self.runtime.sources.shiprocket(self.user)
        found = [shipment for hint in hints for shipment in source.found(hint.record)]
        self.lease.check()
        self.ingest.shipments(found)
        return set()

    def _orders(self, hints: Sequence[Hint]) -> set[Hint]:
        wanted = {hint.record for hint in hints}
        deleted = {hint.record for hint in hints if hint.kind == DELETED_ORDER}
        gone = self._read_orders(wanted, deleted)
        contradicted = (deleted - gone) | (gone - deleted)
        return {hint for hint in hints if hint.record in contradicted and self.now - hint.noted_at < INDEX_LAG}

    def _read_orders(self, wanted: set[str], deleted: set[str]) -> set[str]:
        """An order that Shopify does not show is deleted here only if a webhook said so: it may be too new."""
        source = self.runtime.sources.shopify(self.user)
        stored = self.runtime.store.orders_by_id(self.user.id, wanted)
        orders, gone = source.orders_by_id(wanted, {order.id: order.created_at for order in stored.values()})
        state = self.runtime.store.source_states(self.user.id)[SHOPIFY]
        today = shop_day(self.now, self.zone)
        costs = AutoCosts(self.runtime.store, self.user, today, self.now, state.last_success_at)
        self.lease.check()
        self.ingest.orders(orders, notice=costs.notice)
        self.ingest.remove_orders(gone & deleted)
        self._learn_costs(source, costs, state)
        return gone

    def _learn_costs(self, source: OrderSource, costs: AutoCosts, state: SourceState) -> None:
        """Cost per item of products first seen now. What stays an estimate is behind a figure from here on."""
        variants = costs.variants_to_ask(self.now)
        if variants:
            try:
                snapshots = source.unit_costs(sorted(variants))
            except CredentialsError as error:  # a permission of its own; estimates do without it
                log.warning("costs per item cannot be read, estimates are used: %s", error)
                snapshots = []
            self.lease.check()
            costs.learn(snapshots, self.user.currency or "")
        store = self.runtime.store
        made_now = [c for c in store.costs(self.user.id)
                    if c.source is CostSource.ESTIMATED and c.created_at == self.now]  # fmt: skip
        if made_now:
            store.put_costs(self.user.id, [replace(cost, created_at=state.last_success_at) for cost in made_now])
