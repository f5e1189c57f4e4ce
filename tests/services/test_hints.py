"""Following up hints: the records they name are read, their days calculated, and nothing else is touched."""

from datetime import timedelta
from decimal import Decimal as D

import pytest

from profitsync.domain.costs import CostSource, UnitCostSnapshot
from profitsync.domain.hints import DELETED_ORDER, ORDER, SHIPMENT, Hint
from profitsync.domain.merchants import SHIPROCKET, SHOPIFY
from profitsync.errors import LockedError
from profitsync.services.hints import AT_ONCE, KEPT, follow_up
from profitsync.services.lease import Lease
from profitsync.sources.errors import CredentialsError, RetriableError
from tests.records import replace
from tests.services.conftest import Shop, ad
from tests.unit.builders import at, charges, day, line, order, parcel


@pytest.fixture
def synced(shop: Shop) -> Shop:
    """An order of 1,000 on 2 November and its parcel, both read an hour ago."""
    shop.sources.shop.held = [order(line("1"), customer_id="c1")]
    shop.sources.ads.held = [ad(2)]
    shop.sources.parcels.held = [parcel("IN TRANSIT", charges=charges(freight="80"), awb="AWB1")]
    shop.sync()
    shop.later(hours=1)
    return shop


def hint(shop: Shop, record: str = "1001", kind: str = ORDER, **age: float) -> Hint:
    noted = Hint("u1", kind, record, shop.clock.now - timedelta(**age), "mark")
    shop.store.put_hint(noted)
    return noted


def left(shop: Shop) -> list[str]:
    return [one.record for one in shop.store.hints("u1", 100)]


def test_a_changed_order_changes_its_day_and_no_cursor(synced: Shop) -> None:
    before, states = synced.rows(), synced.store.source_states("u1")
    synced.sources.shop.held = [order(line("1", price="1500"), customer_id="c1", updated_at=at(5))]
    hint(synced)

    assert follow_up(synced.runtime, "u1", SHOPIFY) == 0

    assert synced.row(2).values["grossSales"] == D("1428.57")
    assert {one for one, row in synced.rows().items() if row != before[one]} == {day(2)}
    assert synced.store.source_states("u1") == states
    assert (left(synced), synced.store.dirty_days("u1")) == ([], {})
    assert synced.sources.shop.asked_ids == [{"1001"}]


def test_the_next_sync_finds_nothing_left_to_do(synced: Shop) -> None:
    synced.sources.shop.held = [order(line("1", price="1500"), customer_id="c1", updated_at=at(5, 18))]
    hint(synced)
    follow_up(synced.runtime, "u1", SHOPIFY)
    figures = {one: replace(row, updated_at=None) for one, row in synced.rows().items()}

    report = synced.sync()

    assert report.users[0].days_written == 0
    assert {one: replace(row, updated_at=None) for one, row in synced.rows().items()} == figures


def test_a_parcel_is_found_by_its_number_or_its_orders_name(synced: Shop) -> None:
    synced.sources.parcels.held = [
        replace(synced.sources.parcels.held[0], status="DELIVERED", delivered_at=at(4), changed_at=at(5))
    ]
    hint(synced, "AWB1", SHIPMENT)
    assert follow_up(synced.runtime, "u1", SHOPIFY) == 0
    assert left(synced) == ["AWB1"]

    follow_up(synced.runtime, "u1", SHIPROCKET)

    assert synced.row(2).values["delivered"] == 1
    assert synced.sources.parcels.searched == ["AWB1"]
    assert synced.sources.shop.asked_ids == []


def test_a_deleted_order_goes_when_the_shop_says_so_too(synced: Shop) -> None:
    synced.sources.shop.held = []
    hint(synced, kind=DELETED_ORDER)

    assert follow_up(synced.runtime, "u1", SHOPIFY) == 0

    row = synced.row(2).values
    assert (row["totalOrders"], row["grossSales"], row["newCustomers"]) == (0, D(0), 0)
    assert synced.store.orders_by_id("u1", ["1001"]) == {}


def test_an_order_said_to_be_deleted_that_the_shop_still_shows_stays_and_is_looked_at_again(synced: Shop) -> None:
    hint(synced, kind=DELETED_ORDER)

    assert follow_up(synced.runtime, "u1", SHOPIFY) == 1
    assert synced.row(2).values["totalOrders"] == 1
    synced.later(minutes=6)
    assert follow_up(synced.runtime, "u1", SHOPIFY) == 0
    assert left(synced) == []
    assert synced.store.orders_by_id("u1", ["1001"])


def test_an_order_the_shop_does_not_show_yet_is_looked_for_again_and_never_taken_for_deleted(
    synced: Shop,
) -> None:
    synced.sources.shop.held = []
    hint(synced)
    hint(synced, "1002")

    assert follow_up(synced.runtime, "u1", SHOPIFY) == 2

    assert synced.row(2).values["totalOrders"] == 1
    synced.sources.shop.held = [order(line("1"), customer_id="c1"), order(line("2"), id="1002", customer_id="c2")]
    assert follow_up(synced.runtime, "u1", SHOPIFY) == 0
    assert synced.row(2).values["totalOrders"] == 2


def test_a_customer_is_new_on_a_later_day_once_the_first_order_is_deleted(synced: Shop) -> None:
    first, second = order(line("1"), customer_id="c1"), order(line("2"), id="1002", placed=at(4), customer_id="c1")
    synced.sources.shop.held = [first, replace(second, updated_at=synced.clock.now)]
    synced.sync()
    assert (synced.row(2).values["newCustomers"], synced.row(4).values["newCustomers"]) == (1, 0)
    synced.sources.shop.held = [second]
    hint(synced, kind=DELETED_ORDER)

    follow_up(synced.runtime, "u1", SHOPIFY)

    assert (synced.row(2).values["newCustomers"], synced.row(4).values["newCustomers"]) == (0, 1)


def test_while_a_sync_is_at_work_hints_wait(synced: Shop) -> None:
    hint(synced)
    with Lease(synced.store, "sync:u1", synced.clock), pytest.raises(LockedError):
        follow_up(synced.runtime, "u1", SHOPIFY)

    assert left(synced) == ["1001"]
    assert synced.sources.shop.asked_ids == []


def test_when_the_shop_cannot_be_read_hints_wait_and_figures_stay(synced: Shop) -> None:
    before = synced.rows()
    hint(synced)
    synced.sources.shop.counting_failure = RetriableError("Shopify: no answer in time")

    with pytest.raises(RetriableError):
        follow_up(synced.runtime, "u1", SHOPIFY)

    assert (left(synced), synced.rows()) == (["1001"], before)


def test_hints_that_can_lead_to_nothing_are_dropped_unread(synced: Shop) -> None:
    hint(synced, "old", seconds=KEPT.total_seconds())
    follow_up(synced.runtime, "u1", SHOPIFY)
    synced.store.save_user(replace(synced.stored(), is_active=False))
    hint(synced)
    follow_up(synced.runtime, "u1", SHOPIFY)
    synced.store.put_hint(Hint("nobody", ORDER, "1", synced.clock.now, "m"))
    follow_up(synced.runtime, "nobody", SHOPIFY)

    assert synced.store.hinted_users() == []
    assert synced.sources.shop.asked_ids == []


def test_before_the_first_sync_there_is_nothing_to_bring_up_to_date(shop: Shop) -> None:
    hint(shop)

    follow_up(shop.runtime, "u1", SHOPIFY)

    assert (left(shop), shop.sources.shop.requests, shop.rows()) == ([], 0, {})


def test_the_cost_of_a_product_first_seen_now_is_asked_for_at_once(synced: Shop) -> None:
    new = order(line("1", variant_id="v9"), id="1002", customer_id="c2")
    synced.sources.shop.held.append(new)
    synced.sources.shop.costs = [UnitCostSnapshot("v9", "p1", None, "Kurta", D(250), "INR")]
    hint(synced, "1002")

    follow_up(synced.runtime, "u1", SHOPIFY)

    costs = {cost.variant_id: cost for cost in synced.store.costs("u1")}
    assert (costs["v9"].source, costs["v9"].valid_from) == (CostSource.SHOPIFY, None)
    assert synced.row(2).values["estimatedCogs"] == D("400.00")  # of the other order alone


def test_an_estimate_made_here_counts_as_behind_a_figure(synced: Shop) -> None:
    """A cost that the merchant types in later begins that day; else this day would keep an estimate unmarked."""
    synced.sources.shop.held.append(order(line("1", variant_id="v9"), id="1002", customer_id="c2"))
    hint(synced, "1002")
    follow_up(synced.runtime, "u1", SHOPIFY)
    synced.sources.shop.costs = [UnitCostSnapshot("v9", "p1", None, "Kurta", D(250), "INR")]
    synced.later(hours=25)

    synced.sync()

    learnt = [cost for cost in synced.store.costs("u1") if cost.source is CostSource.SHOPIFY]
    assert [cost.valid_from for cost in learnt] == [day(6)]


def test_without_the_permission_to_read_costs_estimates_do(synced: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_ids: object) -> None:
        raise CredentialsError("Shopify: access denied")

    monkeypatch.setattr(synced.sources.shop, "unit_costs", refused)
    synced.sources.shop.held.append(order(line("1", variant_id="v9"), id="1002", customer_id="c2"))
    hint(synced, "1002")

    follow_up(synced.runtime, "u1", SHOPIFY)

    assert synced.row(2).values["totalOrders"] == 2
    assert left(synced) == []


def test_many_parcels_are_read_a_few_at_a_time_lest_a_sync_wait_for_long(synced: Shop) -> None:
    for number in range(AT_ONCE[SHIPROCKET] + 3):
        hint(synced, f"AWB{number}", SHIPMENT)

    assert follow_up(synced.runtime, "u1", SHIPROCKET) == 3
    assert len(synced.sources.parcels.searched) == AT_ONCE[SHIPROCKET]
    assert follow_up(synced.runtime, "u1", SHIPROCKET) == 0
