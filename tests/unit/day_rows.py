"""A day with sums that are easy to follow, and its figures."""

from collections.abc import Mapping
from decimal import Decimal as D
from typing import Any

from profitsync.domain.ads import AdDay
from profitsync.domain.customers import CustomerCount
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, MerchantSettings
from profitsync.domain.metrics import day_metrics
from profitsync.domain.rows import DayMetrics
from profitsync.domain.tally import DayTally
from tests.unit.builders import day

KNOWN = {SHOPIFY: "ok", META: "ok", SHIPROCKET: "ok"}


def tally(money: dict[str, str] | None = None, **more: Any) -> DayTally:
    given: dict[str, Any] = {"orders": 2, "customers": CustomerCount(1, 1)} | more
    one = DayTally(day(2), **given)
    sums: Mapping[Any, str] = {
        "gross_sales": "3500", "discounts": "200", "returns": "300", "shipping": "100", "taxes": "170",
        "booked": "3400", "booked_tax": "170", "rto_reversal": "500", "rto_tax": "25", "cogs": "1400",
    }  # fmt: skip
    one.money |= {name: D(amount) for name, amount in {**sums, **(money or {})}.items()}
    one.shipping_cost = D(more.get("shipping_cost", "194.40"))
    return one


def ad(spend: str = "600", **more: Any) -> AdDay:
    given: dict[str, Any] = {
        "account_id": "1",
        "day": day(2),
        "currency": "INR",
        "impressions": 20_000,
        "reach": 9_000,
        "link_clicks": 300,
    }
    return AdDay(**({"spend": D(spend)} | given | more))


def figures(one: DayTally | None = None, *, basis: str = "net", **sources: str) -> DayMetrics:
    return day_metrics(
        one or tally(ads=[ad()]), KNOWN | sources, MerchantSettings(revenue_basis=basis),
        currency="INR", timezone="Asia/Kolkata",
    )  # fmt: skip
