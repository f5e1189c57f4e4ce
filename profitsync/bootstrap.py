"""The one place where real parts are chosen: store, sources, clock. Tests hand in others."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from profitsync.config import Settings
from profitsync.domain.merchants import User
from profitsync.hands import Hands
from profitsync.secrets import Vault
from profitsync.sources.gate import Gate
from profitsync.sources.protocol import AdSource, OrderSource, ShipmentSource
from profitsync.stores.protocol import Store


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Wait for real; looked up when a runtime is made, so that tests need not."""
    time.sleep(seconds)


class SourceFactory(Protocol):
    """Builds the sources of one merchant for one run."""

    def shopify(self, user: User) -> OrderSource: ...

    def meta(self, user: User) -> AdSource: ...

    def shiprocket(self, user: User) -> ShipmentSource: ...


@dataclass
class Runtime:
    """Everything a use case needs from outside."""

    settings: Settings
    store: Store
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = field(default_factory=lambda: pause)
    rng: random.Random = field(default_factory=random.Random)
    hands: Hands = field(default_factory=lambda: Hands(0))  # of one run, as the gate
    gate: Gate = field(default_factory=Gate)  # of one run: `run_sync` begins with a fresh one
    scratch: bool = False  # the store is a copy: what a killed run has written there is lost
    make_sources: "Callable[[Runtime], SourceFactory] | None" = None  # None: the real ones, over HTTP

    @cached_property
    def vault(self) -> Vault:
        """Raises `ConfigurationError` when no key is configured."""
        return Vault(self.settings.secret_keys)

    @cached_property
    def sources(self) -> SourceFactory:
        """Builds each merchant's sources."""
        if self.make_sources is not None:
            return self.make_sources(self)
        from profitsync.sources.factory import HttpSources  # requests and msgspec: only for a sync

        return HttpSources(self)


def open_store(url: str) -> Store:
    """The store of a database URL, not yet connected. Raises `ConfigurationError` on a bad URL."""
    if url.startswith("mongodb"):
        from profitsync.stores.mongo import MongoStore  # pymongo: only where it is used

        return MongoStore(url)
    from profitsync.stores.sqlite import SqliteStore

    return SqliteStore(url.removeprefix("sqlite:///"))
