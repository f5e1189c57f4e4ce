"""A day's profit as a sum read from top to bottom, each line with the events it is made of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from profitsync.domain.metrics import FIELDS
from profitsync.domain.money import known_sum, rounded
from profitsync.domain.movements import Cause
from profitsync.domain.rows import Value
from profitsync.services.explanation import ADDITIVE, ADS, BACK, FORWARD, Entry, Explanation, added_up

_NET = (
    ("", "grossSales"), ("-", "discounts"), ("-", "returns"), ("=", "netSales"), ("+", "shippingCharged"),
    ("-", "rtoReversal"), ("=", "revenue"), ("-", "cogs"), ("=", "grossProfit"), ("-", "adSpend"),
    ("-", "shippingCost"), ("-", "transactionFees"), ("=", "netProfit"),
)  # fmt: skip
_WITH_TAX = (*_NET[:5], ("+", "taxes"), ("+", "duties"), *_NET[5:])
_EVENTS = {  # topic -> (one, many)
    Cause.SALE: ("order placed", "orders placed"),
    Cause.EDIT: ("edited order", "edited orders"),
    Cause.REFUND: ("refund", "refunds"),
    Cause.CANCELLATION: ("cancelled order", "cancelled orders"),
    Cause.RTO: ("COD parcel turned back", "COD parcels turned back"),
    Cause.RTO_UNDONE: ("parcel delivered after all", "parcels delivered after all"),
    Cause.RTO_RECEIVED: ("parcel back in the warehouse", "parcels back in the warehouse"),
    Cause.LOST: ("COD parcel lost", "COD parcels lost"),
    Cause.FEES: ("order with fees", "orders with fees"),
    FORWARD: ("parcel, way there", "parcels, way there"),
    BACK: ("parcel, way back", "parcels, way back"),
    ADS: ("ad account", "ad accounts"),
}  # fmt: skip
_BY_REFERENCE = {Cause.REFUND, Cause.RTO, Cause.RTO_UNDONE, Cause.RTO_RECEIVED, Cause.LOST, FORWARD, BACK, ADS}


@dataclass(frozen=True, slots=True)
class Event:
    """What belongs together: an order's lines of one sale, a refund, a parcel. Amounts are exact."""

    topic: str
    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        return self.entries[0]

    @property
    def text(self) -> str:
        """What it is about."""
        return "; ".join(dict.fromkeys(entry.text for entry in self.entries if entry.text))

    def adds(self, field: str) -> Value:
        """What it adds to `field`; None when that is not known."""
        return added_up(self.entries, field)


@dataclass(frozen=True, slots=True)
class Part:
    """A figure's share of one topic, rounded; `topic` None is what rounding leaves."""

    topic: str | None
    text: str
    amount: Value


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the statement: `sign` is +, - or =, the latter for sums of the lines above."""

    sign: str
    field: str
    figure: Value
    parts: tuple[Part, ...] = ()


def statement(explained: Explanation, basis: str) -> list[Line]:
    """The lines from gross sales to net profit under a revenue basis."""
    return [_line(explained, sign, field) for sign, field in (_WITH_TAX if basis == "total_sales" else _NET)]


def apart(explained: Explanation, basis: str) -> list[Line]:
    """Further sums of money that are not on the way to the profit."""
    shown = {field for _, field in (_WITH_TAX if basis == "total_sales" else _NET)}
    others = [
        name for name in ADDITIVE if FIELDS[name] == "money" and name not in shown and name != "estimatedCogs"
    ]
    return [_line(explained, "", name) for name in others]


def events(entries: Iterable[Entry]) -> dict[str, list[Event]]:
    """Entries gathered into events, by topic, in their order."""
    found: dict[tuple[str, str | None, str | None], list[Entry]] = {}
    for entry in entries:
        reference = entry.reference if entry.topic in _BY_REFERENCE else None
        found.setdefault((entry.topic, entry.order_id or entry.order, reference), []).append(entry)
    by_topic: dict[str, list[Event]] = {}
    for (topic, _, _), group in found.items():
        by_topic.setdefault(topic, []).append(Event(topic, tuple(group)))
    return by_topic


def title(topic: str, count: int) -> str:
    """`25 orders placed`, for a topic and how many events it has."""
    one, many = _EVENTS[Cause(topic) if topic in set(Cause) else topic]
    return f"{count} {one if count == 1 else many}"


def rounding(figure: Value, shown: Sequence[Value]) -> Decimal | None:
    """What rounded lines leave of a figure; None when there is nothing, or something is not known."""
    total = known_sum(shown)
    if figure is None or total is None or figure == total:
        return None
    return Decimal(figure) - total


def shown_amount(value: Value) -> Value:
    """An exact amount as it is shown: money to two places, counts as they are."""
    return rounded(value) if isinstance(value, Decimal) else value


def _line(explained: Explanation, sign: str, field: str) -> Line:
    figure = explained.now.values[field]
    if sign == "=":
        return Line(sign, field, figure)
    return Line(sign, field, figure, tuple(_parts(explained, field, figure)))


def _parts(explained: Explanation, field: str, figure: Value) -> Iterator[Part]:
    parts = []
    for topic, group in events(explained.entries_of(field)).items():
        amount = shown_amount(known_sum(event.adds(field) for event in group))
        parts.append(Part(topic, title(topic, len(group)), amount))
    yield from parts
    if (left := rounding(figure, [part.amount for part in parts])) is not None:
        yield Part(None, "rounding", left)
