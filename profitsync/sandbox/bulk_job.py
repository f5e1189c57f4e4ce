"""One bulk operation of the sandbox: its state, and its rows in a file without a name."""

import os
import random
import secrets
import tempfile
from array import array
from collections.abc import Iterator
from datetime import datetime

from profitsync.sandbox.render_values import gid

PIECE = 1 << 16  # bytes of the file sent at once


class BulkJob:
    """One operation and its rows. `fate` is what is to go wrong with it."""

    def __init__(self, number: int, text: str, at: datetime, fate: str) -> None:
        self.id = gid("BulkOperation", str(number))
        self.number = number
        self.text = text
        self.created_at = at
        self.fate = fate
        self.signature = secrets.token_hex(16)
        self.status = "CREATED"
        self.error_code: str | None = None
        self.completed_at: datetime | None = None
        self.roots = 0
        self.work: Iterator[None] = iter(())
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the operation
        self.ends = array("Q", [0])  # where each row ends in the file
        self.order: array[int] = array("L")

    @property
    def rows(self) -> int:
        """Rows so far."""
        return len(self.ends) - 1

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.ends[-1]

    def write(self, rows: Iterator[bytes]) -> None:
        """Append the rows of one root object."""
        self.roots += 1
        for row in rows:
            self.file.write(row)
            self.ends.append(self.ends[-1] + len(row))

    def complete(self, seed: int | None) -> None:
        """No more rows; `seed` shuffles them."""
        self.file.flush()
        places = list(range(self.rows))
        if seed is not None:
            random.Random(seed).shuffle(places)  # noqa: S311 - repeatable on purpose
        self.order = array("L", places)

    def bytes_of(self, rows: int) -> int:
        """How long the first so many rows of the file are."""
        return sum(self.ends[place + 1] - self.ends[place] for place in self.order[:rows])

    def content(self, rows: int) -> Iterator[bytes]:
        """The first so many rows of the file, in pieces."""
        piece = bytearray()
        for place in self.order[:rows]:
            begin = self.ends[place]
            piece += os.pread(self.file.fileno(), self.ends[place + 1] - begin, begin)
            if len(piece) >= PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)
