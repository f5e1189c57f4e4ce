"""What each source knows of a day, and how a read changes that. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from profitsync.domain.days import DayRange, covers, merge, subtract
from profitsync.domain.merchants import SOURCES, SourceState, User
from profitsync.domain.rows import MISSING, OFF, OK, STALE


def day_sources(user: User, states: Mapping[str, SourceState], day: date) -> dict[str, str]:
    """ok, stale, missing or off, for every source."""
    return {name: _status(user.configured(name), states.get(name), day) for name in SOURCES}


def _status(configured: bool, state: SourceState | None, day: date) -> str:
    if not configured:
        return OFF
    if state is None or not covers(state.covered, day):
        return MISSING
    return STALE if covers(state.stale, day) else OK


def after_success(state: SourceState, window: DayRange, now: datetime, *, caught_up: bool = False) -> SourceState:
    """The state once every day of `window` was read in full.

    `caught_up`: every change since the last success was read too, so no known day is stale any more.
    """
    return replace(
        state,
        covered=merge((*state.covered, window)),
        stale=() if caught_up else subtract(state.stale, window),
        last_success_at=now,
        error=None,
    )


def after_failure(state: SourceState, window: DayRange, error: str) -> SourceState:
    """The state after a failed read: days already known keep their values and are marked stale."""
    return replace(state, stale=merge((*state.stale, window)), error=error)
