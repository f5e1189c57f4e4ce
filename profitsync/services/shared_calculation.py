"""Many days calculated side by side, in this process and in others. Each day comes from the same function."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import date
from functools import cache

import msgspec

from profitsync.bootstrap import open_store
from profitsync.domain.days import DayRange, runs
from profitsync.domain.merchants import User
from profitsync.domain.rows import DayMetrics
from profitsync.hands import Hands
from profitsync.services.calculate import calculate_days
from profitsync.stores.protocol import Store

SHARE = 15  # days in one part: small enough for all to be done at about the same time


class Part(msgspec.Struct):
    """Some days of one merchant, as another process is told of them."""

    database: str  # may hold a password: it goes through a pipe, nowhere else
    user: User
    days: list[date]
    sources: dict[date, dict[str, str]]
    ad_zones: list[str]


def calculated(given: bytes) -> bytes:
    """The figures of a part, for another process: JSON to JSON."""
    part = msgspec.json.decode(given, type=Part)
    pieces = calculate_days(_opened(part.database), part.user, part.days, part.sources, part.ad_zones)
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
    address = store.address()
    waiting = deque(part for one in runs(days) for part in _parts(one))
    under_way: list[tuple[list[date], Future[bytes | None]]] = []

    def part_of(some: list[date]) -> bytes:
        known = {day: dict(sources[day]) for day in some}
        return msgspec.json.encode(Part(address, user, some, known, list(ad_zones)))

    while waiting or under_way:
        while waiting and len(under_way) < 2 * len(hands):  # one at work, one in its pipe
            some = waiting.popleft()
            under_way.append((some, hands.call(calculated, part_of(some))))
        if waiting:
            yield from calculate_days(store, user, waiting.popleft(), sources, ad_zones)
        else:
            under_way[0][1].result()
        done = [one for one in under_way if one[1].done()]
        under_way = [one for one in under_way if one not in done]
        for some, answer in done:
            content = answer.result()
            if content is None:
                yield from calculate_days(store, user, some, sources, ad_zones)
            else:
                yield msgspec.json.decode(content, type=list[DayMetrics])


def _parts(days: DayRange) -> Iterator[list[date]]:
    every = list(days.days())
    for begin in range(0, len(every), SHARE):
        yield every[begin : begin + SHARE]


@cache
def _opened(address: str) -> Store:
    """Open as long as the process is, which serves one run."""
    return open_store(address)
