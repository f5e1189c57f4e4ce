"""New and returning customers. A customer is an id; nothing else about buyers is known here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.merchants import CustomerHistory


@dataclass(frozen=True, slots=True)
class CustomerCount:
    """Distinct customers of a day or a range."""

    new: int = 0
    returning: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.new + self.returning


def first_is_first_ever(history: CustomerHistory) -> bool:
    """Whether the earliest order we know is the customer's first ever.

    Our own history decides where it is whole. Where Shopify counts more orders than we know, older ones are
    missing and the customer is returning, unless Shopify says that this very order was the first.
    """
    if history.lifetime_orders is not None and history.lifetime_orders > history.orders_known:
        return history.first_order_index == 1
    return True


def count_customers(
    ids: Iterable[str], histories: Mapping[str, CustomerHistory], days: DayRange, zone: ZoneInfo
) -> CustomerCount:
    """Count the distinct `ids` that ordered within `days`: new if their first order ever lies in it."""
    distinct = set(ids)
    new = len(new_customers(distinct, histories, days, zone))
    return CustomerCount(new, len(distinct) - new)


def new_customers(
    ids: Iterable[str], histories: Mapping[str, CustomerHistory], days: DayRange, zone: ZoneInfo
) -> set[str]:
    """Those of `ids` whose first order ever lies in `days`."""
    first, last = days.first, days.last
    return {
        customer_id
        for customer_id in ids
        if first_is_first_ever(history := histories[customer_id])
        and first <= shop_day(history.first_order_at, zone) <= last
    }
