"""One merchant's figures of one shop day (or of a period), as stored and shown."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Value = Decimal | int | bool | None

OK, STALE, MISSING, OFF = "ok", "stale", "missing", "off"  # what a source knows of a day


@dataclass(frozen=True, slots=True)
class DayMetrics:
    """`values` holds every field of docs/metrics.md under its contract name (camelCase).

    Money and ratios are Decimal with two places, counts are int, None is "not defined or not known".
    `complete` is true only when every configured source is ok for the day and nothing had to be left open.
    """

    day: date
    values: dict[str, Value]
    complete: bool
    sources: dict[str, str] = field(default_factory=dict)  # source name -> ok | stale | missing | off
    updated_at: datetime | None = None

    def same_figures(self, other: "DayMetrics") -> bool:
        """Whether both say the same, time stamps aside."""
        return (self.day, self.values, self.complete, self.sources) == (
            other.day, other.values, other.complete, other.sources,
        )  # fmt: skip
