"""What one movement, one parcel or one ad row adds to each figure of its day. Exact, never rounded.

A day's primary figures are the rounded sums of these; figures composed of others are composed in the same way
(`metrics.compose`), so there is one definition of each.
"""

from collections.abc import Mapping
from decimal import Decimal

from profitsync.domain.metrics import SHOPIFY_MONEY, booked_revenue, compose, reversal_state, rto_reversal
from profitsync.domain.money import ZERO
from profitsync.domain.movements import MONEY, Money, Movement
from profitsync.domain.rows import MISSING, OFF, Value

Amounts = dict[str, Value]  # field -> what is added to it; None: not known

PRIMARY = (*SHOPIFY_MONEY, "bookedRevenue", "rtoReversal", "adSpend", "shippingCost")
COMPOSED = ("netSales", "totalSales", "revenue", "grossProfit", "netProfit")


def of_movement(movement: Movement, sources: Mapping[str, str], basis: str) -> Amounts:
    """What a movement adds to its day, of whose sources `sources` tells; `basis` is the revenue basis."""
    money: Money = dict.fromkeys(MONEY, ZERO) | movement.money
    amounts: Amounts = {field: money[name] for field, name in SHOPIFY_MONEY.items()}
    amounts["bookedRevenue"] = booked_revenue(money, basis)
    amounts["rtoReversal"] = rto_reversal(money, basis)
    if amounts["rtoReversal"] and (state := reversal_state(sources)) in (OFF, MISSING):
        amounts["rtoReversal"] = ZERO if state == OFF else None
    return _completed(amounts, basis)


def of_ads(spend: Decimal | None, basis: str) -> Amounts:
    """What an account's spend, in shop currency, adds."""
    return _completed({"adSpend": spend}, basis)


def of_parcel(cost: Decimal | None, basis: str) -> Amounts:
    """What a part of a parcel's cost adds; an unknown one adds nothing, and is counted elsewhere."""
    return _completed({"shippingCost": ZERO if cost is None else cost}, basis)


def unknown() -> Amounts:
    """What a movement in a currency without a rate adds."""
    return dict.fromkeys((*PRIMARY, *COMPOSED))


def _completed(amounts: Amounts, basis: str) -> Amounts:
    values: Amounts = {**dict.fromkeys(PRIMARY, ZERO), **amounts}
    compose(values, basis)
    return values
