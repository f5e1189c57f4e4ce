"""Ad days of the generated merchant: spend follows sales, and some days deliver nothing."""

from collections import Counter
from datetime import date
from decimal import Decimal

from profitsync.sandbox.render_shiprocket import IST
from profitsync.sandbox.render_sums import OrderSums
from profitsync.sandbox.render_values import to_cent
from profitsync.sandbox.world import ZERO, AdDraft, ShopifyWorld
from profitsync.sandbox.worlds.generated_demand import stream

_PAUSED = 0.05  # share of days without delivery


def ad_days(seed: int, days: list[date], shop: ShopifyWorld) -> dict[date, AdDraft]:
    """One draft per day with delivery."""
    sales: Counter[date] = Counter()
    orders: Counter[date] = Counter()
    for order in shop.orders.values():
        if not order.test:
            day = order.processed_at.astimezone(IST).date()
            sales[day] += int(OrderSums(order, shop).total)
            orders[day] += 1
    drawn = ((day, _day(seed, day, Decimal(sales[day]), orders[day])) for day in days)
    return {day: draft for day, draft in drawn if draft}


def _day(seed: int, day: date, sales: Decimal, orders: int) -> AdDraft | None:
    rng = stream(seed, "ads", day.isoformat())
    paused, share, noise = rng.random() < _PAUSED, rng.randint(150, 240), rng.randint(-40_000, 40_000)
    cpm, click_rate, attributed = rng.randint(14_000, 26_000), rng.randint(90, 190), rng.randint(35, 60)
    if paused or not sales:
        return None
    spend = max(Decimal(50), to_cent(sales * share / 1000 + Decimal(noise) / 100))
    impressions = int(spend * 1000 * 100 / cpm)
    link_clicks = impressions * click_rate // 10_000
    purchases = orders * attributed // 100
    return AdDraft(
        spend=spend,
        impressions=impressions,
        reach=impressions * 10 // rng.randint(13, 19),
        link_clicks=link_clicks,
        clicks=link_clicks * 14 // 10,
        purchases=purchases,
        purchase_value=to_cent(sales * attributed / 100) if purchases else ZERO,
    )
