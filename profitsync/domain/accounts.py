"""The books of one order while its events are replayed: a position per line, and the movements so far."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from profitsync.domain.costs import CostBook
from profitsync.domain.days import shop_day
from profitsync.domain.money import ZERO
from profitsync.domain.movements import Cause, Movement
from profitsync.domain.orders import Order, OrderLine
from profitsync.domain.parcels import SHIPPING
from profitsync.domain.positions import Position
from profitsync.domain.tax import net_line, net_unit_price


class Accounts:
    """Every booking of an order passes here, so that positions and movements tell the same story.

    `lines` are the goods, `nets` their amounts without tax: gift cards are no sale and have no position.
    """

    def __init__(self, order: Order, costs: CostBook, zone: ZoneInfo) -> None:
        self.order = order
        self.zone = zone
        self.placed_on: date = shop_day(order.processed_at, zone)
        self.lines = {line.id: line for line in order.lines if not line.gift_card}
        self.nets = {line.id: net_line(line, order.taxes_included) for line in self.lines.values()}
        self.positions = {line.id: self._position(line, costs) for line in self.lines.values()}
        self.positions[SHIPPING] = Position()
        self.booked: list[Movement] = []

    @property
    def shipped_lines(self) -> Sequence[OrderLine]:
        """The lines that travel in parcels."""
        return [line for line in self.lines.values() if line.requires_shipping]

    def standing(self) -> Decimal:
        """What no return has taken back yet, tax included."""
        parts = (p.sold + p.sold_tax - p.returned - p.returned_tax for p in self.positions.values())
        return sum(parts, ZERO)

    def book(
        self, at: datetime, cause: Cause, reference: str = "", line_id: str = SHIPPING, **amounts: Decimal
    ) -> None:
        """Add a movement on the shop day of `at`, unless all its amounts and units are zero."""
        if any(amounts.values()):
            self.booked.append(Movement(self._day(at), cause, self.order.id, reference, line_id, **amounts))

    def sell(
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
        """Units of a line (or the shipping charge) are sold; `net` is without tax and after `discount`."""
        if not (units or net or tax or discount):
            return  # free shipping, most of the time
        position = self.positions[key]
        position.sell(units, net, tax)
        goods = key != SHIPPING
        self.book(
            at, cause, reference or key, key,
            units=units,
            gross_sales=net + discount if goods else ZERO,
            discounts=discount,
            shipping=ZERO if goods else net,
            taxes=tax,
            cogs=units * position.unit_cost,
            estimated_cogs=units * position.estimated_unit_cost,
            **self._with_order(at, net, tax),
        )  # fmt: skip

    def reprice(self, key: str, net: Decimal, tax: Decimal, at: datetime, cause: Cause, reference: str) -> None:
        """The price of units sold before changes by `net` and `tax`: a discount given or withdrawn."""
        self.positions[key].sell(ZERO, net, tax)
        self.book(at, cause, reference, key, discounts=-net, taxes=tax, **self._with_order(at, net, tax))

    def take_back(
        self,
        key: str,
        units: Decimal,
        net: Decimal,
        tax: Decimal,
        at: datetime,
        cause: Cause,
        reference: str,
        *,
        restocked: bool = False,
        never_shipped: bool = False,
    ) -> None:
        """Units of a line (or the shipping charge) are returned; their cost comes back if `restocked`."""
        position = self.positions[key]
        position.take_back(units, net, tax)
        goods = key != SHIPPING
        self.book(
            at, cause, reference, key,
            units=-units,
            returns=net if goods else ZERO,
            shipping=ZERO if goods else -net,
            taxes=-tax,
        )  # fmt: skip
        if restocked:
            self.cost(key, -position.restock(units, never_shipped=never_shipped), at, cause, reference)

    def cost(self, key: str, units: Decimal, at: datetime, cause: Cause, reference: str) -> None:
        """The cost of `units` of a line; negative when it comes off."""
        position = self.positions[key]
        self.book(
            at, cause, reference, key,
            cogs=units * position.unit_cost, estimated_cogs=units * position.estimated_unit_cost,
        )  # fmt: skip

    def _with_order(self, at: datetime, net: Decimal, tax: Decimal) -> dict[str, Decimal]:
        """What counts as booked with the order: whatever was agreed on the day it was placed."""
        return {"booked": net, "booked_tax": tax} if self._day(at) == self.placed_on else {}

    def _day(self, at: datetime) -> date:
        return self.placed_on if at is self.order.processed_at else shop_day(at, self.zone)

    def _position(self, line: OrderLine, costs: CostBook) -> Position:
        price = net_unit_price(line, self.nets[line.id])
        return Position(cost=costs.unit_cost(line, self.placed_on, price))
