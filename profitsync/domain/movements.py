"""What one event of an order adds to one shop day. A day's order figures are the sum of its movements."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

ZERO = Decimal(0)


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


class Movement(NamedTuple):
    """Signed amounts in shop currency, without tax unless named so. Field meanings: docs/metrics.md."""

    day: date
    cause: Cause
    order_id: str
    reference: str = ""  # refund, shipment or audit entry behind it
    line_id: str = ""  # the order's line it speaks of; "" for its shipping charge and for the order as a whole
    units: Decimal = ZERO  # of that line: sold, or negative where taken back
    gross_sales: Decimal = ZERO
    discounts: Decimal = ZERO
    returns: Decimal = ZERO
    shipping: Decimal = ZERO
    taxes: Decimal = ZERO
    tips: Decimal = ZERO
    duties: Decimal = ZERO
    booked: Decimal = ZERO  # for orders placed that day, before any return
    booked_tax: Decimal = ZERO
    rto_reversal: Decimal = ZERO
    rto_tax: Decimal = ZERO
    cogs: Decimal = ZERO
    estimated_cogs: Decimal = ZERO  # the part of `cogs` that rests on an estimate
    fees: Decimal = ZERO
