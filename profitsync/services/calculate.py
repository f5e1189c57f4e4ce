"""Figures of shop days from stored facts. Reads only what touches the days asked for."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from profitsync.domain.ads import AdDay
from profitsync.domain.costs import CostBook
from profitsync.domain.customers import count_customers
from profitsync.domain.days import ONE_DAY, DayRange, runs
from profitsync.domain.facts import Record
from profitsync.domain.fx import in_shop_currency
from profitsync.domain.ledger import movements
from profitsync.domain.matching import order_key, shipment_keys
from profitsync.domain.merchants import User
from profitsync.domain.metrics import day_metrics
from profitsync.domain.money import ONE
from profitsync.domain.movements import Movement
from profitsync.domain.orders import Order
from profitsync.domain.reversals import strayed
from profitsync.domain.rows import DayMetrics
from profitsync.domain.shipments import Shipment
from profitsync.domain.tally import DayTally, Tallies
from profitsync.services.ahead import read_ahead
from profitsync.stores.protocol import Store

RUPEES = "INR"  # what Shiprocket bills in
MOST_HISTORIES = 5_000  # of customers, held at once
# How many days are calculated at once. Most facts touch a few days next to each other, and are read once for every
# piece that they touch; but memory must not grow with the merchant.
FIRST_PIECE, LONGEST_PIECE = 2, 31
MOST_FACTS = 15_000  # orders and parcels of a piece, about


class Case(Record, frozen=True):
    """An order with the parcels that carry it."""

    order: Order
    parcels: tuple[Shipment, ...]


class Witness(Protocol):
    """Is shown everything that goes into the days calculated, piece by piece."""

    def case(self, case: Case, days: DayRange, booked: Sequence[Movement], *, converted: bool) -> None:
        """An order with its movements on `days`; `converted` false: in a currency without a rate."""

    def shipment(self, shipment: Shipment, days: DayRange) -> None:
        """A parcel of which some day may lie in `days`."""

    def ad_day(self, row: AdDay) -> None:
        """One account's row."""


def calculate_days(
    store: Store,
    user: User,
    days: Iterable[date],
    sources: Mapping[date, Mapping[str, str]],
    ad_zones: Collection[str] = (),
    witness: Witness | None = None,
    length: int = FIRST_PIECE,
) -> Iterator[list[DayMetrics]]:
    """The figures of `days`, in batches; `sources` tells per day what each source knows of it.

    The user's currency and time zone must be known. `ad_zones` are the IANA zones of the ad accounts. `length` is
    how many days to begin with: `next_length` of what was calculated before, if anything was.
    """
    costs = CostBook(store.costs(user.id), user.settings.estimated_cost_ratio)
    for one in runs(days):
        first = one.first
        while first <= one.last:
            piece = DayRange(first, min(one.last, first + timedelta(days=length - 1)))
            rows = _Calculation(store, user, piece, costs, witness).rows(sources, ad_zones)
            yield rows
            length = next_length(rows)
            first = piece.last + ONE_DAY


def next_length(rows: Sequence[DayMetrics]) -> int:
    """How many days to calculate at once next, if they are as busy; a quiet time tells little of a sale."""
    busiest = max(_facts(row) for row in rows)
    return max(1, min(LONGEST_PIECE, 2 * len(rows), MOST_FACTS // max(1, busiest)))


def _facts(row: DayMetrics) -> int:
    return int(row.values["totalOrders"] or 0) + int(row.values["totalShipments"] or 0)


def rupee_rate(user: User) -> Decimal | None:
    """What a rupee, in which Shiprocket bills, is worth in the shop's currency; None is not known."""
    return ONE if user.currency in (None, RUPEES) else user.settings.fx_rates.get(RUPEES)


def cases_of(store: Store, user_id: str, orders: Sequence[Order]) -> list[Case]:
    """Each order with its parcels.

    A parcel belongs to the order with its exact name; only where none exists, to the one without the suffix.
    """
    by_key = {order_key(order.name): order.id for order in orders}  # of two orders of one name, the later one
    found: dict[str, list[Shipment]] = {}
    doubtful: dict[str, list[Shipment]] = {}
    for shipment in store.shipments_by_key(user_id, list(by_key)):
        exact = order_key(shipment.order_name)
        if exact in by_key:
            found.setdefault(exact, []).append(shipment)
        else:
            doubtful.setdefault(exact, []).append(shipment)
    if doubtful:
        _, taken = store.orders_indexed_with(user_id, list(doubtful))
        for exact, shipments in doubtful.items():
            base = shipment_keys(shipments[0].order_name)[-1]
            if exact not in taken and base in by_key:
                found.setdefault(base, []).extend(shipments)
    parcels = {by_key[key]: _oldest_first(shipments) for key, shipments in found.items()}
    return [Case(order, parcels.get(order.id, ())) for order in orders]


def _keys_of(shipments: Iterable[Shipment]) -> set[str]:
    return {key for shipment in shipments for key in shipment_keys(shipment.order_name)}


def _oldest_first(shipments: Sequence[Shipment]) -> tuple[Shipment, ...]:
    return tuple(sorted(shipments, key=lambda s: (s.created_at, s.id)) if len(shipments) > 1 else shipments)


class _Calculation:
    """One piece of consecutive days, which needs no other. The ids of all its parcels and customers are held."""

    def __init__(self, store: Store, user: User, days: DayRange, costs: CostBook, witness: Witness | None) -> None:
        self.witness = witness
        self.store = store
        self.user = user
        self.days = days
        self.costs = costs
        self.zone = ZoneInfo(user.timezone or "UTC")
        self.rupees = rupee_rate(user)
        self.tallies = Tallies(set(days.days()), self.zone)
        self.parcels: set[str] = set()  # ids of those added
        self.elsewhere: set[str] = set()  # ids of the orders added that themselves do nothing on these days

    def rows(self, sources: Mapping[date, Mapping[str, str]], ad_zones: Collection[str]) -> list[DayMetrics]:
        for cases in read_ahead(self._cases(), enough=1):  # whole orders are large
            self._add_cases(cases)
        # Most parcels have been added with their orders, so they are not read once more.
        for shipments in self.store.shipments_touching(self.user.id, self.days, without=self.parcels):
            self._add_further(shipments)
        for row in self.store.ad_days(self.user.id, self.days):
            self.tallies.add_ad_day(row)
            if self.witness:
                self.witness.ad_day(row)
        self._count_customers()
        return [
            day_metrics(
                tally, sources[day], self.user.settings,
                currency=self.user.currency or "", timezone=self.user.timezone or "UTC", ad_zones=ad_zones,
            )
            for day, tally in self.tallies.by_day.items()
        ]  # fmt: skip

    def _cases(self) -> Iterator[list[Case]]:
        for orders in self.store.orders_touching(self.user.id, self.days):
            yield cases_of(self.store, self.user.id, orders)

    def _add_cases(self, cases: Iterable[Case]) -> None:
        for case in cases:
            if case.parcels:
                self._add_parcels(case.parcels)
            self.tallies.add_order(case.order, self.costs)
            booked, converted = self._booked(case)
            self.tallies.add_movements(booked, converted=converted)
            if self.witness:
                here = [movement for movement in booked if movement.day in self.days]
                self.witness.case(case, self.days, here, converted=converted)

    def _booked(self, case: Case) -> tuple[list[Movement], bool]:
        """The ledger of a case in shop currency, and whether it could be converted into it."""
        order, settings, known = case.order, self.user.settings, True
        if order.currency != self.user.currency:
            rate = settings.fx_rates.get(order.currency)
            known = rate is not None
            if rate is not None and self.user.currency:
                order = in_shop_currency(order, self.user.currency, rate)
        return movements(order, case.parcels, self.costs, settings, self.zone), known

    def _add_further(self, shipments: Sequence[Shipment]) -> None:
        """Parcels of these days may change days on which their order itself did nothing.

        Only where one of the order's parcels strayed: most of these merely arrived, and their orders are not read.
        """
        self._add_parcels(shipments)
        named = _keys_of(shipments)
        keys = _keys_of(one for one in self.store.shipments_by_key(self.user.id, named) if strayed(one))
        found = self.store.orders_by_key(self.user.id, keys, elsewhere=self.days)
        new = [order for order in found if order.id not in self.elsewhere]
        self.elsewhere.update(order.id for order in new)
        self._add_cases(cases_of(self.store, self.user.id, new))

    def _add_parcels(self, shipments: Iterable[Shipment]) -> None:
        """Each parcel once; what falls on other days is ignored."""
        for shipment in shipments:
            if shipment.id in self.parcels:
                continue
            self.parcels.add(shipment.id)
            self.tallies.add_shipment(shipment, self.user.settings.cod_fee_in_freight, self.rupees)
            if self.witness:
                self.witness.shipment(shipment, self.days)

    def _count_customers(self) -> None:
        """Some days at a time, so that few histories are held at once."""
        waiting: list[DayTally] = []
        ids: set[str] = set()
        for tally in self.tallies.by_day.values():
            waiting.append(tally)
            ids |= tally.customer_ids
            if len(ids) >= MOST_HISTORIES:
                self._count_those(waiting, ids)
                waiting, ids = [], set()
        self._count_those(waiting, ids)

    def _count_those(self, tallies: Iterable[DayTally], ids: Collection[str]) -> None:
        histories = self.store.customer_histories(self.user.id, ids) if ids else {}
        for tally in tallies:
            day = DayRange(tally.day, tally.day)
            tally.customers = count_customers(tally.customer_ids, histories, day, self.zone)
