"""Every figure that is divided: from which others, and when it is defined."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from profitsync.domain.money import known_sum, ratio
from profitsync.domain.rows import Value

AD_SPEND = "adSpend"


@dataclass(frozen=True, slots=True)
class Quotient:
    """`top` × `times` ÷ the sum of `bottom`; `positive`: defined only where the divisor is above 0."""

    top: str
    bottom: tuple[str, ...]
    times: int = 1
    positive: bool = False

    def of(self, values: Mapping[str, Value], *, ads_off: bool) -> Decimal | None:
        """Rounded to two places; None where it is not defined or not known. Ads that are off have no ratios."""

        def value(name: str) -> Value:
            return None if ads_off and name == AD_SPEND else values.get(name)

        top, bottom = value(self.top), known_sum(value(name) for name in self.bottom)
        if top is None or bottom is None or (self.positive and bottom <= 0):
            return None
        return ratio(top * self.times, bottom)


_SETTLED = ("delivered", "rto", "lost")
QUOTIENTS: dict[str, Quotient] = {
    "grossProfitMargin": Quotient("grossProfit", ("revenue",), 100, positive=True),
    "netProfitMargin": Quotient("netProfit", ("revenue",), 100, positive=True),
    "roas": Quotient("bookedRevenue", (AD_SPEND,)),
    "poas": Quotient("netProfit", (AD_SPEND,)),
    "breakEvenRoas": Quotient("bookedRevenue", ("netProfit", AD_SPEND), positive=True),
    "aov": Quotient("bookedRevenue", ("totalOrders",)),
    "cpp": Quotient(AD_SPEND, ("totalOrders",)),
    "cac": Quotient(AD_SPEND, ("newCustomers",)),
    "cpc": Quotient(AD_SPEND, ("linkClicks",)),
    "ctr": Quotient("linkClicks", ("impressions",), 100),
    "cpm": Quotient(AD_SPEND, ("impressions",), 1000),
    "returningRate": Quotient("returningCustomers", ("totalCustomers",), 100),
    "deliveryRate": Quotient("delivered", ("totalShipments",), 100),
    "rtoRate": Quotient("rto", ("totalShipments",), 100),
    "settledDeliveryRate": Quotient("delivered", _SETTLED, 100),
    "settledRtoRate": Quotient("rto", _SETTLED, 100),
}
