"""Whether the installation is alive, in words that anybody may read."""

from dataclasses import dataclass
from datetime import datetime

from profitsync.bootstrap import Runtime


@dataclass(frozen=True, slots=True)
class Health:
    """`last_sync_at`: the newest successful sync of any merchant; None when there was none yet."""

    last_sync_at: datetime | None
    age_seconds: int | None


def health(runtime: Runtime) -> Health:
    """Raises `StoreUnavailableError` when the database does not answer."""
    runtime.store.ping()
    synced = [user.last_sync_at for user in runtime.store.users() if user.last_sync_at]
    latest = max(synced, default=None)
    age = max(0, int((runtime.clock() - latest).total_seconds())) if latest else None
    return Health(latest, age)
