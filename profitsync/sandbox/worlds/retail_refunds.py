"""Matches credit notes to the purchases they take back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from profitsync.sandbox.world import (
    ZERO,
    AdjustmentDraft,
    LineDraft,
    OrderDraft,
    RefundDraft,
    RefundLineDraft,
    TransactionDraft,
)
from profitsync.sandbox.worlds.retail_rows import Row

CREDIT_NOTE = "Credit note "


@dataclass(slots=True)
class _Purchase:
    """Units of one order line that nobody has returned yet."""

    order: OrderDraft
    line: LineDraft
    left: int


@dataclass(slots=True)
class _Return:
    """What one credit note takes back from one order: units per line, and what it pays for them."""

    order: OrderDraft
    units: dict[str, int] = field(default_factory=dict)
    goods: Decimal = ZERO
    credited: Decimal = ZERO

    def add(self, line: LineDraft, units: int, price: Decimal) -> None:
        self.units[line.id] = self.units.get(line.id, 0) + units
        self.goods += line.unit_price * units
        self.credited += price * units


class Returns:
    """Purchases by customer and item, in time; credit notes take the newest ones back first."""

    def __init__(self) -> None:
        self._purchases: dict[tuple[str, str], list[_Purchase]] = {}
        self._refunds = 0
        self.matched_units = 0
        self.unmatched_units = 0

    def bought(self, order: OrderDraft, line: LineDraft, stock_code: str) -> None:
        """Remember a line that may be returned. A guest's cannot: no credit note would name its buyer."""
        if order.customer_id is not None:
            key = (order.customer_id, stock_code)
            self._purchases.setdefault(key, []).append(_Purchase(order, line, line.quantity))

    def credit(self, rows: Iterable[Row], at: datetime, invoice: str) -> int:
        """Book one credit note as a refund of each order it takes units from; returns how many.

        A refund line has the price of the sale; the difference to the credit note's own price is a signed
        adjustment, positive where the merchant kept value. Units without a purchase are counted only.
        """
        parts: dict[str, _Return] = {}
        for row in rows:
            for purchase, units in self._take(row):
                part = parts.setdefault(purchase.order.id, _Return(purchase.order))
                part.add(purchase.line, units, row.price)
        for part in parts.values():
            part.order.refunds = (*part.order.refunds, self._refund(part, at, invoice))
            part.order.updated_at = max(part.order.updated_at, at)
        return len(parts)

    def _take(self, row: Row) -> Iterator[tuple[_Purchase, int]]:
        """The newest unreturned purchases of that customer and item, until the credited units are found."""
        wanted = -row.quantity
        purchases = self._purchases.get((row.customer_id or "", row.stock_code), [])
        while wanted and purchases:
            purchase = purchases[-1]
            units = min(wanted, purchase.left)
            wanted -= units
            purchase.left -= units
            self.matched_units += units
            yield purchase, units
            if not purchase.left:
                purchases.pop()
        self.unmatched_units += wanted

    def _refund(self, part: _Return, at: datetime, invoice: str) -> RefundDraft:
        self._refunds += 1
        digits = str(30_000_000 + self._refunds)
        prices = {line.id: line.unit_price for line in part.order.lines}
        kept = part.goods - part.credited
        gateway = part.order.gateways[0]
        return RefundDraft(
            id=digits,
            at=at,
            lines=tuple(RefundLineDraft(key, units, prices[key] * units) for key, units in part.units.items()),
            adjustments=(AdjustmentDraft(digits, kept),) if kept else (),
            transactions=(TransactionDraft(digits, "REFUND", part.credited, at, gateway),)
            if part.credited
            else (),
            note=CREDIT_NOTE + invoice,
        )
