"""Plain sources for tests of the sync: what they hold is what they answer, until told to fail."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from profitsync.bootstrap import Runtime
from profitsync.domain.ads import AdDay
from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.merchants import User
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.services.plans import INDIA
from profitsync.sources.errors import SourceError
from profitsync.sources.findings import Finding
from profitsync.sources.protocol import AdAccount, OrderWindow, Placed, ShopProfile


@dataclass
class FakeShopify:
    """Serves `held` orders in batches; raises `failure` after `good_batches` of them."""

    held: list[Order] = field(default_factory=list)
    costs: list[UnitCostSnapshot] = field(default_factory=list)
    timezone: str = "Asia/Kolkata"
    failure: SourceError | None = None
    good_batches: int = 0
    batch_size: int = 50
    requests: int = 0
    warnings: list[str] = field(default_factory=list)
    profile: ShopProfile | None = None
    windows: list[OrderWindow] = field(default_factory=list)
    asked_costs: list[set[str]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None  # what happens elsewhere while orders are being read
    points: int = 0
    wall: datetime | None = None  # orders created before it are hidden
    findings: list[Finding] = field(default_factory=list)
    counting_failure: SourceError | None = None  # of counts, ids and orders by id
    asked_ids: list[set[str]] = field(default_factory=list)
    clock_ahead: timedelta = timedelta(0)

    def shop(self) -> ShopProfile:
        self.requests += 1
        if self.failure and not self.good_batches:
            raise self.failure
        return ShopProfile("INR", self.timezone)

    def orders(self, window: OrderWindow) -> Iterator[list[Order]]:
        self.windows.append(window)
        self.profile = ShopProfile("INR", self.timezone)
        wanted = [o for o in sorted(self._visible(), key=lambda o: o.updated_at) if _inside(o, window)]
        for number, start in enumerate(range(0, max(1, len(wanted)), self.batch_size)):
            self.requests += 1
            if self.failure and number >= self.good_batches:
                raise self.failure
            if batch := wanted[start : start + self.batch_size]:
                yield batch
        self.meanwhile()
        if self.failure and self.good_batches:
            raise self.failure

    def stored(self) -> None:
        """Keeps no notes."""

    def check(self) -> list[Finding]:
        self.requests += 1
        if self.failure:
            raise self.failure
        return self.findings

    def hidden_before(self, since: datetime) -> datetime | None:
        return self.wall if self.wall and since < self.wall else None

    def orders_by_id(
        self, ids: Collection[str], created: Mapping[str, datetime] | None = None
    ) -> tuple[list[Order], set[str]]:
        self.asked_ids.append(set(ids))
        self._count_request()
        found = {order.id: order for order in self._visible() if order.id in ids}
        known = created or {}
        absent = set(ids) - found.keys()
        return list(found.values()), {
            one for one in absent if self.wall is None or (one in known and known[one] >= self.wall)
        }

    def counts(self, spans: Sequence[Placed]) -> list[int]:
        self._count_request()
        return [sum(span.start <= order.processed_at < span.end for order in self._visible()) for span in spans]

    def ids(self, span: Placed) -> set[str]:
        self._count_request()
        return {order.id for order in self._visible() if span.start <= order.processed_at < span.end}

    def _count_request(self) -> None:
        self.requests += 1
        if self.counting_failure:
            raise self.counting_failure

    def _visible(self) -> list[Order]:
        return [order for order in self.held if self.wall is None or order.created_at >= self.wall]

    def unit_costs(self, variant_ids: Collection[str]) -> list[UnitCostSnapshot]:
        self.requests += 1
        self.asked_costs.append(set(variant_ids))
        return [cost for cost in self.costs if cost.variant_id in variant_ids]


def _inside(order: Order, window: OrderWindow) -> bool:
    return (
        order.updated_at >= window.updated_from
        and (window.updated_before is None or order.updated_at <= window.updated_before)
        and (window.processed_before is None or order.processed_at < window.processed_before)
    )


@dataclass
class FakeMeta:
    held: list[AdDay] = field(default_factory=list)
    failure: SourceError | None = None
    requests: int = 0
    warnings: list[str] = field(default_factory=list)
    asked: list[tuple[date, date]] = field(default_factory=list)
    earliest: date = date(2023, 11, 1)
    described: list[AdAccount] = field(default_factory=lambda: [AdAccount("1", "INR", "Asia/Kolkata")])
    findings: list[Finding] = field(default_factory=list)

    @property
    def account_ids(self) -> tuple[str, ...]:
        return tuple(account.account_id for account in self.described)

    def accounts(self) -> list[AdAccount]:
        self.requests += 1
        if self.failure:
            raise self.failure
        return self.described

    def first_day(self) -> date:
        return self.earliest

    def days(self, since: date, until: date) -> list[AdDay]:
        self.requests += 1
        self.asked.append((since, until))
        if self.failure:
            raise self.failure
        return [row for row in self.held if since <= row.day <= until]

    def check(self) -> list[Finding]:
        self.requests += 1
        if self.failure:
            raise self.failure
        return list(self.findings)


@dataclass
class FakeShiprocket:
    held: list[Shipment] = field(default_factory=list)
    attempts: set[str] = field(default_factory=set)
    failure: SourceError | None = None
    attempts_failure: BaseException | None = None
    requests: int = 0
    warnings: list[str] = field(default_factory=list)
    asked: list[tuple[str, date, date]] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def created(self, since: date, until: date) -> Iterator[list[Shipment]]:
        yield from self._answer("created", since, until, self.held)

    def updated(self, since: date, until: date) -> Iterator[list[Shipment]]:
        yield from self._answer("updated", since, until, self.held)

    def failed_attempts(self, since: date, until: date) -> set[str]:
        self.requests += 1
        self.asked.append(("failed", since, until))
        if self.attempts_failure:
            raise self.attempts_failure
        return set(self.attempts)

    def found(self, search: str) -> list[Shipment]:
        self.requests += 1
        self.searched.append(search)
        if self.failure:
            raise self.failure
        return [one for one in self.held if search in (one.awb, one.order_name)]

    def check(self) -> list[Finding]:
        self.requests += 1
        if self.failure:
            raise self.failure
        return list(self.findings)

    def _answer(self, kind: str, since: date, until: date, held: Sequence[Shipment]) -> Iterator[list[Shipment]]:
        self.requests += 1
        self.asked.append((kind, since, until))
        if self.failure:
            raise self.failure
        chosen = [s for s in held if kind == "updated" or since <= s.created_at.astimezone(INDIA).date() <= until]
        if chosen:
            yield chosen


@dataclass
class FakeSources:
    """The factory: the same three sources for every merchant and run."""

    shop: FakeShopify = field(default_factory=FakeShopify)
    ads: FakeMeta = field(default_factory=FakeMeta)
    parcels: FakeShiprocket = field(default_factory=FakeShiprocket)

    def __call__(self, runtime: Runtime) -> "FakeSources":
        return self

    def shopify(self, user: User) -> FakeShopify:
        return self.shop

    def meta(self, user: User) -> FakeMeta:
        return self.ads

    def shiprocket(self, user: User) -> FakeShiprocket:
        return self.parcels


@dataclass
class Clock:
    """Time that moves only when told."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now
