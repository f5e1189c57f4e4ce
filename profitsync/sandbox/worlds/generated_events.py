"""What happens to an order of the generated merchant after it was placed. Nothing happens after `now`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from profitsync.sandbox.render_sums import OrderSums, line_total, portion
from profitsync.sandbox.world import (
    ZERO,
    AdjustmentDraft,
    EditDraft,
    FulfillmentDraft,
    LineDraft,
    OrderDraft,
    RefundDraft,
    RefundLineDraft,
    RefundShippingDraft,
    ShopifyWorld,
    TransactionDraft,
)
from profitsync.sandbox.worlds.generated_baskets import COD_GATEWAY, included_tax

Units = tuple[LineDraft, int]


@dataclass(slots=True)
class Desk:
    """Does to one order what its merchant does, if the time has come."""

    order: OrderDraft
    shop: ShopifyWorld
    now: datetime

    @property
    def sums(self) -> OrderSums:
        """The order's totals as they stand."""
        return OrderSums(self.order, self.shop)

    def cancel(self, at: datetime, reason: str) -> bool:
        """Cancel; whether it has happened."""
        if not self._is_due(at):
            return False
        self.order.cancelled_at = self.order.closed_at = at
        self.order.cancel_reason = reason
        return True

    def add(self, at: datetime, line: LineDraft) -> None:
        """Add a line by an order edit; a prepaid order is paid up at once."""
        if not self._is_due(at):
            return
        self.order.lines = (*self.order.lines, line)
        self._edited(at, line, line.quantity)
        gateway = self.order.gateways[0]
        if gateway != COD_GATEWAY:
            paid = TransactionDraft(f"{self.order.id}5", "SALE", line_total(line), at, gateway)
            self.order.payments = (*self.order.payments, paid)

    def remove(self, at: datetime, line: LineDraft, units: int) -> None:
        """Take units off by an order edit."""
        if self._is_due(at):
            self._edited(at, line, -units)

    def collect(self, at: datetime) -> None:
        """Mark a cash-on-delivery order as paid."""
        due = self.sums.outstanding
        if due > 0 and self._is_due(at):
            paid = TransactionDraft(
                f"{self.order.id}6", "SALE", due, at, COD_GATEWAY, manual=True, parent_id=f"{self.order.id}1"
            )
            self.order.payments = (*self.order.payments, paid)

    def fulfill(
        self,
        at: datetime,
        units: Sequence[Units],
        delivered_at: datetime | None,
        awb: str | None,
        courier: str | None,
    ) -> None:
        """Hand goods to a courier."""
        if not self._is_due(at):
            return
        arrived = delivered_at if delivered_at and delivered_at <= self.now else None
        done = FulfillmentDraft(
            id=f"{self.order.id}{len(self.order.fulfillments) + 1}",
            created_at=at,
            lines=tuple((line.id, count) for line, count in units),
            display_status="DELIVERED" if arrived else "IN_TRANSIT",
            delivered_at=arrived,
            tracking_number=awb or None,
            company=courier or None,
        )
        self.order.fulfillments = (*self.order.fulfillments, done)
        self.order.updated_at = max(self.order.updated_at, arrived or at)

    def standing(self) -> list[Units]:
        """Units of each line that still stand."""
        sums = self.sums
        counted = [(line, sums.current_quantity(line)) for line in self.order.lines]
        return [(line, units) for line, units in counted if units > 0]

    def refund(
        self,
        at: datetime,
        units: Sequence[Units],
        restock_type: str,
        *,
        kept: Decimal = ZERO,
        with_shipping: bool = False,
        note: str | None = None,
    ) -> bool:
        """Take goods back and pay for them what was received; `kept` is a restocking fee. Whether it happened."""
        if not units or not self._is_due(at):
            return False
        number = f"{self.order.id}{len(self.order.refunds) + 1}"
        lines = tuple(_refund_line(line, count, restock_type) for line, count in units)
        shipping = self._shipping_back(number) if with_shipping else ()
        goods = sum((one.subtotal for one in lines), ZERO)
        value = goods + sum((one.subtotal for one in shipping), ZERO)
        kept = min(kept, goods)
        fee_tax = included_tax(kept, units[0][0].tax_rate)
        refund = RefundDraft(
            id=number,
            at=at,
            lines=lines,
            shipping=shipping,
            adjustments=(AdjustmentDraft(number, kept, fee_tax, "RESTOCK"),) if kept else (),
            transactions=self._money_back(number, at, value - kept),
            note=note,
        )
        self.order.refunds = (*self.order.refunds, refund)
        return True

    def goodwill(self, at: datetime, amount: Decimal, sent_at: datetime) -> None:
        """Promise money at `at` without taking anything back; it is on its way until `sent_at`."""
        if not self._is_due(at):
            return
        status = "SUCCESS" if self._is_due(sent_at) else "PENDING"
        number = f"{self.order.id}{len(self.order.refunds) + 1}"
        sent = self._money_back(number, at, amount, status)
        if not sent:
            return
        tax = included_tax(sent[0].amount, self.order.lines[0].tax_rate)
        adjustment = AdjustmentDraft(number, -sent[0].amount, -tax)
        self.order.refunds = (
            *self.order.refunds,
            RefundDraft(number, at, adjustments=(adjustment,), transactions=sent, note="Apology"),
        )

    def settle(self) -> None:
        """The two statuses that Shopify shows."""
        self.order.financial_status = self._financial_status()
        sums = self.sums
        goods = [(line, units) for line, units in self.standing() if line.requires_shipping]
        sent = [line.id for line, units in goods if sums.shipped(line.id) >= units]
        if not self.order.fulfillments:
            self.order.fulfillment_status = "UNFULFILLED"
        else:
            self.order.fulfillment_status = "FULFILLED" if len(sent) == len(goods) else "PARTIALLY_FULFILLED"

    def _financial_status(self) -> str | None:
        sums = self.sums
        if sums.refunded > 0:
            return "REFUNDED" if sums.refunded >= sums.received else "PARTIALLY_REFUNDED"
        if not sums.received:
            return "VOIDED" if self.order.cancelled_at else "PENDING"
        return "PAID" if sums.received >= sums.current_total + sums.discrepancy else "PARTIALLY_PAID"

    def _is_due(self, at: datetime) -> bool:
        if at > self.now:
            return False
        self.order.updated_at = max(self.order.updated_at, at)
        return True

    def _edited(self, at: datetime, line: LineDraft, units: int) -> None:
        edit = EditDraft(f"{self.order.id}{len(self.order.edits) + 1}", at, line.id, units)
        self.order.edits = (*self.order.edits, edit)
        self.order.edited = True

    def _shipping_back(self, number: str) -> tuple[RefundShippingDraft, ...]:
        return tuple(
            RefundShippingDraft(number, charge.price, charge.tax) for charge in self.order.shipping if charge.price
        )

    def _money_back(
        self, number: str, at: datetime, amount: Decimal, status: str = "SUCCESS"
    ) -> tuple[TransactionDraft, ...]:
        """At most what came in: an unpaid order gets nothing back."""
        paid = [one for one in self.order.payments if one.status == "SUCCESS" and one.kind != "AUTHORIZATION"]
        sums = self.sums
        amount = min(amount, sums.received - sums.refunded)
        if amount <= 0:
            return ()
        source = paid[-1]
        return (TransactionDraft(f"{number}8", "REFUND", amount, at, source.gateway, status, parent_id=source.id),)


def _refund_line(line: LineDraft, units: int, restock_type: str) -> RefundLineDraft:
    subtotal = portion(line_total(line), units, line.quantity)
    tax = portion(line.tax, units, line.quantity)
    return RefundLineDraft(line.id, units, subtotal, tax, restock_type)
