"""The simulated Admin API: tokens, versions, projection, errors, cost."""

import pytest
import requests

from profitsync.sandbox.cost import BucketSize
from tests.sandbox.conftest import Serve
from tests.sandbox.small import HOST, Caller, Clock, merchant, order, refund, removed_shipping, shop

GRANT = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}

# The order query of the API reference, for which costs were recorded.
FULL_QUERY = """
query Orders($first: Int!) { orders(first: $first, sortKey: UPDATED_AT) { pageInfo { hasNextPage } nodes {
  id name totalPriceSet { ...M } customer { id numberOfOrders } customerJourneySummary { ready customerOrderIndex }
  shippingLines(first: 5, includeRemovals: true) { nodes { id discountedPriceSet { ...M } taxLines { rate } } }
  lineItems(first: 50) { pageInfo { hasNextPage } nodes {
    id product { id } variant { id inventoryItem { id unitCost { amount currencyCode } } }
    originalUnitPriceSet { ...M } discountAllocations { allocatedAmountSet { ...M } } taxLines { rate } } }
  refunds(first: 20) { id totalRefundedSet { ...M }
    refundLineItems(first: 50) { pageInfo { hasNextPage } nodes { id lineItem { id } subtotalSet { ...M } } }
    refundShippingLines(first: 5) { nodes { id subtotalAmountSet { ...M } } }
    orderAdjustments(first: 5) { nodes { id amountSet { ...M } } } }
  transactions(first: 30) { id parentTransaction { id } amountSet { ...M } fees { id amount { amount } } }
  fulfillments(first: 20) { id trackingInfo(first: 10) { number } } } } }
fragment M on MoneyBag { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
"""


@pytest.fixture
def tea(serve: Serve) -> Caller:
    return serve(merchant(shopify=shop(order(1), order(2, hour=1, lines=3))))


def grant(tea: Caller, **changes: str) -> requests.Response:
    url = f"{tea.sandbox.url}/shopify/{HOST}/admin/oauth/access_token"
    return tea.session.post(url, data=GRANT | changes)


def test_a_wrong_token_is_answered_with_401_and_the_recorded_text(tea: Caller) -> None:
    response = tea.graphql("{ shop { name } }", token="wrong")

    assert response.status_code == 401
    assert response.json()["errors"].startswith("[API] Invalid API key or access token")


def test_an_unknown_shop_is_not_found(tea: Caller) -> None:
    response = tea.graphql("{ shop { name } }", host="no.myshopify.com")

    assert (response.status_code, response.json()) == (404, {"errors": "Not Found"})


def test_client_credentials_buy_a_token_for_a_day(serve: Serve, clock: Clock) -> None:
    world = shop(access_token=None, client_id="id", client_secret="secret", scopes=["read_orders"])
    tea = serve(merchant(shopify=world))
    answer = grant(tea).json()
    assert (answer["expires_in"], answer["scope"]) == (86399, "read_orders")

    assert tea.graphql("{ shop { name } }", token=answer["access_token"]).status_code == 200
    clock.pass_(hours=24)
    assert tea.graphql("{ shop { name } }", token=answer["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"client_secret": "other"}, "invalid_client"), ({"grant_type": "password"}, "unsupported_grant_type")],
)
def test_a_refused_grant_names_its_oauth_error(serve: Serve, changes: dict[str, str], error: str) -> None:
    tea = serve(merchant(shopify=shop(client_id="id", client_secret="secret")))

    response = grant(tea, **changes)

    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize(("asked", "served"), [("2026-07", "2026-07"), ("2025-10", "2026-01")])
def test_a_retired_version_is_silently_answered_by_the_oldest_accessible_one(
    tea: Caller, asked: str, served: str
) -> None:
    response = tea.graphql("{ shop { name } }", version=asked)

    assert (response.status_code, response.headers["X-Shopify-API-Version"]) == (200, served)


def test_an_answer_holds_exactly_what_was_selected(tea: Caller) -> None:
    found = tea.data("""
        query One($id: ID!) {
          it: order(id: $id) { __typename name ...More ... on Order { test } ... on Refund { note } } }
        fragment More on Order { lineItems(first: 1) { edges { node { sku } } pageInfo { hasNextPage } } }
        """, id="gid://shopify/Order/2")  # fmt: skip

    assert found == {
        "it": {
            "__typename": "Order",
            "name": "#2",
            "lineItems": {"edges": [{"node": {"sku": "TEA"}}], "pageInfo": {"hasNextPage": True}},
            "test": False,
        }
    }


def test_fields_can_be_included_and_skipped_by_variables(tea: Caller) -> None:
    query = "query Q($yes: Boolean!) { shop { name @skip(if: $yes) currencyCode @include(if: $yes) } }"

    assert tea.data(query, yes=True) == {"shop": {"currencyCode": "INR"}}


def test_a_field_that_does_not_exist_fails_the_query_without_data(tea: Caller) -> None:
    answer = tea.answer("{ orders(first: 1) { nodes { nmae } } }")

    assert "data" not in answer
    assert answer["errors"][0]["extensions"] == {
        "code": "undefinedField", "typeName": "Order", "fieldName": "nmae",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ orders(first: 1) { nodes { id } ", "PARSE_ERROR"),
        ("{ shoop { name } }", "undefinedField"),
        ("{ orders(first: 1, colour: 1) { nodes { id } } }", "argumentNotAccepted"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop { name { first } } }", "selectionMismatch"),
        ("query Q($first: Int!) { orders(first: $first) { nodes { id } } }", "INVALID_VARIABLE"),
        ("{ orders(first: $first) { nodes { id } } }", "variableNotDefined"),
        ("{ orders(first: 1) { nodes { ...Missing } } }", "useAndDefineFragment"),
        ("{ orders { nodes { id } } }", "BAD_REQUEST"),
        ("{ orders(first: 251) { nodes { id } } }", "BAD_REQUEST"),
        ("{ orders(first: 1, sortKey: COLOUR) { nodes { id } } }", "BAD_REQUEST"),
        ('{ order(id: "7") { id } }', "BAD_REQUEST"),
        ('{ refund(id: "gid://shopify/Order/1") { id } }', "RESOURCE_NOT_FOUND"),
    ],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_refused_with_its_code(tea: Caller, query: str, code: str) -> None:
    assert tea.code(query) == code


def test_an_unknown_valid_id_is_plainly_null(tea: Caller) -> None:
    ids = ["gid://shopify/Order/1", "gid://shopify/Order/404", "gid://shopify/ProductVariant/92"]
    query = "query N($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { name } ... on ProductVariant { sku } } }"

    assert tea.data(query, ids=ids) == {"nodes": [{"name": "#1"}, None, {"sku": "CUP"}]}


def test_a_body_that_is_no_graphql_request_is_a_bad_request(tea: Caller) -> None:
    url = f"{tea.sandbox.url}/shopify/{HOST}/admin/api/2026-10/graphql.json"

    response = tea.session.post(url, data=b"{", headers={"X-Shopify-Access-Token": f"token-of-{HOST}"})

    assert response.status_code == 400


def test_removed_shipping_lines_are_shown_only_when_asked_for(serve: Serve) -> None:
    tea = serve(merchant(shopify=shop(order(1, shipping=removed_shipping()))))
    query = """query Q($all: Boolean) { order(id: "gid://shopify/Order/1") {
        shippingLines(first: 9, includeRemovals: $all) { nodes { id } } } }"""

    both = tea.data(query, all=True)["order"]["shippingLines"]["nodes"]
    one = tea.data(query, all=False)["order"]["shippingLines"]["nodes"]

    assert (len(both), len(one)) == (2, 1)


def test_the_app_sees_its_scopes_and_the_versions(tea: Caller) -> None:
    found = tea.data(
        "{ currentAppInstallation { accessScopes { handle } } publicApiVersions { handle supported } }"
    )

    assert {"handle": "read_all_orders"} in found["currentAppInstallation"]["accessScopes"]
    assert {"handle": "2026-10", "supported": True} in found["publicApiVersions"]


def test_a_field_without_its_scope_is_null_with_access_denied(serve: Serve) -> None:
    tea = serve(merchant(shopify=shop(order(1), scopes=["read_orders", "read_all_orders"])))

    answer = tea.answer("{ orders(first: 1) { nodes { name customer { id } } } }")

    assert answer["data"] == {"orders": {"nodes": [{"name": "#1", "customer": None}]}}
    (error,) = answer["errors"]
    assert error["path"] == ["orders", "nodes", 0, "customer"]
    assert error["extensions"]["requiredAccess"] == "`read_customers` access scope."


def test_without_read_all_orders_nothing_older_than_sixty_days_exists(serve: Serve, clock: Clock) -> None:
    tea = serve(merchant(shopify=shop(order(1), order(2, hour=480), scopes=["read_orders"])))
    clock.pass_(days=50)

    found = tea.data('{ orders(first: 9) { nodes { name } } order(id: "gid://shopify/Order/1") { id } }')

    assert found == {"orders": {"nodes": [{"name": "#2"}]}, "order": None}


@pytest.mark.parametrize(("first", "points"), [(10, 350), (25, 524), (50, 611), (100, 785), (250, 959)])
def test_the_requested_cost_is_the_recorded_one(tea: Caller, first: int, points: int) -> None:
    cost = tea.answer(FULL_QUERY, first=first)["extensions"]["cost"]

    assert cost["requestedQueryCost"] == points
    assert 0 < cost["actualQueryCost"] < points


@pytest.mark.parametrize(
    ("query", "requested", "actual"),
    [
        ("{ currentAppInstallation { accessScopes { handle } } }", 2, 2),
        ("{ ordersCount { count } }", 10, 10),
        ("{ orders(first: 250) { nodes { id } } }", 13, 3),
        ("{ productVariants(first: 250) { nodes { id product { id } inventoryItem { id unitCost { amount } } } } }", 35, 5),  # noqa: E501
    ],
)  # fmt: skip
def test_requested_and_actual_cost_follow_the_model(tea: Caller, query: str, requested: int, actual: int) -> None:
    cost = tea.answer(query)["extensions"]["cost"]

    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (requested, actual)


def test_a_query_of_more_than_a_thousand_points_is_refused_before_running(tea: Caller) -> None:
    inner = "lineItems(first: 250) { nodes { variant { product { id } inventoryItem { id } } } }"

    assert tea.code(f"{{ orders(first: 250) {{ nodes {{ {inner} {inner.replace('lineItems', 'b: lineItems')} "
                    f"{inner.replace('lineItems', 'c: lineItems')} }} }} }}") == "MAX_COST_EXCEEDED"  # fmt: skip


def test_an_empty_bucket_throttles_until_it_has_filled_again(serve: Serve, clock: Clock) -> None:
    tea = serve(merchant(shopify=shop(order(1))), bucket=BucketSize(capacity=20, restore_rate=5))
    query = "{ ordersCount { count } }"
    assert [tea.answer(query)["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] for _ in "12"] == [
        10,
        0,
    ]

    throttled = tea.answer(query)

    assert "data" not in throttled
    assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled["extensions"]["cost"]["actualQueryCost"] is None
    clock.pass_(seconds=2)
    assert tea.data(query) == {"ordersCount": {"count": 1}}


def test_a_refund_and_its_lines_can_be_read_by_id(serve: Serve) -> None:
    sold = order(1, lines=3)
    sold.refunds = (refund(7, sold),)
    tea = serve(merchant(shopify=shop(sold)))
    query = """query R($id: ID!) {
        refund(id: $id) { id refundLineItems(first: 2) { nodes { lineItem { id } } } }
        node(id: $id) { ... on Refund { refundLineItems(last: 1) { nodes { quantity } } } } }"""

    found = tea.data(query, id="gid://shopify/Refund/7")

    assert len(found["refund"]["refundLineItems"]["nodes"]) == 2
    assert found["node"] == {"refundLineItems": {"nodes": [{"quantity": 1}]}}
