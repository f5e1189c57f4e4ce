"""New and returning customers of days and ranges."""

from collections.abc import Iterable
from datetime import datetime

import pytest

from profitsync.domain.customers import CustomerCount, count_customers, first_is_first_ever
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import CustomerHistory
from tests.unit.builders import INDIA, at, day


def history(
    first: datetime, known: int = 1, lifetime: int | None = None, index: int | None = None
) -> CustomerHistory:
    return CustomerHistory("X", first, known, index, lifetime)


def counted(
    ids: Iterable[str], histories: dict[str, CustomerHistory], first: int = 2, last: int = 2
) -> CustomerCount:
    return count_customers(ids, histories, DayRange(day(first), day(last)), INDIA)


def test_a_customer_is_new_on_the_day_of_the_first_order_ever() -> None:
    assert counted(["X"], {"X": history(at(2))}) == CustomerCount(new=1)


def test_a_customer_with_an_order_on_an_earlier_day_is_returning() -> None:
    assert counted(["X"], {"X": history(at(1), known=2)}) == CustomerCount(returning=1)


def test_two_orders_on_the_first_day_make_one_new_customer() -> None:
    assert counted(["X", "X"], {"X": history(at(2, 9), known=2, lifetime=2)}) == CustomerCount(new=1)


def test_more_orders_at_shopify_than_we_know_make_a_customer_returning() -> None:
    assert counted(["X"], {"X": history(at(2), known=1, lifetime=2)}) == CustomerCount(returning=1)


def test_a_count_no_larger_than_ours_leaves_our_history_in_charge() -> None:
    assert counted(["X"], {"X": history(at(2), known=1, lifetime=1)}) == CustomerCount(new=1)


def test_an_order_that_shopify_itself_calls_the_first_is_the_first() -> None:
    assert first_is_first_ever(history(at(2), known=1, lifetime=5, index=1))


@pytest.mark.parametrize("index", [None, 0, 2])
def test_anything_else_that_shopify_says_of_a_longer_history_makes_it_returning(index: int | None) -> None:
    assert not first_is_first_ever(history(at(2), known=1, lifetime=5, index=index))


def test_both_kinds_add_up_to_the_total() -> None:
    both = counted(["X", "Y"], {"X": history(at(2)), "Y": history(at(1), known=2)})

    assert (both.new, both.returning, both.total) == (1, 1, 2)


def test_over_a_range_a_customer_counts_once_and_is_new_if_the_first_order_lies_in_it() -> None:
    known = {"X": history(at(2), known=3), "Y": history(at(1), known=4)}

    assert counted(["X", "Y", "X", "Y"], known, first=2, last=8) == CustomerCount(new=1, returning=1)


def test_the_first_order_counts_on_the_shops_own_day() -> None:
    just_after_midnight = history(at(3, 0))  # 18:30 UTC of the day before

    assert counted(["X"], {"X": just_after_midnight}, first=3, last=3) == CustomerCount(new=1)


def test_nobody_ordered() -> None:
    assert counted([], {}) == CustomerCount()
