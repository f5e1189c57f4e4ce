"""What an order's totals are, from its lines, edits, refunds and payments.

The identities of recorded orders hold by construction: Σ price × quantity − Σ allocations = subtotal, and the
total is subtotal + shipping (+ tip and duties), plus tax where prices do not include it.
"""

from collections import Counter
from decimal import Decimal
from functools import cached_property

from profitsync.sandbox.render_values import to_cent
from profitsync.sandbox.world import ZERO, LineDraft, OrderDraft, ShopifyWorld, TransactionDraft


def line_total(line: LineDraft) -> Decimal:
    """All units after discounts; holds tax where prices do."""
    return line.unit_price * line.quantity - line.discount


def portion(amount: Decimal, units: int, quantity: int) -> Decimal:
    """The share of `units` in an amount over `quantity` units, exact when it is all of them."""
    if units == quantity:
        return amount
    return to_cent(amount * units / quantity)


class OrderSums:
    """Every total of one order, in shop currency. `current_*` is after edits, refunds and cancellation."""

    def __init__(self, draft: OrderDraft, shop: ShopifyWorld) -> None:
        self.draft = draft
        self.currency = draft.currency or shop.currency
        self.taxes_included = shop.taxes_included if draft.taxes_included is None else draft.taxes_included
        self.lines = {line.id: line for line in draft.lines}
        self.charges = [charge for charge in draft.shipping if not charge.removed]
        self.is_void = draft.cancelled_at is not None and not draft.refunds

    @cached_property
    def _units(self) -> dict[str, Counter[str]]:
        """Units per line id: added and removed by edits, refunded, shipped."""
        units: dict[str, Counter[str]] = {key: Counter() for key in ("added", "removed", "refunded", "shipped")}
        for edit in self.draft.edits:
            units["added" if edit.units > 0 else "removed"][edit.line_id] += abs(edit.units)
        for refund in self.draft.refunds:
            for back in refund.lines:
                units["refunded"][back.line_id] += back.quantity
        for fulfillment in self.draft.fulfillments:
            if fulfillment.status == "SUCCESS":
                for line_id, sent in fulfillment.lines:
                    units["shipped"][line_id] += sent
        return units

    def added(self, line_id: str) -> int:
        """Units that came by an edit."""
        return self._units["added"][line_id]

    def removed(self, line_id: str) -> int:
        """Units that an edit took away."""
        return self._units["removed"][line_id]

    def shipped(self, line_id: str) -> int:
        """Units in fulfillments that were not cancelled."""
        return self._units["shipped"][line_id]

    def current_quantity(self, line: LineDraft) -> int:
        """Units that still stand."""
        if self.is_void:
            return 0
        return max(0, line.quantity - self.removed(line.id) - self._units["refunded"][line.id])

    def with_tax(self, amount: Decimal, tax: Decimal) -> Decimal:
        """What the buyer pays for an amount: its tax is added unless prices include it."""
        return amount if self.taxes_included else amount + tax

    @cached_property
    def subtotal(self) -> Decimal:
        return sum((line_total(line) for line in self.draft.lines), ZERO)

    @cached_property
    def discounts(self) -> Decimal:
        return sum((line.discount for line in self.draft.lines), ZERO)

    @cached_property
    def shipping(self) -> Decimal:
        return sum((charge.price for charge in self.charges), ZERO)

    @cached_property
    def tax(self) -> Decimal:
        lines = sum((line.tax for line in self.draft.lines), ZERO)
        return lines + sum((charge.tax for charge in self.charges), ZERO)

    @cached_property
    def total(self) -> Decimal:
        return self.with_tax(self.subtotal + self.shipping, self.tax) + self.draft.tip + self.draft.duties

    @cached_property
    def original_total(self) -> Decimal:
        return self.total - sum((self.unit_value(key, self.added(key)) for key in self.lines), ZERO)

    def unit_value(self, line_id: str, units: int) -> Decimal:
        """What the buyer pays for some units of a line."""
        line = self.lines[line_id]
        value = portion(line_total(line), units, line.quantity)
        return self.with_tax(value, portion(line.tax, units, line.quantity))

    @cached_property
    def current_subtotal(self) -> Decimal:
        if self.is_void:
            return ZERO
        gone = sum(
            (portion(line_total(one), self.removed(one.id), one.quantity) for one in self.draft.lines), ZERO
        )
        return self.subtotal - gone - sum((r.subtotal for f in self.draft.refunds for r in f.lines), ZERO)

    @cached_property
    def current_tax(self) -> Decimal:
        if self.is_void:
            return ZERO
        gone = sum((portion(one.tax, self.removed(one.id), one.quantity) for one in self.draft.lines), ZERO)
        back = sum((one.tax for refund in self.draft.refunds for one in refund.lines), ZERO)
        back += sum((one.tax for refund in self.draft.refunds for one in refund.shipping), ZERO)
        return self.tax - gone - back

    @cached_property
    def refunded_shipping(self) -> Decimal:
        return sum((one.subtotal for refund in self.draft.refunds for one in refund.shipping), ZERO)

    @cached_property
    def current_total(self) -> Decimal:
        if self.is_void:
            return ZERO
        goods = self.current_subtotal + self.shipping - self.refunded_shipping
        return self.with_tax(goods, self.current_tax) + self.draft.tip + self.draft.duties

    @cached_property
    def discrepancy(self) -> Decimal:
        """Positive in the merchant's favour."""
        found = (self.with_tax(a.amount, a.tax) for f in self.draft.refunds for a in f.adjustments)
        return sum(found, ZERO)

    @cached_property
    def received(self) -> Decimal:
        return _moved(self.draft.payments, "SALE", "CAPTURE")

    @cached_property
    def refunded(self) -> Decimal:
        return sum((_moved(refund.transactions, "REFUND") for refund in self.draft.refunds), ZERO)

    @cached_property
    def outstanding(self) -> Decimal:
        if self.draft.cancelled_at or self.draft.financial_status == "AUTHORIZED":
            return ZERO
        return self.current_total + self.discrepancy - (self.received - self.refunded)


def _moved(transactions: tuple[TransactionDraft, ...], *kinds: str) -> Decimal:
    return sum((t.amount for t in transactions if t.kind in kinds and t.status == "SUCCESS"), ZERO)
