"""Checking what is said about a merchant: every problem is found at once and named with its remedy.

A document is the JSON object of `users add --from`. `None` for a field means "take it away".
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, MerchantSettings
from profitsync.errors import UsageError
from profitsync.services.merchant_settings import merge_settings
from profitsync.services.problems import Problems, unknown_field

ACCOUNT_FIELDS = ("email", "shopifyStore", "metaAdAccountId")  # stored as they are
SECRET_FIELDS = (
    "shopifyAccessToken",
    "shopifyClientId",
    "shopifyClientSecret",
    "shopifyWebhookSecret",
    "metaAccessToken",
    "metaAppSecret",
    "shiprocketEmail",
    "shiprocketPassword",
)  # stored encrypted
SOURCE_FIELDS = {
    SHOPIFY: ("shopifyStore", "shopifyAccessToken", "shopifyClientId", "shopifyClientSecret"),
    META: ("metaAccessToken", "metaAdAccountId", "metaAppSecret"),
    SHIPROCKET: ("shiprocketEmail", "shiprocketPassword"),
}
OPTIONAL_FIELDS = ("metaAppSecret",)  # whether one is given or not makes no source whole or half
_KNOWN = (*ACCOUNT_FIELDS, *SECRET_FIELDS, "settings")
_OUTPUT_ONLY = ("id", "isActive", "currency", "timezone", "lastSyncAt", "createdAt", "updatedAt", "sources")

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
_SHOP_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_SHOP_SUFFIX = ".myshopify.com"


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant's checked fields. `secrets` holds plain texts: it is never shown."""

    fields: dict[str, str | None]  # the given ones of ACCOUNT_FIELDS, normalised
    secrets: dict[str, str | None] = field(repr=False)  # the given ones of SECRET_FIELDS
    settings: MerchantSettings


def parse_document(text: str, origin: str) -> dict[str, Any]:
    """The JSON object in `text`, its numbers exact. Raises `UsageError` naming line and column."""
    try:
        document = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique
        )
        _refuse_halves(text, document)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{origin}: not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except (InvalidOperation, RecursionError, ValueError):
        raise UsageError(f"{origin}: not valid JSON: a number or a nesting beyond all limits") from None
    except UsageError as error:
        raise UsageError(f"{origin}: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(f"{origin}: must hold one JSON object: {{…}}")
    return document


def check_document(
    document: Mapping[str, Any],
    *,
    present: Collection[str] = (),
    settings: MerchantSettings | None = None,
) -> Account:
    """Check the given fields, and the whole they make with the fields already `present`.

    Raises `UsageError` with one line per problem; no line shows a secret.
    """
    problems = Problems()
    settings = settings or MerchantSettings()
    for name in document:
        if name in _OUTPUT_ONLY:
            problems.add(name, "is set by profitsync and cannot be given; leave it out")
        elif name not in _KNOWN:
            problems.add(name, unknown_field(name, _KNOWN))
    fields = {name: _account_field(name, document[name], problems) for name in ACCOUNT_FIELDS if name in document}
    secrets = {name: _secret(name, document[name], problems) for name in SECRET_FIELDS if name in document}
    if "settings" in document:
        settings = merge_settings(settings, document["settings"], problems)
    # A given field counts even when its value is refused: one mistake should not be reported twice.
    whole = {name for name in present if document.get(name, "") is not None}
    whole |= {name for name in document if document[name] is not None}
    _check_completeness(whole, problems)
    problems.raise_if_any()
    return Account(fields, secrets, settings)


def shop_host(text: str) -> str | None:
    """`name`, `name.myshopify.com` or its address as the permanent host; None when it is none of these."""
    host = re.sub(r"^https?://", "", text.strip().lower()).split("/", 1)[0].rstrip(".")
    name = host.removesuffix(_SHOP_SUFFIX)
    return name + _SHOP_SUFFIX if _SHOP_NAME.fullmatch(name) else None


def _account_field(name: str, value: Any, problems: Problems) -> str | None:
    if name == "metaAdAccountId":
        return _ad_accounts(name, value, problems)
    text = _text(name, value, problems)
    if text is None:
        return None
    if name == "email":
        if not _EMAIL.fullmatch(text):
            problems.add(name, "is not an e-mail address")
        return text
    host = shop_host(text)
    if host is None:
        problems.add(name, "must be the shop's permanent host, like my-shop.myshopify.com")
    return host


def _ad_accounts(name: str, value: Any, problems: Problems) -> str | None:
    """One ad account, or several as a list or with commas between them: bare digits, each once."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = ",".join(value)
    text = _text(name, value, problems, "text in quotes, or a list of such texts")
    if text is None:
        return None
    accounts = [one.strip().removeprefix("act_") for one in text.split(",")]
    if not all(one.isascii() and one.isdigit() for one in accounts):
        problems.add(name, "must be the ad account's digits, with or without act_ before them "
                           "(several: with commas between them)")  # fmt: skip
    return ",".join(dict.fromkeys(accounts))


def _secret(name: str, value: Any, problems: Problems) -> str | None:
    text = _text(name, value, problems)
    if text is None:
        return None
    if name == "shiprocketEmail" and not _EMAIL.fullmatch(text):
        problems.add(name, "is not an e-mail address (that of the Shiprocket API user)")
    elif name == "shiprocketPassword":
        if not text.isprintable():
            problems.add(name, "holds a line break or another control character; paste it again")
    elif name != "shiprocketEmail" and not re.fullmatch(r"[!-~]+", text):
        problems.add(name, "holds blanks or other characters that no token has; paste it again")
    return text


def _text(name: str, value: Any, problems: Problems, shape: str = "text in quotes") -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        problems.add(name, f"must be {shape}")
        return None
    if not value.strip():
        problems.add(name, "is empty; leave the field out, or give null to take it away")
        return None
    return value.strip()


def _check_completeness(whole: Collection[str], problems: Problems) -> None:
    if "email" not in whole:
        problems.add("email", "is missing; every merchant has one")
    _check_shopify(whole, problems)
    for source in (META, SHIPROCKET):
        wanted = [name for name in SOURCE_FIELDS[source] if name not in OPTIONAL_FIELDS]
        missing = [name for name in wanted if name not in whole]
        if 0 < len(missing) < len(wanted):
            given = next(name for name in wanted if name in whole)
            problems.add(missing[0], f"is missing; give it, or leave {given} out too to switch {source} off")


def _check_shopify(whole: Collection[str], problems: Problems) -> None:
    token, client_id, client_secret = (
        name in whole for name in ("shopifyAccessToken", "shopifyClientId", "shopifyClientSecret")
    )
    if token and (client_id or client_secret):
        problems.add(
            "shopifyAccessToken",
            "give either the token or shopifyClientId with shopifyClientSecret, not both",
        )
    elif client_id != client_secret:
        missing, given = ("Secret", "Id") if client_id else ("Id", "Secret")
        problems.add(f"shopifyClient{missing}", f"is missing; it goes together with shopifyClient{given}")
    any_credential = token or client_id or client_secret
    if "shopifyStore" in whole and not any_credential:
        problems.add(
            "shopifyAccessToken",
            "is missing; give it (or shopifyClientId with shopifyClientSecret), "
            "or leave shopifyStore out too to switch shopify off",
        )
    if any_credential and "shopifyStore" not in whole:
        problems.add("shopifyStore", "is missing; the credentials belong to a shop")
    if "shopifyWebhookSecret" in whole and not any_credential:
        problems.add("shopifyWebhookSecret", "goes with a shop whose orders are read; give its credentials too")


def _refuse_halves(text: str, document: Any) -> None:
    """Raise `UsageError` for half a surrogate pair: no UTF-8 holds it, so no store could."""
    if "\\ud" in text.lower():
        try:
            json.dumps(document, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            raise UsageError("not valid JSON: holds half of a character") from None


def _refuse_constant(name: str) -> Any:
    raise UsageError(f"not valid JSON: {name} is not a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UsageError(f"the field {name!r} is given twice")
        found[name] = value
    return found
