"""What counts as a number or an instant of an answer. Whatever lies beyond is a fault of the answer, not a fact.

The bounds are far above what any shop turns over, and within what both stores, every zone's calendar and 28-digit
arithmetic hold, also summed over a thousand lines: no fact is ever rounded, wrapped or cut.
"""

from datetime import UTC, datetime
from decimal import Decimal

MOST_MONEY = Decimal(10) ** 13  # in any currency, also one of small units
PLACES = 12
MOST_RATE, RATE_PLACES = Decimal(1000), 20
MOST_UNITS = 2**31 - 1  # an `Int` of GraphQL has 32 bits
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)
_TENTHS, _HUNDREDTHS = Decimal("0.1"), Decimal("0.01")


def is_amount(value: Decimal) -> bool:
    """Finite, below `MOST_MONEY` on either side of zero, with at most `PLACES` decimals."""
    if value.same_quantum(_HUNDREDTHS) or value.same_quantum(_TENTHS):  # nearly all are written so
        return -MOST_MONEY < value < MOST_MONEY
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -PLACES <= exponent <= PLACES and abs(value) < MOST_MONEY


def is_rate(value: Decimal) -> bool:
    """A fraction such as 0.05, which may be the long tail of a float."""
    if value.same_quantum(_HUNDREDTHS) or value.same_quantum(_TENTHS):
        return -MOST_RATE < value < MOST_RATE
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -RATE_PLACES <= exponent <= 0 and abs(value) < MOST_RATE


def is_instant(value: datetime) -> bool:
    """From 1970 to 9998, so that every zone's calendar has a day for it."""
    return FIRST <= value < LAST


def check_instants(*values: datetime | None) -> None:
    """Raise `ValueError` for one that is none; for records that are checked while they are decoded."""
    for value in values:  # the bounds once more: a call of `is_instant` for each takes half as long again
        if value is not None and not FIRST <= value < LAST:
            raise ValueError("an instant must lie between 1970 and 9998")
