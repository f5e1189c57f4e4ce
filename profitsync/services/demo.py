"""The demo: a simulated merchant, read by the real sync into a store of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from profitsync.bootstrap import Runtime, open_store, utc_now
from profitsync.config import Settings, load_settings
from profitsync.domain.days import shop_day
from profitsync.domain.merchants import User
from profitsync.errors import ConfigurationError
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.metrics import last_days, metrics_table
from profitsync.services.plans import INDIA
from profitsync.services.reports import Progress, SyncReport, SyncRequest
from profitsync.services.setup import ensure_key
from profitsync.services.sync import run_sync
from profitsync.services.tables import MetricsTable
from profitsync.services.users import add_user, get_user

DATABASE = "profitsync.db"


@dataclass(frozen=True, slots=True)
class Demo:
    """What came of it."""

    user: User
    report: SyncReport
    table: MetricsTable


def demo_world(now: datetime | None = None, seed: int = 1) -> World:
    """The generated merchant as seen now."""
    instant = now or utc_now()
    return generate(until=shop_day(instant, INDIA), now=instant, seed=seed)


@contextmanager
def demo_directory(keep: Path | None) -> Iterator[Path]:
    """`keep`, made if need be, or a temporary directory that is gone afterwards.

    Raises `ConfigurationError` when it cannot be made.
    """
    if keep is not None:
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{keep}: cannot be made: {error.strerror}") from None
    with nullcontext(keep) if keep else TemporaryDirectory(prefix="profitsync-demo-") as directory:
        yield Path(directory)


def demo_settings(directory: Path, addresses: Mapping[str, str]) -> Settings:
    """A configuration apart from the user's own: key, store and logs lie in `directory`.

    The key stands in a `.env` there, so that commands run in the directory find everything.
    """
    environ = {
        **addresses,
        "PROFITSYNC_DATABASE_URL": f"sqlite:///{directory.resolve() / DATABASE}",
        "PROFITSYNC_LOG_DIR": str(directory.resolve() / "logs"),
        "PROFITSYNC_LOG_LEVEL": "error",
    }
    ensure_key(load_settings(environ, directory), directory)
    return load_settings(environ, directory)


@contextmanager
def demo_runtime(settings: Settings) -> Iterator[Runtime]:
    """The runtime over the demo's own store."""
    store = open_store(settings.database_url)
    try:
        store.prepare()
        yield Runtime(settings, store)
    finally:
        store.close()


def run_demo(runtime: Runtime, world: World, days: int, progress: Progress) -> Demo:
    """Register the merchant of `world` unless it is known, sync it, and take the last `days` days."""
    document = world.user_json()
    user = runtime.store.find_user(document["email"]) or add_user(runtime, document)
    report = run_sync(runtime, [user], SyncRequest(), progress)
    user = get_user(runtime.store, user.id)
    since, until = last_days(user, days, runtime.clock())
    return Demo(user, report, metrics_table(runtime.store, user, since=since, until=until, by="day"))
