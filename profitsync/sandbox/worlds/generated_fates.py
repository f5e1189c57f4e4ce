"""Draws the fate of an order: cancelled or edited, shipped, delivered or returned, refunded.

Every draw is made whether or not its time has come, so the present decides only how much of it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from profitsync.sandbox.render_sums import line_total
from profitsync.sandbox.world import ItemDraft, ShopifyWorld
from profitsync.sandbox.worlds.generated_baskets import Placed, line_of, pick
from profitsync.sandbox.worlds.generated_catalogue import Catalogue
from profitsync.sandbox.worlds.generated_events import Desk, Units
from profitsync.sandbox.worlds.generated_journeys import (
    DELIVERED,
    LOST,
    PARTLY,
    RETURNED,
    Journey,
    plan,
)

_CANCELLED, _EDITED, _SPLIT, _CLONED = 0.035, 0.02, 0.05, 0.012
_REFUNDED = 0.065


@dataclass(frozen=True, slots=True)
class Booking:
    """A parcel to be booked with the carrier; `suffix` and `prefix` go round the order's name."""

    journey: Journey
    units: tuple[Units, ...]
    prefix: str = ""
    suffix: str = ""
    is_return: bool = False

    def items(self) -> tuple[ItemDraft, ...]:
        """Its contents as the carrier lists them."""
        return tuple(ItemDraft(line.title, line.sku or "", count, line.unit_price) for line, count in self.units)


class Fate:
    """One order's future."""

    def __init__(
        self, rng: Random, number: int, placed: Placed, goods: Catalogue, shop: ShopifyWorld, now: datetime
    ) -> None:
        self.rng = rng
        self.number = number
        self.order = placed.order
        self.cod = placed.cod
        self.goods = goods
        self.now = now
        self.desk = Desk(placed.order, shop, now)

    def run(self) -> list[Booking]:
        """Let it happen, as far as `now`; the parcels that come of it."""
        if self.order.test or any(line.gift_card for line in self.order.lines):
            self.desk.settle()
            return []
        cancelled_at = self._cancelled() if self.rng.random() < _CANCELLED else None
        if self.rng.random() < _EDITED and cancelled_at is None:
            self._edit()
        bookings = self._ship(cancelled_at)
        if bookings and cancelled_at is None:
            self._send(bookings)
            bookings += self._afterwards(bookings[-1])
        self.desk.settle()
        return [one for one in bookings if one.journey.created_at <= self.now]

    # --- before the goods leave

    def _cancelled(self) -> datetime:
        at = self.order.created_at + timedelta(minutes=self.rng.randint(10, 300))
        reason = self.rng.choice(("CUSTOMER", "CUSTOMER", "FRAUD", "INVENTORY", "OTHER"))
        recorded = not self.cod or self.rng.random() < 0.5
        restock = self.rng.choice(("CANCEL", "NO_RESTOCK"))
        units = self.desk.standing()
        if self.desk.cancel(at, reason) and recorded:
            self.desk.refund(at, units, restock, with_shipping=True, note="Order canceled")
        return at

    def _edit(self) -> None:
        at = self.order.created_at + timedelta(minutes=self.rng.randint(5, 80))
        removable = [line for line in self.order.lines if line.quantity > 1 and line_total(line) > 0]
        addition = pick(self.rng, self.goods.goods, 1)[0]
        if self.cod and removable:
            self.desk.remove(at, removable[0], 1)
        else:
            self.desk.add(at, line_of(self.number, len(self.order.lines) + 1, addition, 1))

    # --- parcels

    def _ship(self, cancelled_at: datetime | None) -> list[Booking]:
        rng = self.rng
        created = self.order.created_at + timedelta(minutes=rng.randint(90, 800))
        units = tuple(self.desk.standing()) or tuple((line, line.quantity) for line in self.order.lines)
        journey = plan(rng, created, cod=self.cod)
        cloned, split = rng.random() < _CLONED, rng.random() < _SPLIT
        if cancelled_at is not None:
            stopped = max(cancelled_at, journey.assigned_at) + timedelta(minutes=30)
            return [Booking(replace(journey, cancelled_at=stopped), units)] if cancelled_at > created else []
        if cloned:
            return self._clone(journey, units)
        if split and len(units) > 1:
            second = plan(rng, created + timedelta(minutes=4), cod=self.cod, end=journey.end)
            return [Booking(journey, units[:1]), Booking(second, units[1:])]
        return [Booking(journey, units)]

    def _clone(self, journey: Journey, units: tuple[Units, ...]) -> list[Booking]:
        """Sent once more: after a return, or instead of a booking that was called off."""
        if journey.end == RETURNED and journey.back_at:
            again = plan(self.rng, journey.back_at + timedelta(days=1), cod=self.cod, end=DELIVERED)
        else:
            stopped = journey.assigned_at + timedelta(hours=2)
            journey = replace(journey, cancelled_at=stopped)
            again = plan(self.rng, stopped, cod=self.cod, end=DELIVERED)
        return [Booking(journey, units), Booking(again, units, suffix="-C")]

    def _send(self, bookings: Sequence[Booking]) -> None:
        """Fulfill what leaves. A clone fulfils again only what the first booking never did."""
        sent: set[str] = set()
        for booking in bookings:
            journey = booking.journey
            left = [(line, units) for line, units in booking.units if line.id not in sent]
            if journey.cancelled_at is None and left:
                sent.update(line.id for line, _ in left)
                arrived = journey.end_at if journey.end in (DELIVERED, PARTLY) else None
                self.desk.fulfill(journey.shipped_at, left, arrived, None, None)

    # --- afterwards

    def _afterwards(self, booking: Booking) -> list[Booking]:
        journey = booking.journey
        later = journey.settled_at + timedelta(minutes=self.rng.randint(1500, 9000))
        if journey.end == RETURNED:
            self._after_return(later)
        elif journey.end == LOST:
            if not self.cod and self.rng.random() < 0.75:
                self.desk.refund(later, self.desk.standing(), "NO_RESTOCK", with_shipping=True)
        else:
            if self.cod and self.rng.random() < 0.6:
                self.desk.collect(later)
            return self._after_delivery(journey, later + timedelta(hours=self.rng.randint(4, 120)))
        return []

    def _after_return(self, later: datetime) -> None:
        """A prepaid order is mostly refunded; few merchants cancel a COD order that came back."""
        chance, restock = self.rng.random(), self.rng.choice(("RETURN", "RETURN", "NO_RESTOCK"))
        units = self.desk.standing()
        if not self.cod and chance < 0.8:
            self.desk.refund(later, units, "RETURN", note="Returned to origin")
        elif self.cod and chance < 0.2 and self.desk.cancel(later, "OTHER"):
            self.desk.refund(later, units, restock, with_shipping=True, note="Order canceled")

    def _after_delivery(self, journey: Journey, at: datetime) -> list[Booking]:
        rng = self.rng
        chance, kind = rng.random(), rng.choices(("goods", "fee", "goodwill"), (62, 13, 25))[0]
        restock = rng.choices(("RETURN", "NO_RESTOCK"), (75, 25))[0]
        share, fee = rng.randint(5, 20), Decimal(rng.choice((50, 80, 100)))
        pickup = plan(rng, at - timedelta(days=5), cod=False, end=DELIVERED) if rng.random() < 0.5 else None
        goods = [(line, 1) for line, _ in self.desk.standing() if line_total(line) > 0]
        if journey.end == PARTLY:
            self.desk.refund(at, goods[:1], "RETURN", note="Short delivery")
        elif chance < _REFUNDED and kind == "goodwill":
            amount = self.desk.sums.total * share / 100
            self.desk.goodwill(at, amount.quantize(Decimal(1)), sent_at=at + timedelta(days=2))
        elif chance < _REFUNDED and goods:
            self.desk.refund(at, goods[:1], restock, kept=fee if kind == "fee" else Decimal(0))
            if pickup and restock == "RETURN" and pickup.created_at > journey.end_at:
                return [Booking(pickup, tuple(goods[:1]), prefix="R_", is_return=True)]
        return []
