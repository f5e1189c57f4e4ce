"""What the app was granted: read back, missing, hidden behind 60 days; and what a check says of it all."""

import re
from datetime import timedelta
from typing import Any

import pytest
import responses

from profitsync.sources.errors import CredentialsError
from profitsync.sources.findings import Finding, Level
from profitsync.sources.protocol import TokenCache
from profitsync.sources.shopify import ClientCredentials
from profitsync.sources.shopify.auth import scope_names
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import BASE, NOW, TOKEN_URL, URL, WINDOW, Json, Shop
from tests.sources.test_shopify_counts import EVERYTHING, WALLED, scopes_answer
from tests.sources.test_shopify_failures import denied

LONG_AGO = NOW - timedelta(days=90)
NO_SCOPES = scopes_answer()


def client_credentials(shop: Shop, kept: bool = False) -> ClientCredentials:
    """An app's; `kept`: a token of an earlier run is still good."""
    token = ("kept", NOW + timedelta(hours=5)) if kept else None
    return ClientCredentials(
        shop.http, base_url=BASE, client_id="id-1", client_secret="secret-1",
        cache=TokenCache(load=lambda: token, save=lambda _token, _until: None), clock=lambda: NOW,
    )  # fmt: skip


def grant(wire: responses.RequestsMock, scope: str | None) -> None:
    body = {"access_token": "t1", "expires_in": 86399} | ({} if scope is None else {"scope": scope})
    wire.post(TOKEN_URL, json=body)


NAMES = [
    pytest.param(["read_orders", " read_products"], {"read_orders", "read_products"}, id="as listed"),
    pytest.param(["write_orders"], {"write_orders", "read_orders"}, id="writing means reading"),
    pytest.param([""], set(), id="none"),
]


@pytest.mark.parametrize(("handles", "names"), NAMES)
def test_scopes_are_read_by_name(handles: list[str], names: set[str]) -> None:
    assert scope_names(handles) == names


def test_a_recent_window_asks_for_no_scopes(shop: Shop) -> None:
    assert shop.source().hidden_before(NOW - timedelta(days=59)) is None
    assert shop.http.requests == 0


def test_with_all_orders_nothing_is_hidden_and_scopes_are_asked_for_once(shop: Shop) -> None:
    shop.answers(EVERYTHING)
    shopify = shop.source()

    assert [shopify.hidden_before(LONG_AGO) for _ in range(2)] == [None, None]
    assert shop.operations == ["Scopes"]


def test_without_all_orders_sixty_days_are_seen(shop: Shop) -> None:
    shop.answers(WALLED)

    wall = shop.source().hidden_before(LONG_AGO)

    assert wall == NOW - timedelta(days=60) + timedelta(hours=1)


LACKING = [
    pytest.param(NO_SCOPES, "no access scopes at all; give it read_orders, read_customers", id="none at all"),
    pytest.param(scopes_answer("read_products"), "lacks read_orders and read_customers", id="the needed ones"),
    pytest.param(scopes_answer("read_orders"), "lacks read_customers;", id="one of them"),
]


@pytest.mark.parametrize(("scopes", "words"), LACKING)
def test_missing_scopes_are_named_before_anything_is_read(shop: Shop, scopes: Json, words: str) -> None:
    shop.answers(scopes)

    with pytest.raises(CredentialsError, match=words):
        shop.source().hidden_before(LONG_AGO)


@pytest.mark.parametrize(("scopes", "words"), LACKING)
def test_missing_scopes_are_named_when_reading_is_refused(shop: Shop, scopes: Json, words: str) -> None:
    shop.answers(denied("orders"), scopes)

    with pytest.raises(CredentialsError, match=words):
        list(shop.source().orders(WINDOW))


def test_the_grant_of_a_token_tells_its_scopes_without_a_request(wire: responses.RequestsMock, shop: Shop) -> None:
    grant(wire, "read_orders,read_customers,read_all_orders")
    shop.answers(samples.orders_answer())
    shopify = shop.source(client_credentials(shop))
    list(shopify.orders(WINDOW))

    assert shopify.hidden_before(LONG_AGO) is None
    assert shop.operations == ["Orders"]


def test_an_app_released_without_scopes_is_told_so(wire: responses.RequestsMock, shop: Shop) -> None:
    grant(wire, "")
    shop.answers(denied("orders"))

    with pytest.raises(CredentialsError, match="no access scopes at all"):
        list(shop.source(client_credentials(shop)).orders(WINDOW))


def test_a_kept_token_without_the_scopes_granted_since_is_renewed_once(
    wire: responses.RequestsMock, shop: Shop
) -> None:
    grant(wire, None)
    shop.answers(denied("orders"), samples.orders_answer(samples.order()))

    [[read]] = shop.source(client_credentials(shop, kept=True)).orders(WINDOW)

    assert read.id == "450"
    assert shop.operations == ["Orders", "Orders"]


def test_a_kept_token_that_is_denied_after_renewal_too_ends_it(wire: responses.RequestsMock, shop: Shop) -> None:
    grant(wire, None)
    shop.answers(denied("orders"), denied("orders"), WALLED)

    with pytest.raises(CredentialsError, match="orders is denied"):
        list(shop.source(client_credentials(shop, kept=True)).orders(WINDOW))


# --- the check


ALL = ("read_orders", "read_customers", "read_all_orders", "read_products", "read_inventory")


def check_answer(*scopes: str, supported: tuple[str, ...] = ("2026-07", "2026-10")) -> Json:
    versions = [{"handle": one, "supported": True} for one in supported]
    return {
        "data": {
            "shop": samples.SHOP,
            **scopes_answer(*scopes)["data"],
            "publicApiVersions": [*versions, {"handle": "2027-01", "supported": False}],
        }
    }


def check(
    wire: responses.RequestsMock, shop: Shop, body: Json, version: str = "2026-10", date: str = ""
) -> dict[str, list[Finding]]:
    date = date or "Mon, 23 Nov 2026 10:00:05 GMT"
    wire.post(URL, json=body, headers={"X-Shopify-API-Version": version, "Date": date})
    found: dict[str, list[Finding]] = {}
    for finding in shop.source().check():
        found.setdefault(finding.topic, []).append(finding)
    return found


def test_a_healthy_shop_is_all_well_after_one_request(wire: responses.RequestsMock, shop: Shop) -> None:
    found = check(wire, shop, check_answer(*ALL))

    assert {one.level for some in found.values() for one in some} == {Level.OK}
    assert set(found) == {"token", "scopes", "history", "currency", "time zone", "API version", "clock"}
    assert (found["currency"][0].text, found["time zone"][0].text) == ("INR", "Asia/Kolkata")
    assert "until it is revoked" in found["token"][0].text
    assert shop.http.requests == 1


def without(*names: str) -> Json:
    return check_answer(*(scope for scope in ALL if scope not in names))


FOUND: list[Any] = [
    pytest.param({"body": check_answer()}, "scopes", Level.PROBLEM, "no access scopes at all", id="no scopes"),
    pytest.param(
        {"body": without("read_orders")}, "scopes", Level.PROBLEM, "no order can be read", id="no orders"
    ),
    pytest.param(
        {"body": without("read_customers")}, "scopes", Level.PROBLEM, "cannot be told apart", id="no customers"
    ),
    pytest.param(
        {"body": without("read_products")}, "scopes", Level.WARNING, "found by SKU only", id="no products"
    ),
    pytest.param(
        {"body": without("read_inventory")}, "scopes", Level.WARNING, "cost per item is unknown", id="no costs"
    ),
    pytest.param(
        {"body": without("read_all_orders")}, "history", Level.WARNING, "older than 60 days", id="the wall"
    ),
    pytest.param(
        {"body": check_answer(*ALL), "version": "2026-01"}, "API version", Level.WARNING,
        "2026-10 was asked, 2026-01 answered", id="another version answers",
    ),
    pytest.param(
        {"body": check_answer(*ALL, supported=("2027-04",))}, "API version", Level.WARNING,
        "not among the supported ones", id="a version on its way out",
    ),
    pytest.param(
        {"body": check_answer(*ALL), "date": "Mon, 23 Nov 2026 09:50:00 GMT"}, "clock", Level.WARNING,
        "600 s ahead of Shopify", id="a clock that is fast",
    ),
    pytest.param(
        {"body": check_answer(*ALL), "date": "Mon, 23 Nov 2026 10:03:00 GMT"}, "clock", Level.WARNING,
        "180 s behind Shopify", id="a clock that is slow",
    ),
    pytest.param(
        {"body": check_answer(*ALL), "date": "yesterday"}, "clock", Level.WARNING, "no time", id="no date"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "topic", "level", "words"), FOUND)
def test_what_is_wrong_is_found_with_its_price(
    wire: responses.RequestsMock, shop: Shop, answer: dict[str, Any], topic: str, level: Level, words: str
) -> None:
    [first, *_] = check(wire, shop, **answer)[topic]

    assert first.level is level
    assert re.search(words, first.text)


def test_a_check_of_an_app_tells_when_its_token_ends(wire: responses.RequestsMock, shop: Shop) -> None:
    grant(wire, "read_orders")
    shop.answers(check_answer(*ALL))

    token, *_ = shop.source(client_credentials(shop)).check()

    assert "traded for tokens of 24 hours, the current one until 2026-11-24 09:59 UTC" in token.text


def test_a_check_with_a_refused_token_is_an_error(wire: responses.RequestsMock, shop: Shop) -> None:
    wire.post(URL, status=401)

    with pytest.raises(CredentialsError, match="revoked"):
        shop.source().check()
