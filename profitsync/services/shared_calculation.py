"""Many days calculated side by side, in this process and in others. Each day comes from the same function."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from functools import cache

import msgspec

from profitsync.bootstrap import open_store
from profitsync.domain.days import DayRange, runs
from profitsync.domain.merchants import User
from profitsync.domain.rows import DayMetrics
from profitsync.hands import Hands
from profitsync.services.calculate import FIRST_PIECE, calculate_days, next_length
from profitsync.stores.protocol import Store

# Days in one part: the later, the smaller, so that all workers are done at about the same time.
LARGEST_PART, SMALLEST_PART = 15, 5


class Part(msgspec.Struct):
    """Some days of one merchant, as another process is told of them."""

    database: str  # may hold a password: it goes through a pipe, nowhere else
    user: User
    days: list[date]
    sources: dict[date, dict[str, str]]
    ad_zones: list[str]
    length: int  # how many of them to begin with


def calculated(given: bytes) -> bytes:
    """The figures of a part, for another process: JSON to JSON."""
    part = msgspec.json.decode(given, type=Part)
    pieces = calculate_days(
        _opened(part.database), part.user, part.days, part.sources, part.ad_zones, length=part.length
    )
    return msgspec.json.encode([row for rows in pieces for row in rows])


def calculate_side_by_side(
    store: Store,
    user: User,
    days: Iterable[date],
    sources: Mapping[date, Mapping[str, str]],
    ad_zones: Collection[str],
    hands: Hands | None,
) -> Iterator[list[DayMetrics]]:
    """As `calculate_days`; with `hands`, in no particular order of the days."""
    if not hands:
        yield from calculate_days(store, user, days, sources, ad_zones)
        return
    address, length = store.address(), FIRST_PIECE
    waiting = deque(parts(runs(days), len(hands) + 1))
    under_way: list[tuple[list[date], Future[bytes | None]]] = []

    def part_of(some: list[date]) -> bytes:
        known = {day: dict(sources[day]) for day in some}
        return msgspec.json.encode(Part(address, user, some, known, list(ad_zones), length))

    def ours(some: list[date]) -> Iterator[list[DayMetrics]]:
        nonlocal length
        for rows in calculate_days(store, user, some, sources, ad_zones, length=length):
            length = next_length(rows)
            yield rows

    while waiting or under_way:
        while waiting and len(under_way) < 2 * len(hands):  # one at work, one in its pipe
            some = waiting.popleft()
            under_way.append((some, hands.call(calculated, part_of(some))))
        if waiting:
            yield from ours(waiting.popleft())
        else:
            under_way[0][1].result()
        done = [one for one in under_way if one[1].done()]
        under_way = [one for one in under_way if one not in done]
        for some, answer in done:
            content = answer.result()
            if content is None:
                yield from ours(some)
            else:
                yield msgspec.json.decode(content, type=list[DayMetrics])


def parts(some: Sequence[DayRange], workers: int) -> Iterator[list[date]]:
    """Days that follow one another, in each part about half of a worker's share of what is left."""
    left = sum(map(len, some))
    for one in some:
        every = list(one.days())
        while every:
            size = max(SMALLEST_PART, min(LARGEST_PART, left // (2 * workers)))
            part, every = every[:size], every[size:]
            yield part
            left -= len(part)


@cache
def _opened(address: str) -> Store:
    """Open as long as the process is, which serves one run."""
    return open_store(address)
