"""What every store does with days of ad accounts."""

from decimal import Decimal as D

import pytest

from profitsync.domain.days import DayRange
from profitsync.stores.protocol import Store
from tests.contract.samples import ALL_DAYS, day, days, full_ad_day

U = "u1"


def test_an_ad_day_comes_back_as_it_was_put(store: Store) -> None:
    bare = full_ad_day(day=day(3), reach=None, timezone=None, fx_rate=None)
    store.put_ad_days(U, [bare, full_ad_day()])

    assert store.ad_days(U, ALL_DAYS) == [full_ad_day(), bare]


def test_a_second_reading_of_a_day_replaces_the_first(store: Store) -> None:
    store.put_ad_days(U, [full_ad_day()])
    store.put_ad_days(U, [full_ad_day(spend=D(601))])

    assert [row.spend for row in store.ad_days(U, ALL_DAYS)] == [D(601)]


def test_ad_days_come_by_day_and_then_account_within_both_ends(store: Store) -> None:
    rows = [full_ad_day(day=day(number), account_id=account) for number in (4, 2, 3, 1) for account in ("9", "10")]
    store.put_ad_days(U, rows)

    found = [(row.day.day, row.account_id) for row in store.ad_days(U, days(2, 3))]

    assert found == [(2, "10"), (2, "9"), (3, "10"), (3, "9")]


@pytest.mark.parametrize("asked", [days(1, 2), ALL_DAYS], ids=["few days", "many days"])
@pytest.mark.parametrize(
    ("accounts", "found"),
    [(["9"], [(1, "9"), (2, "9")]), (["10", "11"], [(1, "10"), (2, "10")]), ([], [])],
    ids=["one account", "an account without rows", "no account"],
)
def test_ad_days_of_some_accounts_can_be_asked_for(
    store: Store, asked: DayRange, accounts: list[str], found: list[tuple[int, str]]
) -> None:
    rows = [full_ad_day(day=day(number), account_id=account) for number in (2, 1) for account in ("9", "10")]
    store.put_ad_days(U, rows)
    store.put_ad_days("u2", rows)

    assert [(row.day.day, row.account_id) for row in store.ad_days(U, asked, accounts)] == found


def test_deleting_takes_only_the_named_days_of_the_named_account(store: Store) -> None:
    rows = [full_ad_day(day=day(number), account_id=account) for number in (1, 2) for account in ("9", "10")]
    store.put_ad_days(U, rows)
    store.delete_ad_days(U, "9", {day(1), day(7)})

    left = [(row.day.day, row.account_id) for row in store.ad_days(U, ALL_DAYS)]
    assert left == [(1, "10"), (2, "10"), (2, "9")]


def test_merchants_do_not_see_each_others_ads(store: Store) -> None:
    store.put_ad_days(U, [full_ad_day()])

    assert store.ad_days("u2", ALL_DAYS) == []
