"""The books of one order while its events are replayed: a position per line, and the movements so far."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from profitsync.domain.costs import CostBook, UnitCost
from profitsync.domain.days import shop_day
from profitsync.domain.facts import Record
from profitsync.domain.money import ZERO
from profitsync.domain.movements import Cause, Money, Movement
from profitsync.domain.orders import Order, OrderLine
from profitsync.domain.parcels import SHIPPING
from profitsync.domain.positions import Position
from profitsync.domain.tax import NetLine, net_line


class Goods(Record, frozen=True):
    """A line of goods as ordered: its amounts without tax, and what one unit costs."""

    line: OrderLine
    net: NetLine
    cost: UnitCost


class Accounts:
    """Every booking of an order passes here, so that positions and movements tell the same story.

    `goods` are the lines that are sales: gift cards are none and have no position. Positions are kept where
    something may have `followed` the sale: to most orders nothing has, and only what follows asks for them.
    """

    def __init__(self, order: Order, costs: CostBook, zone: ZoneInfo, *, followed: bool) -> None:
        self.order = order
        self.zone = zone
        self.followed = followed
        self.placed_on: date = shop_day(order.processed_at, zone)
        self.goods: dict[str, Goods] = {}
        for line in order.lines:
            if not line.gift_card:
                net = net_line(line, order.taxes_included)
                self.goods[line.id] = Goods(line, net, costs.unit_cost(line, self.placed_on, net))
        self.positions = {key: Position() for key in (*self.goods, SHIPPING)} if followed else {}
        self.booked: list[Movement] = []

    @property
    def shipped_lines(self) -> Sequence[OrderLine]:
        """The lines that travel in parcels."""
        return [one.line for one in self.goods.values() if one.line.requires_shipping]

    def standing(self) -> Decimal:
        """What no return has taken back yet, tax included."""
        parts = (p.sold + p.sold_tax - p.returned - p.returned_tax for p in self.positions.values())
        return sum(parts, ZERO)

    def book(
        self,
        at: datetime,
        cause: Cause,
        money: Money,
        reference: str = "",
        line_id: str = SHIPPING,
        units: Decimal = ZERO,
    ) -> None:
        """Add a movement on the shop day of `at`, unless all its amounts and units are zero."""
        if not all(money.values()):
            money = {name: amount for name, amount in money.items() if amount}
        if money or units:
            self.booked.append(Movement(self._day(at), cause, self.order.id, reference, line_id, units, money))

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
        if self.followed:
            self.positions[key].sell(units, net, tax)
        money: Money = {"taxes": tax}
        if key == SHIPPING:
            money["shipping"] = net
        else:
            money["gross_sales"] = net + discount
            if discount:
                money["discounts"] = discount
            self._add_cost(money, key, units)
        self._add_booked(money, at, net, tax)
        self.book(at, cause, money, reference or key, key, units)

    def reprice(self, key: str, net: Decimal, tax: Decimal, at: datetime, cause: Cause, reference: str) -> None:
        """The price of units sold before changes by `net` and `tax`: a discount given or withdrawn."""
        self.positions[key].sell(ZERO, net, tax)
        money: Money = {"discounts": -net, "taxes": tax}
        self._add_booked(money, at, net, tax)
        self.book(at, cause, money, reference, key)

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
        came_off: Money = {"shipping": -net} if key == SHIPPING else {"returns": net}
        self.book(at, cause, {**came_off, "taxes": -tax}, reference, key, -units)
        if restocked:
            self.cost(key, -position.restock(units, never_shipped=never_shipped), at, cause, reference)

    def cost(self, key: str, units: Decimal, at: datetime, cause: Cause, reference: str) -> None:
        """The cost of `units` of a line; negative when it comes off."""
        if units:
            money: Money = {}
            self._add_cost(money, key, units)
            self.book(at, cause, money, reference, key)

    def _add_cost(self, money: Money, key: str, units: Decimal) -> None:
        unit = self.goods[key].cost
        money["cogs"] = cost = units * unit.amount
        if unit.estimated:
            money["estimated_cogs"] = cost

    def _add_booked(self, money: Money, at: datetime, net: Decimal, tax: Decimal) -> None:
        """What counts as booked with the order: whatever was agreed on the day it was placed."""
        if at is self.order.processed_at or self._day(at) == self.placed_on:
            money["booked"] = net
            money["booked_tax"] = tax

    def _day(self, at: datetime) -> date:
        return self.placed_on if at is self.order.processed_at else shop_day(at, self.zone)
