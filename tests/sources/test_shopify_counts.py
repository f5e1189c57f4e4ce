"""Windows are counted; spans are counted and listed; orders are looked up by id."""

from datetime import UTC, datetime, timedelta

import pytest

from profitsync.sources.errors import BadResponseError
from profitsync.sources.protocol import Placed
from profitsync.sources.shopify import queries
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import NOW, WINDOW, Json, Shop, order, orders_answer, ref

START = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = Placed(START, START + timedelta(days=7))


def counted(number: int) -> Json:
    return {"data": {"counted": {"count": number}}}


def scopes_answer(*handles: str) -> Json:
    scopes = [{"handle": handle} for handle in handles]
    return {"data": {"currentAppInstallation": {"accessScopes": scopes}}}


EVERYTHING = scopes_answer("read_orders", "read_customers", "read_all_orders")
WALLED = scopes_answer("read_orders", "read_customers")


# --- the count of a window


def test_a_window_is_counted_with_its_first_page_and_costs_no_further_request(shop: Shop) -> None:
    shop.answers(orders_answer(order(1), order(2), cursor="c1", counted=3), orders_answer(order(3)))

    assert sum(len(batch) for batch in shop.source().orders(WINDOW)) == 3
    assert [asked["count"] for asked in shop.asked] == [True, False]


def test_orders_that_change_while_they_are_read_leave_the_window_and_are_not_missed(shop: Shop) -> None:
    """They come with the next run; the count is asked again, not the whole list."""
    shop.answers(orders_answer(order(1), counted=2), counted(1))

    [[read]] = shop.source().orders(WINDOW)

    assert read.id == "1"
    assert shop.operations == ["Orders", "CountOrders"]


def test_a_list_that_came_short_is_read_again(shop: Shop) -> None:
    shop.answers(orders_answer(order(1), counted=2), counted(2), orders_answer(order(1), order(2), counted=2))

    batches = list(shop.source().orders(WINDOW))

    assert [[one.id for one in batch] for batch in batches] == [["1"], ["1", "2"]]
    assert shop.operations == ["Orders", "CountOrders", "Orders"]
    assert len(shop.pauses) == 1  # the search index lags behind


def test_a_list_that_comes_short_twice_is_an_error(shop: Shop) -> None:
    short = orders_answer(order(1), counted=2)
    shop.answers(short, counted(2), short, counted(2))

    with pytest.raises(BadResponseError, match="came with 1 orders where Shopify counts 2, twice"):
        list(shop.source().orders(WINDOW))


def test_an_order_that_comes_twice_does_not_stand_in_for_one_that_is_missing(shop: Shop) -> None:
    short = [orders_answer(order(1), cursor="c1", counted=2), orders_answer(order(1)), counted(2)]
    shop.answers(*short, *short)

    with pytest.raises(BadResponseError, match="1 orders where"):
        list(shop.source().orders(WINDOW))


def test_more_orders_than_counted_are_fine(shop: Shop) -> None:
    """They entered the window after it was counted."""
    shop.answers(orders_answer(order(1), order(2), counted=1))

    assert len(list(shop.source().orders(WINDOW))) == 1
    assert shop.http.requests == 1


# --- spans


def test_spans_are_counted_a_few_at_a_time_over_whole_seconds(shop: Shop) -> None:
    size = queries.COUNTS_AT_ONCE
    spans = [Placed(START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(size + 1)]
    numbers = {f"c{n}": {"count": n * 10} for n in range(size)}
    shop.answers({"data": numbers}, {"data": numbers | {"c0": {"count": 7}}})

    found = shop.source().counts(spans)

    assert found == [*(n * 10 for n in range(size)), 7]
    first, second = shop.asked
    assert first["q0"] == "processed_at:>='2026-11-16T00:00:00Z' processed_at:<='2026-11-16T23:59:59Z'"
    assert second["q0"] == second["q7"] != first["q7"]


def ids_page(*numbers: int, cursor: str | None = None, total: int | None = None) -> Json:
    told = {} if total is None else {"counted": {"count": total}}
    return {"data": {"orders": samples.page(*(ref("Order", n) for n in numbers), cursor=cursor), **told}}


def test_ids_of_a_span_come_from_every_page(shop: Shop) -> None:
    shop.answers(ids_page(1, 2, cursor="c1", total=3), ids_page(3))

    assert shop.source().ids(WEEK) == {"1", "2", "3"}
    assert [(asked["after"], asked["count"]) for asked in shop.asked] == [(None, True), ("c1", False)]


def test_a_short_list_of_ids_is_an_error(shop: Shop) -> None:
    shop.answers(ids_page(1, 2, total=3))

    with pytest.raises(BadResponseError, match="2 orders where Shopify counts 3"):
        shop.source().ids(WEEK)


# --- orders by id


def test_orders_by_id_come_whole_and_missing_ones_are_told(shop: Shop) -> None:
    touched = order(2, cancelledAt="2026-11-03T00:00:00Z")
    shop.answers(
        samples.nodes_answer(order(1), touched, None), EVERYTHING, samples.nodes_answer(samples.details(2))
    )

    orders, gone = shop.source().orders_by_id(["3", "1", "2", "1"])

    assert [one.id for one in orders] == ["1", "2"]
    assert orders[1].fulfilled == ()
    assert gone == {"3"}
    assert shop.asked[0]["ids"] == [f"gid://shopify/Order/{n}" for n in (1, 2, 3)]


HIDDEN = [
    pytest.param(EVERYTHING, None, {"1"}, id="all orders are visible: gone"),
    pytest.param(WALLED, None, set(), id="behind the wall, of unknown age: hidden"),
    pytest.param(WALLED, NOW - timedelta(days=61), set(), id="behind the wall and old: hidden"),
]


@pytest.mark.parametrize(("scopes", "created", "gone"), HIDDEN)
def test_an_order_that_the_wall_may_hide_is_not_taken_for_deleted(
    shop: Shop, scopes: Json, created: datetime | None, gone: set[str]
) -> None:
    shop.answers(samples.nodes_answer(None), scopes)

    assert shop.source().orders_by_id(["1"], {"1": created} if created else {}) == ([], gone)


def test_an_order_too_young_to_be_hidden_is_gone_whatever_the_scopes(shop: Shop) -> None:
    shop.answers(samples.nodes_answer(None))

    assert shop.source().orders_by_id(["1"], {"1": NOW - timedelta(days=59)}) == ([], {"1"})


def test_of_several_missing_orders_only_the_young_ones_are_gone(shop: Shop) -> None:
    shop.answers(samples.nodes_answer(None, None), WALLED)
    created = {"1": NOW - timedelta(days=61), "2": NOW - timedelta(days=1)}

    assert shop.source().orders_by_id(["1", "2"], created) == ([], {"2"})


def test_many_ids_are_asked_for_in_batches(shop: Shop) -> None:
    numbers = range(1000, 1000 + queries.ORDER_BATCH + 1)
    shop.answers(samples.nodes_answer(*(order(n) for n in numbers[:-1])), samples.nodes_answer(order(numbers[-1])))

    orders, gone = shop.source().orders_by_id([str(n) for n in numbers])

    assert (len(orders), gone) == (queries.ORDER_BATCH + 1, set())


def test_another_order_than_the_one_asked_for_is_refused(shop: Shop) -> None:
    shop.answers(samples.nodes_answer(order(2)))

    with pytest.raises(BadResponseError, match="order #2 came, another one was asked for"):
        shop.source().orders_by_id(["1"])
