"""What a parcel costs. Definitions: docs/metrics.md, shipping."""

from decimal import Decimal

from profitsync.domain.carriers import Bucket, bucket, is_cancel, is_customer_return, status_name
from profitsync.domain.facts import Record
from profitsync.domain.money import ONE, ZERO
from profitsync.domain.shipments import Shipment


class ParcelCost(Record, frozen=True):
    """What a parcel costs, INR, in the parts that fall on different days. None is unknown, not zero.

    `kind`: billed (Shiprocket's final figure), estimated (from the parts known), unknown (a part is
    missing; the other one may still be given) or none (nothing to pay: cancelled, or not yet with a courier).
    """

    forward: Decimal | None  # belongs to the day the shipment was created
    rto: Decimal | None  # belongs to the day the RTO began; negative when more was reversed than added
    kind: str

    def at_rate(self, rate: Decimal | None) -> "ParcelCost":
        """The same in another currency; without a rate nothing of it is known, except that it is nothing."""
        if self.kind == "none" or rate == ONE:
            return self
        if rate is None:
            return ParcelCost(None, None, "unknown")
        forward, rto = (None if part is None else part * rate for part in (self.forward, self.rto))
        return ParcelCost(forward, rto, self.kind)


def parcel_cost(shipment: Shipment, cod_fee_in_freight: bool) -> ParcelCost:
    """The bill if there is one, else the estimate of docs/metrics.md.

    `cod_fee_in_freight`: whether the forward charge already holds the COD fee (seen so on live accounts).
    """
    parts = shipment.charges
    where = bucket(shipment)
    forward = _forward(shipment, cod_fee_in_freight)
    if parts.billed is not None:
        if where is Bucket.RTO and forward is not None:
            return ParcelCost(forward, parts.billed - forward, "billed")
        return ParcelCost(parts.billed, ZERO, "billed")
    if where is Bucket.LEFT_OUT and not _is_paid_return(shipment):
        return ParcelCost(ZERO, ZERO, "none")
    rto = _estimated_rto(shipment) if where is Bucket.RTO else ZERO
    known = forward is not None and rto is not None
    return ParcelCost(forward, rto, "estimated" if known else "unknown")


def _is_paid_return(shipment: Shipment) -> bool:
    """Whether this is a customer's return that a courier has been given: it costs what its way costs."""
    return is_customer_return(shipment) and bool(shipment.awb) and not is_cancel(status_name(shipment))


def _forward(shipment: Shipment, cod_fee_in_freight: bool) -> Decimal | None:
    parts = shipment.charges
    charge = _first_known(parts.charged, parts.applied, parts.freight)
    fee = ZERO if cod_fee_in_freight else _cod_fee(shipment)
    return None if charge is None or fee is None else charge + fee


def _estimated_rto(shipment: Shipment) -> Decimal | None:
    """The way back, less the COD fee, which is paid back when nothing was collected."""
    leg = _first_known(shipment.charges.charged_rto, shipment.charges.applied_rto)
    fee = _cod_fee(shipment)
    return None if leg is None or fee is None else leg - fee


def _cod_fee(shipment: Shipment) -> Decimal | None:
    """The COD fee; a prepaid parcel has none, a COD parcel without a figure an unknown one."""
    if shipment.charges.cod is None and not shipment.cod:
        return ZERO
    return shipment.charges.cod


def _first_known(*amounts: Decimal | None) -> Decimal | None:
    for amount in amounts:
        if amount is not None:
            return amount
    return None
