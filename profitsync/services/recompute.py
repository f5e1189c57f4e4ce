"""Stored days calculated again from stored facts: no source is asked, so no day learns anything new of it.

What a person corrected, a cost or a setting, reaches the past here. See docs/metrics.md, cost of goods.
"""

import logging
from dataclasses import dataclass, replace
from datetime import date

from profitsync.bootstrap import Runtime
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import SOURCES, User
from profitsync.domain.rows import DayMetrics
from profitsync.errors import UsageError
from profitsync.logs import log_context
from profitsync.services.calculate import calculate_days
from profitsync.services.changes import DayChange, compare
from profitsync.services.ingest import ALL_TIME
from profitsync.services.interpreter import many_records
from profitsync.services.knowledge import day_sources
from profitsync.services.lease import Lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of it. `waiting` days were left to the next sync: some of their facts are only half read."""

    days: int
    waiting: int
    changes: tuple[DayChange, ...]


def recompute(
    runtime: Runtime, user: User, since: date | None = None, until: date | None = None, *, dry_run: bool = False
) -> Recomputed:
    """Calculate the stored days from `since` to `until` (all, if not said) again, and store those that differ.

    Raises `LockedError` while a sync is at work on the merchant, and `UsageError` before its first one.
    """
    with (
        many_records(),
        log_context(userId=user.id, email=user.email),
        Lease(runtime.store, f"sync:{user.id}", runtime.clock) as lease,
    ):
        asked = DayRange(since or ALL_TIME.first, until or ALL_TIME.last)
        done = _recomputed(runtime, user, asked, lease, dry_run)
        if not dry_run:
            log.info("recomputed %d days, %d of them differ", done.days, len(done.changes))
        return done


def _recomputed(runtime: Runtime, user: User, asked: DayRange, lease: Lease, dry_run: bool) -> Recomputed:
    store = runtime.store
    # Read before costs and settings: whoever changes those and marks days must not see them cleared unheard.
    marks = store.dirty_days(user.id)
    current = store.find_user(user.id)
    stored = {row.day: row for row in store.metrics(user.id, asked)}
    if current is None or current.timezone is None or not stored:
        raise UsageError(f"{user.email}: no figures of these days are stored; `profitsync sync` reads them first")
    half_read = {day for name in SOURCES for day in marks.get(name, ())}
    days = stored.keys() - half_read
    states = store.source_states(user.id)
    sources = {day: day_sources(current, states, day) for day in days}
    changes: list[DayChange] = []
    for rows in calculate_days(store, current, days, sources):
        differing = compare(stored.values(), rows)
        changes += differing
        if differing and not dry_run:
            lease.check()
            store.put_metrics(user.id, [_stamped(runtime, change.after) for change in differing])
    if not dry_run:
        lease.check()
        for name, waiting in marks.items():
            store.clear_dirty(user.id, name, waiting & days)
    return Recomputed(len(days), len(stored) - len(days), tuple(changes))


def _stamped(runtime: Runtime, row: DayMetrics) -> DayMetrics:
    return replace(row, updated_at=runtime.clock())
