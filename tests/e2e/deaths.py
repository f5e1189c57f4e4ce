"""Processes that sync a merchant and are killed at an instant of their own choosing, made cheaply.

They are forked from a server process that has everything imported, so that one costs little more than its sync.
"""

import faulthandler
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from profitsync.bootstrap import open_store
from profitsync.services.reports import SyncRequest
from profitsync.services.sync import run_sync
from profitsync.sources.http import HttpClient
from tests.e2e.installations import Passing, a_runtime
from tests.e2e.processes import PATIENCE

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["__main__", __name__, "profitsync.stores.mongo", "tests.contract.test_at_once"])


@dataclass(frozen=True)
class Job:
    """A sync of one merchant: where, as whom, and when."""

    url: str
    environment: dict[str, str]
    folder: Path
    user: str
    now: datetime


class Instants:
    """Counts what a run does, calls of its store and requests alike, and kills the process at one of them."""

    def __init__(self, last: int, *, done: bool) -> None:
        """`done`: the last thing was done before the process dies, else it was only about to be."""
        self.passed = 0
        self._last, self._done, self._lock = last, done, threading.Lock()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            with self._lock:
                self.passed += 1
                is_last = self.passed == self._last
            if is_last and not self._done:
                os.kill(os.getpid(), signal.SIGKILL)
            result = call(*given, **named)
            if is_last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted


class Watched:
    """A store each of whose calls is an instant."""

    def __init__(self, store: Any, instants: Instants) -> None:
        self._store, self._instants = store, instants

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._instants.around(found) if callable(found) else found


def begin(job: Job, last: int = 0, *, done: bool = False) -> ForkServerProcess:
    """A sync in a process of its own, which dies at its `last`th instant (0: lives)."""
    process = FORKED.Process(target=_sync, args=(job, last, done), daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Wait for the process; what it ended with, negative for a signal."""
    process.join(PATIENCE)
    code = process.exitcode
    if code is None:
        process.kill()
        raise AssertionError("the sync did not end")
    process.close()
    return code


def _sync(job: Job, last: int, done: bool) -> None:
    """Ends with the exit code of the run."""
    faulthandler.enable()
    instants = Instants(last, done=done)
    HttpClient._once = instants.around(HttpClient._once)  # type: ignore[method-assign]
    clock = Passing(job.now)
    store: Any = Watched(open_store(job.url), instants)
    user = store.find_user(job.user)
    report = run_sync(a_runtime(store, job.environment, job.folder, clock), [user], SyncRequest())
    os._exit(report.exit_code)
