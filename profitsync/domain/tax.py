"""Taking the tax out of prices that include it."""

from decimal import Decimal

from profitsync.domain.facts import Record
from profitsync.domain.money import ONE, ZERO
from profitsync.domain.orders import OrderLine


class NetLine(Record, frozen=True):
    """A line's amounts without tax: `gross - discount == net` exactly."""

    gross: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal


def net_line(line: OrderLine, taxes_included: bool) -> NetLine:
    """All units of a line without tax.

    With tax-inclusive prices the net is the discounted total minus its tax lines, and gross and discount
    shrink by the same factor net ÷ (net + tax); for a line discounted to zero the factor is 1 ÷ (1 + Σ rates).
    """
    gross = line.unit_price * line.quantity
    if not taxes_included:
        return NetLine(gross, line.discount, gross - line.discount, line.tax)
    total = gross - line.discount
    net = total - line.tax
    if total and not line.discount:
        return NetLine(net, ZERO, net, line.tax)
    # Multiplied first, so that a result with finitely many digits comes out exact.
    net_gross = gross * net / total if total else gross / (ONE + line.tax_rate)
    return NetLine(net_gross, net_gross - net, net, line.tax)


def net_of(amount: Decimal, tax: Decimal, taxes_included: bool) -> Decimal:
    """An amount without tax, where it holds tax only if prices do."""
    return amount - tax if taxes_included else amount


def net_unit_price(line: OrderLine, net: NetLine) -> Decimal:
    """The price of one unit without tax, before discounts."""
    return net.gross / line.quantity if line.quantity else ZERO
