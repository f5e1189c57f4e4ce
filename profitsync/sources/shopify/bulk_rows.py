"""The file of a bulk operation: one JSON object per row, parents and children in any order.

The orders are put into a temporary database on disk as they arrive, so that memory stays small whatever the size.
Lines usually follow their order and are kept with it; those that come elsewhere are kept apart and join it at the
end. SQLite removes the file's name as soon as it is open: nothing is left behind, even by a killed run.
"""

import re
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
from profitsync.sources.shopify.wire import GID, UNREADABLE

T = TypeVar("T")

CHUNK = 1 << 16  # bytes read from the connection at once
LONGEST_ROW = 1 << 24  # bytes; a longer one is no row of ours
LARGEST = 2**63 - 1  # what SQLite takes for an integer
ROWS_AT_ONCE = 100
CACHE_KIB = 4096  # of SQLite's pages in memory
PAGE_BYTES = 16_384  # holds several orders
LISTS = {"LineItem": "lineItems", "ShippingLine": "shippingLines"}  # rows by type, and the field they belong to
_BEGIN = [b',"%b":{"nodes":[' % field.encode() for field in LISTS.values()]
_END = b'],"pageInfo":{"hasNextPage":false,"endCursor":null}}'
_ORDER = "Order"


class _Row(msgspec.Struct, gc=False):
    """What is needed of a row to find its place. Whatever else must hold of it is checked with its order."""

    kind: str = msgspec.field(name="__typename")
    id: str | None = None
    parent: str | None = msgspec.field(name="__parentId", default=None)
    updated_at: str = msgspec.field(name="updatedAt", default="")


_Part = tuple[_Row, bytes]
_GID = re.compile(GID)
_ROWS = msgspec.json.Decoder(list[_Row])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


class BulkRows:
    """The rows of one file. Closing it removes them from the disk."""

    def __init__(self) -> None:
        # No name: a temporary file. Generators may be closed by whichever thread drops them last.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            f"PRAGMA page_size = {PAGE_BYTES}; PRAGMA cache_size = -{CACHE_KIB};"
            "PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE;"
        )
        lists = ", ".join(LISTS)  # of each order: its rows of that type, in the order of their ids
        self._db.execute(f"CREATE TABLE orders (id INTEGER PRIMARY KEY, updated TEXT, raw BLOB, {lists})")
        self._db.execute("CREATE TABLE strays (parent INTEGER, kind TEXT, raw BLOB)")
        self._family: list[_Part] = []  # the order that came last, with the rows that followed it

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
        (number,) = self._db.execute("SELECT count(*) FROM orders").fetchone()
        return int(number)

    def fill(self, rows: Iterable[bytes], job: BulkJob, breathe: Callable[[], None] = lambda: None) -> None:
        """Take in every row; `breathe` is called now and then.

        Raises `RetriableError` when the file is broken, and `BulkLostError` when it is whole but is not all
        that the operation counted.
        """
        count = 0
        self._db.execute("BEGIN")
        try:
            for some in _some(rows, ROWS_AT_ONCE):
                self._put(some, _read(some))
                count += len(some)
                breathe()
            self._put_orders([_whole(self._family)] if self._family else [])
            self._compare(job, count)
            self._join_strays()
            # Now that the table is full: far cheaper than keeping it sorted while orders arrive in any order.
            self._db.execute("CREATE INDEX by_change ON orders (updated, id)")
            self._db.execute("COMMIT")
        except sqlite3.IntegrityError:
            raise _twice() from None
        except sqlite3.OperationalError as error:
            raise BulkLostError(f"its rows cannot be kept for a moment: {error}") from None

    def _put(self, raws: Sequence[bytes], rows: Sequence[_Row]) -> None:
        orders, strays, family = [], [], self._family
        for raw, row in zip(raws, rows, strict=True):
            if row.parent is None:
                if family:
                    orders.append(_whole(family))
                family = [(row, raw)]
            elif family and row.parent == family[0][0].id:
                family.append((row, raw))
            else:
                strays.append((_number(row.parent), row.kind, raw))
        self._family = family
        self._put_orders(orders)
        self._db.executemany("INSERT INTO strays VALUES (?, ?, ?)", strays)

    def _put_orders(self, orders: Sequence[tuple[int | str | bytes, ...]]) -> None:
        self._db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", orders)

    def _compare(self, job: BulkJob, rows: int) -> None:
        orders = self.roots
        if rows != int(job.object_count) or orders != int(job.root_object_count):
            raise BulkLostError(
                f"its file has {rows} rows, {orders} of them orders; "
                f"{job.object_count} and {job.root_object_count} were counted"
            )

    def _join_strays(self) -> None:
        """Put rows that came apart from their order in their place."""
        self._db.execute("CREATE INDEX strays_of ON strays (parent)")
        parents = self._db.execute("SELECT DISTINCT parent FROM strays ORDER BY parent")
        lists = ", ".join(LISTS)
        for (parent,) in parents:
            found = self._db.execute(f"SELECT {lists} FROM orders WHERE id = ?", (parent,)).fetchone()  # noqa: S608
            if found is None:
                raise BulkLostError("its file holds lines without their order")
            raws = [raw for (raw,) in self._db.execute("SELECT raw FROM strays WHERE parent = ?", (parent,))]
            raws += [bytes(raw) for joined in found for raw in _RAWS.decode(b"[%b]" % joined)]
            self._db.execute(
                f"UPDATE orders SET ({lists}) = ({', '.join('?' * len(LISTS))}) WHERE id = ?",  # noqa: S608
                (*_lists(list(zip(_read(raws), raws, strict=True))), parent),
            )

    def leave_out(self, ids: Iterable[str]) -> None:
        """Forget these orders (digits)."""
        self._db.executemany("DELETE FROM orders WHERE id = ?", ((int(one),) for one in ids))

    def orders(self, size: int) -> Iterator[list[msgspec.Raw]]:
        """Whole orders as the list of orders gives them, in the order of their last change, `size` at a time."""
        rows = self._db.execute(f"SELECT raw, {', '.join(LISTS)} FROM orders ORDER BY updated, id")  # noqa: S608
        while some := rows.fetchmany(size):
            yield [msgspec.Raw(_joined(*row)) for row in some]


def _read(rows: Sequence[bytes]) -> list[_Row]:
    """All of them at once; the file is broken where one of them is not a row."""
    try:
        found = _ROWS.decode(b"[%b]" % b",".join(rows))
    except UNREADABLE:
        found = []
    if len(found) != len(rows):
        raise _broken()
    return found


def _whole(family: Sequence[_Part]) -> tuple[int | str | bytes, ...]:
    """A row of the table: an order and what followed it."""
    (order, raw), *parts = family
    if order.kind != _ORDER:
        raise _unexpected(order)
    if order.id is None:
        raise BulkLostError("its file holds an order without an id")
    return _number(order.id), order.updated_at, raw, *_lists(parts)


def _lists(parts: Sequence[_Part]) -> list[bytes]:
    """The rows of one order by their type, each list in the order of the ids and ready to stand in JSON."""
    lists, left = [], len(parts)
    for kind in LISTS:
        some = [part for part in parts if part[0].kind == kind]
        left -= len(some)
        lists.append(some[0][1] if len(some) == 1 else b",".join(_in_order(some)))
    if left:
        raise _unexpected(next(row for row, _ in parts if row.kind not in LISTS))
    return lists


def _in_order(parts: Sequence[_Part]) -> list[bytes]:
    by_number = [(_number(row.id) if row.id else -1, raw) for row, raw in parts]
    numbers = [number for number, _ in by_number if number >= 0]
    if len(set(numbers)) < len(numbers):
        raise _twice()
    return [raw for _, raw in sorted(by_number)]


def _joined(order: bytes, *lists: bytes) -> bytes:
    """An order's row with its lists inside, before the brace that ends it."""
    pieces = [order.rstrip()[:-1]]
    for begin, rows in zip(_BEGIN, lists, strict=True):
        pieces += (begin, rows, _END)
    return b"".join([*pieces, b"}"])


def _number(gid: str) -> int:
    matched = _GID.match(gid)
    if matched is None:
        raise _broken()
    number = int(matched[1])
    if number > LARGEST:
        raise BulkLostError("its file holds an id that is too large")
    return number


def _broken() -> RetriableError:
    return RetriableError("Shopify: a row of the bulk operation's file is cut or is none")


def _twice() -> BulkLostError:
    return BulkLostError("its file holds an object twice")


def _unexpected(row: _Row) -> BulkLostError:
    return BulkLostError(f"its file holds a row of an unexpected type ({row.kind[:40]})")


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
