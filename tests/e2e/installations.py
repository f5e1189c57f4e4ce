"""A store with one merchant of a sandbox in it, driven through the services at instants that the test chooses."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from profitsync.bootstrap import Runtime, open_store
from profitsync.config import load_settings
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import User
from profitsync.domain.rows import DayMetrics
from profitsync.domain.shipments import FirstSeen
from profitsync.sandbox.server import Sandbox
from profitsync.secrets import new_key
from profitsync.services.reports import SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user
from profitsync.stores.protocol import Store
from tests.e2e.processes import EVER
from tests.records import replace

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
COMPARED = DayRange(NOW.date() - timedelta(days=60), date(2026, 11, 7))


@dataclass
class Passing:
    """Time that passes with every pause, and when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Installation:
    """A store with one merchant of the sandbox in it."""

    runtime: Runtime
    clock: Passing
    user: User

    def sync(self) -> str:
        return run_sync(self.runtime, [self.user], SyncRequest()).status

    def rows(self) -> list[DayMetrics]:
        return rows_of(self.runtime.store, self.user)

    def documents(self) -> dict[str, Any]:
        return documents_of(self.runtime.store, self.user)


def rows_of(store: Store, user: User) -> list[DayMetrics]:
    """The figures, but for when they were written."""
    return [replace(row, updated_at=None) for row in store.metrics(user.id, COMPARED)]


def documents_of(store: Store, user: User) -> dict[str, Any]:
    """All that is stored of a merchant, but for when it was written."""
    orders = (one for batch in store.orders_touching(user.id, EVER) for one in batch)
    shipments = (one for batch in store.shipments_touching(user.id, EVER) for one in batch)
    return {
        # counts of a customer's orders grow without a change of the order: they are as of its last read
        "orders": {one.id: replace(one, customer_orders=0, customer_order_index=0) for one in orders},
        # at which of two runs a state was first seen may differ, what was seen may not
        "shipments": {one.id: replace(one, seen=_whether(one.seen)) for one in shipments},
        "ads": store.ad_days(user.id, EVER),
        "costs": [replace(one, created_at=None, updated_at=None) for one in store.costs(user.id)],
        "figures": rows_of(store, user),
        "waiting": store.dirty_days(user.id),
    }


def _whether(seen: FirstSeen) -> FirstSeen:
    names = FirstSeen.__dataclass_fields__
    return FirstSeen(**{name: NOW if getattr(seen, name) else None for name in names})


@contextmanager
def installation(
    sandbox: Sandbox, url: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """A new merchant, the first of the sandbox, in the store; secrets encrypted with a key of its own."""
    clock = Passing()
    sandbox.clock = clock
    store = open_store(url)
    store.prepare()
    try:
        given = sandbox.environment() | {"PROFITSYNC_SECRET_KEY": new_key()} | dict(environment or {})
        runtime = a_runtime(store, given, folder, clock)
        yield Installation(runtime, clock, add_user(runtime, sandbox.worlds[0].user_json()))
    finally:
        store.close()


def a_runtime(store: Store, environment: Mapping[str, str], folder: Path, clock: Passing) -> Runtime:
    settings = load_settings(dict(environment), folder)
    return Runtime(settings, store, clock=clock, sleep=clock.sleep, rng=random.Random(1))  # noqa: S311
