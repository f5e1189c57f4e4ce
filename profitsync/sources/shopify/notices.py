"""What people should know of orders that were read, one line each, every line once."""

from collections.abc import Iterable

from profitsync.domain.orders import ZERO, Order, Payment
from profitsync.domain.payments import is_cod_gateway

MOST_NAMED = 10  # orders named one by one in the warnings of a run
# Shopify Payments reports its fees, sometimes late; a gift card or a payment noted by hand has none.
_NO_FEE_MISSED = ("shopify_payments", "gift_card", "manual")


class Notices:
    """Gathers the warnings of one source in `lines`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._gaps = 0

    def say(self, text: str) -> None:
        """Once, even when an order is read twice."""
        if text not in self.lines:
            self.lines.append(text)

    def subtotals(self, orders: Iterable[Order]) -> None:
        """Orders whose lines do not add up to Shopify's subtotal; what the lines say is counted."""
        for order in orders:
            if not order.subtotal_gap:
                continue
            self._gaps += 1
            if self._gaps > MOST_NAMED:
                self.say("further orders whose lines do not add up to their subtotal are not named")
                return
            goods = sum((line.unit_price * line.quantity - line.discount for line in order.lines), ZERO)
            self.say(
                f"order {order.name}: its lines come to {goods:f} {order.currency}, its subtotal to "
                f"{goods + order.subtotal_gap:f} {order.currency}; the lines are counted"
            )

    def fees(self, orders: Iterable[Order]) -> None:
        """Gateways that report no fee to Shopify: what they keep is in no figure."""
        for order in orders:
            for payment in order.payments:
                if _fee_is_missed(payment):
                    self.say(
                        f"payments through {payment.gateway} report no fee to Shopify, so transactionFees holds "
                        "none for them; settings.transactionFees can state the rates of a gateway instead"
                    )


def _fee_is_missed(payment: Payment) -> bool:
    if payment.fee is not None or payment.status != "SUCCESS" or payment.kind not in ("SALE", "CAPTURE"):
        return False
    return bool(payment.amount) and payment.gateway not in _NO_FEE_MISSED and not is_cod_gateway(payment.gateway)
