"""Every way in which Shopify says no, as one table of signal and consequence."""

import logging
from typing import Any

import pytest
import responses

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from profitsync.sources.shopify.client import LONGEST_WAIT
from profitsync.sources.shopify.failures import SIGNALS
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import TOKEN, URL, WINDOW, Json, Shop, error_answer

EMPTY = samples.orders_answer()


def denied(field: str) -> Json:
    return {
        "errors": [
            {
                "message": f"Access denied for {field} field.",
                "path": ["orders", "nodes", 0, field],
                "extensions": {
                    "code": "ACCESS_DENIED",
                    "requiredAccess": "`read_customers` access scope.",
                },
            }
        ],
        "data": {"shop": samples.SHOP, "orders": samples.page(samples.order(customer=None))},
    }


def throttled(requested: float | None = 752, available: float = 666, most: float = 1000, rate: float = 50) -> Json:
    status = {"maximumAvailable": most, "currentlyAvailable": available, "restoreRate": rate}
    cost = {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}
    return error_answer("THROTTLED", "Throttled", extensions={"cost": cost})


def searched(**warning: str) -> Json:
    return {**EMPTY, "extensions": {"search": [{"path": ["orders"], "query": "x", "warnings": [warning]}]}}


BOUNDED = 0  # tries: as many as fit into the longest wait
PAGES_TO_ONE = 4  # requests until a page of orders is a single order: 50, 16, 5, 1

# signal: status and body; consequence: class, tries, words of the message
TABLE = [
    pytest.param(200, throttled(), ThrottledError, BOUNDED, "bucket", id="THROTTLED"),
    pytest.param(200, throttled(most=700), BadResponseError, PAGES_TO_ONE, "can hold", id="THROTTLED for ever"),
    pytest.param(
        200, error_answer("MAX_COST_EXCEEDED"), BadResponseError, PAGES_TO_ONE, "more points",
        id="MAX_COST_EXCEEDED",
    ),
    pytest.param(200, error_answer("SHOP_INACTIVE"), CredentialsError, 1, "frozen or closed", id="SHOP_INACTIVE"),
    pytest.param(
        200, denied("customer"), CredentialsError, 2,  # the second asks for the scopes
        r"orders\.nodes\.customer is denied; it needs `read_customers` access scope", id="ACCESS_DENIED",
    ),
    pytest.param(
        200, error_answer("INTERNAL_SERVER_ERROR", "Request ID: 1f2e", data=None), RetriableError,
        PAGES_TO_ONE + 2, "Request ID: 1f2e", id="INTERNAL_SERVER_ERROR",
    ),
    pytest.param(200, error_answer("undefinedField"), BadResponseError, 1, "undefinedField", id="undefinedField"),
    pytest.param(200, error_answer("argumentNotAccepted"), BadResponseError, 1, "argument", id="argument"),
    pytest.param(200, error_answer("PARSE_ERROR"), BadResponseError, 1, "PARSE_ERROR", id="PARSE_ERROR"),
    pytest.param(200, error_answer("INVALID_VARIABLE"), BadResponseError, 1, "INVALID", id="INVALID_VARIABLE"),
    pytest.param(200, error_answer("selectionMismatch"), BadResponseError, 1, "selection", id="selectionMismatch"),
    pytest.param(200, error_answer("BAD_REQUEST"), BadResponseError, 1, "BAD_REQUEST", id="BAD_REQUEST"),
    pytest.param(200, {"errors": [{"message": "odd"}]}, BadResponseError, 1, "no code.*odd", id="no code"),
    pytest.param(
        200, error_answer("RESOURCE_NOT_FOUND", data=None), BadResponseError, 1, "does not exist",
        id="RESOURCE_NOT_FOUND",
    ),
    pytest.param(200, {"errors": "Something odd"}, BadResponseError, 1, "Something odd", id="errors as text"),
    pytest.param(200, {"errors": {"query": ["bad"]}}, BadResponseError, 1, "query", id="errors as object"),
    pytest.param(200, {"data": None}, BadResponseError, 1, "without data", id="null data"),
    pytest.param(200, {}, BadResponseError, 1, "without data", id="no data"),
    pytest.param(
        200, {"data": {"shop": samples.SHOP, "orders": None}}, BadResponseError, 1, r"\$\.orders", id="partly null"
    ),
    pytest.param(200, [], BadResponseError, 1, "unexpected shape", id="not an object"),
    pytest.param(
        200, searched(field="emial", code="invalid_field", message="Invalid search field"), BadResponseError, 1,
        "'emial' was not understood", id="search warning",
    ),
    pytest.param(200, "<html>one moment</html>", RetriableError, 3, "not JSON", id="HTML instead of JSON"),
    pytest.param(
        401, {"errors": "[API] Invalid API key or access token"}, CredentialsError, 1, "was refused", id="401"
    ),
    pytest.param(402, {"errors": "Unavailable Shop"}, CredentialsError, 1, "frozen", id="402"),
    pytest.param(403, {}, CredentialsError, 1, "may not read", id="403"),
    pytest.param(404, {"errors": "Not Found"}, CredentialsError, 1, "no such shop", id="404"),
    pytest.param(423, {}, CredentialsError, 1, "locked", id="423"),
    pytest.param(429, {}, ThrottledError, BOUNDED, "too many", id="429"),
    pytest.param(430, {}, BadResponseError, 1, "malicious.*430", id="430"),
    pytest.param(504, "<html>late</html>", RetriableError, PAGES_TO_ONE + 2, "not finished in time", id="504"),
    pytest.param(400, {}, BadResponseError, 1, "unexpected HTTP 400", id="400"),
    pytest.param(307, {}, BadResponseError, 1, "renamed", id="redirect"),
    *[
        pytest.param(status, "<html>down</html>", RetriableError, 3, str(status), id=str(status))
        for status in (500, 502, 503, 520, 530, 540)
    ],
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "error", "tries", "words"), TABLE)
def test_a_signal_has_one_consequence(
    wire: responses.RequestsMock,
    shop: Shop,
    status: int,
    body: Any,
    error: type[SourceError],
    tries: int,
    words: str,
) -> None:
    given = {"body": body} if isinstance(body, str) else {"json": body}
    wire.post(URL, status=status, **given)

    with pytest.raises(error, match=words) as caught:
        list(shop.source().orders(WINDOW))

    assert isinstance(caught.value, RetriableError) == issubclass(error, RetriableError)
    assert shop.http.requests == tries or (tries == BOUNDED and 5 < shop.http.requests < 20)
    assert sum(shop.pauses) <= LONGEST_WAIT
    assert TOKEN not in str(caught.value)


def test_every_signal_of_the_table_in_code_is_tested() -> None:
    assert {str(signal) for signal in SIGNALS} - {row.id for row in TABLE} == set()


PAUSES = [
    pytest.param(throttled(), (752 - 666) / 50, id="integers"),
    pytest.param(throttled(752.0, 0.0, 1000.0, 100.0), 7.52, id="floats"),
]


@pytest.mark.parametrize(("body", "pause"), PAUSES)
def test_a_throttled_query_waits_until_the_bucket_holds_its_cost(shop: Shop, body: Json, pause: float) -> None:
    shop.answers(body, EMPTY)

    assert list(shop.source().orders(WINDOW)) == []
    assert shop.pauses == [pytest.approx(pause)]


OWN_PAUSES = [
    pytest.param(throttled(available=900), id="bucket has filled meanwhile"),
    pytest.param(throttled(rate=0), id="no rate"),
    pytest.param(error_answer("THROTTLED"), id="no status at all"),
]


@pytest.mark.parametrize("body", OWN_PAUSES)
def test_without_a_usable_status_our_own_pause_is_kept(shop: Shop, body: Json) -> None:
    shop.answers(body, EMPTY)

    list(shop.source().orders(WINDOW))

    assert 1 < shop.pauses[0] < 2


def test_a_search_report_without_warnings_is_fine(shop: Shop) -> None:
    shop.answers({**EMPTY, "extensions": {"search": [{"path": ["orders"], "warnings": []}]}})

    assert list(shop.source().orders(WINDOW)) == []


def test_the_first_of_several_errors_does_not_hide_a_graver_one(shop: Shop) -> None:
    body = denied("customer")
    body["errors"].insert(0, {"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}})
    shop.answers(body)

    with pytest.raises(CredentialsError):
        list(shop.source().orders(WINDOW))


def test_missing_permission_to_read_costs_names_the_field(shop: Shop) -> None:
    shop.answers(
        {
            "errors": [
                {
                    "message": "Access denied for unitCost field.",
                    "path": ["nodes", 0, "inventoryItem", "unitCost"],
                    "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "the product costs permission"},
                }
            ],
            "data": {"nodes": [None]},
        }
    )

    with pytest.raises(CredentialsError, match=r"inventoryItem\.unitCost is denied.*product costs"):
        shop.source().unit_costs(["1"])


def test_a_token_repeated_by_shopify_is_cut_out(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="profitsync")
    shop.answers(error_answer("INTERNAL_SERVER_ERROR", f"token {TOKEN} met a fault"))

    with pytest.raises(RetriableError, match="token … met a fault"):
        list(shop.source().orders(WINDOW))

    assert "met a fault" in caplog.text
    assert TOKEN not in caplog.text


def test_long_words_of_shopify_are_cut_short(shop: Shop) -> None:
    shop.answers(error_answer("BAD_REQUEST", "x" * 5000))

    with pytest.raises(BadResponseError) as caught:
        list(shop.source().orders(WINDOW))

    assert len(str(caught.value)) < 300


def test_an_answer_from_another_version_is_warned_about_once(wire: responses.RequestsMock, shop: Shop) -> None:
    wire.post(URL, json=EMPTY, headers={"X-Shopify-API-Version": "2026-07"})
    shopify = shop.source()

    list(shopify.orders(WINDOW))
    list(shopify.orders(WINDOW))

    [warning] = shopify.warnings
    assert warning.startswith("answered with API version 2026-07, not 2026-10")


def test_the_same_version_needs_no_warning(wire: responses.RequestsMock, shop: Shop) -> None:
    wire.post(URL, json=EMPTY, headers={"X-Shopify-API-Version": "2026-10"})
    shopify = shop.source()

    list(shopify.orders(WINDOW))

    assert shopify.warnings == []


REDIRECTS = [
    pytest.param("https://kapda-in.myshopify.com/admin/api", "answers as kapda-in.myshopify.com", id="a shop"),
    pytest.param("https://example.org/?token=shpat_1", "was the shop renamed", id="elsewhere"),
    pytest.param("", "was the shop renamed", id="no target"),
]


@pytest.mark.parametrize(("target", "words"), REDIRECTS)
def test_a_redirect_names_the_shop_it_leads_to_and_nothing_else(
    wire: responses.RequestsMock, shop: Shop, target: str, words: str
) -> None:
    wire.post(URL, status=301, headers={"Location": target})

    with pytest.raises(BadResponseError, match=words) as caught:
        list(shop.source().orders(WINDOW))

    assert "shpat_1" not in str(caught.value)


RETRY_AFTER = [
    pytest.param({"Retry-After": "2.5"}, 2.5, id="seconds"),
    pytest.param({"Retry-After": "Mon, 23 Nov 2026 10:00:07 GMT"}, 7.0, id="a date"),
]


@pytest.mark.parametrize(("headers", "pause"), RETRY_AFTER)
def test_too_many_requests_are_followed_by_the_pause_asked_for(
    wire: responses.RequestsMock, shop: Shop, headers: dict[str, str], pause: float
) -> None:
    wire.post(URL, status=429, headers=headers)
    shop.answers(EMPTY)

    assert list(shop.source().orders(WINDOW)) == []
    assert shop.pauses == [pause]


def test_a_server_that_wants_a_longer_pause_than_a_minute_is_left_alone(
    wire: responses.RequestsMock, shop: Shop
) -> None:
    wire.post(URL, status=429, headers={"Retry-After": "61"})

    with pytest.raises(ThrottledError):
        list(shop.source().orders(WINDOW))

    assert shop.pauses == []


# --- parts that an order can do without


OPTIONAL = [
    pytest.param("customerJourneySummary", "journey", "count of a buyer's orders", id="journey"),
    pytest.param("lineItems.nodes.product", "products", "found by SKU", id="product"),
    pytest.param("lineItems.nodes.variant", "products", "found by SKU", id="variant"),
    pytest.param("transactions.fees", "fees", "fees are not read", id="fees"),
]


@pytest.mark.parametrize(("field", "variable", "words"), OPTIONAL)
def test_an_optional_part_that_is_refused_is_left_out_with_a_warning(
    shop: Shop, field: str, variable: str, words: str
) -> None:
    refusal = denied(field)
    shop.answers(refusal, samples.orders_answer(samples.order(transactions=[])))
    shopify = shop.source(fees=True)

    [[read]] = shopify.orders(WINDOW)

    assert read.id == "450"
    assert [asked[variable] for asked in shop.asked] == [True, False]
    [warning] = shopify.warnings
    assert words in warning
    assert "read_customers" in warning  # what the refusal says is needed


def test_two_optional_parts_refused_at_once_are_both_left_out(shop: Shop) -> None:
    both = denied("customerJourneySummary")
    both["errors"] += denied("lineItems.nodes.product")["errors"]
    shop.answers(both, samples.orders_answer(samples.order()))

    list(shop.source().orders(WINDOW))

    assert (shop.asked[1]["journey"], shop.asked[1]["products"]) == (False, False)


def test_a_needed_part_refused_beside_an_optional_one_fails(shop: Shop) -> None:
    both = denied("customerJourneySummary")
    both["errors"] += denied("customer")["errors"]
    shop.answers(both)

    with pytest.raises(CredentialsError):
        list(shop.source().orders(WINDOW))


def test_fees_are_asked_for_only_where_they_count(shop: Shop) -> None:
    shop.answers(EMPTY)

    list(shop.source().orders(WINDOW))
    list(shop.source(fees=True).orders(WINDOW))

    assert [asked["fees"] for asked in shop.asked] == [False, True]
