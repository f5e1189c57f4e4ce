"""Syncs in processes of their own, for tests that end them, or run several at once."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from profitsync.bootstrap import open_store
from profitsync.domain.days import DayRange
from profitsync.domain.shipments import FirstSeen
from profitsync.sandbox.faults import Fault, Faults
from profitsync.stores.protocol import Store
from tests.records import replace

EVER = DayRange(date(2000, 1, 1), date(2100, 1, 1))
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
PATIENCE = 30  # seconds: far more than anything here takes

_DYING = """
import profitsync.services.ahead
profitsync.services.ahead.ENOUGH = 1  # every page is stored by itself, as one that came slowly
import os, signal, sys
from profitsync.cli import main
from profitsync.stores import {module}
calls, wanted, real = 0, {number}, {module}.{store}.{method}
def dying(*given, **named):
    global calls
    calls += 1
    if calls == wanted:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)
{module}.{store}.{method} = dying
sys.exit(main(sys.argv[1:]))
"""


class OnRequest(Faults):
    """No fault at all: something is done when the sandbox has been asked so often, before it answers.

    With `operation`, only requests whose operation contains it are counted.
    """

    def __init__(self, number: int, act: Callable[[], None], operation: str = "") -> None:
        super().__init__()
        self._left, self._act, self._counting = number, act, threading.Lock()
        self._operation = operation

    def strike(self, api: str, operation: str) -> Fault | None:
        if self._operation not in operation:
            return super().strike(api, operation)
        with self._counting:
            self._left -= 1
            if self._left == 0:
                self._act()
        return super().strike(api, operation)


class HeldBack(Faults):
    """Answers nobody until `let_go` is set, or until so many seconds have passed."""

    def __init__(self, patience: float = PATIENCE) -> None:
        super().__init__()
        self._patience = patience
        self.asked, self.let_go = threading.Event(), threading.Event()

    def strike(self, api: str, operation: str) -> Fault | None:
        self.asked.set()
        self.let_go.wait(self._patience)
        return super().strike(api, operation)


@contextmanager
def process(*arguments: str, script: str | None = None) -> Iterator[subprocess.Popen[str]]:
    """`python -m profitsync …` (or a script in its place); killed at the end if it still runs."""
    program = ["-m", "profitsync"] if script is None else ["-c", script]
    command = [sys.executable, *program, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def _environment() -> dict[str, str]:
    """Where the test runs, from anywhere."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def die_in_store(database_url: str, method: str, number: int) -> str:
    """A script: profitsync, killed at the `number`th call of a method of its store."""
    kind = ("mongo", "MongoStore") if database_url.startswith("mongodb") else ("sqlite", "SqliteStore")
    return _DYING.format(module=kind[0], store=kind[1], method=method, number=number)


def kill(running: subprocess.Popen[str]) -> None:
    """At once, without a chance to tidy up."""
    running.send_signal(signal.SIGKILL)


@contextmanager
def opened(database_url: str) -> Iterator[Store]:
    store = open_store(database_url)
    try:
        yield store
    finally:
        store.close()


def let_leases_run_out(database_url: str) -> None:
    """As if two minutes had passed."""
    with opened(database_url) as store:
        for user in store.users():
            name = f"sync:{user.id}"
            assert store.acquire_lease(name, "time", FAR_AHEAD, 1)
            store.release_lease(name, "time")


def kept(database_url: str, ref: str) -> dict[str, Any]:
    """What is stored of a merchant, but for its id and for when something was first seen or written."""
    with opened(database_url) as store:
        user = store.find_user(ref)
        assert user is not None
        shipments = [one for batch in store.shipments_touching(user.id, EVER) for one in batch]
        return {
            "orders": {one.id: one for batch in store.orders_touching(user.id, EVER) for one in batch},
            "shipments": {one.id: replace(one, seen=FirstSeen()) for one in shipments},
            "attempts": {one.id for one in shipments if one.seen.ndr},
            "ads": store.ad_days(user.id, EVER),
            "costs": [replace(cost, created_at=None, updated_at=None) for cost in store.costs(user.id)],
            "figures": [replace(row, updated_at=None) for row in store.metrics(user.id, EVER)],
            "dirty": store.dirty_days(user.id),
            "running": store.jobs(user.id, status="running"),
            "covered": {name: state.covered for name, state in store.source_states(user.id).items()},
        }
