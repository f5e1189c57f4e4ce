"""Merchants and figures for tests of the command line."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from profitsync.domain.costs import CostSource, ProductCost
from profitsync.domain.merchants import Job, User
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics, Value
from profitsync.services.costs import cost_id
from profitsync.stores.protocol import Store

EMAIL = "owner@shop.example"
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
META_TOKEN = "EAAG0123456789abcdef0123456789"
PASSWORD = "correct-horse-battery"
SECRETS = (TOKEN, META_TOKEN, PASSWORD)
DOCUMENT: dict[str, Any] = {
    "email": EMAIL,
    "shopifyStore": "my-shop.myshopify.com",
    "shopifyAccessToken": TOKEN,
    "metaAccessToken": META_TOKEN,
    "metaAdAccountId": "act_123",
    "shiprocketEmail": "api@shop.example",
    "shiprocketPassword": PASSWORD,
}
FIRST = date(2026, 11, 2)
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


def text(**changes: Any) -> str:
    """The document as JSON, with changes; None takes a field out."""
    return json.dumps({name: value for name, value in {**DOCUMENT, **changes}.items() if value is not None})


def a_user(store: Store, email: str = EMAIL, shop: str = "my-shop.myshopify.com", **values: Any) -> User:
    """A stored merchant in Indian time, without credentials."""
    user = User(
        id=email.split("@")[0], email=email, created_at=NOW, updated_at=NOW, shopify_store=shop,
        currency="INR", timezone="Asia/Kolkata", **values,
    )  # fmt: skip
    store.add_user(user)
    return user


def figures(store: Store, user: User, days: int = 4) -> list[DayMetrics]:
    """Stored days: each sold for 1,000 more than the one before, the last one at a loss."""
    rows = []
    for number in range(days):
        values: dict[str, Value] = dict.fromkeys(FIELDS)
        values |= {"totalOrders": number + 1, "revenue": Decimal(1000 * (number + 1)), "cogs": Decimal("400.50")}
        values |= {"adSpend": Decimal("100.10"), "shippingCost": Decimal(80), "netProfit": Decimal("419.40")}
        values |= {"newCustomers": 0, "returningCustomers": 0, "totalCustomers": 0}
        sources = {"shopify": "ok", "meta": "ok", "shiprocket": "ok"}
        rows.append(DayMetrics(FIRST + timedelta(days=number), values, complete=True, sources=sources))
    rows[-1].values["netProfit"] = Decimal("-1949.00")
    store.put_metrics(user.id, rows)
    return rows


def a_job(user: User, number: int = 1, **values: Any) -> Job:
    """A job of `user`, the later the higher its number."""
    started = NOW + timedelta(minutes=number)
    return Job(f"job{number}", user.id, values.pop("status", "completed"), started, started, **values)


def an_estimate(product: str, name: str) -> ProductCost:
    """A product that nobody gave a cost."""
    identity = cost_id(CostSource.ESTIMATED, product)
    return ProductCost(identity, CostSource.ESTIMATED, Decimal("40.00"), product, product_name=name)


def everything(store: Store) -> Iterator[Any]:
    """All that a command could have changed, for comparing before and after."""
    for user in store.users():
        yield user
        yield store.costs(user.id)
        yield store.dirty_days(user.id)
        yield store.source_states(user.id)
        yield store.jobs(user.id)
