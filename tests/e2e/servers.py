"""The real server on a free port of loopback, in a thread of the test's process."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from profitsync.api.app import create_app
from profitsync.api.run import AppServer
from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.processes import PATIENCE, opened

KEY = "key-of-the-whole-installation"
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Served:
    """Asks a running server, each thread over a connection of its own."""

    url: str
    app: Any
    _local: threading.local = field(default_factory=threading.local)

    def __call__(self, method: str, path: str, key: str | None = KEY, **given: Any) -> requests.Response:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        headers = given.pop("headers", {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        session: requests.Session = self._local.session
        return session.request(method, self.url + path, headers=headers, timeout=PATIENCE, **given)

    def data(self, method: str, path: str, **given: Any) -> Any:
        response = self(method, path, **given)
        assert response.status_code < 300, response.text
        return response.json()["data"]


@contextmanager
def serving(database_url: str, proxies: Sequence[str] = ()) -> Iterator[Served]:
    """The server over this database, configured by the environment, with `KEY` for a key."""
    settings = load_settings({**os.environ, "PROFITSYNC_API_KEY": KEY})
    with opened(database_url) as store, socket.create_server(("127.0.0.1", 0)) as listener:
        store.prepare()
        app = create_app(Runtime(settings, store))
        server = AppServer(app, proxies)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the server did not start")
        try:
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", app)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def small_world(days: int = 5) -> World:
    """A brand of a few days and a few orders."""
    return generate(until=NOW.astimezone(INDIA).date(), seed=5, now=NOW, days=days, orders_per_day=4)


def user_id(served: Served) -> str:
    """The id of the only merchant."""
    (user,) = served.data("GET", "/api/users")
    found: str = user["id"]
    return found


def wait_until(holds: Any, complaint: str) -> None:
    """Look again and again; whatever is waited for takes a moment, but no fixed time."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            pytest.fail(complaint)
        time.sleep(0.05)
