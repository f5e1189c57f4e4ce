"""What can befall a store in the middle of a sync: done to it from outside, and ended again."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from profitsync.stores.sqlite import SqliteStore
from profitsync.stores.sqlite_database import SqliteDatabase

CHUNK = 1 << 16


@dataclass
class FileTrouble:
    """An SQLite file that others hold, or that cannot be written any more."""

    url: str
    _ours: list[tuple[SqliteDatabase, sqlite3.Connection]] = field(default_factory=list)
    _holder: sqlite3.Connection | None = None

    def watch(self, monkeypatch: pytest.MonkeyPatch, busy_seconds: float) -> None:
        """Know every connection that is made from now on, each of which waits so long for others."""
        set_up = SqliteDatabase._set_up

        def known(database: SqliteDatabase, connection: sqlite3.Connection) -> None:
            set_up(database, connection)
            self._ours.append((database, connection))

        monkeypatch.setattr(SqliteDatabase, "_set_up", known)
        monkeypatch.setattr(SqliteStore.__init__, "__defaults__", (busy_seconds,))

    def lock(self, seconds: float | None = None) -> None:
        """Another program begins to write, and is done after so many seconds, or never."""
        self._holder = sqlite3.connect(self.url.removeprefix("sqlite:///"), check_same_thread=False, timeout=5)
        self._holder.execute("BEGIN IMMEDIATE")
        if seconds is not None:
            threading.Timer(seconds, self.end).start()

    def fill_up(self) -> None:
        """Not one more page."""
        self._pragma("max_page_count = 1")  # the number of pages that there are, at least

    def forbid_writing(self) -> None:
        self._pragma("query_only = ON")

    def _pragma(self, text: str) -> None:
        for database, connection in self._ours:
            with database._lock, suppress(sqlite3.ProgrammingError):  # closed meanwhile
                connection.execute(f"PRAGMA {text}")

    def end(self) -> None:
        """As it was; connections of later runs are new ones anyway."""
        self._ours.clear()
        if self._holder is not None:
            self._holder.rollback()
            self._holder.close()
            self._holder = None


class Line:
    """A TCP line on loopback to a server, which can be cut, held up and mended."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 27017)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._whole, self._flows, self._open = True, threading.Event(), True
        self._flows.set()
        patience = "serverSelectionTimeoutMS=1000&connectTimeoutMS=3000&socketTimeoutMS=3000"
        host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = parts._replace(netloc=host, query=patience).geturl()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection ends, and no new one lives."""
        with self._lock:
            self._whole = False
            found, self._sockets = self._sockets, []
        for one in found:
            _end(one)

    def hold_up(self) -> None:
        """Connections stay, nothing comes through: a server that was stopped, or a network that drops packets."""
        self._flows.clear()

    def mend(self) -> None:
        self._whole = True
        self._flows.set()

    def close(self) -> None:
        self._open = False
        self.cut()
        self._flows.set()
        _end(self._listener)

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._listener.accept()
                if not self._whole:
                    _end(near)
                    continue
                far = socket.create_connection(self._server)
            except OSError:
                continue
            with self._lock:
                self._sockets += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                self._flows.wait()
                target.sendall(chunk)
        for one in (source, target):
            _end(one)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def line_to(url: str) -> Iterator[Line]:
    with ExitStack() as stack:
        line = Line(url)
        stack.callback(line.close)
        yield line
