"""How old the figures of each merchant are, as far as the store can tell; no source is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from profitsync.domain.merchants import SOURCES, User
from profitsync.services.reports import named
from profitsync.stores.protocol import Store


class Freshness(StrEnum):
    """FAILED: recent enough, but the last read of a source failed. STALE: older than allowed, or never read."""

    FRESH = "fresh"
    FAILED = "failed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class MerchantHealth:
    """One active merchant. `last_success` is that of the source left behind furthest; None: one was never read."""

    user: User
    status: Freshness
    last_success: datetime | None
    age: timedelta | None
    reason: str | None  # why it is not fresh


@dataclass(frozen=True, slots=True)
class Health:
    """All active merchants. Exit codes: 0 all fresh; 3 some are not; 1 none is, or there is none."""

    max_age: timedelta
    merchants: tuple[MerchantHealth, ...]

    @property
    def status(self) -> Freshness:
        """The worst of all; without any merchant nothing is fresh."""
        states = {one.status for one in self.merchants}
        if not states or Freshness.STALE in states:
            return Freshness.STALE
        return Freshness.FAILED if Freshness.FAILED in states else Freshness.FRESH

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        if self.status is Freshness.FRESH:
            return 0
        return 3 if any(one.status is Freshness.FRESH for one in self.merchants) else 1


def health(store: Store, users: Sequence[User], now: datetime, max_age: timedelta) -> Health:
    """The state of the given merchants that are active, in their order."""
    return Health(max_age, tuple(merchant_health(store, user, now, max_age) for user in users if user.is_active))


def merchant_health(store: Store, user: User, now: datetime, max_age: timedelta) -> MerchantHealth:
    """How old the figures of one merchant are."""
    states = store.source_states(user.id)
    configured = [name for name in SOURCES if user.configured(name)]
    if not configured:
        return MerchantHealth(user, Freshness.STALE, None, None, "no source is configured")
    errors = [named(name, state.error) for name in configured if (state := states.get(name)) and state.error]
    read = {name: state.last_success_at if (state := states.get(name)) else None for name in configured}
    known = [instant for instant in read.values() if instant]
    if len(known) < len(read):
        never = ", ".join(name for name, instant in read.items() if instant is None)
        return MerchantHealth(user, Freshness.STALE, None, None, "; ".join(errors) or f"never read: {never}")
    oldest = min(known)
    age = now - oldest
    if age > max_age:
        behind = ", ".join(name for name, instant in read.items() if instant == oldest)
        reason = "; ".join(errors) or f"{behind} was last read {for_people(age)} ago"
        return MerchantHealth(user, Freshness.STALE, oldest, age, reason)
    if errors:
        return MerchantHealth(user, Freshness.FAILED, oldest, age, "; ".join(errors))
    return MerchantHealth(user, Freshness.FRESH, oldest, age, None)


def for_people(age: timedelta) -> str:
    """An age in its two largest units, such as `2 h 5 min`."""
    minutes = max(0, int(age.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
