"""Lists of the simulated Admin API: cursors, inner pages, sorting, searching."""

from datetime import timedelta
from typing import Any

import pytest

from profitsync.sandbox.world import OrderDraft
from tests.sandbox.conftest import Serve
from tests.sandbox.small import Caller, merchant, order, refund, shop

PAGE = """query P($first: Int, $after: String, $last: Int, $before: String, $q: String, $sort: OrderSortKeys,
                  $reverse: Boolean) {
  orders(first: $first, after: $after, last: $last, before: $before, query: $q, sortKey: $sort,
         reverse: $reverse) {
    nodes { name } edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
def orders() -> list[OrderDraft]:
    """Orders 1 to 5, one an hour; the first was changed last."""
    made = [order(number, hour=number) for number in range(1, 6)]
    made[0].updated_at += timedelta(days=1)
    return made


@pytest.fixture
def tea(serve: Serve, orders: list[OrderDraft]) -> Caller:
    return serve(merchant(shopify=shop(*orders)))


def walk(tea: Caller, **variables: Any) -> list[list[str]]:
    """The order names of all pages."""
    pages: list[list[str]] = []
    after = None
    while True:
        found = tea.data(PAGE, after=after, **variables)["orders"]
        pages.append([node["name"] for node in found["nodes"]])
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return pages


def names(tea: Caller, search: str) -> list[str]:
    """The orders that a search finds, by id."""
    return [name for page in walk(tea, first=50, q=search, sort="ID") for name in page]


def test_cursors_lead_through_all_pages(tea: Caller) -> None:
    assert walk(tea, first=2, sort="ID") == [["#1", "#2"], ["#3", "#4"], ["#5"]]


@pytest.mark.parametrize(
    ("sort", "reverse", "expected"),
    [
        ("UPDATED_AT", False, ["#2", "#3", "#4", "#5", "#1"]),
        ("UPDATED_AT", True, ["#1", "#5", "#4", "#3", "#2"]),
        ("CREATED_AT", True, ["#5", "#4", "#3", "#2", "#1"]),
        ("PROCESSED_AT", False, ["#1", "#2", "#3", "#4", "#5"]),
    ],
)
def test_pages_follow_the_sort_key(tea: Caller, sort: str, reverse: bool, expected: list[str]) -> None:
    pages = walk(tea, first=2, sort=sort, reverse=reverse)

    assert [name for page in pages for name in page] == expected


def test_the_last_ones_before_a_cursor_come_in_list_order(tea: Caller) -> None:
    end = tea.data(PAGE, last=2, sort="ID")["orders"]
    before = tea.data(PAGE, last=2, before=end["pageInfo"]["startCursor"], sort="ID")["orders"]

    assert [node["name"] for node in end["nodes"]] == ["#4", "#5"]
    assert [node["name"] for node in before["nodes"]] == ["#2", "#3"]
    assert before["pageInfo"]["hasPreviousPage"] is True


def test_every_edge_has_the_cursor_that_leads_past_it(tea: Caller) -> None:
    cursor = tea.data(PAGE, first=5, sort="ID")["orders"]["edges"][2]["cursor"]

    found = tea.data(PAGE, first=1, after=cursor, sort="ID")["orders"]

    assert found["nodes"] == [{"name": "#4"}]


@pytest.mark.parametrize("sort", ["ID", "CREATED_AT"])
def test_a_cursor_of_another_sort_is_refused(tea: Caller, sort: str) -> None:
    cursor = tea.data(PAGE, first=1, sort="UPDATED_AT")["orders"]["pageInfo"]["endCursor"]

    assert tea.code(PAGE, first=1, after=cursor, sort=sort) == "BAD_REQUEST"


@pytest.mark.parametrize("cursor", ["nonsense", "e30=", "bnVsbA=="])
def test_a_malformed_cursor_is_refused(tea: Caller, cursor: str) -> None:
    assert tea.code(PAGE, first=1, after=cursor) == "BAD_REQUEST"


def test_an_order_that_changes_during_the_walk_comes_again_at_the_end(
    tea: Caller, orders: list[OrderDraft]
) -> None:
    first = tea.data(PAGE, first=2, sort="UPDATED_AT")["orders"]
    orders[1].updated_at += timedelta(days=2)

    rest = tea.data(PAGE, first=9, after=first["pageInfo"]["endCursor"], sort="UPDATED_AT")["orders"]

    assert [node["name"] for node in rest["nodes"]] == ["#4", "#5", "#1", "#2"]


def test_an_order_added_between_two_requests_is_found(tea: Caller) -> None:
    shopify = tea.sandbox.worlds[0].shopify
    assert shopify is not None
    assert names(tea, "") == ["#1", "#2", "#3", "#4", "#5"]

    shopify.orders["6"] = order(6)

    assert names(tea, "")[-1] == "#6"


def test_inner_pages_lead_through_all_lines(serve: Serve) -> None:
    tea = serve(merchant(shopify=shop(order(1, lines=5))))
    query = """query L($after: String) { order(id: "gid://shopify/Order/1") {
        lineItems(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    seen, after, more = [], None, True
    while more:
        page = tea.data(query, after=after)["order"]["lineItems"]
        seen.append(len(page["nodes"]))
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert seen == [2, 2, 1]


def test_agreements_and_their_sales_are_pages_too(serve: Serve) -> None:
    sold = order(1, lines=3)
    sold.refunds = (refund(7, sold),)
    tea = serve(merchant(shopify=shop(sold)))
    query = """{ order(id: "gid://shopify/Order/1") { agreements(first: 2) { nodes { reason
        ... on RefundAgreement { refund { id } }
        sales(first: 2) { pageInfo { hasNextPage } nodes { ... on ProductSale { lineItem { id } } } } } } } }"""

    sale, back = tea.data(query)["order"]["agreements"]["nodes"]

    assert (sale["reason"], "refund" in sale, sale["sales"]["pageInfo"]["hasNextPage"]) == ("ORDER", False, True)
    assert back["refund"] == {"id": "gid://shopify/Refund/7"}
    assert back["sales"]["nodes"][0]["lineItem"] == {"id": "gid://shopify/LineItem/100"}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["#1", "#2", "#3", "#4", "#5"]),
        ("created_at:>='2026-11-01T03:00:00Z'", ["#3", "#4", "#5"]),
        ("created_at:>'2026-11-01T03:00:00Z'", ["#3", "#4", "#5"]),  # inclusive, as seen on live shops
        ("created_at:<'2026-11-01T03:00:00Z'", ["#1", "#2", "#3"]),
        ('created_at:>="2026-11-01T02:00:00Z" created_at:<="2026-11-01T04:00:00Z"', ["#2", "#3", "#4"]),
        ("updated_at:>='2026-11-02T00:00:00Z'", ["#1"]),
        ("processed_at:>='2026-11-01T04:00:00Z' AND name:#5", ["#5"]),
        ("name:#1 OR name:#3", ["#1", "#3"]),
        ("(name:#1 OR name:#3) updated_at:<'2026-11-01T23:00:00Z'", ["#3"]),
        ("-name:#1 NOT name:#2", ["#3", "#4", "#5"]),
        ("id:>=4", ["#4", "#5"]),
        ("id:>4", ["#5"]),
        ("id:gid://shopify/Order/2", ["#2"]),
        ("test:true", []),
        ("created_at:2026-11-01", ["#1", "#2", "#3", "#4", "#5"]),
        ("'#4'", ["#4"]),
    ],
)
def test_a_search_finds_the_orders_that_all_its_terms_match(tea: Caller, search: str, expected: list[str]) -> None:
    assert names(tea, search) == expected


def test_an_unknown_search_field_matches_everything_and_only_a_warning_tells(tea: Caller) -> None:
    query = "query C($q: String) { ordersCount(query: $q) { count precision } }"

    answer = tea.answer(query, q="emial:x@y.example")

    assert answer["data"] == {"ordersCount": {"count": 5, "precision": "EXACT"}}
    (search,) = answer["extensions"]["search"]
    assert search["path"] == ["ordersCount"]
    assert [(one["field"], one["code"]) for one in search["warnings"]] == [("emial", "invalid_field")]
    assert "search" not in tea.answer(query, q="name:#1")["extensions"]


@pytest.mark.parametrize("search", ["created_at:>yesterday", "id:abc", "(name:#1", "name:#1)"])
def test_a_search_that_cannot_be_read_is_a_bad_request(tea: Caller, search: str) -> None:
    assert tea.code(PAGE, first=1, q=search) == "BAD_REQUEST"


def test_a_count_above_its_limit_is_only_a_lower_bound(tea: Caller) -> None:
    found = tea.data("{ few: ordersCount(limit: 3) { count precision } all: ordersCount(limit: null) { count } }")

    assert found == {"few": {"count": 3, "precision": "AT_LEAST"}, "all": {"count": 5}}


def test_variants_are_listed_by_id(tea: Caller) -> None:
    found = tea.data(
        '{ productVariants(first: 9, query: "sku:cup") { nodes { sku inventoryItem { unitCost { amount } } } } }'
    )

    assert found == {"productVariants": {"nodes": [{"sku": "CUP", "inventoryItem": {"unitCost": None}}]}}
