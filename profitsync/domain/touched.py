"""Which shop days a fact may change. Stored with the fact, so that a day finds its facts again."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from profitsync.domain.days import shop_day
from profitsync.domain.orders import Order
from profitsync.domain.reversals import delivered_after_rto_at, rto_began_at, rto_received_at
from profitsync.domain.shipments import Shipment


def order_instants(order: Order) -> set[datetime]:
    """When it was sold, edited, refunded and cancelled, and when a fee was taken."""
    instants = {order.processed_at}
    instants.update(refund.happened_at for refund in order.refunds)
    instants.update(sale.happened_at for sale in order.sales or ())
    instants.update(payment.processed_at for payment in order.payments if payment.fee is not None)
    if order.cancelled_at:
        instants.add(order.cancelled_at)
    return instants


def order_days(order: Order, zone: ZoneInfo) -> tuple[date, ...]:
    """Days of the sale, of every edit, refund and fee, and of the cancellation."""
    return days_of(order_instants(order), zone)


def days_of(instants: Iterable[datetime], zone: ZoneInfo) -> tuple[date, ...]:
    """The shop days of these instants, each once, in order."""
    days = {shop_day(instant, zone) for instant in instants}
    return tuple(sorted(days)) if len(days) > 1 else tuple(days)


def shipment_days(shipment: Shipment, zone: ZoneInfo) -> tuple[date, ...]:
    """Days the parcel was created, turned back, came back, arrived after all or was lost."""
    began = rto_began_at(shipment)
    instants = [shipment.created_at, began, rto_received_at(shipment), shipment.seen.lost]
    instants.append(delivered_after_rto_at(shipment))
    return days_of((instant for instant in instants if instant), zone)
