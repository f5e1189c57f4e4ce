"""The audit trail of an order: what was agreed when, as signed sales.

Amounts include tax and are after discounts; what is taken back has negative amounts and quantities. An
adjustment is positive where the merchant kept value and negative where money beyond the goods went out.
"""

from collections.abc import Iterator
from decimal import Decimal

from profitsync.sandbox.render_sums import OrderSums, line_total, portion
from profitsync.sandbox.render_values import Node, gid, money_bag, timestamp, to_cent
from profitsync.sandbox.world import ZERO, Connection, EditDraft, LineDraft, RefundDraft


def agreements(sums: OrderSums) -> Connection[Node]:
    """The order's agreements in time: the sale, its edits, its refunds."""
    draft = sums.draft
    dated = [(draft.processed_at, 0, _agreement("OrderAgreement", draft.id, "ORDER", _sold(sums)))]
    for edit in draft.edits:
        content = _agreement("OrderEditAgreement", edit.id, "ORDER_EDIT", [_edited(sums, edit)])
        dated.append((edit.at, 1, content))
    for refund in draft.refunds:
        content = _agreement("RefundAgreement", refund.id, "REFUND", list(_taken_back(sums, refund)))
        content["refund"] = {"__typename": "Refund", "id": gid("Refund", refund.id)}
        dated.append((refund.at, 2, content))
    dated.sort(key=lambda entry: entry[:2])
    return Connection({**content, "happenedAt": timestamp(at)} for at, _, content in dated)


def _agreement(kind: str, digits: str, reason: str, sales: list[Node]) -> Node:
    place = {"ORDER": "1", "ORDER_EDIT": "2", "REFUND": "3"}[reason]  # ids of different things stay apart
    for number, sale in enumerate(sales, start=1):
        sale["id"] = gid("Sale", f"{digits}{place}{number:04d}")
    return {
        "__typename": kind,
        "id": gid("SalesAgreement", digits + place),
        "reason": reason,
        "sales": Connection(sales),
    }


def _sold(sums: OrderSums) -> list[Node]:
    ordered = ((line, line.quantity - sums.added(line.id)) for line in sums.draft.lines)
    sales = [_goods(sums, line, units, "ORDER") for line, units in ordered if units]
    for charge in sums.charges:
        amount = sums.with_tax(charge.price, charge.tax)
        before = charge.price if charge.original_price is None else charge.original_price
        discount = _untaxed(sums, before - charge.price, charge.price, charge.tax)
        sales.append(_sale(sums, "SHIPPING", "ORDER", 1, amount, charge.tax, discount))
        sales[-1]["shippingLine"] = {"__typename": "ShippingLine", "id": gid("ShippingLine", charge.id)}
    if sums.draft.tip:
        sales.append(_sale(sums, "TIP", "ORDER", 1, sums.draft.tip))
        sales[-1]["lineItem"] = {"__typename": "LineItem", "id": gid("LineItem", f"{sums.draft.id}9999")}
    if sums.draft.duties:
        sales.append(_sale(sums, "DUTY", "ORDER", 1, sums.draft.duties))
    return sales


def _edited(sums: OrderSums, edit: EditDraft) -> Node:
    return _goods(sums, sums.lines[edit.line_id], edit.units, "ORDER" if edit.units > 0 else "RETURN")


def _taken_back(sums: OrderSums, refund: RefundDraft) -> Iterator[Node]:
    for back in refund.lines:
        line = sums.lines[back.line_id]
        amount = sums.with_tax(back.subtotal, back.tax)
        discount = portion(_line_discount(sums, line), back.quantity, line.quantity)
        yield _of_line(sums, line, "RETURN", -back.quantity, -amount, -back.tax, -discount)
    for charge in refund.shipping:
        amount = sums.with_tax(charge.subtotal, charge.tax)
        yield _sale(sums, "SHIPPING", "RETURN", -1, -amount, -charge.tax) | {"shippingLine": None}
    for one in refund.adjustments:
        yield _sale(sums, "ADJUSTMENT", "RETURN", None, sums.with_tax(one.amount, one.tax), one.tax)


def _goods(sums: OrderSums, line: LineDraft, units: int, action: str) -> Node:
    sign, size = (1, units) if units > 0 else (-1, -units)
    tax = portion(line.tax, size, line.quantity)
    amount = sums.with_tax(portion(line_total(line), size, line.quantity), tax)
    discount = portion(_line_discount(sums, line), size, line.quantity)
    return _of_line(sums, line, action, units, sign * amount, sign * tax, sign * discount)


def _line_discount(sums: OrderSums, line: LineDraft) -> Decimal:
    return _untaxed(sums, line.discount, line_total(line), line.tax, line.tax_rate)


def _untaxed(sums: OrderSums, discount: Decimal, total: Decimal, tax: Decimal, rate: Decimal = ZERO) -> Decimal:
    """A discount without the tax in it."""
    if not sums.taxes_included or not discount:
        return discount
    return to_cent(discount * (total - tax) / total if total else discount / (1 + rate))


def _of_line(
    sums: OrderSums, line: LineDraft, action: str, units: int, amount: Decimal, tax: Decimal, discount: Decimal
) -> Node:
    kind = "GIFT_CARD" if line.gift_card else "PRODUCT"
    sale = _sale(sums, kind, action, units, amount, tax, discount)
    sale["lineItem"] = {"__typename": "LineItem", "id": gid("LineItem", line.id)}
    return sale


_TYPES = {
    "PRODUCT": "ProductSale",
    "GIFT_CARD": "GiftCardSale",
    "SHIPPING": "ShippingLineSale",
    "TIP": "TipSale",
    "DUTY": "DutySale",
    "ADJUSTMENT": "AdjustmentSale",
}


def _sale(
    sums: OrderSums,
    kind: str,
    action: str,
    units: int | None,
    amount: Decimal,
    tax: Decimal = ZERO,
    discount: Decimal = ZERO,
) -> Node:
    currency = sums.currency
    return {
        "__typename": _TYPES[kind],
        "actionType": action,
        "lineType": kind,
        "quantity": units,
        "totalAmount": money_bag(amount, currency),
        "totalTaxAmount": money_bag(tax, currency),
        "totalDiscountAmountBeforeTaxes": money_bag(discount, currency),
        "totalDiscountAmountAfterTaxes": money_bag(discount, currency),
    }
