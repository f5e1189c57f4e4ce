"""A table of figures: rows by day, week or month, and their totals."""

from dataclasses import dataclass, field
from datetime import date

from profitsync.domain.rows import DayMetrics


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
