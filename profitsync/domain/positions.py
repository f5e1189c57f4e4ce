"""What of one line (or of the shipping charge) was sold, taken back and reversed so far."""

from dataclasses import dataclass, field
from decimal import Decimal

from profitsync.domain.costs import UnitCost
from profitsync.domain.money import ZERO


@dataclass(slots=True)
class Position:
    """Running state while an order's events are replayed; values are without tax."""

    units: Decimal = ZERO
    cost: UnitCost | None = None
    shippable: bool = True
    sold: Decimal = ZERO
    sold_tax: Decimal = ZERO
    returned: Decimal = ZERO
    returned_tax: Decimal = ZERO
    returned_units: Decimal = ZERO
    off_cost: Decimal = ZERO  # units whose cost was taken back already: each comes off once
    reversed_by: dict[str, Decimal] = field(default_factory=dict)  # parcel id -> value reversed and not undone

    @property
    def unit_cost(self) -> Decimal:
        """Cost of one unit; 0 for the shipping charge."""
        return self.cost.amount if self.cost else ZERO

    @property
    def estimated_unit_cost(self) -> Decimal:
        """The same where it is an estimate, else 0."""
        return self.cost.amount if self.cost and self.cost.estimated else ZERO

    @property
    def reversed(self) -> Decimal:
        """Value reversed by parcels and not undone."""
        return sum(self.reversed_by.values(), ZERO)

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

    def restock(self, units: Decimal) -> Decimal:
        """How many of `units` come off the cost of goods now; a unit does so only once."""
        back = max(ZERO, min(units, self.units - self.off_cost))
        self.off_cost += back
        return back

    def open_value(self) -> Decimal:
        """Value neither returned nor reversed."""
        return max(ZERO, self.sold - self.returned - self.reversed)
