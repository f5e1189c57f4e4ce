"""The main job against plain sources: what it asks for, what it stores, and what it does when things fail."""

import json
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest

from profitsync import logs
from profitsync.domain.costs import CostSource, ProductCost, UnitCostSnapshot
from profitsync.domain.orders import RefundLine
from profitsync.domain.rows import DayMetrics
from profitsync.errors import UsageError
from profitsync.services.costs import recalculate_from
from profitsync.services.lease import POLL_EVERY
from profitsync.services.sync import INTERRUPTED
from profitsync.sources.errors import CredentialsError, RetriableError
from tests.records import replace
from tests.services.conftest import ALL_DAYS, Shop, ad
from tests.unit.builders import at, charges, day, line, order, parcel, refund, rto_parcel

DEAD = CredentialsError("Meta: the token has expired")


def _fill(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), customer_id="c1", cod=True)]
    shop.sources.ads.held = [ad(2), ad(5)]
    shop.sources.parcels.held = [parcel("IN TRANSIT", charges=charges(freight="80"))]


def _figures(shop: Shop) -> list[DayMetrics]:
    return [replace(row, updated_at=None) for row in shop.rows().values()]


def test_the_first_sync_writes_ninety_days_up_to_today(shop: Shop) -> None:
    _fill(shop)

    report = shop.sync()

    assert report.status == "completed"
    assert report.exit_code == 0
    days = sorted(shop.rows())
    assert (days[0], days[-1], len(days)) == (day(5) - timedelta(days=89), day(5), 90)
    assert shop.row(2).values["grossSales"] == D("1000.00")
    assert shop.row(2).values["adSpend"] == D("100.00")
    assert shop.row(2).complete


def test_orders_placed_before_the_window_are_known_but_their_days_get_no_row(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), placed=at(1, month=8), updated_at=at(1, month=8))]

    shop.sync()

    assert min(shop.rows()) == date(2026, 8, 8)
    assert not shop.store.dirty_days("u1")
    assert shop.store.orders_by_id("u1", ["1001"])


def test_the_same_sync_again_leaves_the_figures_as_they_are(shop: Shop) -> None:
    _fill(shop)
    shop.sync(since=day(1), until=day(5))
    before = _figures(shop)

    again = shop.sync(since=day(1), until=day(5))

    assert _figures(shop) == before
    assert again.users[0].days_written == 0
    assert len(before) == 5


def test_a_plain_sync_with_nothing_new_asks_little_and_writes_no_day(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.later(minutes=30)
    used = _requests(shop)

    report = shop.sync()

    assert report.users[0].days_written == 0
    assert _requests(shop) - used == 3


def _requests(shop: Shop) -> int:
    return shop.sources.shop.requests + shop.sources.ads.requests + shop.sources.parcels.requests


def test_a_new_day_gets_its_empty_row(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.later(days=2)

    shop.sync()

    assert shop.row(7).values["totalOrders"] == 0
    assert shop.row(6).values["adSpend"] == D("0.00")


def test_a_refund_of_an_old_order_lands_on_its_own_day(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    before = shop.row(2)
    shop.later(days=1)
    refunded = refund(RefundLine("1", 1, D(1050), D(50), "RETURN"), on=at(6))
    shop.sources.shop.held = [replace(shop.sources.shop.held[0], refunds=(refunded,), updated_at=at(6))]

    shop.sync()

    assert shop.row(6).values["returns"] == D("1000.00")
    assert shop.row(2).same_figures(before)


def test_with_meta_failing_at_first_its_figures_are_unknown_not_zero(shop: Shop) -> None:
    _fill(shop)
    shop.sources.ads.failure = DEAD

    report = shop.sync()

    assert report.exit_code == 3
    values = shop.row(2).values
    assert [values[name] for name in ("adSpend", "netProfit", "roas", "poas", "cpp")] == [None] * 5
    assert values["grossProfit"] is not None
    assert shop.row(2).sources["meta"] == "missing"


def test_with_meta_failing_later_its_old_figures_stay_and_are_marked(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.later(hours=1)
    shop.sources.ads.failure = DEAD

    report = shop.sync()

    row = shop.row(2)
    assert report.exit_code == 3
    assert row.values["adSpend"] == D("100.00")
    assert (row.complete, row.sources["meta"]) == (False, "stale")
    job = shop.store.jobs("u1")[0]
    assert job.errors == ("Meta: the token has expired",)
    assert job.status == "completed"


def test_a_source_that_recovers_is_complete_again(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.sources.ads.failure = DEAD
    shop.sync()
    shop.sources.ads.failure = None

    shop.sync()

    assert shop.row(2).complete


def test_every_source_failing_is_a_failed_run(shop: Shop) -> None:
    for source in (shop.sources.shop, shop.sources.ads, shop.sources.parcels):
        source.failure = DEAD

    report = shop.sync()

    assert report.exit_code == 1
    assert shop.store.jobs("u1")[0].status == "failed"
    assert shop.rows() == {}


def test_without_shopify_no_shop_day_is_known_yet_but_the_rest_is_stored(shop: Shop) -> None:
    _fill(shop)
    shop.sources.shop.failure = DEAD

    report = shop.sync()

    assert report.exit_code == 3
    assert shop.rows() == {}
    assert shop.store.ad_days("u1", ALL_DAYS)
    shop.sources.shop.failure = None
    assert shop.sync().exit_code == 0
    assert shop.row(2).values["adSpend"] == D("100.00")


def test_half_an_answer_never_becomes_a_figure(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), id="1", name="#1"), order(line("2"), id="2", name="#2")]
    shop.sync()
    before = shop.row(2)
    shop.later(hours=1)
    changed = [
        replace(
            one, refunds=(refund(RefundLine(one.lines[0].id, 1, D(1050), D(50)), on=at(2, 20)),), updated_at=now
        )
        for one, now in zip(shop.sources.shop.held, (at(5, 18), at(5, 19)), strict=True)
    ]
    shop.sources.shop.held, shop.sources.shop.batch_size = changed, 1
    shop.sources.shop.failure, shop.sources.shop.good_batches = RetriableError("Shopify: server fault"), 1

    report = shop.sync()

    assert report.exit_code == 3
    assert shop.row(2).values == before.values
    assert shop.row(2).sources["shopify"] == "stale"
    shop.sources.shop.failure = None
    shop.sync()
    assert shop.row(2).values["returns"] == D("2000.00")
    assert shop.row(2).complete


def test_a_run_that_dies_while_writing_figures_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(shop)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.store), "put_metrics", die)
        with pytest.raises(SystemExit):
            shop.sync()
    assert shop.rows() == {}
    assert shop.store.jobs("u1")[0].status == "running"
    shop.later(minutes=1)

    assert shop.sync().exit_code == 0
    assert shop.row(2).values["grossSales"] == D("1000.00")
    assert [job.status for job in shop.store.jobs("u1")] == ["completed", "failed"]
    assert shop.store.jobs("u1")[1].errors == (INTERRUPTED,)


def test_another_run_holding_the_lease_is_left_alone(shop: Shop) -> None:
    shop.store.acquire_lease("sync:u1", "somebody", shop.clock.now, 120)

    report = shop.sync()

    assert report.exit_code == 75
    assert shop.store.jobs("u1") == []


def test_a_dead_runs_lease_is_free_after_two_minutes(shop: Shop) -> None:
    shop.store.acquire_lease("sync:u1", "somebody", shop.clock.now, 120)
    shop.later(seconds=121)

    assert shop.sync().exit_code == 0


def test_an_unexpected_fault_of_one_merchant_is_reported_and_closed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(shop.store), "put_metrics", lambda *_, **__: [][0])

    report = shop.sync()

    assert report.exit_code == 1
    assert "unexpected fault (IndexError)" in (report.users[0].error or "")
    assert shop.store.jobs("u1")[0].status == "failed"


def test_an_unexpected_fault_of_one_source_does_not_stop_the_others(shop: Shop) -> None:
    _fill(shop)
    shop.sources.shop.held = [object()]  # type: ignore[list-item]

    report = shop.sync()

    assert report.exit_code == 3
    assert "unexpected fault (AttributeError)" in (report.users[0].sources["shopify"].error or "")
    assert (shop.row(2).values["adSpend"], shop.row(2).values["grossSales"]) == (D("100.00"), None)


def test_dated_days_are_all_written_even_empty_ones_and_only_those(shop: Shop) -> None:
    report = shop.sync(since=day(1), until=day(3))

    assert sorted(shop.rows()) == [day(1), day(2), day(3)]
    assert (report.users[0].since, report.users[0].until) == (day(1), day(3))


def test_a_dated_sync_does_not_count_as_the_first_one(shop: Shop) -> None:
    shop.sync(days=3)

    shop.sync()

    assert len(shop.rows()) == 90


def test_days_in_the_future_cannot_be_synced(shop: Shop) -> None:
    with pytest.raises(UsageError, match="after today"):
        shop.sync(since=day(9), until=day(10))
    assert shop.rows() == {}


def test_an_end_in_the_future_is_today(shop: Shop) -> None:
    shop.sync(since=day(4), until=day(28))

    assert sorted(shop.rows()) == [day(4), day(5)]


def test_full_forgets_how_far_the_sources_were_read(shop: Shop) -> None:
    shop.sync()
    shop.later(hours=1)

    shop.sync(full=True)

    assert shop.sources.shop.windows[-1].updated_from < at(1, month=8)


def test_incremental_reads_overlap_the_last_one(shop: Shop) -> None:
    shop.sync()
    started = shop.clock.now
    shop.later(hours=1)

    shop.sync()

    window = shop.sources.shop.windows[-1]
    assert window.updated_from == started - timedelta(minutes=15)
    assert window.updated_before == shop.clock.now
    assert shop.sources.ads.asked[-1] == (day(5) - timedelta(days=28), day(5))
    assert shop.sources.parcels.asked[-1] == ("updated", day(4), day(5))


def test_shipments_are_read_again_once_a_day(shop: Shop) -> None:
    shop.sync()
    shop.later(days=1)

    shop.sync()

    assert ("created", day(6) - timedelta(days=60), day(6)) in shop.sources.parcels.asked


def test_a_failed_attempt_is_remembered_after_delivery(shop: Shop) -> None:
    _fill(shop)
    shop.sources.parcels.held = [parcel("DELIVERED", delivered_at=at(4), charges=charges(freight="80"))]
    shop.sources.parcels.attempts = {"9001", "unknown"}

    shop.sync()

    assert shop.row(2).values["ndr"] == 1
    assert shop.row(2).values["delivered"] == 1


def test_an_rto_seen_later_reverses_the_order_on_its_own_day(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.later(days=1)
    shop.sources.parcels.held = [rto_parcel(began=6, back=None, charges=charges(freight="80", applied_rto="60"))]

    shop.sync()

    assert shop.row(6).values["rtoReversal"] == D("1000.00")
    assert shop.row(2).values["rto"] == 1
    assert shop.row(6).values["shippingCost"] == D("60.00")


def test_unit_costs_of_new_products_are_asked_for_and_used(shop: Shop) -> None:
    _fill(shop)
    shop.sources.shop.costs = [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(300), "INR")]

    shop.sync()

    (cost,) = shop.store.costs("u1")
    assert (cost.source, cost.cost, cost.valid_from) == (CostSource.SHOPIFY, D(300), None)
    assert shop.row(2).values["cogs"] == D("300.00")
    assert shop.row(2).values["productsWithoutCost"] == 0


def test_products_without_any_cost_are_marked_as_estimated(shop: Shop) -> None:
    _fill(shop)

    shop.sync()

    (cost,) = shop.store.costs("u1")
    assert (cost.source, cost.cost) == (CostSource.ESTIMATED, D("400.00"))
    assert shop.row(2).values["estimatedCogs"] == D("400.00")
    assert shop.row(2).values["productsWithoutCost"] == 1


def test_a_cost_entered_at_shopify_later_counts_from_that_day_on(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.later(days=1)
    shop.sources.shop.costs = [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(300), "INR")]

    shop.sync()

    (cost,) = shop.store.costs("u1")
    assert (cost.source, cost.valid_from) == (CostSource.SHOPIFY, day(6))
    assert shop.row(2).values["cogs"] == D("400.00")


def test_a_cost_correction_changes_the_past_when_that_was_asked_for(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.store.put_costs("u1", [ProductCost("person|v1", CostSource.MANUAL, D(250), variant_id="v1")])
    shop.sync()
    assert shop.row(2).values["cogs"] == D("400.00")

    assert recalculate_from(shop.store, shop.stored(), [day(1)]) == 5
    shop.sync()

    assert shop.row(2).values["cogs"] == D("250.00")
    assert shop.store.dirty_days("u1") == {}


def test_an_ad_day_that_vanishes_becomes_zero(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.sources.ads.held = [ad(5)]

    shop.sync()

    assert shop.row(2).values["adSpend"] == D("0.00")


def test_a_shop_that_moves_to_another_time_zone_is_filed_anew(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), placed=at(3, 2))]
    shop.sync()
    shop.sources.shop.timezone = "America/New_York"
    shop.later(hours=1)

    shop.sync()

    assert shop.row(3).values["totalOrders"] == 0
    assert shop.row(2).values["totalOrders"] == 1


def test_a_customer_is_new_only_until_an_earlier_order_is_known(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), customer_id="c1")]
    shop.sync()
    assert shop.row(2).values["newCustomers"] == 1
    earlier = order(line("2"), id="900", name="#900", customer_id="c1", placed=at(1), updated_at=shop.clock.now)
    shop.sources.shop.held.append(earlier)

    shop.sync()

    assert shop.row(1).values["newCustomers"] == 1
    assert (shop.row(2).values["newCustomers"], shop.row(2).values["returningCustomers"]) == (0, 1)


def test_a_dry_run_reports_but_writes_nothing(shop: Shop) -> None:
    _fill(shop)

    report = shop.sync(dry_run=True)

    assert report.status == "completed"
    assert report.users[0].days_written == 90
    assert report.users[0].job_id is None
    assert (shop.rows(), shop.store.jobs("u1"), shop.store.source_states("u1")) == ({}, [], {})


def test_a_dry_run_after_a_sync_shows_only_what_would_change(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.sources.ads.held = [ad(2, "150"), ad(5)]

    report = shop.sync(dry_run=True)

    assert report.users[0].days_written == 1
    assert shop.row(2).values["adSpend"] == D("100.00")


def test_a_dry_run_tells_per_day_what_would_change(shop: Shop) -> None:
    _fill(shop)
    shop.sync(since=day(1), until=day(5))
    shop.later(days=1)
    shop.sources.ads.held = [ad(2, "150"), ad(5)]

    (report,) = shop.sync(since=day(2), until=day(6), dry_run=True).users

    assert report.changes is not None
    assert [(one.day, one.before is None) for one in report.changes] == [(day(2), False), (day(6), True)]
    assert report.changes[0].figures["adSpend"] == (D("100.00"), D("150.00"))
    assert "revenue" not in report.changes[0].figures
    assert shop.sync(days=1).users[0].changes is None


def test_a_run_waits_for_another_one_as_long_as_it_was_told(shop: Shop) -> None:
    _fill(shop)
    shop.store.acquire_lease("sync:u1", "another", shop.clock.now, 120)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        shop.store.release_lease("sync:u1", "another")

    shop.runtime.sleep = pause

    report = shop.sync(days=1, wait=60)

    assert (report.status, sum(pauses)) == ("completed", POLL_EVERY)


def test_every_log_line_of_a_run_names_its_job(shop: Shop, tmp_path: Path) -> None:
    _fill(shop)
    shop.sources.ads.failure = DEAD
    logs.configure(tmp_path / "logs", "debug")

    shop.sync()

    logs.shutdown()
    (file,) = (tmp_path / "logs").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) >= 3
    assert {line["jobId"] for line in lines} == {shop.store.jobs()[0].job_id}
    assert not any("dryRun" in line for line in lines)


def test_a_failed_dated_read_is_made_good_by_the_next_plain_one(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    shop.sources.shop.failure = RetriableError("Shopify: server fault")
    shop.sync(since=day(1), until=day(3))
    assert shop.row(2).sources["shopify"] == "stale"
    shop.sources.shop.failure = None

    shop.sync()

    assert shop.row(2).complete


def test_one_source_alone_can_be_synced(shop: Shop) -> None:
    _fill(shop)
    shop.sync()
    used = shop.sources.shop.requests

    shop.sync(sources=frozenset({"meta"}))

    assert shop.sources.shop.requests == used
    assert shop.row(2).complete


def test_a_merchant_without_sources_is_told_so(shop: Shop) -> None:
    shop.store.save_user(replace(shop.stored(), secrets={}))

    report = shop.sync()

    assert "no source is configured" in (report.users[0].error or "")
    assert report.exit_code == 1
