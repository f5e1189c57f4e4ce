"""The installation itself: variables, key, log directory, store, versions, clock, and who is told of trouble."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from profitsync.bootstrap import open_store
from profitsync.config import Settings
from profitsync.errors import ConfigurationError, StoreUnavailableError
from profitsync.services.notify import sender
from profitsync.sources.clock import server_time
from profitsync.sources.findings import Finding, Level
from profitsync.stores.protocol import Store

SKEW = timedelta(seconds=60)  # a clock this far off misjudges leases, tokens and the end of a day
_PROBE = "checkup"


def violations(error: ConfigurationError) -> list[Finding]:
    """A refused configuration, one finding per line of it."""
    return [Finding(Level.PROBLEM, "variables", line) for line in str(error).splitlines()]


def check_settings(settings: Settings) -> Iterator[Finding]:
    """What can be said without opening anything."""
    yield Finding(Level.OK, "variables", "all are valid")
    yield _key(settings)
    yield _log_directory(settings)
    yield _versions(settings, datetime.now(UTC).date())
    if settings.ping_url:
        yield Finding(Level.OK, "ping", "a monitor is told of every `sync --all`")
    if settings.notify_urls:
        yield _notifications(settings)


def try_store(settings: Settings) -> tuple[Store | None, Finding]:
    """The opened store, to be closed by the caller, and what is to be said of it; None when it cannot be used."""
    url = settings.database_url
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path and not path.exists():  # opening it would make it
        return None, Finding(Level.PROBLEM, "store", f"{path} does not exist; `profitsync init` makes it")
    store: Store | None = None
    try:
        store = open_store(url)
        store.prepare()
        store.ping()
        store.acquire_lease(_PROBE, _PROBE, datetime.now(UTC), 0)
        store.release_lease(_PROBE, _PROBE)
    except StoreUnavailableError as error:
        if store:
            store.close()
        return None, Finding(Level.PROBLEM, "store", str(error))
    kind = f"SQLite file {path}" if path else "MongoDB"
    return store, Finding(Level.OK, "store", f"{kind} can be read and written")


def check_clock(
    settings: Settings, now: Callable[[], datetime], ask: Callable[[str], datetime | None] = server_time
) -> Finding:
    """This machine's clock against that of a server everybody knows."""
    told = ask(settings.meta_url)
    if told is None:
        return Finding(Level.WARNING, "clock", "could not be compared: no server answered")
    ahead = now() - told
    if abs(ahead) <= SKEW:
        return Finding(Level.OK, "clock", "agrees with the servers'")
    which = "ahead" if ahead > timedelta(0) else "behind"
    seconds = int(abs(ahead).total_seconds())
    return Finding(Level.WARNING, "clock", f"is {seconds:,} seconds {which} of the servers'; let NTP set it")


def _key(settings: Settings) -> Finding:
    keys = len(settings.secret_keys)
    if not keys:
        return Finding(Level.PROBLEM, "key", "PROFITSYNC_SECRET_KEY is missing; `profitsync init` makes one")
    more = "" if keys == 1 else f" and {keys - 1} older; `profitsync users rotate-keys` makes those needless"
    return Finding(Level.OK, "key", f"one that encrypts{more}")


def _log_directory(settings: Settings) -> Finding:
    directory = settings.log_dir
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        text = f"PROFITSYNC_LOG_DIR: {directory} cannot be written; make it writable for this user"
        return Finding(Level.PROBLEM, "logs", text)
    kept = f"kept for {settings.log_keep_days} days" if settings.log_keep_days else "kept for ever"
    return Finding(Level.OK, "logs", f"in {directory}, {kept}")


def _versions(settings: Settings, today: date) -> Finding:
    """Shopify keeps a version for a year at least, then silently answers with another."""
    version = settings.shopify_api_version
    if version == "unstable":
        return Finding(Level.WARNING, "versions", "PROFITSYNC_SHOPIFY_API_VERSION is unstable: answers may change")
    year, month = (int(part) for part in version.split("-"))
    if today >= date(year + 1, month, 1):
        text = f"Shopify's version {version} is more than a year old; upgrade profitsync"
        return Finding(Level.WARNING, "versions", text)
    return Finding(Level.OK, "versions", f"Shopify {version}, Meta {settings.meta_api_version}")


def _notifications(settings: Settings) -> Finding:
    try:
        sender(settings.notify_urls)
    except ConfigurationError as error:
        return Finding(Level.PROBLEM, "notify", str(error))
    count = len(settings.notify_urls)
    counted = "1 address" if count == 1 else f"{count} addresses"
    return Finding(Level.OK, "notify", f"{counted}; `profitsync notify test` sends a message")
