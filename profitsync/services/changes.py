"""What a calculation changes: stored days compared with new ones. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from profitsync.domain.rows import DayMetrics, Value


@dataclass(frozen=True, slots=True)
class DayChange:
    """One day that differs. `before` None: the day was not stored."""

    before: DayMetrics | None
    after: DayMetrics

    @property
    def day(self) -> date:
        """The shop day."""
        return self.after.day

    @property
    def figures(self) -> dict[str, tuple[Value, Value]]:
        """Before and after of every figure that differs, by name; all that are known of a new day."""
        old: dict[str, Value] = self.before.values if self.before else {}
        pairs = {name: (old.get(name), new) for name, new in self.after.values.items()}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def compare(before: Iterable[DayMetrics], after: Iterable[DayMetrics]) -> tuple[DayChange, ...]:
    """The days of `after` that say something else than in `before`, in order."""
    stored = {row.day: row for row in before}
    pairs = ((stored.get(row.day), row) for row in after)
    changed = [DayChange(old, new) for old, new in pairs if old is None or not new.same_figures(old)]
    return tuple(sorted(changed, key=lambda change: change.day))
