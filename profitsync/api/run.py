"""Runs the application on a socket until it is told to end."""

import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

GRACE = 60  # seconds that answers under way get when the server is told to end


class AppServer(uvicorn.Server):
    """Ends by SIGINT or SIGTERM: no request is taken any more, and syncs hand their leases back."""

    def __init__(self, app: FastAPI, proxies: Sequence[str] = ()) -> None:
        """`proxies`: addresses and networks whose `X-Forwarded-For` is believed."""
        self._app = app
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", access_log=False, server_header=False, ws="none",
            proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies), timeout_graceful_shutdown=GRACE,
            lifespan="on",
        )  # fmt: skip
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Being told to end is no failure, so the signals are not raised again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End syncs at their next request or batch, so that the answers waiting for them can be given."""
        threading.Thread(target=self._app.state.server.stop).start()  # a handler must not wait for a lock
        super().handle_exit(sig, frame)


def serve_until_told(app: FastAPI, listener: socket.socket, proxies: Sequence[str]) -> None:
    """Serve in the main thread, until SIGINT or SIGTERM."""
    AppServer(app, proxies).run(sockets=[listener])
