"""Rows of a bulk operation's file in any order, put together on disk.

They go into a temporary database as they arrive, so that memory stays small whatever the size. SQLite removes the
file's name as soon as it is open: nothing is left behind, even by a killed run.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from profitsync.sources.shopify.bulk_job import BulkJob, BulkLostError
from profitsync.sources.shopify.bulk_rows import (
    LISTS,
    Families,
    Part,
    Stored,
    joined,
    lists_of,
    number,
    parts,
    read,
    twice,
)

CACHE_KIB = 4096  # of SQLite's pages in memory
PAGE_BYTES = 16_384  # holds several orders
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


class BulkSpool:
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
        self._db.execute("CREATE TABLE strays (parent INTEGER, raw BLOB)")
        self.roots = 0  # orders, once all rows are there

    def close(self) -> None:
        """Remove the rows."""
        self._db.close()

    def fill(self, rows: Iterable[bytes], job: BulkJob, breathe: Callable[[], None] = lambda: None) -> None:
        """Take in every row; `breathe` is called now and then.

        Raises `RetriableError` when the file is broken, and `BulkLostError` when it is whole but is not all
        that the operation counted.
        """
        families = Families()
        self._db.execute("BEGIN")
        try:
            for some in parts(rows):
                self._put(list(filter(None, map(families.add, some))), families.strays)
                families.strays.clear()
                breathe()
            self._put(list(filter(None, [families.last()])), [])
            self.roots = families.compared(job)
            self._join_strays()
            # Now that the table is full: far cheaper than keeping it sorted while orders arrive in any order.
            self._db.execute("CREATE INDEX by_change ON orders (updated, id)")
            self._db.execute("COMMIT")
        except sqlite3.IntegrityError:
            raise twice() from None
        except sqlite3.OperationalError as error:
            raise BulkLostError(f"its rows cannot be kept for a moment: {error}") from None

    def _put(self, orders: Sequence[Stored], strays: Sequence[Part]) -> None:
        rows = ((one.number, one.updated_at, one.raw, *one.lists) for one in orders)
        self._db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
        apart = ((number(row.parent or ""), raw) for row, raw in strays)
        self._db.executemany("INSERT INTO strays VALUES (?, ?)", apart)

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
            raws += [bytes(raw) for some in found for raw in _RAWS.decode(b"[%b]" % some)]
            self._db.execute(
                f"UPDATE orders SET ({lists}) = ({', '.join('?' * len(LISTS))}) WHERE id = ?",  # noqa: S608
                (*lists_of(list(zip(read(raws), raws, strict=True))), parent),
            )

    def orders(self, size: int) -> Iterator[list[msgspec.Raw]]:
        """Whole orders as the list of orders gives them, in the order of their last change, `size` at a time."""
        rows = self._db.execute(f"SELECT raw, {', '.join(LISTS)} FROM orders ORDER BY updated, id")  # noqa: S608
        while some := rows.fetchmany(size):
            yield [joined(raw, lists) for raw, *lists in some]
