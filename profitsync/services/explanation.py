"""A day opened up: the movements, parcels, ad rows and customers that its figures are the sums of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from profitsync.domain.contributions import Amounts
from profitsync.domain.metrics import FIELDS, SUMMED
from profitsync.domain.money import ZERO, known_sum
from profitsync.domain.rows import DayMetrics, Value

CUSTOMER_COUNTS = ("newCustomers", "returningCustomers", "totalCustomers")
ADDITIVE = (*SUMMED, *CUSTOMER_COUNTS)  # the figures that are sums of entries
EFFECT = "netProfit"  # what an entry is ranked by where no other figure is asked for

# Topics that are no `Cause`; in this order after them.
PLACED, CANCELLED, ESTIMATES = "placed", "cancelled", "withoutCost"
FORWARD, BACK, ADS, CUSTOMER = "forward", "return", "ads", "customer"


@dataclass(frozen=True, slots=True)
class Entry:
    """One addend: what a single event adds to each figure. Amounts are exact; a figure left out gets nothing."""

    topic: str  # a `Cause`, or one of the topics above
    amounts: Amounts
    order_id: str | None = None
    order: str | None = None  # its name
    customer_id: str | None = None
    reference: str | None = None  # refund, audit entry, shipment or ad account
    line_id: str | None = None
    units: Decimal = ZERO
    text: str = ""  # the product, the parcel's status, the ad account's own currency, …
    estimated: bool = False  # its cost is an estimate
    converted: bool = True  # false: in a currency without a rate, so its amounts are not known

    def adds(self, field: str) -> Value:
        """What it adds to `field`; None when that is not known."""
        return self.amounts.get(field, 0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One shop day. `now` holds the figures as the stored facts give them, `stored` those of the last sync."""

    user_id: str
    email: str
    currency: str
    timezone: str
    day: date
    now: DayMetrics
    stored: DayMetrics | None
    entries: tuple[Entry, ...]
    waiting: tuple[str, ...] = ()  # whose newer facts wait for the next sync to recalculate this day

    @property
    def stored_at(self) -> datetime | None:
        """When the stored figures were written."""
        return self.stored.updated_at if self.stored else None

    def differences(self) -> dict[str, tuple[Value, Value]]:
        """Fields whose stored figure is not what the facts give now: (stored, now)."""
        if self.stored is None:
            return {}
        before = self.stored.values
        return {name: (before.get(name), now) for name, now in self.now.values.items() if before.get(name) != now}

    def entries_of(self, field: str) -> list[Entry]:
        """The entries that add something to `field`, or of which that is not known."""
        return [entry for entry in self.entries if entry.adds(field) != 0]

    def sum_of(self, field: str) -> Value:
        """The exact sum of what the entries add to `field`; None when one of them is not known."""
        return added_up(self.entries, field)


def added_up(entries: Iterable[Entry], field: str) -> Value:
    """What `entries` add to `field` together, exactly."""
    total = known_sum(entry.adds(field) for entry in entries)
    return Decimal(total) if total is not None and FIELDS[field] == "money" else total


def by_effect(entries: Sequence[Entry], field: str = EFFECT) -> list[Entry]:
    """`entries`, those that change `field` most first; unknown ones before all others."""
    return sorted(entries, key=lambda entry: weight(entry.adds(field)))


def weight(value: Value) -> tuple[bool, Decimal]:
    """A key that sorts what is unknown first, then the greatest changes, whichever way."""
    return value is not None, -abs(Decimal(value or 0))
