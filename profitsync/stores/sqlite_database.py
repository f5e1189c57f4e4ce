"""One SQLite file: opened late, closed for good, shared by the threads of a process and by processes.

A process uses one connection, one thread at a time: SQLite writes one after the other anyway, and nothing
slow (encoding, HTTP) happens while it is held. Other processes are waited for, up to the busy time.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from profitsync.errors import StoreUnavailableError
from profitsync.stores.keys import BATCH, chunks
from profitsync.stores.sqlite_schema import APPLICATION_ID, STEPS, VERSION, statements

BUSY_SECONDS = 30.0  # how long another process may hold the file before we give up
WAL_PAUSE = 0.01  # seconds
CACHE_KIB = 16_384  # of the file's pages in memory
CHECKPOINT_PAGES = 4_000  # of 4 KiB, written to the log before the file takes them over

# By whether a commit waits for the disk.
_SYNC = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REASONS = {
    sqlite3.SQLITE_BUSY: "stays locked by another program",
    sqlite3.SQLITE_LOCKED: "stays locked by another program",
    sqlite3.SQLITE_READONLY: "cannot be written (read-only)",
    sqlite3.SQLITE_IOERR: "cannot be read or written (disk error)",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database",
    sqlite3.SQLITE_PERM: "cannot be opened: no permission",
    sqlite3.SQLITE_AUTH: "cannot be opened: no permission",
}


class SqliteDatabase:
    """Runs statements on the file at `path`. Raises `StoreUnavailableError` naming the variable."""

    def __init__(self, path: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = Path(path)
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._closed = False

    def prepare(self) -> None:
        """Create the tables in a new file; carry an older one over."""
        with self._lock, self._errors():
            connection = self._connection()
            if _version(connection) == VERSION:
                return
            with self.transaction() as connection:
                for step in STEPS[_version(connection) :]:  # none if another process was quicker
                    for statement in statements(step):
                        connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")

    def ping(self) -> None:
        """Read the file's header and the list of its tables."""
        self.query("SELECT count(*) FROM sqlite_master")

    def close(self) -> None:
        """Give the file back; this object cannot be used any more."""
        with self._lock:
            self._closed = True
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a reading statement. No lock and no snapshot is held afterwards."""
        with self._lock, self._errors():
            return self._connection().execute(sql, values).fetchall()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Everything inside happens durably or not at all; other writers wait.

        What is not `durable` survives our own end at once, but a power cut only after the next durable
        transaction: the log is synced as a whole, in the order of its writing.
        """
        with self._lock, self._errors():
            connection = self._connection()
            connection.execute(_SYNC[durable])
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def write(self, sql: str, *values: Any, durable: bool = True) -> int:
        """One writing statement in a transaction of its own; the number of rows it touched."""
        with self.transaction(durable=durable) as connection:
            return connection.execute(sql, values).rowcount

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise self._unavailable("is closed already")
        if self._opened is None:
            self._create_file()
            connection = sqlite3.connect(
                self.path.absolute(), timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
            self._opened = connection
        return self._opened

    def _create_file(self) -> None:
        """A new file is for our eyes only: it will hold encrypted credentials. SQLite's own take its mode."""
        try:
            if not self.path.parent.is_dir():
                raise self._unavailable(f"cannot be made: the folder {self.path.parent} does not exist")
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise self._unavailable(f"cannot be made: {error.strerror}") from None

    def _set_up(self, connection: sqlite3.Connection) -> None:
        """Refuse what is not ours before changing anything in it."""
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = _version(connection)  # read after the tables, which are made together with it
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if tables and (application != APPLICATION_ID or version == 0):
            raise self._unavailable("belongs to another program")
        if version > VERSION:
            raise self._unavailable(
                f"was written by a newer profitsync (schema {version}, this one knows {VERSION}); upgrade it"
            )
        self._switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")  # durable when the call returns, power cuts included
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")

    def _switch_to_wal(self, connection: sqlite3.Connection) -> None:
        """Readers and a writer side by side. Only the first opening of a file really switches.

        Whatever the busy time, SQLite refuses this at once while another process holds the write lock, as it does
        when several open a new file at the same moment. So that waiting is ours.
        """
        give_up_at = time.monotonic() + self._busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up_at:
                    raise
                time.sleep(WAL_PAUSE)
            else:
                return

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """SQLite's refusals as one line. Mistakes in our own statements stay what they are."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            reason = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # without the extended part
            if reason is None and "no such table" in str(error):
                reason = "holds no profitsync tables yet; `profitsync init` makes them"
            if reason is None:
                raise
            raise self._unavailable(reason) from None

    def _unavailable(self, reason: str) -> StoreUnavailableError:
        return StoreUnavailableError(f"PROFITSYNC_DATABASE_URL: {self.path} {reason}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def insert(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> None:
    """Put rows, their values one after the other, where `sql` says "{rows}"; it names their columns first.

    With few statements: while one runs other threads get on, and each that ends waits for them again.
    """
    width = sql.partition(")")[0].count(",") + 1
    place = f"({', '.join('?' * width)})"
    most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width
    for some in chunks(values, min(most, BATCH) * width):
        places = ", ".join([place] * (len(some) // width))
        connection.execute(sql.format(rows=places), some)


def micros(instant: datetime) -> int:
    """Microseconds since 1970, exactly: a number that sorts like the instant."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """The UTC instant of `micros`."""
    return _EPOCH + timedelta(microseconds=micros)


def to_json(record: object) -> str:
    """A record, or a list of texts, as JSON; Decimals are texts, digit for digit."""
    return msgspec.json.encode(record).decode()
