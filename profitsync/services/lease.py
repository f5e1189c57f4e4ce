"""One run per merchant at a time, on any machine: a lease in the store, renewed while the run lives."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from uuid import uuid4

from profitsync.errors import LeaseLostError, LockedError, ProfitsyncError
from profitsync.stores.protocol import Store

log = logging.getLogger(__name__)
LEASE_SECONDS = 120.0  # a dead run's lease is free after this
RENEW_EVERY = 30.0


class Lease:
    """Held within a `with` block. Entering raises `LockedError` when another run holds it."""

    def __init__(self, store: Store, name: str, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.name = name
        self.clock = clock
        self.owner = uuid4().hex
        self._done = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease {name}", daemon=True)

    def __enter__(self) -> "Lease":
        if not self.store.acquire_lease(self.name, self.owner, self.clock(), LEASE_SECONDS):
            raise LockedError("another run holds the lock of this merchant")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self.store.release_lease(self.name, self.owner)

    def check(self) -> None:
        """Raise `LeaseLostError` when the lease is no longer ours; ask before every write."""
        if self._lost.is_set():
            raise LeaseLostError("the lock of this merchant ran out during the run; the next run goes on")

    def _keep(self) -> None:
        while not self._done.wait(RENEW_EVERY):
            try:
                ours = self.store.renew_lease(self.name, self.owner, self.clock(), LEASE_SECONDS)
            except ProfitsyncError as error:
                log.warning("the lock could not be renewed: %s", error)
                continue  # it holds for a while yet; the run itself meets the store's failure
            if not ours:
                self._lost.set()
                return
