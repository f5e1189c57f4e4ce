"""Webhooks: who really sent one, which record it is about, and what to register where.

A webhook is a hint. Nothing of its content becomes a figure; it names a record that is then read from the API.
Shopify signs the body with the app's client secret, or with the secret of a shop's own webhooks. Shiprocket sends
a token back that we made. Sources: Shopify's and Shiprocket's pages about webhooks.
"""

import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from profitsync.bootstrap import Runtime
from profitsync.domain.hints import DELETED_ORDER, ORDER, SHIPMENT, Hint
from profitsync.domain.merchants import SHIPROCKET, SHOPIFY, User
from profitsync.errors import UsageError
from profitsync.services.user_input import parse_document
from profitsync.stores.protocol import Store

TOKEN = "shiprocketWebhookToken"  # noqa: S105 - the name of a credential, made by us
TOPICS = (
    "orders/create", "orders/updated", "orders/cancelled", "orders/edited", "orders/paid", "orders/delete",
    "refunds/create", "order_transactions/create", "fulfillments/create", "fulfillments/update",
)  # fmt: skip
LONGEST_RECORD = 100
_SHOPIFY_SECRETS = ("shopifyClientSecret", "shopifyWebhookSecret")
_FORBIDDEN = ("shiprocket", "kartrocket", "sr", "kr")  # Shiprocket takes no address with these in it


class ForgedError(UsageError):
    """The webhook does not prove where it comes from, or its merchant expects none."""


@dataclass(frozen=True, slots=True)
class Address:
    """What to register at one source. The token is a secret, meant to be seen by whoever registers it."""

    source: str
    url: str
    topics: tuple[str, ...] = ()
    token: str | None = None
    warning: str | None = None

    def __repr__(self) -> str:
        return f"Address({self.url!r})"


def shopify_hint(runtime: Runtime, user_id: str, headers: Mapping[str, str], body: bytes) -> Hint | None:
    """The record a Shopify webhook is about; None for a topic that says nothing about orders.

    Raises `ForgedError` unless the signature over the very bytes and the shop are right, and `UsageError` for a
    signed body that names no order.
    """
    user = _known(runtime, user_id)
    given = headers.get("x-shopify-hmac-sha256", "").encode()
    secrets_ = [runtime.vault.decrypt(user.secrets[name]) for name in _SHOPIFY_SECRETS if name in user.secrets]
    signed = [hmac.compare_digest(given, signature(secret, body).encode()) for secret in secrets_]
    if not any(signed):
        raise ForgedError("the signature is not one of this merchant's shop")
    if headers.get("x-shopify-shop-domain", "").casefold() != user.shopify_store:
        raise ForgedError("the webhook is not about this merchant's shop")
    topic = headers.get("x-shopify-topic", "")
    if topic not in TOPICS or not user.is_active:
        return None
    document = _document(body)
    number = _order_number(topic, document)
    # The topic is not signed. Of a deleted order Shopify sends the id alone; other bodies are of living ones.
    deleted = topic == "orders/delete" and "created_at" not in document
    return _hint(runtime, user, DELETED_ORDER if deleted else ORDER, number)


def shiprocket_hint(runtime: Runtime, user_id: str, headers: Mapping[str, str], body: bytes) -> Hint | None:
    """The parcel a Shiprocket webhook is about; None when it names none. Raises like `shopify_hint`."""
    user = _known(runtime, user_id)
    given = (headers.get("x-api-key") or headers.get("anx-api-key") or "").encode()
    stored = user.secrets.get(TOKEN)
    if stored is None or not hmac.compare_digest(given, runtime.vault.decrypt(stored).encode()):
        raise ForgedError("the token is not this merchant's")
    document = _document(body)
    named = (str(document[name]).strip() for name in ("awb", "order_id") if document.get(name) is not None)
    record = next((one for one in named if one and len(one) <= LONGEST_RECORD and one.isprintable()), None)
    if record is None or not (user.is_active and user.configured(SHIPROCKET)):
        return None
    return _hint(runtime, user, SHIPMENT, record)


def signature(secret: str, body: bytes) -> str:
    """What Shopify puts into `X-Shopify-Hmac-SHA256`."""
    return b64encode(hmac.digest(secret.encode(), body, sha256)).decode()


def addresses(runtime: Runtime, user: User, base: str, *, new_token: bool = False) -> list[Address]:
    """What to register, for each source that is on; Shiprocket's token is made when there is none.

    `base` is the address of the server as the world sees it. Raises `UsageError` when it is none.
    """
    root = _checked(base)
    found = []
    if user.configured(SHOPIFY):
        missing = None if any(name in user.secrets for name in _SHOPIFY_SECRETS) else (
            "no secret is stored to check signatures with: `profitsync users update` takes shopifyWebhookSecret"
        )  # fmt: skip
        found.append(Address(SHOPIFY, f"{root}/webhooks/shopify/{user.id}", TOPICS, warning=missing))
    if user.configured(SHIPROCKET):
        url = f"{root}/webhooks/parcels/{user.id}"
        bad = [word for word in _FORBIDDEN if word in url.casefold()]
        warning = f"Shiprocket takes no address with {bad[0]!r} in it; use another host name" if bad else None
        found.append(Address(SHIPROCKET, url, token=_token(runtime, user, new_token), warning=warning))
    if not found:
        raise UsageError(f"{user.email}: neither Shopify nor Shiprocket is on for this merchant")
    return found


def _known(runtime: Runtime, user_id: str) -> User:
    user = runtime.store.find_user(user_id)
    if user is None or user.id != user_id:
        raise ForgedError("there is no such merchant")
    return user


def _document(body: bytes) -> dict[str, Any]:
    try:
        return parse_document(body.decode(), "the body")
    except UnicodeDecodeError:
        raise UsageError("the body: is not UTF-8 text") from None


def _order_number(topic: str, document: Mapping[str, Any]) -> str:
    """The digits of the order that a payload, in the shape of the REST API, is about."""
    if topic == "orders/edited":
        edit = document.get("order_edit")
        number = edit.get("order_id") if isinstance(edit, Mapping) else None
    else:
        number = document.get("id" if topic.startswith("orders/") else "order_id")
    text = "" if isinstance(number, bool) else str(number)
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise UsageError("the body: names no order")
    return text


def _hint(runtime: Runtime, user: User, kind: str, record: str) -> Hint:
    return Hint(user.id, kind, record, runtime.clock(), uuid4().hex)


def _token(runtime: Runtime, user: User, renew: bool) -> str:
    if TOKEN in user.secrets and not renew:
        return runtime.vault.decrypt(user.secrets[TOKEN])
    token = secrets.token_urlsafe(32)
    _keep(runtime.store, user, runtime.vault.encrypt(token))
    return token


def _keep(store: Store, user: User, encrypted: str) -> None:
    current = store.find_user(user.id) or user
    store.save_user(replace(current, secrets=current.secrets | {TOKEN: encrypted}))


def _checked(base: str) -> str:
    parts = urlsplit(base.strip())
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageError(
            f"--url {base!r}: must be the server's public address, such as https://figures.example.com"
        )
    return base.strip().rstrip("/")
