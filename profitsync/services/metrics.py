"""Stored figures as a table, by day, week or month, with totals."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from profitsync.domain.comparison import difference, relative_difference
from profitsync.domain.customers import CustomerCount, count_customers
from profitsync.domain.days import ONE_DAY, DayRange, day_start, period_start, shop_day
from profitsync.domain.merchants import User
from profitsync.domain.metrics import total_metrics, unknown_day
from profitsync.domain.rows import DayMetrics
from profitsync.services.knowledge import day_sources
from profitsync.services.tables import Comparison, MetricsTable
from profitsync.stores.protocol import Store

_CHUNK = 5_000  # customers looked up at once


def metrics_table(store: Store, user: User, *, since: date, until: date, by: str = "day") -> MetricsTable:
    """Figures of the shop days from `since` to `until`, both included, as stored.

    Days before the first and after the last stored one are left out and named in `notes`; a day missing in
    between stands there as unknown, and so does every total that needs it.
    """
    rows = store.metrics(user.id, DayRange(since, until))
    notes: list[str] = []
    if not rows:
        notes.append(f"no figures are stored for {since} to {until}; run `profitsync sync --user {user.email}`")
        empty = unknown_day(since, day_sources(user, store.source_states(user.id), since))
        return MetricsTable(user.id, user.currency, user.timezone, since, until, by, (), empty, tuple(notes))
    known = DayRange(rows[0].day, rows[-1].day)
    whole = _without_gaps(store, user, known, rows)
    if known.first > since:
        notes.append(f"figures begin on {known.first}; earlier days were never synced")
    if known.last < until:
        notes.append(f"figures end on {known.last}; later days were not synced yet")
    asked = Counter(period_start(day, by) for day in DayRange(since, until).days())
    periods = [list(group) for _, group in groupby(whole, key=lambda row: period_start(row.day, by))]
    shown = whole if by == "day" else [_period(store, user, period, by, asked) for period in periods]
    totals = _total(store, user, whole, "range")
    if known != DayRange(since, until):
        totals = replace(totals, complete=False)
    return MetricsTable(
        user.id, user.currency, user.timezone, since, until, by, tuple(shown), totals, tuple(notes)
    )


def compared_with_previous(store: Store, user: User, table: MetricsTable) -> MetricsTable:
    """`table` with the totals of the period of the same length right before it."""
    until = table.since - ONE_DAY
    since = until - (table.until - table.since)
    before = metrics_table(store, user, since=since, until=until)
    now, then = table.totals.values, before.totals.values
    comparison = Comparison(since, until, before.totals, difference(now, then), relative_difference(now, then))
    notes = (f"previous period: {note}" for note in before.notes)
    return replace(table, comparison=comparison, notes=(*table.notes, *notes))


def last_days(user: User, days: int, now: datetime) -> tuple[date, date]:
    """The last `days` shop days, today included (UTC days while the shop's zone is not known)."""
    today = shop_day(now, ZoneInfo(user.timezone or "UTC"))
    return today - timedelta(days=days - 1), today


def _without_gaps(store: Store, user: User, days: DayRange, rows: Sequence[DayMetrics]) -> list[DayMetrics]:
    stored = {row.day: row for row in rows}
    if len(stored) == len(days):
        return list(rows)
    states = store.source_states(user.id)
    return [stored.get(day) or unknown_day(day, day_sources(user, states, day)) for day in days.days()]


def _period(store: Store, user: User, rows: Sequence[DayMetrics], by: str, asked: Counter[date]) -> DayMetrics:
    """A week or month; not complete while some of the days asked of it are not stored."""
    total = _total(store, user, rows, by)
    return total if len(rows) == asked[total.day] else replace(total, complete=False)


def _total(store: Store, user: User, rows: Sequence[DayMetrics], by: str) -> DayMetrics:
    days = DayRange(rows[0].day, rows[-1].day)
    first = rows[0].day if by == "range" else period_start(rows[0].day, by)
    counted = all(row.values.get("totalCustomers") is not None for row in rows)
    return total_metrics(first, rows, _customers(store, user, days) if counted else None)


def _customers(store: Store, user: User, days: DayRange) -> CustomerCount:
    """Distinct customers of the whole range; days cannot be added up."""
    zone = ZoneInfo(user.timezone or "UTC")
    start, end = day_start(days.first, zone), day_start(days.last + ONE_DAY, zone)
    ids = sorted({customer_id for customer_id, _ in store.customer_orders(user.id, start, end)})
    count = CustomerCount()
    for chunk in _chunks(ids):
        part = count_customers(chunk, store.customer_histories(user.id, chunk), days, zone)
        count = CustomerCount(count.new + part.new, count.returning + part.returning)
    return count


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
