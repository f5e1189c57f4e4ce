"""A generated merchant: an Indian direct-to-consumer brand whose days look like life.

GST-inclusive prices, mostly cash on delivery, parcels that come back, refunds days later, one big sale. The
same arguments give the same merchant on every machine, and a later `now` the same merchant, further on.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from profitsync.sandbox.render_shiprocket import IST
from profitsync.sandbox.render_sums import OrderSums
from profitsync.sandbox.world import (
    MetaWorld,
    ShiprocketWorld,
    ShopifyWorld,
    World,
    invented_secret,
)
from profitsync.sandbox.worlds.generated_ads import ad_days
from profitsync.sandbox.worlds.generated_baskets import place
from profitsync.sandbox.worlds.generated_bookings import Bookings
from profitsync.sandbox.worlds.generated_catalogue import catalogue
from profitsync.sandbox.worlds.generated_demand import stream, visits
from profitsync.sandbox.worlds.generated_fates import Fate

_NOT_READY = timedelta(minutes=45)  # Shopify works a customer's order index out a little later


def generate(
    *,
    until: date,
    now: datetime | None = None,
    seed: int = 1,
    days: int = 120,
    orders_per_day: float = 25,
    name: str = "demo",
) -> World:
    """The merchant's last `days` Indian days up to `until`, as seen at `now` (default: when `until` ends).

    Nothing in it is later than `now`. Raises `ValueError` for a `now` without a zone or no days.
    """
    now = _end_of(until) if now is None else now
    if now.tzinfo is None or days < 1:
        raise ValueError("a generated world needs at least one day and a `now` with a zone")
    calendar = [until - timedelta(days=days - 1 - place) for place in range(days)]
    begin = datetime.combine(calendar[0], time.min, IST).astimezone(UTC)
    goods = catalogue(stream(seed, "catalogue"), begin - timedelta(days=30))
    shop = ShopifyWorld(
        host=f"{name}-brand.myshopify.com",
        currency="INR",
        timezone="Asia/Kolkata",
        taxes_included=True,
        access_token=invented_secret("shopify", name),
        variants=goods.variants(),
    )
    carrier = ShiprocketWorld(f"api@{name}.example", invented_secret("shiprocket", name), 400_100 + seed)
    bookings = Bookings(carrier, now)
    for visit in visits(seed, calendar, orders_per_day, now):
        placed = place(stream(seed, "order", visit.number), visit, goods, shop)
        shop.orders[placed.order.id] = placed.order
        fate = Fate(stream(seed, "fate", visit.number), visit.number, placed, goods, shop, now)
        for number, booking in enumerate(fate.run()):
            rng = stream(seed, "parcel", visit.number, number)
            bookings.add(rng, visit.number * 10 + number, placed, booking, OrderSums(placed.order, shop).total)
    bookings.add_manual_orders(seed, calendar, goods)
    _count_customers(shop, now)
    ads = MetaWorld(
        account_id=str(100_200_300_400 + seed),
        currency="INR",
        timezone="Asia/Kolkata",
        access_token=invented_secret("meta", name),
        name=f"{name.title()} Brand",
        days=ad_days(seed, [day for day in calendar if day <= now.astimezone(IST).date()], shop),
    )
    return World(name, shop, ads, carrier)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), IST).astimezone(UTC)


def _count_customers(shop: ShopifyWorld, now: datetime) -> None:
    """Lifetime counts as of now; they hold orders from before this shop's history, too."""
    newest: Counter[str] = Counter()
    for order in shop.orders.values():
        if order.customer_id is not None:
            newest[order.customer_id] = max(newest[order.customer_id], order.customer_order_index or 0)
    for order in shop.orders.values():
        if order.customer_id is not None:
            order.customer_orders = newest[order.customer_id]
            order.journey_ready = now - order.created_at > _NOT_READY
