"""Random histories of an order: edits, refunds, a cancellation and parcels, for the laws of the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal as D

from hypothesis import strategies as st

from profitsync.domain.orders import Order, OrderLine, Refund, RefundAdjustment, RefundLine, Sale, ShippingCharge
from profitsync.domain.shipments import FirstSeen, Shipment, ShipmentLine
from tests.unit.builders import at, charges, order, payment

RATE = D("0.05")
RESTOCKS = ("RETURN", "CANCEL", "NO_RESTOCK", "LEGACY_RESTOCK")
STATES = (
    "PICKUP SCHEDULED", "IN TRANSIT", "UNDELIVERED", "DELIVERED", "RTO INITIATED", "RTO DELIVERED", "LOST",
    "CANCELED",
)  # fmt: skip


@dataclass(frozen=True)
class History:
    """An order with its parcels, and what was paid back for no goods at all."""

    order: Order
    parcels: tuple[Shipment, ...]
    goodwill: D


def moments(first: int = 2, last: int = 20) -> st.SearchStrategy[datetime]:
    """Few distinct hours, so that events coincide now and then."""
    return st.builds(at, st.integers(first, last), st.sampled_from([13, 23]))


def _net(amount: D, included: bool) -> D:
    return amount - _tax(amount, included)


def _tax(amount: D, included: bool) -> D:
    return (amount - amount / (1 + RATE) if included else amount * RATE).quantize(D("0.01"))


@st.composite
def lines(draw: st.DrawFn, included: bool) -> tuple[OrderLine, ...]:
    made = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        quantity = draw(st.integers(1, 3))
        price = draw(st.decimals(0, 3000, places=2))
        discount = (price * quantity * draw(st.sampled_from([D(0), D("0.1"), D("0.333"), D(1)]))).quantize(
            D("0.01")
        )
        tax = _tax(price * quantity - discount, included)
        made.append(
            OrderLine(
                str(number),
                f"Product {number}",
                quantity,
                price,
                discount,
                tax,
                RATE,
                f"p{number}",
                f"v{number}",
                f"s{number}",
                gift_card=draw(st.integers(0, 9)) == 0,
                requires_shipping=draw(st.integers(0, 5)) > 0,
            )
        )
    return tuple(made)


@st.composite
def histories(draw: st.DrawFn, edits: bool = True) -> History:
    included = draw(st.booleans())
    made = draw(lines(included))
    shipping = tuple(
        ShippingCharge(price, _tax(price, included)) for price in draw(st.sampled_from([(), (D(105),)]))
    )
    left = {line.id: line.quantity for line in made}
    trail = draw(_trail(made, shipping, included, left)) if edits and draw(st.booleans()) else None
    refunds, goodwill = draw(_refunds(made, shipping, included, left))
    advance = draw(st.sampled_from([(), (payment("100"),)]))
    placed = order(
        *made, cod=draw(st.booleans()), taxes_included=included, shipping=shipping, refunds=refunds,
        payments=advance,
        edited=trail is not None, sales=trail,
        cancelled_at=draw(st.none() | moments(10 if trail else 2)),  # nothing is edited once cancelled
        current_total=draw(st.sampled_from([None, D(0), D(105)])),
        fulfilled=draw(st.sampled_from([None, (), (("1", 1),)])),
    )  # fmt: skip
    return History(placed, draw(parcels(made)), goodwill)


@st.composite
def _trail(
    draw: st.DrawFn,
    made: tuple[OrderLine, ...],
    shipping: tuple[ShippingCharge, ...],
    included: bool,
    left: dict[str, int],
) -> tuple[Sale, ...]:
    """The sale as it was, and per line perhaps some units removed later; `left` loses them."""
    trail = []
    for line in made:
        total = line.unit_price * line.quantity - line.discount + (D(0) if included else line.tax)
        kind = "GIFT_CARD" if line.gift_card else "PRODUCT"
        trail.append(
            Sale(f"o{line.id}", at(2), "ORDER", "ORDER", kind, line.quantity, total, line.tax, line_id=line.id)
        )
        gone = draw(st.integers(0, left[line.id]))
        if gone:
            left[line.id] -= gone
            part = -(total * gone / line.quantity), -(line.tax * gone / line.quantity)
            trail.append(
                Sale(
                    f"e{line.id}", draw(moments(2, 9)), "ORDER_EDIT", "RETURN", kind, -gone, *part, line_id=line.id
                )
            )
    for charge in shipping:
        amount = charge.price if included else charge.price + charge.tax
        trail.append(Sale("os", at(2), "ORDER", "ORDER", "SHIPPING", 1, amount, charge.tax))
    return tuple(trail)


@st.composite
def _refunds(
    draw: st.DrawFn,
    made: tuple[OrderLine, ...],
    shipping: tuple[ShippingCharge, ...],
    included: bool,
    left: dict[str, int],
) -> tuple[tuple[Refund, ...], D]:
    refunds: list[Refund] = []
    goodwill = D(0)
    charge_left = list(shipping)
    for number in range(draw(st.integers(0, 3))):
        on, settled = draw(moments()), draw(st.booleans())
        if draw(st.integers(0, 3)) == 0:
            amount = draw(st.decimals(1, 500, places=2))
            goodwill += amount
            refunds.append(Refund(f"r{number}", on, amount, settled=settled))
            continue
        back = []
        for line in made:
            units = draw(st.integers(0, left[line.id]))
            if units:
                left[line.id] -= units
                worth = (line.unit_price * line.quantity - line.discount) * units / line.quantity
                back.append(
                    RefundLine(
                        line.id, units, worth, line.tax * units / line.quantity, draw(st.sampled_from(RESTOCKS))
                    )
                )
        with_shipping: bool = draw(st.booleans())
        repaid = (charge_left.pop(),) if charge_left and with_shipping else ()
        extra = draw(st.sampled_from([None, D(-50)])) if back else None
        goodwill -= extra or 0
        differences = (RefundAdjustment(extra, reason="CUSTOMER"),) if extra else ()
        refunds.append(Refund(f"r{number}", on, D(0), tuple(back), repaid, differences, settled))
    return tuple(refunds), goodwill


@st.composite
def parcels(draw: st.DrawFn, made: tuple[OrderLine, ...]) -> tuple[Shipment, ...]:
    sent = []
    for number in range(draw(st.integers(0, 3))):
        status = draw(st.sampled_from(STATES))
        created = draw(moments(2, 8))
        turned = status.startswith("RTO") or draw(st.integers(0, 4)) == 0
        began = draw(moments(4, 20)) if turned else None
        dated = draw(st.booleans())
        back = draw(moments(5, 25)) if status == "RTO DELIVERED" else None
        known = draw(st.booleans())
        sent.append(
            Shipment(
                f"900{number}",
                "7001",
                draw(st.sampled_from(["#1001", "1001", "#1001-C"])),
                created,
                status,
                awb="A",
                shipped_at=draw(st.sampled_from([None, created + timedelta(hours=3)])),
                delivered_at=draw(st.none() | moments()) if status == "DELIVERED" else None,
                rto_initiated_at=began if dated else None,
                rto_delivered_at=back if dated else None,
                lines=tuple(ShipmentLine(f"s{line.id}", line.quantity) for line in made[:1]) if known else (),
                charges=charges(freight="80", charged_rto="60", cod="0"),
                seen=FirstSeen(
                    rto=began,
                    rto_delivered=back,
                    delivered=at(21) if status == "DELIVERED" else None,
                    lost=draw(moments()) if status == "LOST" or draw(st.integers(0, 9)) == 0 else None,
                ),
            )
        )
    return tuple(sent)
