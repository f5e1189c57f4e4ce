"""What one event of an order adds to one shop day. A day's order figures are the sum of its movements."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, get_args

from profitsync.domain.facts import Record

ZERO = Decimal(0)

Amount = Literal[
    "gross_sales", "discounts", "returns", "shipping", "taxes", "tips", "duties",
    "booked",  # for orders placed that day, before any return
    "booked_tax", "rto_reversal", "rto_tax", "cogs",
    "estimated_cogs",  # the part of `cogs` that rests on an estimate
    "fees",
]  # fmt: skip
MONEY: tuple[Amount, ...] = get_args(Amount)
Money = dict[Amount, Decimal]  # signed, in shop currency, without tax unless named so: docs/metrics.md


class Cause(StrEnum):
    """The event behind a movement."""

    SALE = "sale"
    EDIT = "edit"
    REFUND = "refund"
    CANCELLATION = "cancellation"
    RTO = "rto"  # a COD parcel turned back: the money will not come
    RTO_UNDONE = "rtoUndone"  # delivered after all
    RTO_RECEIVED = "rtoReceived"  # the goods are back in the warehouse
    LOST = "lost"  # a COD parcel is lost, damaged or destroyed
    FEES = "fees"


class Movement(Record, frozen=True):
    """`money` holds what is not zero, and nothing else: most movements change a few of the amounts."""

    day: date
    cause: Cause
    order_id: str
    reference: str  # refund, shipment or audit entry behind it
    line_id: str  # the order's line it speaks of; "" for its shipping charge and for the order as a whole
    units: Decimal  # of that line: sold, or negative where taken back
    money: Money
