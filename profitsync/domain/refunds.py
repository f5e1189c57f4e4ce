"""Money refunds: what a refund returns beyond the goods and the shipping it takes back."""

from dataclasses import dataclass
from decimal import Decimal

from profitsync.domain.money import ZERO
from profitsync.domain.orders import Order, Refund
from profitsync.domain.tax import net_of

_PENDING = "PENDING_REFUND_DISCREPANCY"  # money has not moved yet; the value of goods taken back stays


@dataclass(slots=True)
class Goodwill:
    """Running state while an order's events are replayed.

    `net` and `tax` were returned beyond any line; negative where the merchant kept value. `owed` is value
    taken back, tax included, whose money was not sent: when it is, nothing is returned a second time.
    """

    net: Decimal = ZERO
    tax: Decimal = ZERO
    owed: Decimal = ZERO

    def owe(self, amount: Decimal) -> None:
        """More (or, when negative, less) is owed to the buyer; tax included."""
        self.owed = max(ZERO, self.owed + amount)

    def refunded(self, order: Order, refund: Refund) -> tuple[Decimal, Decimal]:
        """Net and tax by which this refund raises returns, its lines and shipping left aside."""
        net, tax = _beyond(order, refund)
        if refund.lines or refund.shipping:
            self.owe(_postponed(order, refund))
            if net > 0 and not refund.settled:
                return ZERO, ZERO  # money only promised
        else:
            net, tax = abs(net), abs(tax)
            if not net:
                net = refund.amount
            net, tax = self._without_owed(net, tax)
        self.net += net
        self.tax += tax
        return net, tax

    def absorbed(self, amount: Decimal) -> tuple[Decimal, Decimal]:
        """Net and tax of goodwill that a reversal of `amount`, tax included, holds as well; forgotten here."""
        given = self.net + self.tax
        if given <= 0 or amount <= 0:
            return ZERO, ZERO
        share = min(amount, given) / given
        net, tax = self.net * share, self.tax * share
        self.net -= net
        self.tax -= tax
        return net, tax

    def _without_owed(self, net: Decimal, tax: Decimal) -> tuple[Decimal, Decimal]:
        paid = net + tax
        known = min(paid, self.owed)
        if known <= 0:
            return net, tax
        self.owe(-known)
        return net * (paid - known) / paid, tax * (paid - known) / paid


def _beyond(order: Order, refund: Refund) -> tuple[Decimal, Decimal]:
    """Net and tax of a refund's adjustments: positive is paid beyond the goods.

    The audit trail's ADJUSTMENT entries decide where they were read; they and the adjustments themselves
    are negative where money went out.
    """
    audit = [s for s in order.sales or () if s.refund_id == refund.id and s.line_type == "ADJUSTMENT"]
    if audit:
        return -sum((s.amount - s.tax for s in audit), ZERO), -sum((s.tax for s in audit), ZERO)
    counted = [a for a in refund.adjustments if a.reason != _PENDING]
    net = sum((net_of(a.amount, a.tax, order.taxes_included) for a in counted), ZERO)
    return -net, -sum((a.tax for a in counted), ZERO)


def _postponed(order: Order, refund: Refund) -> Decimal:
    """What a refund with goods leaves to be paid later, tax included."""
    apart = ZERO if order.taxes_included else sum((line.tax for line in refund.lines), ZERO)
    goods = sum((line.subtotal for line in refund.lines), apart)
    pending = [a for a in refund.adjustments if a.reason == _PENDING]
    waiting = sum((a.amount if order.taxes_included else a.amount + a.tax for a in pending), ZERO)
    return max(ZERO, min(waiting, goods - refund.amount))
