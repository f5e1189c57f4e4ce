"""Deleted orders: found once a day, removed with their figures, and never on a doubtful answer."""

from datetime import timedelta
from decimal import Decimal as D

import pytest

from profitsync.errors import StoreUnavailableError
from profitsync.services.ingest import Ingest
from profitsync.sources.errors import BadResponseError, CredentialsError, RetriableError, SourceError
from tests.records import replace
from tests.services.conftest import Shop
from tests.unit.builders import INDIA, at, line, order


def two_orders(shop: Shop) -> None:
    """One customer's two orders, read, and a day gone by."""
    shop.sources.shop.held = [
        order(line("1"), customer_id="c1"),
        order(line("2"), id="1002", name="#1002", customer_id="c1", placed=at(3)),
    ]
    shop.sync()
    shop.later(days=1)


def delete(shop: Shop, number: str) -> None:
    shop.sources.shop.held = [one for one in shop.sources.shop.held if one.id != number]


def stored(shop: Shop) -> set[str]:
    return set(shop.store.orders_by_id("u1", ["1001", "1002", "1003"]))


def test_an_order_deleted_in_the_shop_counts_no_more(shop: Shop) -> None:
    two_orders(shop)
    delete(shop, "1001")

    report = shop.sync()

    assert stored(shop) == {"1002"}
    assert (shop.row(2).values["totalOrders"], shop.row(2).values["grossSales"]) == (0, D("0.00"))
    assert shop.store.dirty_days("u1") == {}
    assert report.users[0].warnings == ["shopify: deleted in the shop, so they count no more: orders #1001"]


def test_the_customer_of_a_deleted_first_order_is_new_with_the_next_one(shop: Shop) -> None:
    two_orders(shop)
    assert shop.row(3).values["newCustomers"] == 0
    delete(shop, "1001")

    shop.sync()

    assert shop.row(3).values["newCustomers"] == 1


def test_when_nothing_was_deleted_one_request_tells(shop: Shop) -> None:
    two_orders(shop)
    before = shop.sources.shop.requests

    shop.sync()

    assert shop.sources.shop.requests - before == 3  # the window, the count, the day's costs
    assert shop.sources.shop.asked_ids == []


def test_between_two_reconciliations_nothing_is_counted(shop: Shop) -> None:
    two_orders(shop)
    shop.sync()
    delete(shop, "1001")
    shop.later(hours=1)
    before = shop.sources.shop.requests

    shop.sync()

    assert shop.sources.shop.requests - before == 1
    assert stored(shop) == {"1001", "1002"}


def test_days_asked_for_by_date_are_not_reconciled(shop: Shop) -> None:
    two_orders(shop)
    delete(shop, "1001")

    shop.sync(days=5)

    assert stored(shop) == {"1001", "1002"}


def test_an_order_that_was_never_read_is_found_by_the_count(shop: Shop) -> None:
    """The search index lagged when its window was read."""
    two_orders(shop)
    late = order(line("3"), id="1003", name="#1003", placed=at(4), updated_at=at(4))
    shop.sources.shop.held.append(late)

    report = shop.sync()

    assert stored(shop) == {"1001", "1002", "1003"}
    assert shop.row(4).values["totalOrders"] == 1
    assert report.users[0].warnings == []


def test_an_order_that_moved_to_another_day_is_not_taken_for_deleted(shop: Shop) -> None:
    two_orders(shop)
    moved = [replace(one, processed_at=at(20, month=10)) for one in shop.sources.shop.held if one.id == "1001"]
    delete(shop, "1001")
    shop.sources.shop.held += moved  # without a newer `updated_at`

    shop.sync()

    assert stored(shop) == {"1001", "1002"}
    assert shop.row(2).values["totalOrders"] == 0


@pytest.mark.parametrize(
    "failure",
    [RetriableError("server fault"), BadResponseError("a short answer"), CredentialsError("no access")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_count_that_fails_deletes_nothing_and_is_tried_again(shop: Shop, failure: SourceError) -> None:
    two_orders(shop)
    delete(shop, "1001")
    shop.sources.shop.counting_failure = failure

    report = shop.sync()

    assert report.status == "completed"
    assert report.users[0].warnings == [f"shopify: deleted orders were not looked for: {failure}"]
    assert stored(shop) == {"1001", "1002"}

    shop.sources.shop.counting_failure = None
    shop.later(hours=1)
    shop.sync()
    assert stored(shop) == {"1002"}


def test_an_order_hidden_behind_the_wall_is_not_deleted(shop: Shop) -> None:
    """Created long ago, processed lately: the shop cannot show it, which is no proof."""
    shop.sources.shop.held = [order(line("1"), created_at=at(1, month=9), updated_at=at(2))]
    shop.sync()
    shop.later(days=1)
    shop.sources.shop.wall = at(7, month=9)

    shop.sync()

    assert shop.sources.shop.asked_ids == [{"1001"}]
    assert stored(shop) == {"1001"}


def test_days_are_marked_before_their_orders_are_deleted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run killed in between leaves marks, so the next one recalculates, and finds the order again."""
    two_orders(shop)
    delete(shop, "1001")

    def die(*_: object) -> None:
        raise StoreUnavailableError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(shop.store, "delete_orders", die)
        with pytest.raises(StoreUnavailableError):
            shop.sync()
    assert at(2).astimezone(INDIA).date() in shop.store.dirty_days("u1")["shopify"]

    shop.later(hours=1)
    shop.sync()

    assert stored(shop) == {"1002"}
    assert shop.row(2).values["totalOrders"] == 0


def test_orders_of_the_last_minutes_are_not_judged(shop: Shop) -> None:
    """The index may not show them yet."""
    two_orders(shop)
    now = shop.clock.now
    fresh = order(line("3"), id="1003", name="#1003", placed=now - timedelta(minutes=5))
    shop.sources.shop.held.append(fresh)
    shop.sync()
    delete(shop, "1003")
    shop.store.save_source_state("u1", replace(shop.store.source_states("u1")["shopify"], last_full_read_at=None))

    shop.sync()

    assert "1003" in stored(shop)


def test_orders_that_are_not_stored_need_no_removal(shop: Shop) -> None:
    two_orders(shop)

    assert Ingest(shop.store, shop.stored(), INDIA, shop.clock.now).remove_orders(["77"]) == []
    assert shop.store.dirty_days("u1") == {}
