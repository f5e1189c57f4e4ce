"""The merchant that docs/terminal.md shows: generated with a fixed seed and date, served, and synced."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.secrets import new_key
from profitsync.services.reports import SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user
from profitsync.stores.sqlite import SqliteStore

SINCE, UNTIL = date(2026, 10, 7), date(2026, 11, 5)
NOW = datetime(2026, 11, 5, 15, tzinfo=UTC)
STORE = "profitsync.db"


@dataclass(frozen=True)
class Stage:
    """Where commands are run: a directory with a store, and the environment that leads to it."""

    folder: Path
    environment: dict[str, str]
    world: World
    sandbox: Sandbox | None = None  # while it is being served

    @property
    def email(self) -> str:
        email: str = self.world.user_json()["email"]
        return email


def a_world() -> World:
    """Thirty days up to 5 November 2026, seen in the evening of the last."""
    return generate(until=UNTIL, now=NOW, days=30, orders_per_day=10)


@contextmanager
def served(folder: Path, *faults: str) -> Iterator[Stage]:
    """The merchant registered but never synced, its APIs served with the given faults."""
    world = a_world()
    store = SqliteStore(str(folder / STORE))
    store.prepare()
    with Sandbox([world]) as sandbox:
        for fault in faults:
            sandbox.faults.add(fault)
        settings = load_settings({**sandbox.environment(), "PROFITSYNC_SECRET_KEY": new_key()}, folder)
        add_user(Runtime(settings, store, clock=lambda: NOW), world.user_json())
        store.close()
        yield Stage(folder, _environment(settings.secret_keys[0], sandbox.environment()), world, sandbox)


def synced(folder: Path) -> Stage:
    """The merchant after its first sync, as seen on 5 November 2026."""
    world = a_world()
    store = SqliteStore(str(folder / STORE))
    store.prepare()
    with Sandbox([world]) as sandbox:
        settings = load_settings({**sandbox.environment(), "PROFITSYNC_SECRET_KEY": new_key()}, folder)
        runtime = Runtime(settings, store, clock=lambda: NOW)
        report = run_sync(runtime, [add_user(runtime, world.user_json())], SyncRequest())
        if report.exit_code:
            raise RuntimeError(f"the sandbox could not be synced: {report}")
    store.close()
    return Stage(folder, _environment(settings.secret_keys[0], {}), world)


def opened(folder: Path) -> Stage:
    """A stage over a store that `synced` left in `folder`."""
    return Stage(folder, _environment(new_key(), {}), a_world())


def _environment(key: str, addresses: dict[str, str]) -> dict[str, str]:
    """Nothing of the caller's but what finds the interpreter; problems only on the console."""
    return {
        **addresses,
        "PATH": "/usr/bin:/bin",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PROFITSYNC_SECRET_KEY": key,
        "PROFITSYNC_LOG_LEVEL": "error",
    }
