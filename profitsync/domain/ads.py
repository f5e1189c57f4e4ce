"""A day of one ad account as a fact. Amounts are in the account's currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class AdDay:
    """One account-level insights row. The day is the ad account's own calendar day."""

    account_id: str  # bare digits
    day: date
    currency: str
    spend: Decimal
    impressions: int
    reach: int | None
    link_clicks: int
    timezone: str | None = None  # the account's IANA zone
    fx_rate: Decimal | None = None  # shop currency per unit, kept from when the day was first read


def spend_in(row: AdDay, currency: str) -> Decimal | None:
    """What was spent, in `currency`, the shop's; None without an exchange rate, never 1:1."""
    rate = Decimal(1) if row.currency == currency else row.fx_rate
    return None if rate is None else row.spend * rate
