"""Products without a known cost, the ones that matter most first."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from profitsync.domain.costs import ProductCost
from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.fx import in_shop_currency
from profitsync.domain.merchants import User
from profitsync.domain.money import ZERO, rounded
from profitsync.domain.orders import Order
from profitsync.domain.tax import net_line
from profitsync.services.cost_file import COLUMNS
from profitsync.services.costs import estimate_id, missing
from profitsync.stores.protocol import Store


@dataclass(slots=True)
class MissingCost:
    """A product with nothing but an estimate, and what was sold of it on the days looked at.

    `revenue` is net of tax and discounts, before returns, in shop currency: what rests on the guess.
    """

    estimate: ProductCost
    units: int = 0
    revenue: Decimal = ZERO


def missing_costs(store: Store, user: User, today: date, days: int) -> list[MissingCost]:
    """Products without a known cost today, by the revenue of the last `days` shop days that rests on a guess."""
    found = {cost.id: MissingCost(cost) for cost in missing(store.costs(user.id), today)}
    window = DayRange(today - timedelta(days=days - 1), today)
    if found:
        for orders in store.orders_touching(user.id, window):
            _add(found, orders, user, window)
    for one in found.values():
        one.revenue = rounded(one.revenue)
    return sorted(found.values(), key=lambda one: (-one.revenue, one.estimate.product_name.casefold()))


def missing_file(found: Iterable[MissingCost]) -> str:
    """A CSV like those of `cost_file`, with the costs left to be filled in, and what is at stake beside them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, "unitsSold", "revenueAtStake"])
    for one in found:
        keys = (one.estimate.product_id or "", one.estimate.variant_id or "", one.estimate.sku or "")
        writer.writerow([*keys, one.estimate.product_name, "", "", one.units, f"{one.revenue:f}"])
    return text.getvalue()


def _add(found: dict[str, MissingCost], orders: Iterable[Order], user: User, window: DayRange) -> None:
    zone = ZoneInfo(user.timezone or "UTC")
    for order in (_converted(order, user) for order in orders):
        if order is None or order.test or shop_day(order.processed_at, zone) not in window:
            continue
        for line in order.lines:
            one = found.get(estimate_id(line.product_id, line.variant_id, line.sku))
            if one is None or line.gift_card:
                continue
            one.units += line.quantity
            one.revenue += net_line(line, order.taxes_included).net


def _converted(order: Order, user: User) -> Order | None:
    """In shop currency; None where no rate is known."""
    if order.currency == user.currency or user.currency is None:
        return order
    rate = user.settings.fx_rates.get(order.currency)
    return in_shop_currency(order, user.currency, rate) if rate else None
