"""Ad days over many syncs: accounts that come and go, exchange rates that come late, other time zones."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from profitsync.domain.ads import AdDay
from profitsync.domain.merchants import META
from profitsync.services.costs import recalculate_from
from profitsync.services.users import update_user
from profitsync.sources.errors import CredentialsError
from profitsync.sources.protocol import AdAccount
from tests.services.conftest import ALL_DAYS, Shop, ad
from tests.unit.builders import day

RUPEES = AdAccount("1", "INR", "Asia/Kolkata")
SECOND = AdAccount("2", "INR", "Asia/Kolkata")
DOLLARS = AdAccount("2", "USD", "Asia/Kolkata")
REFUSED = CredentialsError("Meta: ad account 2: no access")


@pytest.fixture(autouse=True)
def _registered(shop: Shop) -> None:
    """The shop's state as the stored user has it: one ad account."""
    shop.sources.ads.held = [ad(2), ad(5)]


def second(number: int, spend: str = "30", currency: str = "INR") -> AdDay:
    return replace(ad(number, spend), account_id="2", currency=currency)


def register(shop: Shop, *accounts: AdAccount, **settings: object) -> None:
    """Change the merchant as `users update` does; the source serves the same accounts from then on."""
    document: dict[str, object] = {"metaAdAccountId": ",".join(account.account_id for account in accounts)}
    if settings:
        document["settings"] = settings
    update_user(shop.runtime, shop.stored(), document)
    shop.sources.ads.described = list(accounts)


def spends(shop: Shop, *numbers: int) -> list[object]:
    return [shop.row(number).values["adSpend"] for number in numbers]


# --- accounts that come and go


def test_two_accounts_are_added_up_and_reach_is_not(shop: Shop) -> None:
    register(shop, RUPEES, SECOND)
    shop.sources.ads.held += [second(5)]

    shop.sync()

    assert spends(shop, 2, 5) == [100, 130]
    assert [shop.row(number).values["reach"] for number in (2, 5)] == [900, None]


def test_an_added_account_is_read_over_every_day_known_so_far(shop: Shop) -> None:
    shop.sync()
    shop.later(days=60)
    shop.sync()
    register(shop, RUPEES, SECOND)
    shop.sources.ads.held += [second(2)]

    shop.sync()

    assert spends(shop, 2) == [130]
    assert shop.row(2).complete
    assert shop.sources.ads.asked[-1][0] == shop.sources.ads.asked[0][0]
    shop.sync()
    assert (shop.sources.ads.asked[-1][1] - shop.sources.ads.asked[-1][0]).days == 28


def test_until_an_added_account_has_been_read_every_day_is_stale(shop: Shop) -> None:
    shop.sync()
    shop.later(days=60)
    shop.sync()
    register(shop, RUPEES, SECOND)
    shop.sources.ads.failure = REFUSED

    shop.sync()

    assert spends(shop, 2) == [100]
    assert (shop.row(2).sources[META], shop.row(2).complete) == ("stale", False)
    shop.sources.ads.failure = None
    shop.sync()
    assert (shop.row(2).sources[META], shop.row(2).complete) == ("ok", True)


def test_a_removed_accounts_spend_leaves_all_sums(shop: Shop) -> None:
    register(shop, RUPEES, SECOND)
    shop.sources.ads.held += [second(2)]
    shop.sync()
    shop.later(days=60)
    shop.sync()
    register(shop, RUPEES)
    shop.sources.ads.held = [ad(2), ad(5)]

    shop.sync()

    assert spends(shop, 2, 5) == [100, 100]
    assert {row.account_id for row in shop.store.ad_days("u1", ALL_DAYS)} == {"1"}
    assert shop.row(2).complete


def test_a_removed_accounts_spend_stays_while_the_others_cannot_be_read(shop: Shop) -> None:
    register(shop, RUPEES, SECOND)
    shop.sources.ads.held += [second(2)]
    shop.sync()
    register(shop, RUPEES)
    shop.sources.ads.failure = REFUSED

    shop.sync()

    assert spends(shop, 2) == [130]
    assert shop.row(2).sources[META] == "stale"


def test_a_replaced_accounts_days_do_not_mix_with_the_new_ones(shop: Shop) -> None:
    shop.sync()
    shop.later(days=100)
    shop.sync()
    register(shop, SECOND)
    shop.sources.ads.held = [second(2)]

    shop.sync()

    assert {row.account_id for row in shop.store.ad_days("u1", ALL_DAYS)} <= {"2"}
    assert shop.row(2).values["adSpend"] is None  # further back than a first sync reads
    assert shop.row(2).sources[META] == "missing"


def test_the_order_of_accounts_does_not_matter(shop: Shop) -> None:
    register(shop, RUPEES, SECOND)
    shop.sync()
    before = shop.store.source_states("u1")[META]

    register(shop, SECOND, RUPEES)

    assert shop.store.source_states("u1")[META] == before


def test_a_merchant_of_the_time_of_one_account_goes_on_without_reading_everything_again(shop: Shop) -> None:
    shop.sync()
    state = shop.store.source_states("u1")[META]
    old = {"accountId": "1", "currency": "INR", "timezone": "Asia/Kolkata"}
    shop.store.save_source_state("u1", replace(state, notes=old))
    before = shop.sources.ads.requests

    shop.sync()

    assert shop.sources.ads.requests - before == 1
    assert (shop.sources.ads.asked[-1][1] - shop.sources.ads.asked[-1][0]).days == 28


def test_rows_that_an_older_version_left_of_a_replaced_account_leave_the_sums(shop: Shop) -> None:
    shop.sync()
    shop.later(days=60)
    shop.sync()
    shop.store.put_ad_days("u1", [second(2)])
    state = shop.store.source_states("u1")[META]
    old = {"accountId": "1", "currency": "INR", "timezone": "Asia/Kolkata"}
    shop.store.save_source_state("u1", replace(state, notes=old))
    recalculate_from(shop.store, shop.stored(), [None])

    shop.sync()

    assert spends(shop, 2) == [100]
    assert {row.account_id for row in shop.store.ad_days("u1", ALL_DAYS)} == {"1"}


def test_days_that_meta_does_not_keep_any_more_stay_stale_after_a_change_of_accounts(shop: Shop) -> None:
    shop.sync()
    old = replace(shop.store.source_states("u1")[META], cursor=None)
    shop.store.save_source_state("u1", old)
    register(shop, RUPEES, SECOND)
    shop.sources.ads.earliest = day(3)

    shop.sync()

    assert shop.sources.ads.asked[-1][0] == day(3)
    assert [shop.row(number).sources[META] for number in (2, 3)] == ["stale", "ok"]


# --- exchange rates


def test_without_a_rate_the_spend_is_not_known_and_the_job_says_once_what_to_set(shop: Shop) -> None:
    register(shop, RUPEES, DOLLARS)
    shop.sources.ads.held += [second(number, currency="USD") for number in (3, 4, 5)]

    shop.sync()

    assert spends(shop, 2, 5) == [100, None]
    assert not shop.row(5).complete
    (job,) = shop.store.jobs("u1")
    (warning,) = job.warnings
    assert warning.startswith("meta: ad spend in USD cannot be converted into INR")
    assert warning.endswith("set settings.fxRates.USD")


def test_a_rate_converts_and_is_shown_on_the_day(shop: Shop) -> None:
    register(shop, RUPEES, DOLLARS, fxRates={"USD": 83.2})
    shop.sources.ads.held += [second(5, currency="USD")]

    shop.sync()

    assert spends(shop, 2, 5) == [100, D("2596.00")]  # 100 + 30 × 83.2
    assert [shop.row(number).values["adFxRate"] for number in (2, 5)] == [None, D("83.2")]
    assert shop.row(5).complete
    assert shop.store.jobs("u1")[0].warnings == ()


def test_a_day_keeps_the_rate_it_was_first_read_with(shop: Shop) -> None:
    register(shop, DOLLARS, fxRates={"USD": 80})
    shop.sources.ads.held = [second(2, currency="USD")]
    shop.sync()
    register(shop, DOLLARS, fxRates={"USD": 90})
    recalculate_from(shop.store, shop.stored(), [None])
    shop.sources.ads.held += [second(5, currency="USD")]

    shop.sync()

    assert [shop.row(number).values["adFxRate"] for number in (2, 5)] == [80, 90]


def test_a_rate_set_later_counts_at_once_for_the_days_that_are_read_again_anyway(shop: Shop) -> None:
    register(shop, DOLLARS)
    shop.sources.ads.held = [second(2, currency="USD")]
    shop.sync()
    register(shop, DOLLARS, fxRates={"USD": 80})

    shop.sync()

    assert spends(shop, 2) == [2400]
    assert shop.row(2).complete


def test_a_rate_set_later_counts_for_older_days_when_they_are_calculated_again(shop: Shop) -> None:
    register(shop, DOLLARS)
    shop.sources.ads.held = [second(2, currency="USD")]
    shop.sync()
    shop.later(days=60)
    shop.sync()
    register(shop, DOLLARS, fxRates={"USD": 80})
    shop.sync()
    waiting = spends(shop, 2)
    recalculate_from(shop.store, shop.stored(), [None])

    shop.sync()

    assert (waiting, spends(shop, 2)) == ([None], [2400])
    assert shop.row(2).values["adFxRate"] == 80
    register(shop, DOLLARS, fxRates={"USD": 90})
    recalculate_from(shop.store, shop.stored(), [None])
    shop.sync()
    assert spends(shop, 2) == [2400]
    assert shop.store.dirty_days("u1") == {}


# --- time zones


@pytest.mark.parametrize(
    ("zone", "differs"), [("America/New_York", True), ("Asia/Calcutta", False)], ids=["other days", "another name"]
)
def test_every_day_is_flagged_when_the_accounts_days_are_not_the_shops(
    shop: Shop, zone: str, differs: bool
) -> None:
    register(shop, replace(RUPEES, timezone=zone))

    shop.sync()

    flags = {shop.row(number).values["adTimezoneMismatch"] for number in (2, 3, 4, 5)}
    assert flags == {differs}
    (job,) = shop.store.jobs("u1")
    told = [warning for warning in job.warnings if "adTimezoneMismatch" in warning]
    assert len(told) == differs


def test_days_before_an_added_account_are_flagged_too(shop: Shop) -> None:
    shop.sync()
    register(shop, RUPEES, replace(SECOND, timezone="America/New_York"))

    shop.sync()

    assert shop.row(2).values["adTimezoneMismatch"] is True


# --- nothing is lost


def test_a_day_that_shrinks_or_vanishes_within_28_days_is_overwritten(shop: Shop) -> None:
    register(shop, RUPEES, SECOND)
    shop.sources.ads.held += [second(2)]
    shop.sync()
    shop.later(days=20)
    shop.sources.ads.held = [ad(2, "60"), ad(5, "0")]

    shop.sync()

    assert spends(shop, 2, 5) == [60, 0]
    assert shop.store.ad_days("u1", ALL_DAYS)[0].spend == 60


def test_a_run_killed_between_new_facts_and_its_end_reads_the_new_accounts_again(shop: Shop) -> None:
    shop.sync()
    register(shop, RUPEES, SECOND)
    shop.sources.ads.held += [second(2)]
    state = shop.store.source_states("u1")[META]
    shop.sync()
    shop.store.save_source_state("u1", state)  # as if it had not come to saving how far it read

    shop.sync()

    assert spends(shop, 2) == [130]
    assert shop.store.source_states("u1")[META].stale == ()
