"""What is in an order of the generated merchant and how it is paid. Prices include GST."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from profitsync.sandbox.render_sums import OrderSums
from profitsync.sandbox.render_values import to_cent
from profitsync.sandbox.world import ZERO, LineDraft, OrderDraft, ShippingDraft, ShopifyWorld, TransactionDraft
from profitsync.sandbox.worlds.generated_catalogue import Catalogue, Item
from profitsync.sandbox.worlds.generated_demand import Visit

COD_GATEWAY, BOGUS_GATEWAY = "Cash on Delivery (COD)", "bogus"
PREPAID_GATEWAYS = ("Razorpay", "PhonePe", "Cashfree Payments")
SHIPPING_RATE = Decimal("0.18")
SHIPPING_PRICE, FREE_FROM = Decimal(79), Decimal(799)
_COD_SHARE, _GIFT_CARDS, _SAMPLES, _TIPS = 0.61, 0.006, 0.06, 0.02


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as the buyer left it."""

    order: OrderDraft
    cod: bool


def included_tax(amount: Decimal, rate: Decimal) -> Decimal:
    """The tax inside an amount."""
    return to_cent(amount * rate / (1 + rate))


def place(rng: Random, visit: Visit, goods: Catalogue, shop: ShopifyWorld) -> Placed:
    """Draw one order."""
    is_card = not visit.is_test and rng.random() < _GIFT_CARDS
    lines = (_gift_card(visit, goods),) if is_card else _lines(rng, visit, goods)
    value = sum((line.unit_price * line.quantity - line.discount for line in lines), ZERO)
    cod = not is_card and not visit.is_test and rng.random() < _COD_SHARE
    order = OrderDraft(
        id=str(5_600_000_000_000 + visit.number * 7),
        name=f"#{1000 + visit.number}",
        created_at=visit.at,
        processed_at=visit.at,
        updated_at=visit.at,
        lines=lines,
        shipping=() if is_card else (_shipping(rng, visit, value),),
        customer_id=visit.customer_id,
        customer_order_index=visit.index,
        test=visit.is_test,
        tip=Decimal(rng.choice((20, 30, 50))) if not cod and not visit.is_test and rng.random() < _TIPS else ZERO,
        tags=("COD",) if cod else (),
    )
    _pay(rng, order, OrderSums(order, shop).total, cod=cod)
    return Placed(order, cod)


def line_of(order_number: int, place: int, item: Item, quantity: int, discount: Decimal = ZERO) -> LineDraft:
    """A line of goods; the tax follows from what is charged."""
    charged = item.variant.price * quantity - discount
    return LineDraft(
        id=str(14_000_000_000_000 + order_number * 100 + place),
        title=item.name,
        quantity=quantity,
        unit_price=item.variant.price,
        sku=item.variant.sku,
        product_id=item.variant.product_id,
        variant_id=item.variant.id,
        discount=discount,
        tax=included_tax(charged, item.gst),
        tax_rate=item.gst,
    )


def pick(rng: Random, goods: Sequence[Item], count: int) -> list[Item]:
    """`count` different items, the popular ones more often."""
    chosen: list[Item] = []
    while len(chosen) < count:
        item = rng.choices(goods, [one.weight for one in goods])[0]
        if item not in chosen:
            chosen.append(item)
    return chosen


def _lines(rng: Random, visit: Visit, goods: Catalogue) -> tuple[LineDraft, ...]:
    items = pick(rng, goods.goods, rng.choices((1, 2, 3, 4), (60, 26, 10, 4))[0])
    amounts = [rng.choices((1, 2, 3), (85, 11, 4))[0] for _ in items]
    values = [item.variant.price * amount for item, amount in zip(items, amounts, strict=True)]
    discounts, on_line = _discounts(rng, values, on_sale=visit.on_sale)
    lines = [
        line_of(visit.number, number, *parts)
        for number, parts in enumerate(zip(items, amounts, discounts, strict=True), start=1)
    ]
    lines[0].line_discount = on_line
    if rng.random() < _SAMPLES:
        sample = line_of(visit.number, len(lines) + 1, goods.sample, 1, goods.sample.variant.price)
        sample.line_discount = True
        lines.append(sample)
    return tuple(lines)


def _discounts(rng: Random, values: list[Decimal], *, on_sale: bool) -> tuple[list[Decimal], bool]:
    """Allocation per line, and whether it was granted on the first line alone."""
    total = sum(values, ZERO)
    kind = "sale" if on_sale else rng.choices(("none", "percent", "flat", "line"), (62, 18, 10, 10))[0]
    if kind == "line":
        return [to_cent(values[0] * Decimal("0.15")), *[ZERO] * (len(values) - 1)], True
    wanted = {
        "none": ZERO,
        "sale": to_cent(total * Decimal("0.25")),
        "percent": to_cent(total * Decimal("0.10")),
        "flat": Decimal(100) if total >= 600 else ZERO,
    }[kind]
    shares = [to_cent(wanted * value / total) for value in values[1:]]
    return [wanted - sum(shares, ZERO), *shares], False


def _shipping(rng: Random, visit: Visit, value: Decimal) -> ShippingDraft:
    digits = str(4_500_000_000_000 + visit.number)
    if value >= FREE_FROM:
        # A threshold rate costs nothing from the start; a free-shipping offer is a discount on the usual rate.
        original = SHIPPING_PRICE if rng.random() < 0.3 else ZERO
        return ShippingDraft(digits, ZERO, original, ZERO, SHIPPING_RATE, title="Free shipping")
    tax = included_tax(SHIPPING_PRICE, SHIPPING_RATE)
    return ShippingDraft(digits, SHIPPING_PRICE, None, tax, SHIPPING_RATE)


def _gift_card(visit: Visit, goods: Catalogue) -> LineDraft:
    line = line_of(visit.number, 1, goods.gift_card, 1)
    line.gift_card, line.requires_shipping = True, False
    return line


def _pay(rng: Random, order: OrderDraft, total: Decimal, *, cod: bool) -> None:
    digits = order.id
    prepaid = rng.choices(PREPAID_GATEWAYS, (60, 25, 15))[0]
    if order.test:
        order.gateways = (BOGUS_GATEWAY,)
        order.payments = (_sale(f"{digits}1", total, order, BOGUS_GATEWAY, test=True),)
    elif not cod:
        order.gateways = (prepaid,)
        order.payments = _prepaid(rng, order, total, prepaid)
    elif (kind := rng.choices(("plain", "marked", "advance"), (90, 6, 4))[0]) == "marked":
        # Marked as paid when it was made: Shopify then shows the gateway "manual".
        order.gateways = (COD_GATEWAY, "manual")
        order.payments = (
            _due(order, total),
            _sale(f"{digits}2", total, order, "manual", manual=True, parent=f"{digits}1"),
        )
    elif kind == "advance":
        paid = to_cent(total / 10)
        order.gateways = (prepaid, COD_GATEWAY)
        order.payments = (_due(order, total - paid), _sale(f"{digits}2", paid, order, prepaid))
    else:
        order.gateways = (COD_GATEWAY,)
        order.payments = (_due(order, total),)


def _prepaid(rng: Random, order: OrderDraft, total: Decimal, gateway: str) -> tuple[TransactionDraft, ...]:
    """Mostly one sale; some were tried twice, some were authorized and captured a minute later."""
    kind = rng.choices(("sale", "second try", "captured"), (88, 7, 5))[0]
    first, second = f"{order.id}1", f"{order.id}2"
    if kind == "second try":
        failed = _sale(first, total, order, gateway, status="FAILURE")
        return (failed, _sale(second, total, order, gateway))
    if kind == "captured":
        authorized = _sale(first, total, order, gateway)
        authorized.kind = "AUTHORIZATION"
        captured = _sale(second, total, order, gateway, parent=first)
        captured.kind = "CAPTURE"
        return (authorized, captured)
    return (_sale(first, total, order, gateway),)


def _due(order: OrderDraft, amount: Decimal) -> TransactionDraft:
    return _sale(f"{order.id}1", amount, order, COD_GATEWAY, status="PENDING", manual=True)


def _sale(
    digits: str,
    amount: Decimal,
    order: OrderDraft,
    gateway: str,
    *,
    status: str = "SUCCESS",
    manual: bool = False,
    test: bool = False,
    parent: str | None = None,
) -> TransactionDraft:
    return TransactionDraft(
        digits, "SALE", amount, order.created_at, gateway, status, manual=manual, test=test, parent_id=parent
    )
