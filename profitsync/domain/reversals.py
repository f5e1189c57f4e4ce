"""RTO and loss: booked money of COD parcels that never arrives, and goods that come back.

Reversals of one order (returns plus RTO reversal) never exceed its booked value, and a unit comes off the
cost of goods once. When a return is booked for value already reversed, the reversal gives way by as much.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from profitsync.domain.accounts import Accounts
from profitsync.domain.carriers import Bucket, bucket, rto_is_back
from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.money import ONE, ZERO
from profitsync.domain.movements import Cause
from profitsync.domain.parcels import SHIPPING, attempt, parcel_shares
from profitsync.domain.payments import outstanding_share
from profitsync.domain.positions import Position
from profitsync.domain.refunds import Goodwill
from profitsync.domain.shipments import Shipment

_NOT_DISPATCHED = (Bucket.LEFT_OUT, Bucket.PICKUP_PENDING)


def rto_began_at(shipment: Shipment) -> datetime | None:
    """When the parcel turned back: as dated by the carrier, else when we first saw it."""
    return shipment.rto_initiated_at or shipment.seen.rto


def rto_received_at(shipment: Shipment) -> datetime | None:
    """When a returned parcel reached the warehouse, None while it has not."""
    received = shipment.rto_delivered_at or shipment.seen.rto_delivered
    if received is None or bucket(shipment) is not Bucket.RTO or not rto_is_back(shipment):
        return None
    return received


def delivered_after_rto_at(shipment: Shipment) -> datetime | None:
    """When a parcel arrived at the buyer (only that; the caller knows whether something was reversed).

    Never before it turned back or was given up: its final state is that it arrived.
    """
    arrived = shipment.delivered_at or shipment.seen.delivered
    if bucket(shipment) is not Bucket.DELIVERED or arrived is None:
        return None
    return max([arrived, *(one for one in (rto_began_at(shipment), shipment.seen.lost) if one)])


def strayed(shipment: Shipment) -> bool:
    """Whether the parcel turned back or was lost at some time: all others do nothing to an order's ledger."""
    return bool(rto_began_at(shipment) or shipment.seen.lost or rto_received_at(shipment))


class Reversals:
    """The parcels' part of one order's ledger."""

    def __init__(
        self,
        accounts: Accounts,
        parcels: Sequence[Shipment],
        goodwill: Goodwill,
        settings: MerchantSettings,
    ) -> None:
        self.accounts = accounts
        self.positions = accounts.positions
        self.parcels = parcels
        self.goodwill = goodwill
        self.settings = settings
        self._lines = accounts.shipped_lines
        self._arrived: dict[str, dict[str, Decimal]] = {}  # attempt -> line id -> share now with the buyer

    def events(self, cod: bool) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """What each parcel does to the ledger, with its instant; nothing where all went their way."""
        if not any(strayed(one) for one in self.parcels):
            return
        for parcel in self.parcels:
            began, back = rto_began_at(parcel), rto_received_at(parcel)
            if cod and began:
                yield began, partial(self._reverse, parcel, began, Cause.RTO)
            if cod and parcel.seen.lost:
                yield parcel.seen.lost, partial(self._reverse, parcel, parcel.seen.lost, Cause.LOST)
            if arrived := delivered_after_rto_at(parcel):
                yield arrived, partial(self._arrive, parcel, arrived)
            if back:
                yield back, partial(self._receive, parcel, back)

    def dispatched_units(self, key: str) -> Decimal:
        """Units of a line that left the warehouse, as far as parcels tell."""
        shares = self._shares()
        packed = self.positions[key].packed
        sent = [p for p in self.parcels if bucket(p) not in _NOT_DISPATCHED]
        return min(packed, sum((shares[p.id].get(key, ZERO) * packed for p in sent), ZERO))

    def give_way(self, at: datetime, cause: Cause, reference: str) -> None:
        """Take back as much of the RTO reversal as returns now exceed the booked value by."""
        if not any(position.reversed_by for position in self.positions.values()):
            return
        excess = {
            key: min(p.reversed, max(ZERO, p.returned + p.reversed - p.sold)) for key, p in self.positions.items()
        }
        overall = sum((p.returned + p.reversed - p.sold for p in self.positions.values()), self.goodwill.net)
        further = overall - sum(excess.values(), ZERO)
        for key, position in self.positions.items():
            if further > 0 and (more := min(further, position.reversed - excess[key])) > 0:
                excess[key] += more
                further -= more
        for key, amount in excess.items():
            if amount > 0:
                self._shrink(self.positions[key], amount)
                self._reversal(key, -amount, at, cause, reference)

    def _reverse(self, parcel: Shipment, at: datetime, cause: Cause) -> None:
        share_due = outstanding_share(self.accounts.order, parcel.shipped_at or parcel.created_at, self.settings)
        shares = self._shares()[parcel.id]
        booked = sum((p.sold - p.returned - p.reversed for p in self.positions.values()), -self.goodwill.net)
        for key, position in self._shipped_positions():
            share = shares.get(key, ZERO) * self._not_arrived(parcel, key)
            worth = position.sold if key == SHIPPING else position.packed_value
            wanted = share * worth * share_due - position.reversed_by.get(parcel.id, ZERO)
            amount = min(wanted, position.open_value(), booked)
            if amount > 0:
                booked -= amount
                position.reversed_by[parcel.id] = position.reversed_by.get(parcel.id, ZERO) + amount
                self._reversal(key, amount, at, cause, parcel.id)

    def _arrive(self, parcel: Shipment, at: datetime) -> None:
        """Delivered after all, by this parcel or by a clone of it that sent the goods once more."""
        shares = self._shares()[parcel.id]
        others = [p.id for p in self.parcels if attempt(p) != attempt(parcel)]
        arrived = self._arrived.setdefault(attempt(parcel), {})
        for key, position in self._shipped_positions():
            before = arrived.get(key, ZERO)
            # Of what is still open: the clone's earlier parcels have settled their part already.
            share = shares.get(key, ZERO) / (ONE - before) if before < ONE else ZERO
            arrived[key] = before + shares.get(key, ZERO)
            for source in (parcel.id, *others):
                held = position.reversed_by.get(source, ZERO)
                amount = held if source == parcel.id else held * share
                if amount > 0:
                    position.reversed_by[source] = held - amount
                    self._reversal(key, -amount, at, Cause.RTO_UNDONE, parcel.id)
            again = sum((position.send_again(source, share) for source in others), ZERO)
            self.accounts.cost(key, again, at, Cause.RTO_UNDONE, parcel.id)

    def _receive(self, parcel: Shipment, at: datetime) -> None:
        shares = self._shares()[parcel.id]
        for line in self._lines:
            position = self.positions[line.id]
            share = shares.get(line.id, ZERO) * self._not_arrived(parcel, line.id)
            back = position.receive(parcel.id, share * position.packed)
            self.accounts.cost(line.id, -back, at, Cause.RTO_RECEIVED, parcel.id)

    def _not_arrived(self, parcel: Shipment, key: str) -> Decimal:
        """The share of a line that no clone of this parcel has brought to the buyer already."""
        clones = (share for name, share in self._arrived.items() if name != attempt(parcel))
        return max(ZERO, ONE - sum((share.get(key, ZERO) for share in clones), ZERO))

    def _reversal(self, key: str, amount: Decimal, at: datetime, cause: Cause, reference: str) -> None:
        tax = amount * self.positions[key].tax_share
        self.accounts.book(at, cause, {"rto_reversal": amount, "rto_tax": tax}, reference, key)

    def _shrink(self, position: Position, amount: Decimal) -> None:
        for parcel_id, held in position.reversed_by.items():
            taken = min(held, amount)
            position.reversed_by[parcel_id] = held - taken
            amount -= taken

    def _shipped_positions(self) -> Iterator[tuple[str, Position]]:
        for line in self._lines:
            yield line.id, self.positions[line.id]
        yield SHIPPING, self.positions[SHIPPING]

    def _shares(self) -> dict[str, dict[str, Decimal]]:
        units = {line.id: self.positions[line.id].packed for line in self._lines}
        values = {line.id: self.positions[line.id].packed_value for line in self._lines}
        return parcel_shares(self._lines, units, values, self.parcels)
