"""Webhooks: whoever cannot prove where they come from changes nothing, and the others leave one hint each."""

import json
from dataclasses import replace
from typing import Any

import pytest

from profitsync.domain.hints import DELETED_ORDER, ORDER, SHIPMENT
from profitsync.domain.merchants import User
from profitsync.services.webhooks import TOKEN, TOPICS, signature
from tests.api.conftest import Api

SECRET = "secret-of-the-owner"
PATH = "/webhooks/shopify/owner"
ORDER_BODY = json.dumps({"id": 1001, "name": "#1001", "created_at": "2026-11-02T10:00:00+05:30"}).encode()


def signed(body: bytes = ORDER_BODY, topic: str = "orders/updated", secret: str = SECRET) -> Any:
    return {
        "X-Shopify-Hmac-Sha256": signature(secret, body), "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "my-shop.myshopify.com",
    }  # fmt: skip


def send(api: Api, body: bytes = ORDER_BODY, path: str = PATH, **headers: str) -> Any:
    return api("POST", path, body, key=None, **headers)


def noted(api: Api) -> list[tuple[str, str]]:
    return [(hint.kind, hint.record) for hint in api.store.hints("owner", 100)]


def test_a_signed_webhook_leaves_a_hint(api: Api, user: User) -> None:
    response = send(api, **signed())

    assert (response.status_code, response.json()) == (200, {"success": True, "data": {"queued": True}})
    assert noted(api) == [(ORDER, "1001")]


@pytest.mark.parametrize(
    ("topic", "document", "hint"),
    [
        ("orders/create", {"id": 5, "created_at": "x"}, (ORDER, "5")),
        ("orders/edited", {"order_edit": {"id": 9, "order_id": 5}}, (ORDER, "5")),
        ("refunds/create", {"id": 9, "order_id": 5}, (ORDER, "5")),
        ("fulfillments/update", {"id": 9, "order_id": 5}, (ORDER, "5")),
        ("orders/delete", {"id": 5}, (DELETED_ORDER, "5")),
        ("orders/delete", {"id": 5, "created_at": "x"}, (ORDER, "5")),
    ],
)
def test_each_topic_names_its_order(topic: str, document: Any, hint: Any, api: Api, user: User) -> None:
    body = json.dumps(document).encode()

    assert send(api, body, **signed(body, topic)).status_code == 200
    assert noted(api) == [hint]


@pytest.mark.parametrize("topic", ["products/update", "app/uninstalled", ""])
def test_other_topics_are_acknowledged_and_left_aside(topic: str, api: Api, user: User) -> None:
    assert topic not in TOPICS

    assert send(api, **signed(topic=topic)).json()["data"] == {"queued": False}
    assert noted(api) == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (ORDER_BODY, {}, 401),
        (ORDER_BODY, signed() | {"X-Shopify-Hmac-Sha256": ""}, 401),
        (ORDER_BODY, signed() | {"X-Shopify-Hmac-Sha256": "é"}, 401),
        (ORDER_BODY, signed(secret="another secret"), 401),
        (ORDER_BODY + b" ", signed(), 401),
        (ORDER_BODY, signed() | {"X-Shopify-Shop-Domain": "other.myshopify.com"}, 401),
        (b"{", signed(b"{"), 400),
        (b"\xff", signed(b"\xff"), 400),
        (b"[]", signed(b"[]"), 400),
        (b"{}", signed(b"{}"), 400),
        (b'{"id": "1 OR 2"}', signed(b'{"id": "1 OR 2"}'), 400),
        (b'{"id": true}', signed(b'{"id": true}'), 400),
    ],
    ids=["unsigned", "empty", "not ASCII", "another secret", "changed body", "another shop", "cut", "no text",
         "a list", "no id", "a search", "no number"],
)  # fmt: skip
def test_forged_and_malformed_ones_change_nothing(
    body: bytes, headers: dict[str, str], status: int, api: Api, user: User
) -> None:
    assert send(api, body, **headers).status_code == status
    assert noted(api) == []


def test_a_merchant_nobody_knows_looks_like_a_wrong_signature(api: Api, user: User) -> None:
    assert send(api, path="/webhooks/shopify/nobody", **signed()).status_code == 401


@pytest.mark.parametrize("again", ["the same", "another id", "another body of the same id"])
def test_a_repeated_webhook_is_acknowledged_and_adds_nothing(again: str, api: Api, user: User) -> None:
    named = {"X-Shopify-Webhook-Id": "w-1"}
    first = signed() | named
    assert send(api, **first).json()["data"] == {"queued": True}
    api.store.drop_hints(api.store.hints("owner", 10))
    other = ORDER_BODY + b"\n"
    later = {
        "the same": (ORDER_BODY, first),
        "another id": (ORDER_BODY, first | {"X-Shopify-Webhook-Id": "w-2"}),
        "another body of the same id": (other, signed(other) | named),
    }

    response = send(api, later[again][0], **later[again][1])

    assert (response.status_code, response.json()["data"]) == (200, {"queued": False})
    assert noted(api) == []


def test_the_secret_of_a_shops_own_webhooks_counts_as_well(api: Api, user: User) -> None:
    api.data("PUT", "/api/users/owner", {"shopifyWebhookSecret": "of-the-admin"})

    assert send(api, **signed(secret="of-the-admin")).status_code == 200
    assert send(api, **signed(secret=SECRET)).status_code == 200


def test_an_idle_merchants_webhooks_are_left_aside(api: Api, user: User) -> None:
    api.data("PUT", "/api/users/owner", {"isActive": False})

    assert send(api, **signed()).json()["data"] == {"queued": False}
    assert noted(api) == []


@pytest.mark.parametrize("path", ["/webhooks/parcels/owner", "/webhooks/shiprocket/owner"])
@pytest.mark.parametrize("header", ["x-api-key", "anx-api-key"])
def test_a_parcel_webhook_with_the_right_token_leaves_a_hint(path: str, header: str, api: Api, user: User) -> None:
    token = api.runtime.vault.encrypt("token")
    api.store.save_user(replace(user, secrets=user.secrets | {TOKEN: token}))
    body = b'{"awb": 14300000001, "order_id": "#1001", "current_status": "DELIVERED"}'

    assert send(api, body, path, **{header: "wrong"}).status_code == 401
    assert send(api, body, path).status_code == 401
    assert send(api, body, path, **{header: "token"}).status_code == 200
    assert noted(api) == [(SHIPMENT, "14300000001")]
    assert send(api, b'{"order_id": "#1002", "awb": ""}', path, **{header: "token"}).status_code == 200
    assert send(api, b'{"test": 1}', path, **{header: "token"}).json()["data"] == {"queued": False}
    assert noted(api) == [(SHIPMENT, "#1002"), (SHIPMENT, "14300000001")]


def test_a_merchant_without_a_token_takes_no_parcel_webhook(api: Api, user: User) -> None:
    assert send(api, b'{"awb": "1"}', "/webhooks/parcels/owner", **{"x-api-key": ""}).status_code == 401
