"""Windows, pages, inner pages, batches: nothing is missed, nothing loops."""

from datetime import UTC, datetime, timedelta

import pytest

from profitsync.domain.orders import Order
from profitsync.sources.errors import BadResponseError
from profitsync.sources.protocol import OrderSource, OrderWindow, ShopProfile
from profitsync.sources.shopify import orderlist, queries
from profitsync.sources.shopify.fragments import MOST
from profitsync.sources.shopify.orderlist import search_text
from profitsync.stores.slips import whole
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import WINDOW, Json, Shop, line, order, page, ref, refund

START = datetime(2026, 11, 22, 18, tzinfo=UTC)


def read(shop: Shop) -> list[list[Order]]:
    return [[whole(one) for one in batch] for batch in shop.source().orders(WINDOW)]


def ids(batches: list[list[Order]]) -> list[list[str]]:
    return [[one.id for one in batch] for batch in batches]


WINDOWS = [
    pytest.param(OrderWindow(START), "updated_at:>='2026-11-22T18:00:00Z'", id="open end"),
    pytest.param(
        OrderWindow(START, START + timedelta(hours=1)),
        "updated_at:>='2026-11-22T18:00:00Z' updated_at:<'2026-11-22T19:00:00Z'",
        id="bounded",
    ),
    pytest.param(
        OrderWindow(START, processed_before=START + timedelta(days=1)),
        "updated_at:>='2026-11-22T18:00:00Z' processed_at:<'2026-11-23T18:00:00Z'",
        id="bounded by the order's day",
    ),
    pytest.param(
        OrderWindow(START + timedelta(microseconds=9), START + timedelta(seconds=5, microseconds=1)),
        "updated_at:>='2026-11-22T18:00:00Z' updated_at:<'2026-11-22T18:00:06Z'",
        id="rounded outwards",
    ),
    pytest.param(
        OrderWindow(datetime.fromisoformat("2026-11-22T23:30:00+05:30")),
        "updated_at:>='2026-11-22T18:00:00Z'",
        id="always in UTC",
    ),
]


@pytest.mark.parametrize(("window", "text"), WINDOWS)
def test_a_window_becomes_quoted_utc_terms(window: OrderWindow, text: str) -> None:
    assert search_text(window, window.updated_from) == text


def test_the_source_is_what_the_sync_needs(shop: Shop) -> None:
    shop.answers({"data": {"shop": samples.SHOP}})
    shopify: OrderSource = shop.source()

    assert shopify.profile is None
    assert shopify.shop() == shopify.profile == ShopProfile("INR", "Asia/Kolkata")
    assert shopify.requests == 1


def test_an_idle_window_costs_one_request_and_tells_the_profile(shop: Shop) -> None:
    shop.answers(samples.orders_answer())
    shopify = shop.source()

    assert list(shopify.orders(WINDOW)) == []
    assert shopify.profile == ShopProfile("INR", "Asia/Kolkata")
    assert shopify.requests == 1


def test_every_page_is_a_batch_and_the_cursor_goes_along(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(1), order(2), cursor="c1"),
        samples.orders_answer(cursor="c2"),
        samples.orders_answer(order(3)),
    )

    assert ids(read(shop)) == [["1", "2"], ["3"]]
    assert [asked["after"] for asked in shop.asked] == [None, "c1", "c2"]
    assert {asked["query"] for asked in shop.asked} == {"updated_at:>='2026-11-23T09:00:00Z'"}


def test_pages_are_read_only_as_they_are_wanted(shop: Shop) -> None:
    shop.answers(samples.orders_answer(order(1), cursor="c1"))

    next(shop.source().orders(WINDOW))

    assert len(shop.asked) == 1


def test_a_repeated_cursor_ends_the_walk_with_an_error(shop: Shop) -> None:
    shop.answers(samples.orders_answer(order(1), cursor="c1"))

    with pytest.raises(BadResponseError, match="same cursor twice"):
        read(shop)

    assert len(shop.asked) == 2


def test_a_next_page_without_cursor_is_an_error(shop: Shop) -> None:
    answer = samples.orders_answer(order(1))
    answer["data"]["orders"]["pageInfo"]["hasNextPage"] = True
    shop.answers(answer)

    with pytest.raises(BadResponseError, match="without a cursor"):
        read(shop)


def test_a_long_walk_goes_on_as_a_new_search_from_the_last_change(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shopify ends one list at 25,000 objects."""
    monkeypatch.setattr(orderlist, "WALK_LIMIT", 2)
    shop.answers(
        samples.orders_answer(order(1), order(2, updatedAt="2026-11-23T09:40:00Z"), cursor="c1"),
        samples.orders_answer(order(2, updatedAt="2026-11-23T09:40:00Z"), order(3)),
    )

    assert ids(read(shop)) == [["1", "2"], ["2", "3"]]
    assert shop.asked[1]["after"] is None
    assert shop.asked[1]["query"] == "updated_at:>='2026-11-23T09:40:00Z'"


def test_a_long_walk_over_one_instant_keeps_its_cursor(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orderlist, "WALK_LIMIT", 1)
    shop.answers(
        samples.orders_answer(order(1, updatedAt="2026-11-23T09:00:00Z"), cursor="c1"),
        samples.orders_answer(order(2)),
    )

    assert ids(read(shop)) == [["1"], ["2"]]
    assert shop.asked[1]["after"] == "c1"


# --- inner lists


def test_further_lines_of_an_order_are_followed_to_the_end(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(lineItems=page(line(11), cursor="l1"))),
        samples.owner_answer(items=page(line(12), cursor="l2")),
        samples.owner_answer(items=page(line(13))),
    )

    [[whole]] = read(shop)

    assert [one.id for one in whole.lines] == ["11", "12", "13"]
    assert shop.operations == ["Orders", "MoreLines", "MoreLines"]
    assert shop.asked[1:] == [
        {"id": "gid://shopify/Order/450", "after": cursor, "products": True} for cursor in ("l1", "l2")
    ]


def test_an_inner_list_that_goes_in_circles_names_the_order(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(lineItems=page(line(11), cursor="l1"))),
        samples.owner_answer(items=page(line(12), cursor="l1")),
    )

    with pytest.raises(BadResponseError, match=r"order #450, lines .*same cursor twice"):
        read(shop)


def test_an_order_that_vanishes_between_its_pages_is_an_error(shop: Shop) -> None:
    shop.answers(samples.orders_answer(order(lineItems=page(line(11), cursor="l1"))), {"data": {"owner": None}})

    with pytest.raises(BadResponseError, match="order #450, lines vanished"):
        read(shop)


def test_further_shipping_lines_are_followed(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(shippingLines=page(samples.shipping_line(), cursor="s1"))),
        samples.owner_answer(items=page(samples.shipping_line("10.0", "0"))),
    )

    [[whole]] = read(shop)

    assert [str(one.price) for one in whole.shipping] == ["105.0", "10.0"]


INNER = [
    pytest.param(
        {"refundLineItems": page(samples.refund_line(11), cursor="r")}, samples.refund_line(12),
        "MoreRefundLines", "lines", id="refund lines",
    ),
    pytest.param(
        {"refundShippingLines": page({"subtotalAmountSet": samples.bag("1"), "taxAmountSet": samples.bag("0")},
                                     cursor="r")},
        {"subtotalAmountSet": samples.bag("2"), "taxAmountSet": samples.bag("0")},
        "MoreRefundShipping", "shipping", id="refunded shipping",
    ),
    pytest.param(
        {"refundLineItems": page(), "orderAdjustments": page(samples.adjustment(), cursor="r")},
        samples.adjustment("-1"), "MoreAdjustments", "adjustments", id="adjustments",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "further", "operation", "attribute"), INNER)
def test_further_pages_of_a_refund_are_followed(
    shop: Shop, changes: Json, further: Json, operation: str, attribute: str
) -> None:
    shop.answers(
        samples.orders_answer(order(refunds=[ref("Refund", 900)])),
        samples.nodes_answer(samples.details(refunds=[refund(**changes)])),
        samples.owner_answer(items=page(further)),
    )

    [[whole]] = read(shop)

    assert len(getattr(whole.refunds[0], attribute)) == 2
    assert shop.operations[-1] == operation
    assert shop.asked[-1] == {"id": "gid://shopify/Refund/900", "after": "r"}


def test_a_refund_paid_on_a_later_page_of_its_transactions_is_settled(shop: Shop) -> None:
    failed = page({"kind": "REFUND", "status": "FAILURE"}, cursor="t")
    shop.answers(
        samples.orders_answer(order(refunds=[ref("Refund", 900)])),
        samples.nodes_answer(samples.details(refunds=[refund(transactions=failed)])),
        samples.owner_answer(items=page({"kind": "REFUND", "status": "SUCCESS"})),
    )

    [[whole]] = read(shop)

    assert whole.refunds[0].settled


def test_further_lines_of_a_fulfillment_are_followed(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(cancelledAt="2026-11-03T00:00:00Z")),
        samples.nodes_answer(
            samples.details(fulfillments=[samples.fulfillment(samples.fulfilled(11, 1), cursor="f")])
        ),
        samples.owner_answer(items=page(samples.fulfilled(12, 3))),
    )

    [[whole]] = read(shop)

    assert whole.fulfilled == (("11", 1), ("12", 3))


def test_a_long_audit_trail_is_read_again_one_agreement_at_a_time(shop: Shop) -> None:
    trail = page(samples.agreement(samples.sale(1), cursor="s1"), cursor="a5")
    shop.answers(
        samples.orders_answer(order(edited=True)),
        samples.nodes_answer(samples.details()),
        samples.nodes_answer({**ref("Order", 450), "agreements": trail}),
        samples.owner_answer(agreements=page(samples.agreement(samples.sale(1), cursor="s1"), cursor="a1")),
        samples.owner_answer(agreements=page(samples.agreement(samples.sale(2), cursor="s2"), cursor="a1")),
        samples.owner_answer(agreements=page(samples.agreement(samples.sale(3)), cursor="a1")),
        samples.owner_answer(agreements=page(samples.agreement(samples.sale(4)))),
    )

    [[whole]] = read(shop)

    assert [one.id for one in whole.sales or ()] == ["1", "2", "3", "4"]
    assert [(asked["after"], asked["salesAfter"]) for asked in shop.asked[3:]] == [
        (None, None), (None, "s1"), (None, "s2"), ("a1", None),
    ]  # fmt: skip


def test_a_full_list_without_cursor_is_asked_for_again(shop: Shop) -> None:
    some = [samples.transaction()] * queries.TRANSACTIONS
    shop.answers(
        samples.orders_answer(order(transactions=some)),
        samples.owner_answer(items=[*some, samples.transaction()]),
    )

    [[whole]] = read(shop)

    assert len(whole.payments) == queries.TRANSACTIONS + 1


def test_a_list_that_is_full_at_the_highest_number_is_refused(shop: Shop) -> None:
    """It has no cursor: what lies beyond could never be read."""
    some = [samples.transaction()] * queries.TRANSACTIONS
    shop.answers(
        samples.orders_answer(order(transactions=some)),
        samples.owner_answer(items=[samples.transaction()] * MOST),
    )

    with pytest.raises(BadResponseError, match="order #450, transactions may have more"):
        read(shop)


def test_many_refunds_of_one_order_are_all_read(shop: Shop) -> None:
    many = [refund(number) for number in range(queries.REFUNDS)]
    shop.answers(
        samples.orders_answer(order(refunds=[ref("Refund", 0)])),
        samples.nodes_answer(samples.details(refunds=many)),
        samples.owner_answer(items=[*many, refund(99)]),
    )

    [[whole]] = read(shop)

    assert len(whole.refunds) == queries.REFUNDS + 1


# --- details


def test_details_are_read_in_small_batches_and_only_where_needed(shop: Shop) -> None:
    touched = [order(n, cancelledAt="2026-11-03T00:00:00Z") for n in range(queries.DETAIL_BATCH + 1)]
    shop.answers(
        samples.orders_answer(order(999), *touched),
        samples.nodes_answer(*(samples.details(n) for n in range(queries.DETAIL_BATCH))),
        samples.nodes_answer(samples.details(queries.DETAIL_BATCH)),
    )

    [batch] = read(shop)

    assert len(batch) == queries.DETAIL_BATCH + 2
    assert [len(asked["ids"]) for asked in shop.asked[1:]] == [queries.DETAIL_BATCH, 1]
    assert [one.fulfilled for one in batch[:2]] == [None, ()]


def test_an_order_deleted_before_its_details_is_left_out(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(1), order(2, cancelledAt="2026-11-03T00:00:00Z")),
        samples.error_answer("RESOURCE_NOT_FOUND", **samples.nodes_answer(None)),
    )

    assert ids(read(shop)) == [["1"]]


def test_a_missing_node_is_not_taken_for_another(shop: Shop) -> None:
    shop.answers(
        samples.orders_answer(order(1, edited=True), order(2, edited=True)),
        samples.nodes_answer(samples.details(2)),
    )

    with pytest.raises(BadResponseError, match="1 nodes for 2 ids"):
        read(shop)


def test_details_of_another_order_are_refused(shop: Shop) -> None:
    shop.answers(samples.orders_answer(order(1, edited=True)), samples.nodes_answer(samples.details(2)))

    with pytest.raises(BadResponseError, match="order #1 was asked for"):
        read(shop)


# --- unit costs


def variant(number: int, cost: Json | None) -> Json:
    return {
        **ref("ProductVariant", number),
        "sku": "",
        "product": {**ref("Product", 5), "title": "Kurta"},
        "inventoryItem": {"unitCost": cost},
    }


def test_unit_costs_of_known_variants_are_told_and_unknown_ones_left_out(shop: Shop) -> None:
    shop.answers(samples.nodes_answer(variant(1, samples.coded("400.5")), None, variant(3, None)))

    priced, unpriced = shop.source().unit_costs({"3", "1", "2"})

    assert shop.asked == [{"ids": [f"gid://shopify/ProductVariant/{n}" for n in (1, 2, 3)]}]
    assert (priced.variant_id, priced.product_id, priced.sku, priced.title) == ("1", "5", None, "Kurta")
    assert (str(priced.amount), priced.currency) == ("400.5", "INR")
    assert (unpriced.variant_id, unpriced.amount, unpriced.currency) == ("3", None, None)


def test_many_variants_are_asked_for_in_batches(shop: Shop) -> None:
    shop.answers(samples.nodes_answer(*[None] * queries.VARIANT_BATCH), samples.nodes_answer(None))

    assert shop.source().unit_costs([str(n) for n in range(queries.VARIANT_BATCH + 1)]) == []
    assert [len(asked["ids"]) for asked in shop.asked] == [queries.VARIANT_BATCH, 1]


def test_no_variants_need_no_request(shop: Shop) -> None:
    assert shop.source().unit_costs([]) == []
    assert shop.asked == []
