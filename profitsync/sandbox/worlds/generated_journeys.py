"""The way of a parcel: planned to its end at once, then shown as far as it has come.

A plan does not depend on the present, so the same merchant looked at a day later is the same merchant, a day on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from profitsync.sandbox.world import ChargesDraft, NdrDraft, ParcelDraft

DELIVERED, PARTLY, RETURNED, LOST, SELF_MADE = "delivered", "partly", "returned", "lost", "self"
COURIERS = (("Delhivery Surface", 43), ("Xpressbees Surface", 51), ("Ekart Logistics", 170), ("Blue Dart Air", 1))
_NDR_REASONS = ("Customer not available", "Customer refused delivery", "Wrong address", "Customer asked for later")
_RTO_SHARE = {True: 0.305, False: 0.05}  # by cash on delivery


@dataclass(frozen=True, slots=True)
class State:
    """A status under its two numberings and its texts."""

    parcel_code: int
    parcel_text: str
    order_code: int
    order_text: str


STATES = {
    name: State(*values)
    for name, values in {
        "new": (11, "NEW", 1, "NEW"),
        "assigned": (1, "AWB ASSIGNED", 3, "READY TO SHIP"),
        "scheduled": (3, "PICKUP SCHEDULED", 4, "PICKUP SCHEDULED"),
        "exception": (20, "PICKUP EXCEPTION", 35, "PICKUP EXCEPTION"),
        "out for pickup": (19, "OUT FOR PICKUP", 34, "OUT FOR PICKUP"),
        "picked up": (42, "PICKED UP", 51, "PICKED UP"),
        "shipped": (6, "SHIPPED", 6, "SHIPPED"),
        "transit": (18, "IN TRANSIT", 20, "IN TRANSIT"),
        "misrouted": (39, "MISROUTED", 44, "MISROUTED"),
        "hub": (38, "REACHED AT DESTINATION HUB", 43, "REACHED DESTINATION HUB"),
        "out": (17, "OUT FOR DELIVERY", 19, "OUT FOR DELIVERY"),
        "failed": (21, "UNDELIVERED", 36, "UNDELIVERED"),
        DELIVERED: (7, "DELIVERED", 7, "DELIVERED"),
        PARTLY: (23, "PARTIAL DELIVERED", 38, "PARTIAL DELIVERED"),
        "rto": (9, "RTO INITIATED", 15, "RTO INITIATED"),
        "rto transit": (46, "RTO IN INTRANSIT", 55, "RTO IN TRANSIT"),
        "rto out": (41, "RTO_OFD", 45, "RTO_OFD"),
        RETURNED: (10, "RTO DELIVERED", 16, "RTO DELIVERED"),
        "acknowledged": (14, "RTO ACKNOWLEDGED", 17, "RTO ACKNOWLEDGED"),
        LOST: (12, "LOST", 33, "LOST"),
        SELF_MADE: (43, "SELF FULFILLED", 52, "SELF FULFILLED"),
        "cancelled": (8, "CANCELED", 5, "CANCELED"),
    }.items()
}


@dataclass(frozen=True, slots=True)
class Journey:
    """Everything that will happen to one parcel, in time."""

    created_at: datetime
    assigned_at: datetime
    shipped_at: datetime
    out_at: datetime  # first delivery attempt
    failed_at: datetime | None
    end: str
    end_at: datetime  # delivered or lost; for a return, when it turned back
    back_at: datetime | None  # a return in the warehouse again
    billed_at: datetime | None
    detour: str  # shown for a while on the way
    cancelled_at: datetime | None = None

    @property
    def settled_at(self) -> datetime:
        """When the goods came to rest."""
        return self.back_at or self.end_at

    def state(self, now: datetime) -> State:
        """What the carrier says at `now`."""
        if self.cancelled_at and self.cancelled_at <= now:
            return STATES["cancelled"]
        return STATES[[name for at, name in self._steps() if at <= now][-1]]

    @property
    def measured_at(self) -> datetime:
        """When the courier has weighed the parcel."""
        return self.shipped_at + timedelta(days=2)

    def _steps(self) -> list[tuple[datetime, str]]:
        pickup, road = self.shipped_at - self.assigned_at, self.out_at - self.shipped_at
        steps = [
            (self.created_at, "new"),
            (self.assigned_at, "assigned"),
            (self.assigned_at + pickup / 4, "scheduled"),
            (self.assigned_at + pickup / 2, "exception" if self.detour == "exception" else "scheduled"),
            (self.assigned_at + pickup * 4 / 5, "out for pickup"),
            (self.shipped_at, "picked up"),
            (self.shipped_at + road / 8, "shipped"),
            (self.shipped_at + road / 4, "misrouted" if self.detour == "misrouted" else "transit"),
            (self.shipped_at + road / 2, "transit"),
            (self.shipped_at + road * 4 / 5, "hub"),
            (self.out_at, "out"),
        ]
        if self.failed_at:
            steps.append((self.failed_at, "failed"))
        if self.end == RETURNED and self.back_at:
            way = self.back_at - self.end_at
            steps += [(self.end_at, "rto"), (self.end_at + way / 5, "rto transit")]
            steps += [(self.back_at - way / 12, "rto out"), (self.back_at, RETURNED)]
            steps.append((self.back_at + timedelta(days=6), "acknowledged" if self.detour else RETURNED))
        else:
            steps.append((self.end_at, self.end))
        return steps

    def last_change(self, now: datetime) -> datetime:
        """The newest step, weighing or bill that is not after `now`; nothing follows a cancellation."""
        ended = min(now, self.cancelled_at or now)
        dated = (self.measured_at, self.billed_at, self.cancelled_at, *(at for at, _ in self._steps()))
        return max(at for at in dated if at and at <= ended)


def plan(rng: Random, created_at: datetime, *, cod: bool, end: str | None = None) -> Journey:
    """Draw a parcel's whole way; `end` fixes its outcome."""
    end = end or _outcome(rng, cod)
    assigned = created_at + timedelta(minutes=rng.randint(20, 600))
    shipped = assigned + timedelta(minutes=rng.randint(240, 1700))
    out = shipped + timedelta(hours=rng.randint(30, 130))
    failed = None
    if end != SELF_MADE and rng.random() < (0.75 if end == RETURNED else 0.07):
        failed = out + timedelta(hours=rng.randint(2, 9))
    end_at = (failed or out) + timedelta(minutes=rng.randint(60, 480))
    if failed:
        end_at += timedelta(hours=rng.randint(20, 70))
    back = end_at + timedelta(hours=rng.randint(90, 260)) if end == RETURNED else None
    return Journey(
        created_at=created_at,
        assigned_at=assigned,
        shipped_at=shipped,
        out_at=out,
        failed_at=failed,
        end=end,
        end_at=end_at,
        back_at=back,
        billed_at=(back or end_at) + timedelta(days=rng.randint(8, 30)) if rng.random() < 0.85 else None,
        detour=rng.choices(("", "exception", "misrouted"), (90, 6, 4))[0],
    )


def _outcome(rng: Random, cod: bool) -> str:
    if rng.random() < _RTO_SHARE[cod]:
        return RETURNED
    return rng.choices((DELIVERED, PARTLY, LOST, SELF_MADE), (975, 6, 13, 6))[0]


def parcel(rng: Random, journey: Journey, number: int, *, cod: bool, now: datetime) -> ParcelDraft:
    """The parcel as the carrier shows it at `now`."""
    state = journey.state(now)
    courier, courier_id = rng.choice(COURIERS)
    has_courier = journey.assigned_at <= min(now, journey.cancelled_at or now)
    ended = journey.cancelled_at is None

    def past(at: datetime | None) -> datetime | None:
        return at if ended and at and at <= now else None

    arrived = journey.end in (DELIVERED, PARTLY)
    return ParcelDraft(
        id=number,
        created_at=journey.created_at,
        status=state.parcel_code,
        status_text=state.parcel_text,
        awb=f"{143_000_000_000 + number}" if has_courier else "",
        courier=courier if has_courier else "",
        courier_id=courier_id if has_courier else None,
        shipped_at=past(journey.shipped_at),
        delivered_at=past(journey.end_at) if arrived else None,
        # The API does not date every return: some begin without a date.
        rto_initiated_at=past(journey.end_at) if journey.end == RETURNED and rng.random() < 0.96 else None,
        rto_delivered_at=past(journey.back_at),
        charges=_charges(rng, journey, cod=cod, now=now) if has_courier else None,
    )


def _charges(rng: Random, journey: Journey, *, cod: bool, now: datetime) -> ChargesDraft:
    """Booked at once, measured on the way, billed weeks after the end; a few bills stay unknown for long."""
    base = Decimal(rng.randint(5200, 11800)) / 100
    fee = Decimal(rng.randint(35, 49)) if cod else None
    forward = base + (fee or 0)
    heavier = (base * Decimal(rng.choice(("1", "1", "1", "1", "1.25")))).quantize(Decimal("0.01")) + (fee or 0)
    leg = (base * Decimal("0.82")).quantize(Decimal("0.01"))
    unknown, measured = rng.random() < 0.01, rng.random() < 0.7
    back = journey.end == RETURNED and journey.end_at <= now and journey.cancelled_at is None
    is_measured = measured and journey.measured_at <= now and journey.cancelled_at is None
    paid = heavier if measured else forward
    billed = paid - (fee or 0) + leg if journey.end == RETURNED else paid
    is_billed = journey.billed_at and journey.billed_at <= now and journey.cancelled_at is None
    if unknown:
        return ChargesDraft(billed=billed if is_billed else None)
    no_leg = None if cod else Decimal(0)  # both spellings of "nothing came back" occur
    return ChargesDraft(
        freight=forward,
        cod=fee,
        applied=forward,
        charged=heavier if is_measured else None,
        applied_rto=leg if back else no_leg,
        charged_rto=leg if back and is_measured else None,
        billed=billed if is_billed else None,
    )


def failed_attempt(rng: Random, journey: Journey, draft: ParcelDraft, cod: bool, now: datetime) -> NdrDraft | None:
    """The row that a failed delivery attempt leaves, whatever became of the parcel."""
    if journey.failed_at is None or journey.failed_at > now or journey.cancelled_at:
        return None
    return NdrDraft(
        id=draft.id + 10_000_000,
        shipment_id=draft.id,
        awb=draft.awb,
        raised_at=journey.failed_at,
        reason=rng.choice(_NDR_REASONS),
        cod=cod,
        courier=draft.courier,
    )
