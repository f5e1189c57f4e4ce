"""The ledger of one order: its events, in time, as movements on shop days. Rules: docs/metrics.md."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from profitsync.domain.accounts import Accounts
from profitsync.domain.carriers import Bucket, bucket
from profitsync.domain.costs import CostBook
from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.money import ZERO
from profitsync.domain.movements import Cause, Money, Movement
from profitsync.domain.orders import Order, Refund, Sale
from profitsync.domain.parcels import SHIPPING
from profitsync.domain.payments import is_cod, rate_fees
from profitsync.domain.refunds import Goodwill
from profitsync.domain.reversals import Reversals, strayed
from profitsync.domain.shipments import Shipment
from profitsync.domain.tax import net_of

RESTOCKED = ("RETURN", "CANCEL", "LEGACY_RESTOCK")  # restock types that bring goods back sellable
_FIRST = datetime.min.replace(tzinfo=UTC)


def movements(
    order: Order, shipments: Sequence[Shipment], costs: CostBook, settings: MerchantSettings, zone: ZoneInfo
) -> list[Movement]:
    """Everything the order adds to any shop day; nothing for a test order.

    `shipments` are the parcels matched to it. Order, settings and costs are in one currency.
    """
    if order.test:
        return []
    followed = _may_have_changed(order) or any(map(strayed, shipments))
    accounts = Accounts(order, costs, zone, followed=followed)
    if followed:
        _Replay(accounts, shipments, settings).run()
    else:
        _place(accounts)
    _book_fees(accounts, settings)
    return accounts.booked


def _may_have_changed(order: Order) -> bool:
    """Whether something beside its parcels may have happened to the order since it was placed."""
    return bool(order.refunds or order.edited or order.cancelled_at or order.sales)


def _place(accounts: Accounts) -> None:
    """The sale as it was, when no audit trail has to tell."""
    order = accounts.order
    at = order.processed_at
    for key, goods in accounts.goods.items():
        net, units = goods.net, Decimal(goods.line.quantity)
        accounts.sell(key, units, net.net, net.tax, at, Cause.SALE, discount=net.discount)
    for charge in order.shipping:
        if charge.price or charge.tax:  # free most of the time
            shipping = net_of(charge.price, charge.tax, order.taxes_included)
            accounts.sell(SHIPPING, ZERO, shipping, charge.tax, at, Cause.SALE)
    _place_charges(accounts)


def _place_charges(accounts: Accounts) -> None:
    """What is sold with no line."""
    order = accounts.order
    if order.tip or order.duties:
        charges: Money = {"booked_tax": order.duties, "tips": order.tip, "duties": order.duties}
        accounts.book(order.processed_at, Cause.SALE, charges)


def _book_fees(accounts: Accounts, settings: MerchantSettings) -> None:
    """What payment gateways keep: as Shopify reports it, or by the merchant's own rates."""
    order = accounts.order
    if settings.transaction_fees.source == "shopify":
        for payment in order.payments:
            if payment.fee is not None and payment.status == "SUCCESS":
                accounts.book(payment.processed_at, Cause.FEES, {"fees": payment.fee}, payment.gateway)
    elif fees := rate_fees(order, settings):
        accounts.book(order.processed_at, Cause.FEES, {"fees": fees})


class _Replay:
    """The events of an order in time, for one that something has happened to."""

    def __init__(self, accounts: Accounts, shipments: Sequence[Shipment], settings: MerchantSettings) -> None:
        self.order = accounts.order
        self.accounts = accounts
        self.settings = settings
        # Only a changed order needs the audit trail: its lines alone do not tell when units came or went.
        self.changes = [sale for sale in self.order.sales or () if _is_change(sale)]
        self.audit = [sale for sale in self.order.sales or () if sale.reason == "ORDER"] if self.changes else []
        self.goodwill = Goodwill()
        sent = (s for s in shipments if not s.is_return and bucket(s) is not Bucket.LEFT_OUT)
        parcels = sorted(sent, key=lambda s: (s.created_at, s.id))
        self.reversals = Reversals(accounts, parcels, self.goodwill, settings)

    def run(self) -> None:
        """Replay every event in time; what a reversal may still take depends on what came before."""
        events: list[tuple[datetime, int, Callable[[], None]]] = [(_FIRST, 0, self._placed)]
        if self.audit:
            # What one edit removes goes before what it adds: an exchange leaves only the difference open.
            changes = sorted(self.changes, key=lambda sale: (sale.amount, sale.id))
            events += [(sale.happened_at, 1, partial(self._changed, sale)) for sale in changes]
        refunds = sorted(self.order.refunds, key=lambda refund: refund.id)
        events += [(refund.happened_at, 2, partial(self._refunded, refund)) for refund in refunds]
        if self.order.cancelled_at:
            events.append((self.order.cancelled_at, 3, partial(self._cancelled, self.order.cancelled_at)))
        events += [(at, 4, action) for at, action in self.reversals.events(is_cod(self.order, self.settings))]
        for _, _, action in sorted(events, key=lambda event: event[:2]):
            action()

    # --- sale and edits

    def _placed(self) -> None:
        if self.audit:
            for sale in self.audit:
                self._sale(sale, self.order.processed_at, Cause.SALE)
            _place_charges(self.accounts)
            return
        _place(self.accounts)
        if self.order.edited and not self.order.cancelled_at:
            self._remove_undated(self.order.processed_at)

    def _remove_undated(self, at: datetime) -> None:
        """Units that an edit removed on a day nobody knows: a return on the day of the order."""
        refunded = Counter[str]()
        for back in (back for refund in self.order.refunds for back in refund.lines):
            refunded[back.line_id] += back.quantity
        for goods in self.accounts.goods.values():
            line, net = goods.line, goods.net
            if line.current_quantity is None or not line.quantity:
                continue
            gone = Decimal(max(0, line.quantity - line.current_quantity - refunded[line.id]))
            self.accounts.take_back(
                line.id, gone, net.net * gone / line.quantity, net.tax * gone / line.quantity,
                at, Cause.EDIT, line.id, restocked=True, never_shipped=True,
            )  # fmt: skip

    def _changed(self, sale: Sale) -> None:
        self._sale(sale, sale.happened_at, Cause.EDIT)
        self.goodwill.owe(-sale.amount)
        self.reversals.give_way(sale.happened_at, Cause.EDIT, sale.id)

    def _sale(self, sale: Sale, at: datetime, cause: Cause) -> None:
        """One entry of the audit trail: units added, units removed, or a changed price."""
        net = sale.amount - sale.tax
        if sale.line_type == "SHIPPING":
            self.accounts.sell(SHIPPING, ZERO, net, sale.tax, at, cause, reference=sale.id)
        elif sale.line_type != "PRODUCT" or sale.line_id not in self.accounts.goods:
            return  # gift cards are no sale; tips, duties and fees are known from the order itself
        elif sale.quantity < 0 or sale.action == "RETURN":
            self.accounts.take_back(
                sale.line_id, Decimal(-sale.quantity), -net, -sale.tax, at, cause, sale.id,
                restocked=True, never_shipped=True,
            )  # fmt: skip
        elif sale.action == "UPDATE" or not sale.quantity:
            self.accounts.reprice(sale.line_id, net, sale.tax, at, cause, sale.id)
        else:
            self.accounts.sell(
                sale.line_id, Decimal(sale.quantity), net, sale.tax, at, cause,
                discount=abs(sale.discount), reference=sale.id,
            )  # fmt: skip

    # --- what comes back

    def _refunded(self, refund: Refund) -> None:
        if not refund.lines and not refund.settled:
            return  # nothing but money, and that is only promised
        at, included = refund.happened_at, self.order.taxes_included
        for line in refund.lines:
            if line.line_id in self.accounts.goods:
                net = net_of(line.subtotal, line.tax, included)
                self.accounts.take_back(
                    line.line_id, Decimal(line.quantity), net, line.tax, at, Cause.REFUND, refund.id,
                    restocked=line.restock_type in RESTOCKED, never_shipped=line.restock_type == "CANCEL",
                )  # fmt: skip
        for charge in refund.shipping:
            net = net_of(charge.price, charge.tax, included)
            self.accounts.take_back(SHIPPING, ZERO, net, charge.tax, at, Cause.REFUND, refund.id)
        # Value kept by the merchant lowers returns, money paid beyond the goods raises them.
        net, tax = self.goodwill.refunded(self.order, refund)
        self.accounts.book(at, Cause.REFUND, {"returns": net, "taxes": -tax}, refund.id)
        self.reversals.give_way(at, Cause.REFUND, refund.id)

    def _cancelled(self, at: datetime) -> None:
        """Reverse whatever no refund record reverses; goods never shipped come off the cost of goods."""
        before = self.accounts.standing()
        later = [refund for refund in self.order.refunds if refund.happened_at > at]
        for key in self.accounts.goods:
            self._cancel_line(key, at, later)
        if not (self.order.refunds and self.order.current_total):
            self._cancel_charges(at, later)
        self._forget_goodwill(at, before - self.accounts.standing())
        self.reversals.give_way(at, Cause.CANCELLATION, self.order.id)

    def _cancel_line(self, key: str, at: datetime, later: Sequence[Refund]) -> None:
        position = self.accounts.positions[key]
        coming = [line for refund in later for line in refund.lines if line.line_id == key]
        units = position.units - position.returned_units - sum(line.quantity for line in coming)
        if units > 0:
            values = [net_of(line.subtotal, line.tax, self.order.taxes_included) for line in coming]
            net = position.sold - position.returned - sum(values, ZERO)
            tax = position.sold_tax - position.returned_tax - sum((line.tax for line in coming), ZERO)
            self.accounts.take_back(key, units, net, tax, at, Cause.CANCELLATION, key)
        fulfilled = Decimal(sum(count for line_id, count in self.order.fulfilled or () if line_id == key))
        unshipped = position.packed - max(fulfilled, self.reversals.dispatched_units(key))
        back = position.restock(unshipped, never_shipped=True)
        self.accounts.cost(key, -back, at, Cause.CANCELLATION, key)

    def _cancel_charges(self, at: datetime, later: Sequence[Refund]) -> None:
        """Shipping, tip and duties: kept only where a refund record left them standing at Shopify."""
        charge = self.accounts.positions[SHIPPING]
        coming = [c for refund in later for c in refund.shipping]
        values = [net_of(c.price, c.tax, self.order.taxes_included) for c in coming]
        net = charge.sold - charge.returned - sum(values, ZERO)
        tax = charge.sold_tax - charge.returned_tax - sum((c.tax for c in coming), ZERO)
        self.accounts.take_back(SHIPPING, ZERO, net, tax, at, Cause.CANCELLATION, "shipping")
        charges: Money = {"tips": -self.order.tip, "duties": -self.order.duties}
        self.accounts.book(at, Cause.CANCELLATION, charges, "charges")

    def _forget_goodwill(self, at: datetime, reversed_now: Decimal) -> None:
        """Money sent back for no goods is part of what the cancellation reverses, before it or after it."""
        net, tax = self.goodwill.absorbed(reversed_now)
        self.accounts.book(at, Cause.CANCELLATION, {"returns": -net, "taxes": tax}, "goodwill")
        self.goodwill.owe(reversed_now - net - tax)


def _is_change(sale: Sale) -> bool:
    """Whether an audit entry changes what was ordered: an edit, or goods sent in exchange for returned ones.

    What comes back is known from the refunds themselves.
    """
    goods = sale.line_type in ("PRODUCT", "SHIPPING") and sale.action == "ORDER" and sale.quantity > 0
    return sale.reason == "ORDER_EDIT" or (goods and sale.reason != "ORDER")
