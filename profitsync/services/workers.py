"""What the server does beside answering: syncs on request, and following up hints. Both can be told to stop.

No more of either runs at once than there are threads; one merchant is never worked on twice at the same time.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from profitsync.bootstrap import Runtime
from profitsync.domain.merchants import SHIPROCKET, SHOPIFY, Job, User
from profitsync.errors import LockedError, ProfitsyncError
from profitsync.logs import carry, log_context
from profitsync.services.hints import follow_up
from profitsync.services.lease import StoppedError
from profitsync.services.reports import SyncReport, SyncRequest
from profitsync.services.sync import run_sync
from profitsync.sources.errors import CredentialsError, RetriableError, SourceError

log = logging.getLogger(__name__)
THREADS = 4
SOURCES_OF_HINTS = (SHOPIFY, SHIPROCKET)
LOOK_EVERY = 2.0  # seconds; hints may come from another server on the same store
REST = timedelta(seconds=2)  # of a merchant after each look, so that a burst of webhooks is followed up at once
LOCKED_PAUSE = timedelta(seconds=5)
EARLY_PAUSE = timedelta(seconds=5)
FAULT_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = 5.0  # seconds between two tries while a merchant's lease is held
REFUSED_PAUSE = timedelta(hours=1)  # wrong passwords lock an account; the hourly sync tells of them


class RunningError(LockedError):
    """A sync of this merchant is running; `job` tells of it once it has begun."""

    def __init__(self, job: Job | None) -> None:
        super().__init__("a sync of this merchant is running already; ask for its job, or try again later")
        self.job = job


class ManualSyncs:
    """Syncs that somebody asked for and waits for, several merchants at once."""

    def __init__(self, runtime: Runtime, limit: float, threads: int = THREADS) -> None:
        """`limit`: seconds after which a sync is ended at its next request or batch."""
        self._runtime = runtime
        self._limit = limit
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="manual-sync")
        self._running: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def start(self, user: User, request: SyncRequest) -> "Future[SyncReport]":
        """Begin; the result comes as a future. Raises `RunningError`, `StoppedError` when the server ends."""
        stop = threading.Event()
        with self._lock:
            if self._stopped:
                raise StoppedError
            if user.id in self._running:
                raise RunningError(self._job(user))
            self._running[user.id] = stop
        return self._pool.submit(carry(self._run), user, request, stop)

    def _run(self, user: User, request: SyncRequest, stop: threading.Event) -> SyncReport:
        timer = threading.Timer(self._limit, stop.set)
        timer.daemon = True
        timer.start()
        try:
            report = run_sync(self._runtime, [user], request, workers=1, stop=stop)
        finally:
            timer.cancel()
            with self._lock:
                del self._running[user.id]
        if report.users[0].locked:
            raise RunningError(self._job(user))
        return report

    def _job(self, user: User) -> Job | None:
        return next(iter(self._runtime.store.jobs(user.id, limit=1, status="running")), None)

    def stop(self) -> None:
        """End every run at its next request or batch; none begins any more. Does not wait."""
        with self._lock:
            self._stopped = True
            for event in self._running.values():
                event.set()

    def close(self) -> None:
        """`stop`, and wait until the last has handed back its lease."""
        self.stop()
        self._pool.shutdown()


class HintWorker:
    """Follows up hints in the background: `start` keeps looking, `look` looks once."""

    def __init__(self, runtime: Runtime, threads: int = THREADS) -> None:
        self._stop = threading.Event()
        self._runtime = replace(runtime, sleep=self._short(runtime.sleep))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hints")
        self._news = threading.Event()
        self._not_before: dict[tuple[str, str], datetime] = {}
        self._at_work: set[str] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="hint worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is a new hint."""
        self._news.set()

    def stop(self) -> None:
        """End at the next request or batch. Does not wait."""
        self._stop.set()
        self._news.set()

    def close(self) -> None:
        """`stop`, and wait for what is at work."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown()

    def look(self) -> "list[Future[None]]":
        """Begin with every merchant that has hints, is not at work and whose pause is over."""
        hinted = self._runtime.store.hinted_users()
        with self._lock:
            due = [one for one in hinted if one not in self._at_work and self._due(one)]
            self._at_work.update(due)
        return [self._pool.submit(self._one, user_id) for user_id in due]

    def _due(self, user_id: str) -> list[str]:
        """The sources of a merchant that need not be left alone now."""
        now = self._runtime.clock()
        return [source for source in SOURCES_OF_HINTS if self._not_before.get((user_id, source), now) <= now]

    def _one(self, user_id: str) -> None:
        try:
            for source in self._due(user_id):
                with log_context(userId=user_id, source=source):
                    pause = self._follow_up(user_id, source)
                self._not_before[user_id, source] = self._runtime.clock() + pause
        finally:
            with self._lock:
                self._at_work.discard(user_id)

    def _follow_up(self, user_id: str, source: str) -> timedelta:
        """Follow up one merchant's hints about one source; how long to leave it alone afterwards."""
        try:
            return EARLY_PAUSE if follow_up(self._runtime, user_id, source, self._stop) else REST
        except LockedError:
            return LOCKED_PAUSE
        except CredentialsError as error:
            log.warning("webhooks wait, the credentials are refused: %s", error)
            return REFUSED_PAUSE
        except (StoppedError, SourceError) as error:
            log.info("webhooks wait: %s", error)
        except ProfitsyncError as error:
            log.warning("webhooks wait: %s", error)
        except Exception:
            log.exception("unexpected fault while following up webhooks")
        return FAULT_PAUSE

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._news.clear()
            try:
                self.look()
            except ProfitsyncError as error:
                log.warning("webhooks wait: %s", error)
            except Exception:  # the thread must live as long as the server
                log.exception("unexpected fault while looking for webhooks")
            self._news.wait(LOOK_EVERY)

    def _short(self, sleep: Callable[[float], None]) -> Callable[[float], None]:
        """Pauses while a merchant's lease is held must be short: a sync may be waiting for it."""

        def pause(seconds: float) -> None:
            if self._stop.is_set():
                raise StoppedError
            if seconds > LONGEST_PAUSE:
                raise RetriableError("the API asks for a long pause")
            sleep(seconds)

        return pause
