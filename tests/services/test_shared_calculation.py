"""Days calculated by several processes come out as by one."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.rows import DayMetrics
from profitsync.hands import Hands, Task
from profitsync.services.calculate import calculate_days
from profitsync.services.shared_calculation import SHARE, calculate_side_by_side
from tests.services.synced import UNTIL, Synced

DAYS = list(DayRange(UNTIL - timedelta(days=39), UNTIL).days())
DAYS_WITH_GAPS = [*DAYS[:7], *DAYS[9:10], *DAYS[20:]]


class Scripted(Hands):
    """Two hands that do their part here, every other time or never."""

    def __init__(self, does: Callable[[int], bool]) -> None:
        super().__init__(2)
        self._does = does
        self.calls = 0

    def call(self, task: Task, given: bytes) -> "Future[bytes | None]":
        self.calls += 1
        answer: Future[bytes | None] = Future()
        answer.set_result(task(given) if self._does(self.calls) else None)
        return answer


BEHAVIOUR = [
    pytest.param(lambda _call: True, id="all of it"),
    pytest.param(lambda call: call % 2 == 0, id="every other part"),
    pytest.param(lambda _call: False, id="nothing"),
]


@pytest.mark.parametrize("does", BEHAVIOUR)
def test_whoever_calculates_a_day_it_comes_out_the_same(generated: Synced, does: Callable[[int], bool]) -> None:
    stored = generated.store.metrics(generated.user.id, DayRange(DAYS[0], UNTIL))
    sources = {row.day: row.sources for row in stored}
    hands, given = Scripted(does), (generated.store, generated.user, DAYS_WITH_GAPS, sources, ["Asia/Dubai"])
    wanted = in_order(calculate_days(*given))

    found = in_order(calculate_side_by_side(*given, hands))

    assert (found, hands.calls >= len(DAYS_WITH_GAPS) // SHARE // 2) == (wanted, True)
    assert len({row.values["netSales"] for row in found}) > 20


def in_order(pieces: object) -> list[DayMetrics]:
    assert hasattr(pieces, "__iter__")
    return sorted((row for rows in pieces for row in rows), key=lambda row: row.day)
