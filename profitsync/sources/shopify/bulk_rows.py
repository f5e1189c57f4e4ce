"""The file of a bulk operation: one JSON object per row, parents and children in any order.

The rows are put into a temporary database on disk as they arrive and joined when they are read, so that memory
stays small whatever the size. SQLite removes the file's name as soon as it is open: nothing is left behind,
even by a killed run.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import requests

from profitsync.sources.errors import RetriableError
from profitsync.sources.http import HttpClient
from profitsync.sources.shopify.bulk_job import BulkJob, BulkLostError
from profitsync.sources.shopify.wire import Gid, digits

T = TypeVar("T")

CHUNK = 1 << 16  # bytes read from the connection at once
LONGEST_ROW = 1 << 24  # bytes; a longer one is no row of ours
LARGEST = 2**63 - 1  # what SQLite takes for an integer
ROWS_AT_ONCE = 200
CACHE_KIB = 4096  # of SQLite's pages in memory
LISTS = {"LineItem": "lineItems", "ShippingLine": "shippingLines"}  # rows by type, and the field they belong to
_EMPTY = b'"%s":{"nodes":[%s],"pageInfo":{"hasNextPage":false,"endCursor":null}}'


class _Row(msgspec.Struct):
    """What is needed of a row to find its place."""

    kind: str = msgspec.field(name="__typename")
    id: Gid | None = None
    parent: Gid | None = msgspec.field(name="__parentId", default=None)
    updated_at: str = msgspec.field(name="updatedAt", default="")


class BulkRows:
    """The rows of one file. Closing it removes them from the disk."""

    def __init__(self) -> None:
        # No name: a temporary file. Generators may be closed by whichever thread drops them last.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            f"PRAGMA cache_size = -{CACHE_KIB}; PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE;"
        )
        self._db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, updated TEXT, raw BLOB)")
        self._db.execute("CREATE TABLE parts (parent INTEGER, kind TEXT, id INTEGER, raw BLOB)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the rows."""
        self._db.close()

    @property
    def roots(self) -> int:
        """How many orders there are."""
        return self._count("orders")

    def fill(self, rows: Iterable[bytes], job: BulkJob, breathe: Callable[[], None] = lambda: None) -> None:
        """Take in every row; `breathe` is called now and then.

        Raises `RetriableError` when the file is broken, and `BulkLostError` when it is whole but is not all
        that the operation counted.
        """
        self._db.execute("BEGIN")
        try:
            for some in _some(rows, ROWS_AT_ONCE):
                self._put([(row, self._read(row)) for row in some])
                breathe()
            self._db.execute("COMMIT")
            # Now that the tables are full: far cheaper than keeping them sorted while rows arrive in any order.
            self._db.execute("CREATE UNIQUE INDEX parts_of ON parts (parent, kind, id)")
            self._db.execute("CREATE INDEX by_change ON orders (updated, id)")
        except sqlite3.IntegrityError:
            raise BulkLostError("its file holds an object twice") from None
        except sqlite3.OperationalError as error:
            raise BulkLostError(f"its rows cannot be kept for a moment: {error}") from None
        self._compare(job)

    def _read(self, row: bytes) -> _Row:
        try:
            found = msgspec.json.decode(row, type=_Row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RetriableError("Shopify: a row of the bulk operation's file is cut or is none") from None
        if found.kind != "Order" if found.parent is None else found.kind not in LISTS:
            raise BulkLostError(f"its file holds a row of an unexpected type ({found.kind[:40]})")
        if any(gid and int(digits(gid)) > LARGEST for gid in (found.id, found.parent)):
            raise BulkLostError("its file holds an id that is too large")
        if found.id is None and found.parent is None:
            raise BulkLostError("its file holds an order without an id")
        return found

    def _put(self, rows: Sequence[tuple[bytes, _Row]]) -> None:
        orders, parts = [], []
        for raw, row in rows:
            number = int(digits(row.id)) if row.id else None
            if row.parent is None:
                orders.append((number, row.updated_at, raw))
            else:
                parts.append((int(digits(row.parent)), row.kind, number, raw))
        self._db.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)
        self._db.executemany("INSERT INTO parts VALUES (?, ?, ?, ?)", parts)

    def _compare(self, job: BulkJob) -> None:
        orders, parts = self.roots, self._count("parts")
        if orders + parts != int(job.object_count) or orders != int(job.root_object_count):
            raise BulkLostError(
                f"its file has {orders + parts} rows, {orders} of them orders; "
                f"{job.object_count} and {job.root_object_count} were counted"
            )
        if self._count("parts WHERE parent NOT IN (SELECT id FROM orders)"):
            raise BulkLostError("its file holds lines without their order")

    def _count(self, what: str) -> int:
        (number,) = self._db.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608 - our own words
        return int(number)

    def orders(self, size: int) -> Iterator[list[msgspec.Raw]]:
        """Whole orders as the list of orders gives them, in the order of their last change, `size` at a time."""
        walk = self._db.execute("SELECT id FROM orders ORDER BY updated, id")
        for numbers in _some((number for (number,) in walk), size):
            yield [msgspec.Raw(order) for order in self._joined(numbers)]

    def _joined(self, numbers: Sequence[int]) -> Iterator[bytes]:
        chosen = f"({', '.join(map(str, numbers))})"  # numbers, so they may stand in the statement
        parts: dict[tuple[int, str], list[bytes]] = {}
        for parent, kind, raw in self._db.execute(
            f"SELECT parent, kind, raw FROM parts WHERE parent IN {chosen} ORDER BY parent, kind, id"  # noqa: S608
        ):
            parts.setdefault((parent, kind), []).append(raw)
        orders = dict(self._db.execute(f"SELECT id, raw FROM orders WHERE id IN {chosen}"))  # noqa: S608
        for number in numbers:
            lists = (
                _EMPTY % (field.encode(), b",".join(parts.get((number, kind), ())))
                for kind, field in LISTS.items()
            )
            yield orders[number].rstrip()[:-1] + b"," + b",".join(lists) + b"}"


def download(http: HttpClient, job: BulkJob, breathe: Callable[[], None]) -> BulkRows:
    """The rows of a complete operation, checked against what it counted.

    Raises `BulkLostError` when there is no such file any more, when it is not whole, or when it could not be
    had in the tries that one request gets.
    """
    if job.url is None:
        if int(job.object_count):
            raise BulkLostError(f"it counted {job.object_count} objects and gives no file")
        return BulkRows()  # nothing matched: then there is no file
    url = job.url

    def attempt() -> BulkRows:
        rows = BulkRows()
        try:
            with http.download(url) as response:
                _check_status(http, response)
                rows.fill(lines(response.iter_content(CHUNK)), job, breathe)
        except BaseException:
            rows.close()
            raise
        return rows

    try:
        return http.persist(attempt)
    except RetriableError as error:
        raise BulkLostError(f"its file cannot be had: {error}") from None


def _check_status(http: HttpClient, response: requests.Response) -> None:
    if response.status_code >= 500 or response.status_code == 429:
        http.check_status(response)
    if response.status_code != 200:
        raise BulkLostError(f"its file is not there any more (HTTP {response.status_code})")


def _some(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a stream, empty ones left out. Raises `RetriableError` when one does not end."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(rest) > LONGEST_ROW:
            raise RetriableError("Shopify: the bulk operation's file is not made of rows")
    if rest.strip():
        yield rest
