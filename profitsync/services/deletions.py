"""Once a day: are the orders we store those that exist at the source?

A deleted order vanishes from the source without a trace, so no read by change ever tells of it. Recent weeks are
counted on both sides; where the counts differ, days are; and only of days that differ ids are listed. An order
is removed only when the source, asked for that very order, says that it does not exist.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profitsync.domain.orders import Order
from profitsync.services.autocosts import AutoCosts
from profitsync.services.ingest import Ingest
from profitsync.services.lease import Lease
from profitsync.services.plans import OVERLAP
from profitsync.sources.protocol import OrderSource, Placed
from profitsync.stores.protocol import Store
from profitsync.stores.slips import AnyOrder

WEEKS = 8  # 56 days: apps without `read_all_orders` see 60
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)


@dataclass(slots=True)
class Differences:
    """What a reconciliation came to: orders removed, and orders stored that had been missing or out of date."""

    removed: list[Order] = field(default_factory=list)
    read: list[AnyOrder] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Compares one merchant's recent orders with the source. Raises `SourceError`, then nothing was removed."""

    store: Store
    user_id: str
    source: OrderSource
    ingest: Ingest
    costs: AutoCosts
    lease: Lease

    def run(self, now: datetime) -> Differences:
        """One request when nothing differs. Orders of the last minutes are left out: the index may lag."""
        end = (now - OVERLAP).replace(microsecond=0)
        weeks = [Placed(end - _WEEK * (n + 1), end - _WEEK * n) for n in range(WEEKS)]
        found = Differences()
        for week in self._differing(weeks):
            days = [Placed(week.start + _DAY * n, week.start + _DAY * (n + 1)) for n in range(7)]
            for day in self._differing(days):
                stored = self.store.orders_placed(self.user_id, day.start, day.end)
                self._settle(stored ^ self.source.ids(day), found)
        return found

    def _differing(self, spans: Sequence[Placed]) -> Iterator[Placed]:
        """Spans in which we store another number of orders than exist."""
        for span, count in zip(spans, self.source.counts(spans), strict=True):
            if self.store.count_orders_placed(self.user_id, span.start, span.end) != count:
                yield span

    def _settle(self, doubtful: set[str], found: Differences) -> None:
        """Read orders that are stored and not listed, or the other way round; remove those that are gone."""
        if not doubtful:
            return
        known = self.store.orders_by_id(self.user_id, doubtful)
        created = {order.id: order.created_at for order in known.values()}
        orders, gone = self.source.orders_by_id(doubtful, created)
        self.lease.check()
        found.read += self.ingest.orders(orders, notice=self.costs.notice)
        found.removed += self.ingest.remove_orders(gone)
