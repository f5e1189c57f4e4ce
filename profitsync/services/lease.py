"""One run per merchant at a time, on any machine: a lease in the store, renewed while the run lives."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from uuid import uuid4

from profitsync.errors import LeaseLostError, LockedError, ProfitsyncError, StoreUnavailableError
from profitsync.logs import carry
from profitsync.stores.protocol import Store

log = logging.getLogger(__name__)
HELD = "another run holds the lock of this merchant"
LEASE_SECONDS = 120.0  # a dead run's lease is free after this
RENEW_EVERY = 30.0
POLL_EVERY = 2.0  # seconds between two looks at a lease that another run holds
BRIEF_PAUSE = 0.1  # seconds between two looks whether a brief holder is done
BRIEF_LOOKS = 300  # at a brief holder: half a minute


class StoppedError(ProfitsyncError):
    """The person at the keyboard ended the run; what was read so far is kept."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted; the next run goes on from here")


class Lease:
    """Held within a `with` block. Entering raises `LockedError` when another run holds it.

    A `brief` holder is done within seconds and says so in the store: others wait for it, for half a minute at
    most, instead of giving up. With `wait`, entering looks again at any holder until so many seconds were spent in
    `sleep`. Setting `stop` ends the run that holds the lease at its next check.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        clock: Callable[[], datetime],
        stop: threading.Event | None = None,
        *,
        wait: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        brief: bool = False,
    ) -> None:
        self.store = store
        self.name = name
        self.clock = clock
        self.stop = stop or threading.Event()
        self.owner = uuid4().hex
        self._wait = wait
        self._sleep = sleep
        self._brief = brief
        self._until = clock()
        self._done = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=carry(self._keep), name=f"lease {name}", daemon=True)

    def __enter__(self) -> "Lease":
        self._acquire()
        self._thread.start()
        return self

    def _acquire(self) -> None:
        if self._brief:
            if not (self._mark_brief() and (self._take() or self._unmark_brief())):
                raise LockedError(HELD)
            return
        looks, left = BRIEF_LOOKS, self._wait
        while not self._take():
            brief = self._is_brief()
            if not brief and self._take():  # it ended between the two looks
                return
            if brief and looks:
                pause = BRIEF_PAUSE
                looks -= 1
            elif left > 0:
                pause = min(POLL_EVERY, left)
                left -= pause
            else:
                raise LockedError(HELD + (f", also after {self._wait:g} seconds" if self._wait else ""))
            if self.stop.is_set():
                raise StoppedError
            self._sleep(pause)

    def _take(self) -> bool:
        now = self.clock()
        self._until = now + timedelta(seconds=LEASE_SECONDS)
        return self.store.acquire_lease(self.name, self.owner, now, LEASE_SECONDS)

    def _is_brief(self) -> bool:
        """Whether the holder says that it is done within seconds."""
        return not self._mark_brief() or self._unmark_brief()

    def _mark_brief(self) -> bool:
        return self.store.acquire_lease(f"{self.name}:brief", self.owner, self.clock(), LEASE_SECONDS)

    def _unmark_brief(self) -> bool:
        self.store.release_lease(f"{self.name}:brief", self.owner)
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        try:
            self.store.release_lease(self.name, self.owner)
            if self._brief:
                self._unmark_brief()
        except StoreUnavailableError as away:
            log.warning("the lock could not be given back and runs out by itself: %s", away)

    def check(self) -> None:
        """Ask before every write. Raises `LeaseLostError` when the lease is no longer ours, or `StoppedError`.

        The clock decides too: after a sleep of the machine, the writers may wake before the renewal does.
        """
        if self.stop.is_set():
            raise StoppedError
        if self._lost.is_set() or self.clock() >= self._until:
            raise LeaseLostError("the lock of this merchant ran out during the run; the next run goes on")

    def _keep(self) -> None:
        while not self._done.wait(RENEW_EVERY):
            now = self.clock()
            try:
                ours = self.store.renew_lease(self.name, self.owner, now, LEASE_SECONDS)
            except ProfitsyncError as error:
                log.warning("the lock could not be renewed: %s", error)
                continue  # it holds for a while yet; the run itself meets the store's failure
            if not ours:
                self._lost.set()
                return
            self._until = now + timedelta(seconds=LEASE_SECONDS)
