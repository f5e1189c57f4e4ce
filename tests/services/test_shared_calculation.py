"""Days calculated by several processes come out as by one."""

from datetime import timedelta
from itertools import cycle

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.rows import DayMetrics
from profitsync.services.calculate import calculate_days
from profitsync.services.shared_calculation import SHARE, calculate_side_by_side
from tests.hands import Behaviour, Scripted, at_once, not_at_all
from tests.services.synced import UNTIL, Synced

DAYS = list(DayRange(UNTIL - timedelta(days=39), UNTIL).days())
DAYS_WITH_GAPS = [*DAYS[:7], *DAYS[9:10], *DAYS[20:]]


def every_other() -> Behaviour:
    turns = cycle([not_at_all, at_once])
    return lambda answer, task, given: next(turns)(answer, task, given)


BEHAVIOUR = [
    pytest.param(at_once, id="all of it"),
    pytest.param(every_other(), id="every other part"),
    pytest.param(not_at_all, id="nothing"),
]


@pytest.mark.parametrize("behaviour", BEHAVIOUR)
def test_whoever_calculates_a_day_it_comes_out_the_same(generated: Synced, behaviour: Behaviour) -> None:
    stored = generated.store.metrics(generated.user.id, DayRange(DAYS[0], UNTIL))
    sources = {row.day: row.sources for row in stored}
    given = (generated.store, generated.user, DAYS_WITH_GAPS, sources, ["Asia/Dubai"])
    hands = Scripted(2, behaviour)
    wanted = in_order(calculate_days(*given))

    found = in_order(calculate_side_by_side(*given, hands))

    assert (found, hands.calls >= len(DAYS_WITH_GAPS) // SHARE // 2) == (wanted, True)
    assert len({row.values["netSales"] for row in found}) > 20


def in_order(pieces: object) -> list[DayMetrics]:
    assert hasattr(pieces, "__iter__")
    return sorted((row for rows in pieces for row in rows), key=lambda row: row.day)
