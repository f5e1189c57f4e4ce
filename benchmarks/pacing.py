"""How well the Shopify source keeps to the shop's bucket of query points.

    python benchmarks/pacing.py [ORDERS]

Reads a generated shop of about ORDERS orders (2,000) through the sandbox, whose bucket is that of a standard shop
(2,000 points, 100 per second), under a clock that only pauses move. Prints points per order, the time a real shop
would have taken, and how much of the budget was used. Ends with 1 when an answer was THROTTLED or an order missed.
"""

import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from profitsync.sandbox.cost import BucketSize
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.worlds.generated import generate
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify import ShopifySource, StaticToken

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 50
STANDARD = BucketSize(2000, 100)


class Clock:
    """Time that passes by waiting alone: the whole wait is for points."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait at once."""
        self.now += timedelta(seconds=seconds)


def main(arguments: list[str]) -> int:
    """Read the shop and print how it went."""
    wanted = int(arguments[0]) if arguments else 2000
    world = generate(until=NOW.date(), seed=3, now=NOW, days=DAYS, orders_per_day=wanted / DAYS)
    shop = world.shopify
    assert shop is not None
    clock, refused = Clock(), 0

    def count_refusals(response: requests.Response, **_: Any) -> None:
        nonlocal refused
        refused += b'"THROTTLED"' in response.content

    session = requests.Session()
    session.hooks["response"].append(count_refusals)
    http = HttpClient(
        "Shopify",
        sleep=clock.sleep,
        rng=random.Random(1),  # noqa: S311 - jitter
        clock=clock,
        session=session,
    )
    with Sandbox([world], clock=clock, bucket=STANDARD) as sandbox:
        source = ShopifySource(
            http, base_url=f"{sandbox.url}/shopify/{shop.host}", version="2026-10",
            credentials=StaticToken(shop.access_token or ""),
        )  # fmt: skip
        window = OrderWindow(NOW - timedelta(days=400))
        read = {order.id for batch in source.orders(window) for order in batch}
    seconds = (clock.now - NOW).total_seconds()
    given = STANDARD.capacity + STANDARD.restore_rate * seconds
    print(f"orders      {len(read):,} of {len(shop.orders):,}, {source.requests:,} requests")
    print(f"points      {source.points:,}, {source.points / len(read):.2f} per order")
    print(f"waited      {seconds:,.1f} s for points, {refused} answers THROTTLED")
    print(f"budget      {given:,.0f} points were to be had, {source.points / given:.1%} used")
    return int(refused > 0 or read != shop.orders.keys())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
