"""Everything that falls on one shop day, added up at full precision before any formula is applied."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from profitsync.domain.ads import AdDay
from profitsync.domain.carriers import Bucket, bucket, unknown_status
from profitsync.domain.costs import CostBook
from profitsync.domain.customers import CustomerCount
from profitsync.domain.days import shop_day
from profitsync.domain.facts import Record
from profitsync.domain.money import ONE, ZERO
from profitsync.domain.movements import MONEY, Money, Movement
from profitsync.domain.orders import Order
from profitsync.domain.parcel_costs import ParcelCost, parcel_cost
from profitsync.domain.reversals import rto_began_at, rto_received_at
from profitsync.domain.shipments import Shipment


class CostLeg(Record, frozen=True):
    """A part of a parcel's cost and the instant it falls on; `amount` None is not known."""

    at: datetime
    amount: Decimal | None
    back: bool = False  # the way back of an RTO
    counted: bool = True  # an unknown one counts as a parcel without a cost on its day


@dataclass(slots=True)
class DayTally:
    """Sums and counts of one day."""

    day: date
    money: Money = field(default_factory=lambda: dict.fromkeys(MONEY, ZERO))
    orders: int = 0
    cancelled_orders: int = 0
    anonymous_orders: int = 0
    customer_ids: set[str] = field(default_factory=set)
    customers: CustomerCount = field(default_factory=CustomerCount)
    products_without_cost: set[str] = field(default_factory=set)
    unconverted_orders: int = 0  # in a currency without a rate: the day's money is not known
    buckets: Counter[Bucket] = field(default_factory=Counter)
    ndr: int = 0
    unknown_statuses: int = 0  # of the parcels counted as OTHER
    shipping_cost: Decimal = ZERO
    shipments_by_cost: Counter[str] = field(default_factory=Counter)  # by `ParcelCost.kind`, on their first day
    shipments_without_cost: int = 0
    rto_cost_open: bool = False  # the way back of a parcel that another day counts as without a cost
    ads: list[AdDay] = field(default_factory=list)


class Tallies:
    """The tallies of the days asked for; whatever falls on other days is ignored."""

    def __init__(self, days: set[date], zone: ZoneInfo) -> None:
        self.zone = zone
        self.by_day = {day: DayTally(day) for day in sorted(days)}

    def add_order(self, order: Order, costs: CostBook) -> None:
        """Count the order on the day it was placed, and its cancellation on the day that happened."""
        if order.test:
            return
        placed = shop_day(order.processed_at, self.zone)
        if order.cancelled_at and (tally := self._on(order.cancelled_at)):
            tally.cancelled_orders += 1
        if (tally := self.by_day.get(placed)) is None:
            return
        tally.orders += 1
        if order.customer_id:
            tally.customer_ids.add(order.customer_id)
        else:
            tally.anonymous_orders += 1
        for line in order.lines:
            if line.is_goods and costs.known_cost(line.product_id, line.variant_id, line.sku, placed) is None:
                tally.products_without_cost.add(line.product_id or line.sku or line.title)

    def add_movements(self, movements: list[Movement], *, converted: bool) -> None:
        """Add an order's movements; `converted` is false when its currency has no rate."""
        for movement in movements:
            if (tally := self.by_day.get(movement.day)) is None:
                continue
            if converted:
                sums = tally.money
                for name, amount in movement.money.items():
                    sums[name] += amount
            elif movement.money:
                tally.unconverted_orders += 1

    def add_shipment(self, shipment: Shipment, cod_fee_in_freight: bool, rupee_rate: Decimal | None = ONE) -> None:
        """Count the parcel on the day it was created; its return leg costs on the day the RTO began.

        `rupee_rate` is what a rupee is worth in the shop's currency; None is not known.
        """
        cost = parcel_cost(shipment, cod_fee_in_freight).at_rate(rupee_rate)
        state = bucket(shipment)
        created = self._on(shipment.created_at)
        if tally := created:
            if state is not Bucket.LEFT_OUT:
                tally.buckets[state] += 1
                tally.ndr += state is Bucket.NDR_OPEN or shipment.seen.ndr is not None
                tally.unknown_statuses += state is Bucket.OTHER and unknown_status(shipment) is not None
            tally.shipments_by_cost[cost.kind] += 1
        for leg in cost_legs(shipment, cost):
            if tally := created if leg.at is shipment.created_at else self._on(leg.at):
                _add_leg(tally, leg)

    def add_ad_day(self, row: AdDay) -> None:
        """Add one account's row."""
        if tally := self.by_day.get(row.day):
            tally.ads.append(row)

    def _on(self, instant: datetime) -> DayTally | None:
        return self.by_day.get(shop_day(instant, self.zone))


def cost_legs(shipment: Shipment, cost: ParcelCost) -> tuple[CostLeg, ...]:
    """Where a parcel's cost falls: the way there on its first day, the way back on the day the RTO began."""
    there = CostLeg(shipment.created_at, cost.forward)
    if bucket(shipment) is not Bucket.RTO:
        return (there,)
    turned_back = rto_began_at(shipment) or rto_received_at(shipment) or shipment.created_at
    if cost.forward is None:  # adds nothing, and was counted on its first day
        return there, CostLeg(turned_back, None, back=True, counted=False)
    return there, CostLeg(turned_back, cost.rto, back=True)


def _add_leg(tally: DayTally, leg: CostLeg) -> None:
    if leg.amount is not None:
        tally.shipping_cost += leg.amount
    elif leg.counted:
        tally.shipments_without_cost += 1
    else:
        tally.rto_cost_open = True
