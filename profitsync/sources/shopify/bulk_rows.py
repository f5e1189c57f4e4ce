"""The rows of a bulk operation's file: one JSON object each, and what becomes of those of one order."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import msgspec

from profitsync.sources.errors import RetriableError
from profitsync.sources.shopify.bulk_job import BulkJob, BulkLostError
from profitsync.sources.shopify.wire import UNREADABLE, digits

LONGEST_ROW = 1 << 24  # bytes; a longer one is no row of ours
LARGEST = 2**63 - 1  # what SQLite and arrays take for an integer
ROWS_AT_ONCE = 100
LISTS = {"LineItem": "lineItems", "ShippingLine": "shippingLines"}  # rows by type, and the field they belong to
_BEGIN = [b',"%b":{"nodes":[' % field.encode() for field in LISTS.values()]
_END = b'],"pageInfo":{"hasNextPage":false,"endCursor":null}}'
_ORDER = "Order"


class Row(msgspec.Struct, gc=False):
    """What is needed of a row to find its place. Whatever else must hold of it is checked with its order."""

    kind: str = msgspec.field(name="__typename")
    id: str | None = None
    parent: str | None = msgspec.field(name="__parentId", default=None)
    updated_at: str = msgspec.field(name="updatedAt", default="")


Part = tuple[Row, bytes]
_ROWS = msgspec.json.Decoder(list[Row])


class Stored(msgspec.Struct, gc=False):
    """An order's row, and its lists ready to stand in JSON."""

    number: int
    updated_at: str
    raw: bytes
    lists: list[bytes]


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


def parts(rows: Iterable[bytes]) -> Iterator[list[Part]]:
    """Every row with what is needed of it, some at a time. Raises `RetriableError` when one is none."""
    rest = iter(rows)
    while some := list(islice(rest, ROWS_AT_ONCE)):
        yield list(zip(read(some), some, strict=True))


def read(rows: Sequence[bytes]) -> list[Row]:
    """All of them at once; the file is broken where one of them is not a row."""
    try:
        found = _ROWS.decode(b"[%b]" % b",".join(rows))
    except UNREADABLE:
        found = []
    if len(found) != len(rows):
        raise _broken()
    return found


def order_of(family: Sequence[Part]) -> Stored:
    """An order of its own row and the rows that followed it. Raises `BulkLostError` when it is none."""
    (order, raw), *others = family
    if order.kind != _ORDER:
        raise _unexpected(order)
    if order.id is None:
        raise BulkLostError("its file holds an order without an id")
    return Stored(number(order.id), order.updated_at, raw, lists_of(others))


class Families:
    """Puts orders together whose rows follow one another; `strays` are lines that did not follow theirs."""

    def __init__(self) -> None:
        self._family: list[Part] = []
        self._rows = 0
        self._ids = array("q")  # 8 bytes each: there may be a million
        self.strays: list[Part] = []

    @property
    def count(self) -> int:
        """Orders put together so far."""
        return len(self._ids)

    def add(self, part: Part) -> Stored | None:
        """Take the next row; the order that it ends."""
        self._rows += 1
        parent = part[0].parent
        if parent is None:
            ended = self.last()
            self._family.append(part)
            return ended
        if self._family and parent == self._family[0][0].id:
            self._family.append(part)
        else:
            self.strays.append(part)
        return None

    def last(self) -> Stored | None:
        """The order that the rows so far end with."""
        if not self._family:
            return None
        order = order_of(self._family)
        self._family = []
        self._ids.append(order.number)
        return order

    def compared(self, job: BulkJob) -> int:
        """How many orders there are. Raises `BulkLostError` when rows are missing, or one came twice."""
        if self._rows != int(job.object_count) or self.count != int(job.root_object_count):
            raise BulkLostError(
                f"its file has {self._rows} rows, {self.count} of them orders; "
                f"{job.object_count} and {job.root_object_count} were counted"
            )
        ids: Iterable[int] = self._ids
        if any(one >= other for one, other in pairwise(ids)):  # else there is no need for a million objects
            ids = sorted(ids)
        if any(one == other for one, other in pairwise(ids)):
            raise twice()
        return self.count


def lists_of(others: Sequence[Part]) -> list[bytes]:
    """The rows of one order by their type, each list in the order of the ids and ready to stand in JSON."""
    lists, left = [], len(others)
    for kind in LISTS:
        some = [part for part in others if part[0].kind == kind]
        left -= len(some)
        lists.append(some[0][1] if len(some) == 1 else b",".join(_in_order(some)))
    if left:
        raise _unexpected(next(row for row, _ in others if row.kind not in LISTS))
    return lists


def _in_order(some: Sequence[Part]) -> list[bytes]:
    by_number = [(number(row.id) if row.id else -1, raw) for row, raw in some]
    numbers = [one for one, _ in by_number if one >= 0]
    if len(set(numbers)) < len(numbers):
        raise twice()
    return [raw for _, raw in sorted(by_number)]


def joined(order: bytes, lists: Iterable[bytes]) -> msgspec.Raw:
    """An order's row with its lists inside, before the brace that ends it: as the list of orders gives it."""
    pieces = [order.rstrip()[:-1]]
    for begin, rows in zip(_BEGIN, lists, strict=True):
        pieces += (begin, rows, _END)
    return msgspec.Raw(b"".join([*pieces, b"}"]))


def number(gid: str) -> int:
    """The number of a global id."""
    try:
        found = int(digits(gid))
    except ValueError:
        raise _broken() from None
    if found > LARGEST:
        raise BulkLostError("its file holds an id that is too large")
    return found


def twice() -> BulkLostError:
    """For an object that comes once more."""
    return BulkLostError("its file holds an object twice")


def _broken() -> RetriableError:
    return RetriableError("Shopify: a row of the bulk operation's file is cut or is none")


def _unexpected(row: Row) -> BulkLostError:
    return BulkLostError(f"its file holds a row of an unexpected type ({row.kind[:40]})")
