"""An explained day as JSON, in the manner of `shapes`. Customers are ids; amounts are exact, not rounded."""

from decimal import Decimal
from typing import Any

from profitsync.domain.quotients import QUOTIENTS
from profitsync.services.explanation import ADDITIVE, Entry, Explanation
from profitsync.services.shapes import day, instant, row_shape


def explanation_shape(explained: Explanation, metric: str | None = None) -> dict[str, Any]:
    """The whole day, or with `metric` only the entries that it is made of."""
    entries = explained.entries if metric is None else _entries_of(explained, metric)
    names = [name for name in ADDITIVE if metric in (None, name) or name in _operands(metric)]
    return {
        "userId": explained.user_id,
        "currency": explained.currency,
        "timezone": explained.timezone,
        "date": day(explained.day),
        **({"metric": _metric(explained, metric)} if metric else {}),
        "figures": row_shape(explained.now),
        "stored": row_shape(explained.stored) if explained.stored else None,
        "storedAt": instant(explained.stored_at),
        "differences": {
            name: {"stored": before, "now": now} for name, (before, now) in explained.differences().items()
        },
        "waiting": list(explained.waiting),
        "sums": {name: _sum(explained, name) for name in names},
        "entries": [_entry(entry) for entry in entries],
    }


def _metric(explained: Explanation, name: str) -> dict[str, Any]:
    shape: dict[str, Any] = {"name": name, "figure": explained.now.values[name]}
    if quotient := QUOTIENTS.get(name):
        shape |= {"numerator": quotient.top, "times": quotient.times, "denominator": list(quotient.bottom)}
    return shape


def _operands(metric: str | None) -> tuple[str, ...]:
    quotient = QUOTIENTS.get(metric or "")
    return (quotient.top, *quotient.bottom) if quotient else ()


def _entries_of(explained: Explanation, metric: str) -> list[Entry]:
    names = _operands(metric) or (metric,)
    return [entry for entry in explained.entries if any(entry.adds(name) != 0 for name in names)]


def _sum(explained: Explanation, name: str) -> dict[str, Any]:
    figure, exact = explained.now.values[name], explained.sum_of(name)
    rounding = None if figure is None or exact is None else Decimal(figure) - exact
    return {"figure": figure, "exact": exact, "rounding": rounding}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "topic": str(entry.topic),
        "order": entry.order,
        "orderId": entry.order_id,
        "customerId": entry.customer_id,
        "reference": entry.reference,
        "lineId": entry.line_id,
        "units": entry.units,
        "text": entry.text,
        "estimated": entry.estimated,
        "converted": entry.converted,
        "adds": {name: value for name, value in entry.amounts.items() if value != 0},
    }
