"""How soon and how much at once: the shop's bucket of query points, and lists that grow and shrink.

Pure: the time is handed in, and whoever asks does the waiting. A query runs only when the bucket holds what it
asks for at most; afterwards the difference to what it took is given back (Shopify's published rate limits).
"""

import math
from datetime import datetime

from profitsync.sources.shopify.answers import Cost, ThrottleStatus

MOST_OF_ONE = 1000.0  # points that one query may ask for
NEVER = 1e6  # seconds; of a bucket that as good as does not fill
GROW_AFTER = 2  # answers in time before a list grows; doubled each time it had to shrink
_SHRINK_BY = 3  # three steps lead from the largest page to single orders


class Pacer:
    """What is known of the bucket and of what each query asks for.

    A query is told by its document and by how many elements it asks for. Of one not seen yet, the cost of the
    same document with more elements counts, else the most that any query may ask for.
    """

    def __init__(self) -> None:
        self.spent = 0.0  # points taken by all queries so far
        self._status: ThrottleStatus | None = None
        self._seen_at: datetime | None = None
        self._costs: dict[str, dict[int, float]] = {}

    def learn(self, document: str, size: int, cost: Cost | None, now: datetime) -> None:
        """Take in what an answer, also a refusal, says of its cost and of the bucket."""
        if cost is None:
            return
        self.spent += cost.actual_query_cost or 0.0
        if cost.requested_query_cost is not None:
            known = self._costs.setdefault(document, {})
            known[size] = max(known.get(size, 0.0), cost.requested_query_cost)
        if cost.throttle_status is not None:
            self._status, self._seen_at = cost.throttle_status, now

    def pause(self, document: str, size: int, now: datetime) -> float:
        """Seconds until the bucket holds what the query asks for, in whole milliseconds; 0: ask at once.

        Nothing is known of the bucket before the first answer: 0 then too. Other programs may empty it
        meanwhile, which only a refusal tells.
        """
        status = self._status
        if status is None or self._seen_at is None or status.restore_rate <= 0:
            return 0.0
        passed = max(0.0, (now - self._seen_at).total_seconds())
        level = status.currently_available + passed * status.restore_rate
        missing = min(self._estimate(document, size), status.maximum_available) - level
        seconds = min(missing / status.restore_rate, NEVER)
        return math.ceil(seconds * 1000) / 1000 if missing > 0 else 0.0

    def _estimate(self, document: str, size: int) -> float:
        known = self._costs.get(document, {})
        larger = [cost for other, cost in known.items() if other >= size]
        return min(larger, default=MOST_OF_ONE)


class Fit:
    """How many elements of one kind to ask for at once: fewer after a refusal, more again after successes."""

    def __init__(self, largest: int) -> None:
        self.size = largest
        self._largest = largest
        self._successes = 0
        self._patience = GROW_AFTER

    def shrink(self, *, for_good: bool) -> bool:
        """Ask for a third from now on; False when it is a single one already.

        `for_good`: it cannot grow back beyond that, as the cost of a query does not change with time.
        """
        if self.size == 1:
            return False
        self.size = max(1, self.size // _SHRINK_BY)
        self._successes = 0
        if for_good:
            self._largest = self.size
        self._patience *= 2  # what proved too much is not tried again soon
        return True

    def succeeded(self) -> None:
        """Note an answer in time; after some of them the size doubles, up to the largest."""
        self._successes += 1
        if self._successes >= self._patience and self.size < self._largest:
            self.size = min(self._largest, self.size * 2)
            self._successes = 0
