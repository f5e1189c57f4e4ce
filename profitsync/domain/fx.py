"""Orders in a currency other than the shop's: converted with the merchant's rate, or left out as unknown."""

from decimal import Decimal

from msgspec.structs import replace

from profitsync.domain.orders import Order, Refund, ShippingCharge


def in_shop_currency(order: Order, currency: str, rate: Decimal) -> Order:
    """The same order with every amount times `rate` (shop currency per unit of the order's)."""
    return replace(
        order,
        currency=currency,
        lines=tuple(
            replace(x, unit_price=x.unit_price * rate, discount=x.discount * rate, tax=x.tax * rate)
            for x in order.lines
        ),
        shipping=_charges(order.shipping, rate),
        tip=order.tip * rate,
        duties=order.duties * rate,
        total=order.total * rate,
        subtotal_gap=order.subtotal_gap * rate,
        current_total=None if order.current_total is None else order.current_total * rate,
        payments=tuple(
            replace(x, amount=x.amount * rate, fee=None if x.fee is None else x.fee * rate) for x in order.payments
        ),
        refunds=tuple(_refund(x, rate) for x in order.refunds),
        sales=None
        if order.sales is None
        else tuple(
            replace(x, amount=x.amount * rate, tax=x.tax * rate, discount=x.discount * rate) for x in order.sales
        ),
    )


def _charges(charges: tuple[ShippingCharge, ...], rate: Decimal) -> tuple[ShippingCharge, ...]:
    return tuple(ShippingCharge(x.price * rate, x.tax * rate) for x in charges)


def _refund(refund: Refund, rate: Decimal) -> Refund:
    return replace(
        refund,
        amount=refund.amount * rate,
        lines=tuple(replace(x, subtotal=x.subtotal * rate, tax=x.tax * rate) for x in refund.lines),
        shipping=_charges(refund.shipping, rate),
        adjustments=tuple(replace(x, amount=x.amount * rate, tax=x.tax * rate) for x in refund.adjustments),
    )
