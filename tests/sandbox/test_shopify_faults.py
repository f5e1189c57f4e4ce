"""Broken answers of Shopify's API, as a client sees them."""

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Serve
from tests.sandbox.small import NOW, Caller, merchant, order, shop
from tests.sandbox.test_faults import NAMES, ask


@pytest.fixture
def tea(serve: Serve) -> Caller:
    return serve(merchant("tea", shop(order(1, customer_id="5"))))


def test_too_many_requests_may_leave_open_how_long_to_wait(tea: Caller) -> None:
    response = ask(tea, "shopify:429=none")

    assert (response.status_code, "Retry-After" in response.headers) == (429, False)


SPOILT: list[Any] = [
    pytest.param("map-errors", {"errors": {"query": ["Something is wrong with it"]}}, id="errors as an object"),
    pytest.param("partly-null", {"data": {"orders": None}}, id="a root field is null, without an error"),
    pytest.param(
        "not-found",
        {"errors": [{"message": "Invalid id", "extensions": {"code": "RESOURCE_NOT_FOUND"}}], "data": None},
        id="not found",
    ),
    pytest.param(
        "code=SHOP_INACTIVE",
        {"errors": [{"message": "The query was refused", "extensions": {"code": "SHOP_INACTIVE"}}]},
        id="any code",
    ),
]


@pytest.mark.parametrize(("kind", "body"), SPOILT)
def test_an_answer_can_be_spoilt_in_each_recorded_way(tea: Caller, kind: str, body: Any) -> None:
    response = ask(tea, f"shopify:{kind}")

    assert (response.status_code, response.json()) == (200, body)


@pytest.mark.parametrize(("points", "refused"), [("3", True), ("4", False)])
def test_the_most_that_one_query_may_cost_can_be_lowered(tea: Caller, points: str, refused: bool) -> None:
    answer = ask(tea, f"shopify:max-cost={points}").json()

    assert ("errors" in answer) == refused
    if refused:
        assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


BY_ID = 'query { nodes(ids: ["gid://shopify/Order/1", "gid://shopify/Order/2"]) { __typename } }'


@pytest.mark.parametrize(
    ("query", "most", "status"), [(NAMES, 0, 504), (NAMES, 1, 200), (BY_ID, 1, 504), (BY_ID, 2, 200)]
)
def test_queries_for_many_rows_can_be_made_to_time_out(tea: Caller, query: str, most: int, status: int) -> None:
    tea.sandbox.faults.add(f"shopify:time-out={most}")

    assert tea.graphql(query).status_code == status


THREE = """query Three($after: String) {
  orders(first: 3, after: $after, sortKey: ID) { nodes { name } pageInfo { endCursor } }
}"""


def test_a_short_page_keeps_its_last_rows_back_and_goes_on_behind_them(serve: Serve) -> None:
    caller = serve(merchant("tea", shop(*(order(number) for number in range(1, 5)))))
    caller.sandbox.faults.add("shopify:short-page=2@1")
    first = caller.data(THREE)["orders"]
    second = caller.data(THREE, after=first["pageInfo"]["endCursor"])["orders"]

    assert [[node["name"] for node in page["nodes"]] for page in (first, second)] == [["#1"], ["#4"]]
    assert caller.data("{ ordersCount { count } }") == {"ordersCount": {"count": 4}}


def test_a_search_can_be_said_to_be_misunderstood(tea: Caller) -> None:
    (report,) = ask(tea, "shopify:search-warning").json()["extensions"]["search"]

    assert report["warnings"][0]["code"] == "invalid_field"


def test_another_version_can_be_said_to_have_answered(tea: Caller) -> None:
    assert ask(tea, "shopify:version=2026-04").headers["X-Shopify-API-Version"] == "2026-04"


@pytest.mark.parametrize(("fault", "host"), [("redirect", "renamed"), ("redirect=tea2.myshopify.com", "tea2")])
def test_a_renamed_shop_redirects(tea: Caller, fault: str, host: str) -> None:
    tea.sandbox.faults.add(f"shopify:{fault}")
    address = f"{tea.sandbox.url}/shopify/tea.myshopify.com/admin/api/2026-10/graphql.json"

    response = tea.session.post(address, json={"query": NAMES}, allow_redirects=False)

    assert response.status_code == 301
    assert response.headers["Location"] == f"https://{host}.myshopify.com/admin/api/2026-10/graphql.json"


def test_answers_are_dated_by_the_clock_of_the_sandbox(tea: Caller) -> None:
    assert parsedate_to_datetime(tea.graphql(NAMES).headers["Date"]) == NOW
