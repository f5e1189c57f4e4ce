"""One product cost as the server takes it: checked, planned and written like `costs set` does.

A stored cost's id is unique for its merchant only, and may hold any character of a SKU. Outside it is one word
that names both.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from profitsync.bootstrap import Runtime
from profitsync.domain.costs import CostSource, ProductCost
from profitsync.domain.merchants import User
from profitsync.errors import NotFoundError, UsageError
from profitsync.services.costs import (
    PERSON,
    Planned,
    Statement,
    parse_amount,
    parse_id,
    plan,
    recalculate_from,
    shop_today,
    write,
)
from profitsync.services.problems import Problems, read_day, unknown_field

FIELDS = ("productId", "variantId", "sku", "cost", "productName", "validFrom", "recalculate")

_PLACES = 20  # before or after the point, beyond all that is allowed


def statement_of(document: Mapping[str, Any]) -> Statement:
    """What a person says one unit costs. Raises `UsageError` with one line per problem."""
    problems = Problems()
    for name in document.keys() - set(FIELDS):
        problems.add(name, unknown_field(name, FIELDS))
    texts = {name: _text(name, document.get(name), problems) for name in ("productId", "variantId", "sku")}
    _check_key(texts, problems)
    cost = _amount(document.get("cost"), problems)
    name = _text("productName", document.get("productName"), problems) or ""
    valid_from = read_day("validFrom", document.get("validFrom"), problems)
    if not isinstance(document.get("recalculate", False), bool):
        problems.add("recalculate", "must be true or false")
    product = _id("productId", "Product", texts["productId"], problems)
    variant = _id("variantId", "ProductVariant", texts["variantId"], problems)
    problems.raise_if_any()
    return Statement(cost, product, variant, texts["sku"], name, valid_from)


def state_cost(runtime: Runtime, user: User, document: Mapping[str, Any]) -> Planned:
    """Store the cost; with `recalculate` it corrects the one in force, for all its days. Raises `UsageError`."""
    statement = statement_of(document)
    recalculate = document.get("recalculate") is True
    now = runtime.clock()
    (planned,) = plan(
        runtime.store.costs(user.id), [statement],
        source=CostSource.MANUAL, today=shop_today(user, now), now=now, correct=recalculate,
    )  # fmt: skip
    write(runtime.store, user, [planned])
    if recalculate:
        recalculate_from(runtime.store, user, [planned.entry.valid_from])
    return planned


def outside_id(user: User, cost: ProductCost) -> str:
    """The id of a cost among those of all merchants."""
    return f"{user.id}.{urlsafe_b64encode(cost.id.encode()).decode().rstrip('=')}"


def owner_of(outside: str) -> str:
    """The merchant's id in the id of a cost."""
    return outside.partition(".")[0]


def delete_cost(runtime: Runtime, user: User, outside: str, *, recalculate: bool = False) -> ProductCost:
    """Delete one cost that a person gave. Raises `NotFoundError`, or `UsageError` for one that nobody typed."""
    encoded = outside.partition(".")[2]
    try:
        inside = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (Base64Error, ValueError):
        raise NotFoundError("there is no such cost") from None
    cost = next((cost for cost in runtime.store.costs(user.id) if cost.id == inside), None)
    if cost is None:
        raise NotFoundError("there is no such cost")
    if cost.source not in PERSON:
        raise UsageError("id: this cost was read or estimated, not stated; state another one instead")
    runtime.store.delete_costs(user.id, [cost.id])
    if recalculate:
        recalculate_from(runtime.store, user, [cost.valid_from])
    return cost


def _check_key(texts: Mapping[str, str | None], problems: Problems) -> None:
    if not any(texts.values()):
        problems.add("productId", "is missing; name productId, variantId or sku")
    elif texts["sku"] and (texts["productId"] or texts["variantId"]):
        problems.add("sku", "stands alone; leave it out, or productId and variantId")


def _text(name: str, value: Any, problems: Problems) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        problems.add(name, "must be text in quotes, and not empty")
        return None
    return value.strip()


def _amount(value: Any, problems: Problems) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        problems.add("cost", "must be a number such as 123.45, in shop currency")
        return Decimal(0)
    amount = Decimal(value)
    if abs(amount.adjusted()) > _PLACES:  # written out, it would fill the memory
        problems.add("cost", "must be a number such as 123.45, in shop currency")
        return Decimal(0)
    try:
        return parse_amount(f"{amount:f}")
    except UsageError as error:
        problems.add("cost", str(error).removeprefix("cost "))
        return Decimal(0)


def _id(name: str, kind: str, text: str | None, problems: Problems) -> str | None:
    if text is None:
        return None
    try:
        return parse_id(text, kind)
    except UsageError as error:
        problems.add(name, str(error).removeprefix("id "))
        return None
