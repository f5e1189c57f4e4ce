"""Runs that end early, or in which the world changes: nothing is lost, and nothing is made up."""

import threading
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from profitsync.domain.costs import CostSource, UnitCostSnapshot
from profitsync.domain.merchants import MerchantSettings, SourceState
from profitsync.domain.orders import RefundLine
from profitsync.domain.rows import DayMetrics
from profitsync.errors import StoreUnavailableError, UsageError
from profitsync.services.lease import StoppedError
from profitsync.services.reports import SyncRequest
from profitsync.services.sync import _stoppable, run_sync
from profitsync.sources.errors import BadResponseError, CredentialsError, RetriableError, SourceError
from profitsync.stores.sqlite import SqliteStore
from tests.records import replace
from tests.services.conftest import Shop, ad
from tests.unit.builders import at, charges, day, line, order, parcel, refund

FAULT = RetriableError("server fault")


def die(*_: object, **__: object) -> None:
    raise SystemExit


def killed_at(shop: Shop, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync whose process ends in the middle of a call to the store."""
    with monkeypatch.context() as patch:
        patch.setattr(type(shop.store), method, die)
        with pytest.raises(SystemExit):
            shop.sync()
    shop.later(minutes=3)


@pytest.mark.parametrize(
    "method", ["add_orders", "put_costs", "delete_costs", "put_metrics", "save_source_states"]
)
def test_costs_of_a_new_product_are_the_same_after_a_run_was_killed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    shop.sync()
    shop.later(hours=1)
    shop.sources.shop.held = [order(line("1"), placed=at(5, 18), updated_at=at(5, 19))]
    shop.sources.shop.costs = [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(300), "INR")]
    killed_at(shop, method, monkeypatch)

    shop.sync()

    (cost,) = shop.store.costs("u1")
    assert (cost.source, cost.cost, cost.valid_from) == (CostSource.SHOPIFY, D(300), None)
    assert shop.row(5).values["cogs"] == D("300.00")


@pytest.mark.parametrize("ending", [FAULT, SystemExit()])
def test_failed_attempts_that_a_broken_run_did_not_hear_of_are_asked_for_again(
    shop: Shop, ending: BaseException
) -> None:
    shop.sources.shop.held = [order(line("1"))]
    shop.sources.parcels.held = [parcel("DELIVERED", delivered_at=at(4), charges=charges(freight="80"))]
    shop.sources.parcels.attempts = {"9001"}
    shop.sources.parcels.attempts_failure = ending
    if ending is FAULT:
        assert shop.sync().exit_code == 3
    else:
        with pytest.raises(SystemExit):
            shop.sync()
    shop.sources.parcels.attempts_failure = None
    shop.later(minutes=3)

    shop.sync()

    assert shop.row(2).values["ndr"] == 1


def test_a_store_that_goes_away_ends_the_run_as_a_fault_of_the_installation(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailableError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.store), "put_metrics", away)
        with pytest.raises(StoreUnavailableError) as ended:
            shop.sync()

    assert ended.value.exit_code == 4
    assert shop.store.jobs("u1")[0].status == "failed"
    assert shop.sync().exit_code == 0


def test_a_run_that_slept_through_its_lease_writes_no_figure(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"))]
    shop.sources.shop.meanwhile = lambda: shop.later(seconds=121)

    report = shop.sync()

    assert report.exit_code == 1
    assert "ran out" in (report.users[0].error or "")
    assert (shop.rows(), shop.store.source_states("u1")) == ({}, {})


def test_a_lease_lost_while_figures_are_written_leaves_their_days_marked(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sources.shop.held = [order(line("1"))]
    write = type(shop.store).put_metrics

    def slowly(store: SqliteStore, user_id: str, rows: Sequence[DayMetrics], *, durable: bool) -> None:
        write(store, user_id, rows, durable=durable)
        shop.later(seconds=121)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "put_metrics", slowly)
        report = shop.sync(days=5)

    assert "ran out" in (report.users[0].error or "")
    assert day(2) in shop.store.dirty_days("u1")["shopify"]
    assert shop.store.source_states("u1") == {}


def test_a_pause_before_another_try_ends_when_the_run_is_stopped() -> None:
    stop, slept = threading.Event(), list[float]()
    pause = _stoppable(slept.append, stop)
    pause(2.5)
    assert slept == [1.0, 1.0, 0.5]
    stop.set()

    with pytest.raises(StoppedError):
        pause(60)

    assert slept == [1.0, 1.0, 0.5]


def test_a_missing_credential_of_one_source_does_not_stop_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def incomplete(_user: object) -> None:
        raise CredentialsError("Meta: no ad account is registered for this merchant")

    monkeypatch.setattr(shop.sources, "meta", incomplete)

    report = shop.sync()

    assert report.exit_code == 3
    assert "no ad account" in (report.users[0].sources["meta"].error or "")
    assert shop.row(2).values["grossSales"] == D("0.00")


def test_beginning_anew_takes_no_figure_away_when_a_source_fails_just_then(shop: Shop) -> None:
    shop.sources.ads.held = [ad(2)]
    shop.sync()
    shop.sources.ads.failure = FAULT

    shop.sync(full=True)

    row = shop.row(2)
    assert (row.values["adSpend"], row.sources["meta"]) == (D("100.00"), "stale")


def test_beginning_anew_leaves_days_before_the_first_ninety_as_they_are(shop: Shop) -> None:
    old = order(line("1"), placed=at(10, month=7), updated_at=at(10, month=7))
    shop.sources.shop.held = [old]
    shop.sync(since=date(2026, 7, 1), until=date(2026, 7, 31))
    shop.sync()
    before = shop.rows()[date(2026, 7, 10)]
    refunded = refund(RefundLine("1", 1, D(1050), D(50), "RETURN"), on=at(5, 18))
    shop.sources.shop.held = [replace(old, refunds=(refunded,), updated_at=at(5, 18))]
    shop.later(hours=1)

    shop.sync(full=True)

    assert shop.rows()[date(2026, 7, 10)].same_figures(before)
    assert before.values["grossSales"] == D("1000.00")
    assert shop.row(5).values["returns"] == D("1000.00")


def test_beginning_anew_survives_being_killed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sync()
    with monkeypatch.context() as patch:
        patch.setattr(type(shop.store), "put_job", lambda *_: None)
        shop.sources.parcels.attempts_failure = SystemExit()
        shop.sources.parcels.held = [parcel("IN TRANSIT")]
        with pytest.raises(SystemExit):
            shop.sync(full=True)
    shop.sources.parcels.attempts_failure = None
    shop.later(minutes=3)

    shop.sync()

    assert shop.sources.shop.windows[-1].updated_from < at(1, month=8)


def test_a_day_that_was_stale_long_ago_is_complete_again_after_a_plain_sync(shop: Shop) -> None:
    shop.sync()
    september = date(2026, 9, 1)
    shop.sources.shop.failure = FAULT
    shop.sync(since=september, until=september)
    assert shop.rows()[september].sources["shopify"] == "stale"
    shop.sources.shop.failure = None
    shop.later(minutes=5)

    shop.sync()

    assert shop.rows()[september].sources["shopify"] == "ok"
    assert shop.rows()[september].complete


def test_settings_changed_during_a_run_are_kept_and_count(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"))]

    def change() -> None:
        settings = MerchantSettings(estimated_cost_ratio=D("0.5"))
        shop.store.save_user(replace(shop.stored(), settings=settings, email="new@example.com"))

    shop.sources.shop.meanwhile = change

    shop.sync()

    user = shop.stored()
    assert (user.email, user.settings.estimated_cost_ratio) == ("new@example.com", D("0.5"))
    assert (user.timezone, user.last_sync_at) == ("Asia/Kolkata", shop.clock.now)
    assert shop.row(2).values["cogs"] == D("500.00")


def test_an_operator_who_saves_an_older_copy_does_not_take_the_time_zone_away(shop: Shop) -> None:
    before = shop.stored()
    shop.sources.shop.held = [order(line("1"), placed=at(3, 2))]
    shop.sources.shop.meanwhile = lambda: shop.store.save_user(before)

    shop.sync()

    assert shop.stored().timezone == "Asia/Kolkata"
    assert shop.row(3).values["totalOrders"] == 1


def test_a_session_token_renewed_and_a_note_made_during_a_run_are_kept(shop: Shop) -> None:
    def renew() -> None:
        kept = SourceState("shiprocket", tokens={"session": "renewed"}, kept={"job": "7"})
        shop.store.save_source_state("u1", kept)

    shop.sources.shop.meanwhile = renew

    shop.sync()

    state = shop.store.source_states("u1")["shiprocket"]
    assert (state.tokens, state.kept) == ({"session": "renewed"}, {"job": "7"})


def test_a_day_impossible_for_one_merchant_does_not_stop_another(shop: Shop) -> None:
    abroad = replace(
        shop.user, id="u2", email="abroad@example.com", shopify_store="abroad.myshopify.com",
        currency="INR", timezone="Pacific/Kiritimati",
    )  # fmt: skip
    shop.store.add_user(abroad)
    shop.store.save_user(replace(shop.user, currency="INR", timezone="America/New_York"))
    shop.later(hours=10)  # 6 November in Kiritimati and India, still the 5th in New York
    users = shop.store.users()

    report = run_sync(shop.runtime, users, SyncRequest(since=day(6)))

    assert report.exit_code == 3
    states = {user.email: user.status for user in report.users}
    assert states == {"owner@example.com": "failed", "abroad@example.com": "completed"}
    with pytest.raises(UsageError, match="after today"):
        run_sync(shop.runtime, [shop.stored()], SyncRequest(since=day(8)))


def test_a_merchant_removed_before_its_turn_is_left_alone(shop: Shop) -> None:
    user = shop.stored()
    shop.store.remove_user("u1")

    with pytest.raises(UsageError, match="removed"):
        run_sync(shop.runtime, [user], SyncRequest())

    assert shop.store.jobs("u1") == []


def test_nothing_older_than_any_source_can_be_asked_for(shop: Shop) -> None:
    with pytest.raises(UsageError, match="before 2000-01-01"):
        shop.sync(since=date(1, 1, 1))


def test_a_shop_far_in_the_east_gets_its_own_today(shop: Shop) -> None:
    shop.sources.shop.timezone = "Pacific/Kiritimati"
    late = order(line("1"), placed=at(5, 17), updated_at=at(5, 17))  # the 6th at 01:30 over there
    shop.sources.shop.held = [late]
    shop.sources.parcels.held = [parcel("IN TRANSIT", created_at=at(5, 17), charges=charges(freight="80"))]

    shop.sync(days=1)

    assert sorted(shop.rows()) == [day(6)]
    assert (shop.row(6).values["totalOrders"], shop.row(6).values["totalShipments"]) == (1, 1)
    assert shop.row(6).complete


def test_a_new_york_day_counts_parcels_of_two_indian_ones(shop: Shop) -> None:
    shop.sources.shop.timezone = "America/New_York"
    shop.later(hours=12)
    shop.sources.parcels.held = [  # both are the 4th in New York
        parcel("IN TRANSIT", id="1", created_at=at(4, 12), charges=charges(freight="80")),
        parcel("IN TRANSIT", id="2", created_at=at(5, 8), charges=charges(freight="80")),
    ]

    shop.sync(since=day(4), until=day(4))

    assert shop.row(4).values["totalShipments"] == 2
    assert timedelta(days=45) < day(4) - shop.sources.parcels.asked[0][1]


@pytest.mark.parametrize("failure", [None, BadResponseError("Meta: nonsense")], ids=["read", "broken off"])
def test_what_a_source_warns_of_is_in_the_job(shop: Shop, failure: SourceError | None) -> None:
    shop.sources.ads.warnings = ["the account was renamed"]
    shop.sources.ads.failure = failure

    shop.sync()

    (job,) = shop.store.jobs("u1")
    assert job.warnings == ("meta: the account was renamed",)


def test_a_failed_read_of_parcels_leaves_the_days_of_all_that_may_still_move_in_doubt(shop: Shop) -> None:
    shop.sources.parcels.held = [parcel("IN TRANSIT", created_at=at(1, 6))]
    shop.sync()
    shop.later(days=2)
    shop.sources.parcels.failure = FAULT

    shop.sync()

    assert shop.row(1).sources["shiprocket"] == "stale"
    assert not shop.row(1).complete
    shop.sources.parcels.failure = None
    shop.later(hours=1)
    shop.sync()
    assert shop.row(1).sources["shiprocket"] == "ok"
