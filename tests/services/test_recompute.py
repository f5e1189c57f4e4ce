"""Stored days calculated again from stored facts: what a correction changes, and what it must leave alone."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest

from profitsync.domain.costs import CostSource
from profitsync.domain.rows import DayMetrics
from profitsync.errors import LockedError, UsageError
from profitsync.services.costs import Statement, plan, recalculate_from, shop_today, write
from profitsync.services.lease import Lease
from profitsync.services.recompute import recompute
from profitsync.sources.errors import RetriableError
from tests.records import replace
from tests.services.conftest import Shop, ad, opened_shop
from tests.unit.builders import at, charges, day, line, order, parcel, refund, rto_parcel, taken


def fill(shop: Shop) -> None:
    """A refund taken back into stock, a parcel that came back, and an order of two products, over four days."""
    shop.sources.shop.held = [
        order(line("1", quantity=2), customer_id="c1", refunds=(refund(taken("1")),)),
        order(line("2"), id="1002", name="#1002", cod=True, placed=at(3)),
        order(line("1"), line("3"), id="1003", name="#1003", placed=at(5, 9)),
    ]
    shop.sources.ads.held = [ad(2), ad(5)]
    shop.sources.parcels.held = [
        parcel("DELIVERED", charges=charges(freight="80")),
        rto_parcel(id="9002", order_name="#1002", charges=charges(freight="90", applied="90")),
    ]


def state(shop: Shop, *statements: Statement, correct: bool = False) -> None:
    """As `costs set` would."""
    user, now = shop.stored(), shop.clock.now
    planned = plan(
        shop.store.costs(user.id), statements, source=CostSource.MANUAL,
        today=shop_today(user, now), now=now, correct=correct,
    )  # fmt: skip
    write(shop.store, user, planned)


def figures(shop: Shop) -> list[DayMetrics]:
    return [replace(row, updated_at=None) for row in shop.rows().values()]


CORRECTIONS = [
    pytest.param([Statement(D("310.5"), variant_id="v1")], id="one for all days"),
    pytest.param([Statement(D(300), sku="s1"), Statement(D(500), product_id="p2")], id="by sku and product"),
    pytest.param(
        [Statement(D(300), variant_id="v1"), Statement(D(350), variant_id="v1", valid_from=day(4))], id="a history"
    ),
    pytest.param([Statement(D(0), variant_id=f"v{number}") for number in (1, 2, 3)], id="nothing costs anything"),
]


@pytest.mark.parametrize("statements", CORRECTIONS)
def test_a_correction_equals_a_sync_from_nothing_with_that_cost(
    statements: list[Statement], shop: Shop, tmp_path: Path
) -> None:
    fill(shop)
    shop.sync()
    before = figures(shop)
    state(shop, *statements, correct=True)
    done = recompute(shop.runtime, shop.stored())

    with opened_shop(tmp_path / "fresh.db", shop.sources) as fresh:
        state(fresh, *statements, correct=True)
        fresh.sync()

        assert figures(shop) == figures(fresh)
    assert figures(shop) != before
    assert done.changes


def test_no_source_is_asked(shop: Shop) -> None:
    fill(shop)
    shop.sync()
    asked = [shop.sources.shop.requests, shop.sources.ads.requests, shop.sources.parcels.requests]
    state(shop, Statement(D(1), variant_id="v1"))

    recompute(shop.runtime, shop.stored())

    assert [shop.sources.shop.requests, shop.sources.ads.requests, shop.sources.parcels.requests] == asked
    assert shop.row(2).values["cogs"] == D("2.00")


def test_a_new_cost_beside_an_older_one_does_not_change_the_past(shop: Shop) -> None:
    fill(shop)
    state(shop, Statement(D(300), variant_id="v1"))
    shop.sync()
    past = [shop.row(number) for number in (2, 3, 4)]
    state(shop, Statement(D(350), variant_id="v1"))

    done = recompute(shop.runtime, shop.stored())

    assert [shop.row(number) for number in (2, 3, 4)] == past
    assert [change.day for change in done.changes] == [day(5)]
    # One sold at the new cost; the one that came back leaves at the old.
    assert done.changes[0].figures["cogs"] == (D("0.00"), D("50.00"))


def test_a_dry_run_tells_and_writes_nothing(shop: Shop) -> None:
    fill(shop)
    shop.sync()
    state(shop, Statement(D(1), variant_id="v1"), correct=True)
    recalculate_from(shop.store, shop.stored(), [None])
    before, marks = figures(shop), shop.store.dirty_days("u1")

    done = recompute(shop.runtime, shop.stored(), dry_run=True)

    assert done.changes
    assert (figures(shop), shop.store.dirty_days("u1")) == (before, marks)


def test_days_that_waited_for_a_correction_wait_no_more(shop: Shop) -> None:
    fill(shop)
    shop.sync()
    state(shop, Statement(D(1), variant_id="v1"), correct=True)
    recalculate_from(shop.store, shop.stored(), [None])

    recompute(shop.runtime, shop.stored(), since=day(3))

    ((_, waiting),) = shop.store.dirty_days("u1").items()
    assert max(waiting) == day(2)


def test_days_with_facts_half_read_are_left_to_the_next_sync(shop: Shop) -> None:
    fill(shop)
    shop.sync()
    shop.later(hours=1)
    shop.sources.shop.held = [
        replace(shop.sources.shop.held[0], updated_at=shop.clock.now, lines=(line("1", quantity=3),)),
    ]
    shop.sources.shop.failure, shop.sources.shop.good_batches = RetriableError("Shopify: gone"), 1
    shop.sync()
    before = shop.row(2)
    state(shop, Statement(D(1), variant_id="v1"), correct=True)

    done = recompute(shop.runtime, shop.stored())

    assert done.waiting > 0
    assert shop.row(2) == before
    assert "shopify" in shop.store.dirty_days("u1")


def test_a_run_at_work_is_not_disturbed(shop: Shop) -> None:
    fill(shop)
    shop.sync()

    with Lease(shop.store, "sync:u1", shop.clock), pytest.raises(LockedError):
        recompute(shop.runtime, shop.stored())


@pytest.mark.parametrize("since", [None, date(2027, 1, 1)], ids=["nothing synced", "none of these days"])
def test_where_nothing_is_stored_nothing_can_be_calculated(since: date | None, shop: Shop) -> None:
    if since:
        fill(shop)
        shop.sync()

    with pytest.raises(UsageError, match="no figures of these days are stored"):
        recompute(shop.runtime, shop.stored(), since=since)
