"""The ledger of one order: its events, in time, as movements on shop days. Rules: docs/metrics.md."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from profitsync.domain.carriers import Bucket, bucket
from profitsync.domain.costs import CostBook
from profitsync.domain.days import shop_day
from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.money import ZERO
from profitsync.domain.movements import Cause, Movement
from profitsync.domain.orders import Order, OrderLine, Refund, Sale
from profitsync.domain.parcels import SHIPPING
from profitsync.domain.payments import is_cod, rate_fees
from profitsync.domain.positions import Position
from profitsync.domain.reversals import Reversals
from profitsync.domain.shipments import Shipment
from profitsync.domain.tax import net_line, net_of, net_unit_price

RESTOCKED = ("RETURN", "CANCEL", "LEGACY_RESTOCK")  # restock types that bring goods back sellable
_FIRST = datetime.min.replace(tzinfo=UTC)


def movements(
    order: Order, shipments: Sequence[Shipment], costs: CostBook, settings: MerchantSettings, zone: ZoneInfo
) -> list[Movement]:
    """Everything the order adds to any shop day; nothing for a test order.

    `shipments` are the parcels matched to it. Amounts are in the order's currency, costs in the shop's.
    """
    return [] if order.test else _Ledger(order, shipments, costs, settings, zone).run()


class _Ledger:
    def __init__(
        self,
        order: Order,
        shipments: Sequence[Shipment],
        costs: CostBook,
        settings: MerchantSettings,
        zone: ZoneInfo,
    ) -> None:
        self.order = order
        self.settings = settings
        self.zone = zone
        self.costs = costs
        self.placed_on = shop_day(order.processed_at, zone)
        self.lines = {line.id: line for line in order.lines if not line.gift_card}
        self.parcels = [s for s in shipments if not s.is_return and bucket(s) is not Bucket.LEFT_OUT]
        # Only an edited order needs the audit trail: its lines alone do not tell when units came or went.
        self.audit = [s for s in order.sales or () if s.reason == "ORDER"] if order.edited else []
        self.booked: list[Movement] = []
        self.positions = {line.id: self._position(line) for line in self.lines.values()}
        self.positions[SHIPPING] = Position(units=Decimal(1))
        self.reversals = Reversals(order, self.parcels, self.lines, self.positions, settings, self._book)

    def run(self) -> list[Movement]:
        """Replay every event in time; what a reversal may still take depends on what came before."""
        events: list[tuple[datetime, int, Callable[[], None]]] = [(_FIRST, 0, self._placed)]
        if self.audit:
            events += [
                (sale.happened_at, 1, partial(self._sale, sale, sale.happened_at, Cause.EDIT))
                for sale in self.order.sales or ()
                if sale.reason == "ORDER_EDIT"
            ]
        if self.order.cancelled_at:
            events.append((self.order.cancelled_at, 3, self._cancelled))
        events += [(r.happened_at, 2, partial(self._refunded, r)) for r in self.order.refunds]
        events += [(at, 4, action) for at, action in self.reversals.events(is_cod(self.order, self.settings))]
        for _, _, action in sorted(events, key=lambda event: event[:2]):
            action()
        self._fees()
        return self.booked

    # --- sale and edits

    def _placed(self) -> None:
        for sale in self.audit:
            self._sale(sale, self.order.processed_at, Cause.SALE)
        if not self.audit:
            for line in self.lines.values():
                self._sell_line(line)
            for charge in self.order.shipping:
                net = net_of(charge.price, charge.tax, self.order.taxes_included)
                self._sell(SHIPPING, ZERO, net, charge.tax, self.order.processed_at, Cause.SALE)
        if self.order.tip or self.order.duties:
            self._book(
                self.order.processed_at, Cause.SALE, booked_tax=self.order.duties,
                tips=self.order.tip, duties=self.order.duties,
            )  # fmt: skip

    def _sell_line(self, line: OrderLine) -> None:
        net = net_line(line, self.order.taxes_included)
        self._sell(
            line.id, Decimal(line.quantity), net.net, net.tax, self.order.processed_at, Cause.SALE,
            discount=net.discount,
        )  # fmt: skip

    def _sale(self, sale: Sale, at: datetime, cause: Cause) -> None:
        """One entry of the audit trail: units added, units removed, or a changed price."""
        net = sale.amount - sale.tax
        if sale.line_type == "SHIPPING":
            self._sell(SHIPPING, ZERO, net, sale.tax, at, cause, reference=sale.id)
        elif sale.line_type != "PRODUCT" or sale.line_id not in self.positions:
            return  # gift cards are no sale; tips, duties and fees are known from the order itself
        elif sale.quantity < 0 or sale.action == "RETURN":
            self._take_back(sale.line_id, Decimal(-sale.quantity), -net, -sale.tax, at, cause, sale.id, True)
        elif sale.action == "UPDATE" or not sale.quantity:
            self.positions[sale.line_id].sold += net
            self.positions[sale.line_id].sold_tax += sale.tax
            self._book(at, cause, sale.id, discounts=-net, taxes=sale.tax)
        else:
            self._sell(
                sale.line_id, Decimal(sale.quantity), net, sale.tax, at, cause,
                discount=abs(sale.discount), reference=sale.id,
            )  # fmt: skip

    def _sell(
        self,
        key: str,
        units: Decimal,
        net: Decimal,
        tax: Decimal,
        at: datetime,
        cause: Cause,
        *,
        discount: Decimal = ZERO,
        reference: str = "",
    ) -> None:
        position = self.positions[key]
        position.sell(units, net, tax)
        same_day = shop_day(at, self.zone) == self.placed_on
        goods = key != SHIPPING
        self._book(
            at, cause, reference or key,
            gross_sales=net + discount if goods else ZERO,
            discounts=discount,
            shipping=ZERO if goods else net,
            taxes=tax,
            booked=net if same_day else ZERO,
            booked_tax=tax if same_day else ZERO,
            cogs=units * position.unit_cost,
            estimated_cogs=units * position.estimated_unit_cost,
        )  # fmt: skip

    # --- what comes back

    def _refunded(self, refund: Refund) -> None:
        included = self.order.taxes_included
        for line in refund.lines:
            if line.line_id in self.positions:
                net = net_of(line.subtotal, line.tax, included)
                restocked = line.restock_type in RESTOCKED
                self._take_back(
                    line.line_id, Decimal(line.quantity), net, line.tax,
                    refund.happened_at, Cause.REFUND, refund.id, restocked,
                )  # fmt: skip
        for charge in refund.shipping:
            net = net_of(charge.price, charge.tax, included)
            self._take_back(SHIPPING, ZERO, net, charge.tax, refund.happened_at, Cause.REFUND, refund.id, False)
        self._adjusted(refund)
        self.reversals.give_way(refund.happened_at, Cause.REFUND, refund.id)

    def _adjusted(self, refund: Refund) -> None:
        """Value kept by the merchant lowers returns, money paid beyond the goods raises them."""
        net, tax = _adjustment(self.order, refund)
        if not (refund.lines or refund.shipping):
            if not refund.settled:
                return  # money only promised
            if not refund.adjustments and not net:
                net = -refund.amount
            net, tax = -abs(net), -abs(tax)
        if net or tax:
            self.reversals.goodwill -= net
            self._book(refund.happened_at, Cause.REFUND, refund.id, returns=-net, taxes=tax)

    def _take_back(
        self,
        key: str,
        units: Decimal,
        net: Decimal,
        tax: Decimal,
        at: datetime,
        cause: Cause,
        reference: str,
        restocked: bool,
    ) -> None:
        position = self.positions[key]
        position.take_back(units, net, tax)
        back = position.restock(units) if restocked else ZERO
        goods = key != SHIPPING
        self._book(
            at, cause, reference,
            returns=net if goods else ZERO,
            shipping=ZERO if goods else -net,
            taxes=-tax,
            cogs=-back * position.unit_cost,
            estimated_cogs=-back * position.estimated_unit_cost,
        )  # fmt: skip

    def _cancelled(self) -> None:
        """Reverse whatever no refund record reverses; goods never shipped come off the cost of goods."""
        at = self.order.cancelled_at
        assert at is not None  # noqa: S101 - narrows the type; only called for cancelled orders
        later = [refund for refund in self.order.refunds if refund.happened_at > at]
        for key, position in self.positions.items():
            if key == SHIPPING:
                continue
            coming = [line for refund in later for line in refund.lines if line.line_id == key]
            units = position.units - position.returned_units - sum(line.quantity for line in coming)
            if units > 0:
                values = [net_of(line.subtotal, line.tax, self.order.taxes_included) for line in coming]
                net = position.sold - position.returned - sum(values, ZERO)
                tax = position.sold_tax - position.returned_tax - sum((line.tax for line in coming), ZERO)
                self._take_back(key, units, net, tax, at, Cause.CANCELLATION, key, False)
            back = position.restock(position.units - self._shipped_units(key, position))
            self._book(
                at, Cause.CANCELLATION, key,
                cogs=-back * position.unit_cost, estimated_cogs=-back * position.estimated_unit_cost,
            )  # fmt: skip
        if not (self.order.refunds and self.order.current_total):
            self._cancel_charges(at, later)
        self.reversals.give_way(at, Cause.CANCELLATION, self.order.id)

    def _cancel_charges(self, at: datetime, later: Sequence[Refund]) -> None:
        """Shipping, tip and duties: kept only where a refund record left them standing at Shopify."""
        charge = self.positions[SHIPPING]
        coming = [c for refund in later for c in refund.shipping]
        values = [net_of(c.price, c.tax, self.order.taxes_included) for c in coming]
        net = charge.sold - charge.returned - sum(values, ZERO)
        tax = charge.sold_tax - charge.returned_tax - sum((c.tax for c in coming), ZERO)
        self._take_back(SHIPPING, ZERO, net, tax, at, Cause.CANCELLATION, "shipping", False)
        self._book(at, Cause.CANCELLATION, "charges", tips=-self.order.tip, duties=-self.order.duties)

    def _shipped_units(self, key: str, position: Position) -> Decimal:
        fulfilled = sum(units for line_id, units in self.order.fulfilled or () if line_id == key)
        return max(Decimal(fulfilled), min(position.units, self.reversals.dispatched_units(key)))

    # --- fees and booking

    def _fees(self) -> None:
        if self.settings.transaction_fees.source == "shopify":
            for payment in self.order.payments:
                if payment.fee is not None and payment.status == "SUCCESS":
                    self._book(payment.processed_at, Cause.FEES, payment.gateway, fees=payment.fee)
        elif fees := rate_fees(self.order, self.settings):
            self._book(self.order.processed_at, Cause.FEES, fees=fees)

    def _book(self, at: datetime, cause: Cause, reference: str = "", **amounts: Decimal) -> None:
        if any(amounts.values()):
            day = shop_day(at, self.zone)
            self.booked.append(Movement(day, cause, self.order.id, reference, **amounts))

    def _position(self, line: OrderLine) -> Position:
        price = net_unit_price(line, net_line(line, self.order.taxes_included))
        cost = self.costs.unit_cost(line, self.placed_on, price)
        return Position(cost=cost, shippable=line.requires_shipping)


def _adjustment(order: Order, refund: Refund) -> tuple[Decimal, Decimal]:
    """Net and tax of a refund's adjustments, signed as in the audit trail: negative is paid beyond the goods.

    The audit trail's ADJUSTMENT entries decide where they were read. A pending discrepancy is skipped: it only
    says that money has not moved yet, which does not change the value of goods taken back.
    """
    audit = [s for s in order.sales or () if s.refund_id == refund.id and s.line_type == "ADJUSTMENT"]
    if audit:
        return sum((s.amount - s.tax for s in audit), ZERO), sum((s.tax for s in audit), ZERO)
    counted = [a for a in refund.adjustments if a.reason != "PENDING_REFUND_DISCREPANCY"]
    net = sum((net_of(a.amount, a.tax, order.taxes_included) for a in counted), ZERO)
    return net, sum((a.tax for a in counted), ZERO)
