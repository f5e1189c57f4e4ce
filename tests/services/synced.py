"""The generated merchant, synced into a file once per test process; whoever uses it only reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.ads import AdDay
from profitsync.domain.merchants import User
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.secrets import new_key
from profitsync.services.reports import SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user, get_user
from profitsync.stores.protocol import Store
from profitsync.stores.sqlite import SqliteStore
from tests.unit.builders import cost, day

if TYPE_CHECKING:
    from tests.services.conftest import Shop

UNTIL = date(2026, 11, 5)
NOW = datetime(2026, 11, 5, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Synced:
    """A merchant with its facts and figures."""

    runtime: Runtime
    user: User

    @property
    def store(self) -> Store:
        return self.runtime.store


def example(shop: "Shop") -> None:
    """The orders, parcels and ads of the worked example in docs/metrics.md, synced as of 5 November."""
    from tests.unit.test_worked_example import ADS, ORDER_A, ORDER_B, ORDER_C, PARCELS

    costs = [cost("400", "p1"), cost("600", "p2")]
    shop.store.put_costs(shop.user.id, costs)
    shop.sources.shop.held = [ORDER_A, ORDER_B, ORDER_C]
    shop.sources.parcels.held = list(PARCELS.values())
    shop.sources.parcels.attempts = {"9002"}
    shop.sources.ads.held = [
        AdDay("1", day(n), "INR", Decimal(s), views, None, clicks) for n, s, views, clicks in ADS
    ]
    shop.sync()


def a_world(days: int = 40, orders_per_day: float = 6) -> World:
    """The brand up to 5 November 2026."""
    return generate(until=UNTIL, now=NOW, days=days, orders_per_day=orders_per_day)


@contextmanager
def synced(folder: Path, world: World, since: date | None = None, until: date | None = None) -> Iterator[Synced]:
    """`world` in a SQLite file in `folder`, as the sync leaves it."""
    store = SqliteStore(str(folder / "store.db"))
    store.prepare()
    with Sandbox([world]) as sandbox:
        settings = load_settings({**sandbox.environment(), "PROFITSYNC_SECRET_KEY": new_key()}, folder)
        runtime = Runtime(settings, store, clock=lambda: NOW)
        user = add_user(runtime, world.user_json())
        report = run_sync(runtime, [user], SyncRequest(since=since, until=until))
        assert report.exit_code == 0, report
    yield Synced(runtime, get_user(store, user.id))
    store.close()
