"""Reading ahead: while some records are stored, the next ones are fetched and decoded in a thread of their own.

Storing takes about as long for a few records as for some hundred, so what comes quickly is stored together.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Generic, TypeVar

from profitsync.logs import carry

T = TypeVar("T")

ENOUGH = 1_000  # records stored at once
AHEAD = 2  # such batches fetched meanwhile: a store that waits for its disk does not hold the source up
PATIENCE = 2.0  # seconds after which fewer will do, so that a killed run loses little of what came slowly


def read_ahead(
    batches: Iterator[Sequence[T]], clock: Callable[[], float] = time.monotonic, enough: int | None = None
) -> Iterator[list[T]]:
    """The same records in the same order, in batches of at least `enough` (`ENOUGH`) where they come quickly.

    An error of `batches` is raised once everything that came before it was handed out.
    """
    gathering = _Gathering(batches, clock, enough or ENOUGH)
    with closing(gathering), ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = deque(thread.submit(carry(gathering.next)) for _ in range(AHEAD))
        try:
            while records := coming.popleft().result():
                coming.append(thread.submit(carry(gathering.next)))
                yield records
        finally:
            for one in coming:
                one.cancel()


class _Gathering(Generic[T]):
    """Joins batches."""

    def __init__(self, batches: Iterator[Sequence[T]], clock: Callable[[], float], enough: int) -> None:
        self._batches = batches
        self._enough = enough
        self._clock = clock
        self._error: Exception | None = None

    def next(self) -> list[T]:
        """Some more records; none at the end."""
        if self._error is not None:
            raise self._error
        records: list[T] = []
        began = self._clock()
        try:
            for batch in self._batches:
                records += batch
                if len(records) >= self._enough or (records and self._clock() - began >= PATIENCE):
                    break
        except Exception as error:
            if not records:
                raise
            self._error = error
        return records

    def close(self) -> None:
        """Ask for no more."""
        if isinstance(self._batches, Generator):
            self._batches.close()
