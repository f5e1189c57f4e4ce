"""Which shop days a fact may change. Stored with the fact, so that a day finds its facts again."""

from datetime import date
from zoneinfo import ZoneInfo

from profitsync.domain.days import shop_day
from profitsync.domain.orders import Order
from profitsync.domain.reversals import delivered_after_rto_at, rto_began_at, rto_received_at
from profitsync.domain.shipments import Shipment


def order_days(order: Order, zone: ZoneInfo) -> tuple[date, ...]:
    """Days of the sale, of every edit, refund and fee, and of the cancellation."""
    instants = [order.processed_at, *(refund.happened_at for refund in order.refunds)]
    instants += [sale.happened_at for sale in order.sales or ()]
    instants += [payment.processed_at for payment in order.payments if payment.fee is not None]
    if order.cancelled_at:
        instants.append(order.cancelled_at)
    return tuple(sorted({shop_day(instant, zone) for instant in instants}))


def shipment_days(shipment: Shipment, zone: ZoneInfo) -> tuple[date, ...]:
    """Days the parcel was created, turned back, came back, arrived after all or was lost."""
    began = rto_began_at(shipment)
    instants = [shipment.created_at, began, rto_received_at(shipment), shipment.seen.lost]
    instants.append(delivered_after_rto_at(shipment))
    return tuple(sorted({shop_day(instant, zone) for instant in instants if instant}))
