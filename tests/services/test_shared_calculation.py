"""Days calculated by several processes come out as by one."""

from datetime import date, timedelta
from itertools import cycle

import pytest

from profitsync.domain.days import DayRange, runs
from profitsync.domain.rows import DayMetrics
from profitsync.services.calculate import calculate_days
from profitsync.services.shared_calculation import LARGEST_PART, SMALLEST_PART, calculate_side_by_side, parts
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

    assert (found, hands.calls >= 2) == (wanted, True)
    assert len({row.values["netSales"] for row in found}) > 20


@pytest.mark.parametrize("workers", [2, 5])
@pytest.mark.parametrize("days", [DAYS, DAYS_WITH_GAPS, DAYS[:1], []], ids=len)
def test_every_day_is_in_one_part_and_the_last_parts_are_small(days: list[date], workers: int) -> None:
    found = list(parts(runs(days), workers))

    assert [day for part in found for day in part] == days
    assert all(part[-1] - part[0] == timedelta(days=len(part) - 1) for part in found)
    assert all(len(part) <= LARGEST_PART for part in found)
    assert len(found[-1] if found else []) <= SMALLEST_PART


def test_many_days_are_shared_out_so_that_nobody_works_long_alone() -> None:
    year = DayRange(UNTIL - timedelta(days=364), UNTIL)

    sizes = [len(part) for part in parts((year,), 2)]

    assert sizes[0] == LARGEST_PART
    assert sizes == sorted(sizes, reverse=True)
    assert all(size <= SMALLEST_PART or size <= sum(sizes[place:]) / 4 for place, size in enumerate(sizes))


def in_order(pieces: object) -> list[DayMetrics]:
    assert hasattr(pieces, "__iter__")
    return sorted((row for rows in pieces for row in rows), key=lambda row: row.day)
