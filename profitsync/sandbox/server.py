"""The sandbox: three simulated APIs as one HTTP server on loopback, for any number of merchants."""

import signal
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from types import FrameType, TracebackType
from typing import Self

from profitsync.bootstrap import utc_now
from profitsync.errors import ConfigurationError
from profitsync.sandbox.bulk import BulkStyle
from profitsync.sandbox.cost import BucketSize
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.http import Api
from profitsync.sandbox.listener import Listener, RequestRecord
from profitsync.sandbox.meta_api import MetaApi
from profitsync.sandbox.shiprocket_api import ShiprocketApi
from profitsync.sandbox.shopify_api import ShopifyApi
from profitsync.sandbox.world import World

LOOPBACK = "127.0.0.1"
SIGNAL_POLL = 0.1  # seconds


class Sandbox:
    """Serves `worlds` while its `with` block runs.

    `worlds`, `faults` and `clock` may be changed while it serves; hold `lock` to change a world and be sure
    that no answer sees half of the change. `latency` is added to every answer, in seconds. `port` 0 takes any
    free port. Raises `ConfigurationError` when the address cannot be had.
    """

    def __init__(
        self,
        worlds: Sequence[World],
        *,
        faults: Faults | None = None,
        clock: Callable[[], datetime] = utc_now,
        latency: float = 0,
        host: str = LOOPBACK,
        port: int = 0,
        bucket: BucketSize | None = None,
        bulk: BulkStyle | None = None,
    ) -> None:
        self.worlds = list(worlds)
        self.faults = faults or Faults()
        self.clock = clock
        self.latency = latency
        self.lock = threading.RLock()
        self._shopify = ShopifyApi(self.worlds, self.now, bucket or BucketSize(), bulk or BulkStyle())
        apis: tuple[Api, ...] = (
            self._shopify,
            MetaApi(self.worlds, self.now),
            ShiprocketApi(self.worlds, self.now),
        )
        self._listener = Listener(self, {api.name: api for api in apis}, (host, port))
        self._thread = threading.Thread(target=self._listener.serve, name="sandbox", daemon=True)

    def now(self) -> datetime:
        """The sandbox's time."""
        return self.clock()

    @property
    def url(self) -> str:
        """Where the server listens, without a slash at the end."""
        host, port = self._listener.address
        return f"http://{host}:{port}"

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, in order of arrival of its answer."""
        return self._listener.records()

    def environment(self) -> dict[str, str]:
        """The variables that point profitsync at this server."""
        return {
            "PROFITSYNC_SHOPIFY_URL": f"{self.url}/shopify/{{store}}",
            "PROFITSYNC_META_URL": f"{self.url}/meta",
            "PROFITSYNC_SHIPROCKET_URL": f"{self.url}/shiprocket",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop. Raises what went wrong inside the server, unless the block failed itself."""
        self._listener.stop()
        self._thread.join()
        self._shopify.close()
        if kind is None and self._listener.crashes:
            raise RuntimeError("the sandbox itself failed") from self._listener.crashes[0]


def serve_forever(
    worlds: Sequence[World],
    host: str = LOOPBACK,
    port: int = 0,
    faults: Faults | None = None,
    announce: Callable[[Sandbox], None] = lambda _sandbox: None,
) -> None:
    """Serve until interrupted or terminated; `announce` is called once the server listens.

    To be called from the main thread. Raises `ConfigurationError` when the address cannot be had.
    """
    stop = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(worlds, host=host, port=port, faults=faults) as sandbox:
            announce(sandbox)
            while not stop.wait(SIGNAL_POLL):  # a signal that another thread receives does not end a wait
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["ConfigurationError", "RequestRecord", "Sandbox", "serve_forever"]
