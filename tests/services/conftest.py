"""A merchant, plain sources and a clock, over a real embedded store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.ads import AdDay
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import MerchantSettings, User
from profitsync.domain.rows import DayMetrics
from profitsync.secrets import new_key
from profitsync.services.reports import SyncReport, SyncRequest
from profitsync.services.sync import run_sync
from profitsync.stores.protocol import Store
from profitsync.stores.sqlite import SqliteStore
from tests.services.fakes import Clock, FakeSources
from tests.services.synced import Synced, a_world, synced
from tests.unit.builders import at, day

ALL_DAYS = DayRange(date(2020, 1, 1), date(2030, 1, 1))


@dataclass
class Shop:
    """One merchant whose world a test can change between syncs. Today is 5 November 2026."""

    runtime: Runtime
    sources: FakeSources
    clock: Clock
    user: User
    requests_before: dict[str, int] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.runtime.store

    def sync(self, **request: object) -> SyncReport:
        return run_sync(self.runtime, [self.stored()], SyncRequest(**request))  # type: ignore[arg-type]

    def stored(self) -> User:
        user = self.store.find_user(self.user.id)
        assert user is not None
        return user

    def rows(self) -> dict[date, DayMetrics]:
        return {row.day: row for row in self.store.metrics(self.user.id, ALL_DAYS)}

    def row(self, number: int) -> DayMetrics:
        return self.rows()[day(number)]

    def later(self, **delta: float) -> None:
        self.clock.now += timedelta(**delta)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened_shop(tmp_path / "test.db") as opened:
        yield opened


@contextmanager
def opened_shop(path: Path, sources: FakeSources | None = None) -> Iterator[Shop]:
    """The merchant over a new store, with a world of its own or that of another."""
    clock, sources = Clock(at(5, 18)), sources or FakeSources()
    store = SqliteStore(str(path))
    store.prepare()
    settings = load_settings({"PROFITSYNC_SECRET_KEY": new_key()}, path.parent)
    runtime = Runtime(settings, store, clock=clock, make_sources=sources)
    token = runtime.vault.encrypt("secret")
    names = ("shopifyAccessToken", "metaAccessToken", "shiprocketEmail", "shiprocketPassword")
    user = User(
        "u1", "owner@example.com", clock.now, clock.now, "shop.myshopify.com", "1",
        dict.fromkeys(names, token), MerchantSettings(),
    )  # fmt: skip
    store.add_user(user)
    yield Shop(runtime, sources, clock, user)
    store.close()


def ad(number: int, spend: str = "100") -> AdDay:
    return AdDay("1", day(number), "INR", Decimal(spend), 1000, 900, 10)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """Forty days of the generated merchant with their figures; only to be read."""
    with synced(tmp_path_factory.mktemp("generated"), a_world()) as merchant:
        yield merchant
