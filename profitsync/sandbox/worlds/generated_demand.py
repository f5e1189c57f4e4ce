"""When the generated merchant's orders come in, and from whom."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from profitsync.sandbox.render_shiprocket import IST

_WEEKDAYS = (0.88, 0.86, 0.90, 0.95, 1.05, 1.22, 1.30)  # Monday first
_HOURS = (3, 1, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 6, 6, 6, 6, 7, 8, 10, 12, 13, 11, 6)  # weight of each hour
_SALE_DAYS = 2
_OLD_CUSTOMERS = 0.06  # share of unknown faces who had ordered before this shop's history begins
_RETURNING, _GUESTS, _TESTS = 0.22, 0.07, 0.004
_PAUSE = timedelta(days=4)  # between two orders of one customer, at least


@dataclass(frozen=True, slots=True)
class Visit:
    """An order to be: when, by whom, and the customer's how-manieth it is. No customer: a guest."""

    number: int  # from 1, in time
    at: datetime
    on_sale: bool
    is_test: bool
    customer_id: str | None = None
    index: int | None = None


@dataclass(slots=True)
class _Customer:
    id: str
    orders: int
    last_at: datetime


def stream(seed: int, *names: str | int) -> Random:
    """Random numbers of one purpose, the same on every machine; no purpose disturbs another's."""
    return Random("/".join(map(str, (seed, *names))))  # noqa: S311 - invents a shop, protects nothing


def sale_days(days: list[date]) -> tuple[date, ...]:
    """The days of the one big sale: a Friday and Saturday past the middle, where the range has them."""
    later = days[len(days) * 3 // 5 :]
    first = next((day for day in later if day.weekday() == 4), None)
    return () if first is None else tuple(first + timedelta(days=n) for n in range(_SALE_DAYS))


def visits(seed: int, days: list[date], orders_per_day: float, now: datetime) -> list[Visit]:
    """All orders placed on `days` and not after `now`, in time."""
    sales = sale_days(days)
    boost = stream(seed, "sale").uniform(3.2, 4.6)
    moments: list[tuple[datetime, bool]] = []
    for place, day in enumerate(days):
        growth = 0.9 + 0.25 * place / len(days)
        usual = orders_per_day * growth * (boost if day in sales else 1)
        moments += [(at, day in sales) for at in _moments(seed, day, usual) if at <= now]
    crowd = _Crowd(stream(seed, "customers"))
    return [crowd.visit(number, at, on_sale) for number, (at, on_sale) in enumerate(moments, start=1)]


def _moments(seed: int, day: date, usual: float) -> list[datetime]:
    rng = stream(seed, "day", day.isoformat())
    count = round(usual * _WEEKDAYS[day.weekday()] * max(0.4, rng.gauss(1, 0.13)))
    local = [
        datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), IST)
        for hour in rng.choices(range(24), _HOURS, k=count)
    ]
    return sorted(moment.astimezone(UTC) for moment in local)


class _Crowd:
    """Everybody who has ordered so far."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._known: list[_Customer] = []

    def visit(self, number: int, at: datetime, on_sale: bool) -> Visit:
        chance = self._rng.random()
        if chance < _TESTS:
            return Visit(number, at, on_sale, is_test=True)
        if chance < _TESTS + _GUESTS:
            return Visit(number, at, on_sale, is_test=False)
        customer = self._familiar(at) if self._rng.random() < _RETURNING else None
        if customer is None:
            earlier = self._rng.randint(1, 4) if self._rng.random() < _OLD_CUSTOMERS else 0
            customer = _Customer(str(7_100_000_000 + len(self._known) * 7), earlier, at)
            self._known.append(customer)
        customer.orders += 1
        customer.last_at = at
        return Visit(number, at, on_sale, False, customer.id, customer.orders)

    def _familiar(self, at: datetime) -> _Customer | None:
        if not self._known:
            return None
        customer = self._rng.choice(self._known)
        return customer if at - customer.last_at >= _PAUSE else None
