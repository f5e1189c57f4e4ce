"""What of one line (or of the shipping charge) was sold, taken back and reversed so far."""

from dataclasses import dataclass, field
from decimal import Decimal

from profitsync.domain.money import ZERO


@dataclass(slots=True)
class Position:
    """Running state while an order's events are replayed; values are without tax."""

    units: Decimal = ZERO
    sold: Decimal = ZERO
    sold_tax: Decimal = ZERO
    returned: Decimal = ZERO
    returned_tax: Decimal = ZERO
    returned_units: Decimal = ZERO
    off_cost: Decimal = ZERO  # units whose cost was taken back already: each comes off once
    never_shipped: Decimal = ZERO  # of these, units that did not leave the warehouse
    received: dict[str, Decimal] = field(default_factory=dict)  # parcel id -> units it brought back off the cost
    reversed_by: dict[str, Decimal] = field(default_factory=dict)  # parcel id -> value reversed and not undone

    @property
    def reversed(self) -> Decimal:
        """Value reversed by parcels and not undone."""
        return sum(self.reversed_by.values(), ZERO)

    @property
    def packed(self) -> Decimal:
        """Units that were, or still may be, handed to a courier."""
        return self.units - self.never_shipped

    @property
    def packed_value(self) -> Decimal:
        """What these units were sold for."""
        return self.sold * self.packed / self.units if self.units else ZERO

    @property
    def tax_share(self) -> Decimal:
        """Tax per unit of net value."""
        return self.sold_tax / self.sold if self.sold else ZERO

    def sell(self, units: Decimal, net: Decimal, tax: Decimal) -> None:
        """Book a sale."""
        self.units += units
        self.sold += net
        self.sold_tax += tax

    def take_back(self, units: Decimal, net: Decimal, tax: Decimal) -> None:
        """Book a return."""
        self.returned += net
        self.returned_tax += tax
        self.returned_units += units

    def restock(self, units: Decimal, *, never_shipped: bool = False) -> Decimal:
        """How many of `units` come off the cost of goods now; a unit does so only once."""
        back = max(ZERO, min(units, self.units - self.off_cost))
        self.off_cost += back
        if never_shipped:
            self.never_shipped += back
        return back

    def receive(self, parcel_id: str, units: Decimal) -> Decimal:
        """The same for units that a parcel brought back to the warehouse."""
        back = self.restock(units)
        self.received[parcel_id] = self.received.get(parcel_id, ZERO) + back
        return back

    def send_again(self, parcel_id: str, share: Decimal) -> Decimal:
        """How many units that this parcel had brought back have left once more and stay with a buyer."""
        again = self.received.get(parcel_id, ZERO) * share
        if again:
            self.received[parcel_id] -= again
            self.off_cost -= again
        return again

    def open_value(self) -> Decimal:
        """Value neither returned nor reversed."""
        return max(ZERO, self.sold - self.returned - self.reversed)
