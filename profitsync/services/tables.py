"""A table of figures: rows by day, week or month, and their totals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from profitsync.domain.rows import DayMetrics


@dataclass(frozen=True, slots=True)
class Comparison:
    """The period of the same length that ended the day before, and what changed since. None: not known."""

    since: date
    until: date
    totals: DayMetrics
    change: Mapping[str, Decimal | int | None]  # in units; of rates in points
    change_percent: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """Figures of one merchant. A row's `day` is the first day of its period."""

    user_id: str
    currency: str | None
    timezone: str | None
    since: date
    until: date
    by: str
    rows: tuple[DayMetrics, ...]
    totals: DayMetrics
    notes: tuple[str, ...] = field(default=())  # for stderr: days never synced and the like
    comparison: Comparison | None = None
