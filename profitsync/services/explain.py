"""Explaining a day: the same calculation as the sync's, written down entry by entry while it adds up."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from profitsync.domain.ads import AdDay, spend_in
from profitsync.domain.carriers import bucket, parcel_cost, status_name
from profitsync.domain.contributions import Amounts, of_ads, of_movement, of_parcel, unknown
from profitsync.domain.costs import CostBook
from profitsync.domain.customers import new_customers
from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.merchants import META, SHOPIFY, SourceState, User
from profitsync.domain.metrics import FIELDS, SUMMED, day_metrics
from profitsync.domain.movements import Cause, Movement
from profitsync.domain.orders import Order
from profitsync.domain.rows import MISSING
from profitsync.domain.shipments import Shipment
from profitsync.domain.tally import DayTally, Tallies, cost_legs
from profitsync.errors import UsageError
from profitsync.services.ads import ad_zones
from profitsync.services.calculate import Case, calculate_days, rupee_rate
from profitsync.services.explanation import (
    ADS,
    BACK,
    CANCELLED,
    CUSTOMER,
    ESTIMATES,
    FORWARD,
    PLACED,
    Entry,
    Explanation,
)
from profitsync.services.knowledge import day_sources
from profitsync.stores.protocol import Store

_COUNTS = [name for name in SUMMED if FIELDS[name] == "count"]
_TOPICS = (*Cause, ADS, FORWARD, BACK, PLACED, CANCELLED, ESTIMATES, CUSTOMER)


def explain_day(store: Store, user: User, day: date) -> Explanation:
    """Everything that the figures of `day` are made of, as the stored facts are now.

    Raises `UsageError` while the shop's currency and time zone are not known.
    """
    if not user.currency or not user.timezone:
        raise UsageError(f"{user.email}: was never synced; run `profitsync sync --user {user.email}` first")
    days = DayRange(day, day)
    states = {META: SourceState(META)} | store.source_states(user.id)
    sources = day_sources(user, states, day)
    witness = _Witness(store, user, day, sources)
    (rows,) = calculate_days(store, user, [day], {day: sources}, ad_zones(user, states[META]), witness)
    dirty = store.dirty_days(user.id)
    return Explanation(
        user.id, user.email, user.currency, user.timezone, day,
        now=rows[0],
        stored=next(iter(store.metrics(user.id, days)), None),
        entries=witness.finished(),
        waiting=tuple(sorted(name for name, waiting in dirty.items() if day in waiting)),
    )  # fmt: skip


class _Witness:
    """Writes an entry for everything that is added to the day."""

    def __init__(self, store: Store, user: User, day: date, sources: Mapping[str, str]) -> None:
        self.store = store
        self.user = user
        self.day = day
        self.sources = sources
        self.zone = ZoneInfo(user.timezone or "UTC")
        self.basis = user.settings.revenue_basis
        self.costs = CostBook(store.costs(user.id), user.settings.estimated_cost_ratio)
        self.entries: list[Entry] = []
        self.customers: dict[str, Order] = {}
        self.without_cost: dict[str, Order] = {}

    # --- what the calculation shows

    def case(self, case: Case, days: DayRange, booked: Sequence[Movement], *, converted: bool) -> None:
        """An order's counts and its movements of the day."""
        self._count_order(case.order)
        titles = {line.id: line.title for line in case.order.lines}
        for movement in booked:
            if movement.day in days:
                self.entries.append(self._movement(movement, case.order, titles, converted=converted))

    def shipment(self, shipment: Shipment, days: DayRange) -> None:
        """A parcel's counts, and the parts of its cost that fall on the day."""
        fee_in_freight, rupees = self.user.settings.cod_fee_in_freight, rupee_rate(self.user)
        cost = parcel_cost(shipment, fee_in_freight).at_rate(rupees)
        tally = self._alone()
        tally.add_shipment(shipment, fee_in_freight, rupees)
        counts = self._counts(tally.by_day[self.day])
        status = f"{status_name(shipment) or 'NO STATUS'} ({bucket(shipment)})"
        for leg in cost_legs(shipment, cost):
            if shop_day(leg.at, self.zone) not in days or (not counts and leg.amount == 0):
                continue
            amounts = of_parcel(leg.amount, self.basis) | counts
            counts = {}  # a parcel is counted once, with the first of its parts
            topic = BACK if leg.back else FORWARD
            text = f"{status}, {'cost unknown' if leg.amount is None else cost.kind}"
            entry = Entry(topic, amounts, order=shipment.order_name, reference=shipment.id, text=text)
            self.entries.append(entry)

    def ad_day(self, row: AdDay) -> None:
        """One account's row of the day."""
        spend = spend_in(row, self.user.currency or "")
        amounts = of_ads(spend, self.basis)
        amounts |= {"impressions": row.impressions, "linkClicks": row.link_clicks}
        text = f"{row.spend:f} {row.currency}"
        if row.currency != self.user.currency:
            text += f" at {row.fx_rate:f}" if row.fx_rate is not None else ", no exchange rate"
        if row.timezone not in (None, self.user.timezone):
            text += f", day of {row.timezone}"
        self.entries.append(Entry(ADS, amounts, reference=row.account_id, text=text))

    # --- what is known only at the end

    def finished(self) -> tuple[Entry, ...]:
        """All entries, by topic and then as they were read."""
        if self.sources[SHOPIFY] != MISSING:
            self._count_customers()
            for product, order in self.without_cost.items():
                self.entries.append(self._of_order(ESTIMATES, order, {"productsWithoutCost": 1}, text=product))
        return tuple(sorted(self.entries, key=lambda entry: _TOPICS.index(entry.topic)))

    def _count_customers(self) -> None:
        histories = self.store.customer_histories(self.user.id, self.customers)
        new = new_customers(self.customers, histories, DayRange(self.day, self.day), self.zone)
        for customer_id, order in sorted(self.customers.items(), key=lambda item: (item[0] not in new, item[0])):
            kind = "newCustomers" if customer_id in new else "returningCustomers"
            amounts: Amounts = {kind: 1, "totalCustomers": 1}
            self.entries.append(self._of_order(CUSTOMER, order, amounts))

    def _count_order(self, order: Order) -> None:
        """The order alone, counted as among all others."""
        alone = self._alone()
        alone.add_order(order, self.costs)
        tally = alone.by_day[self.day]
        counts = self._counts(tally)
        counts.pop("productsWithoutCost", None)  # counted per product, not per order
        if cancelled := counts.pop("cancelledOrders", None):
            self.entries.append(self._of_order(CANCELLED, order, {"cancelledOrders": cancelled}))
        if counts:
            self.entries.append(self._of_order(PLACED, order, counts))
        for customer_id in tally.customer_ids:
            self.customers.setdefault(customer_id, order)
        for product in sorted(tally.products_without_cost):
            self.without_cost.setdefault(product, order)

    def _movement(self, movement: Movement, order: Order, titles: Mapping[str, str], *, converted: bool) -> Entry:
        amounts = of_movement(movement, self.sources, self.basis) if converted else unknown()
        return Entry(
            movement.cause, amounts,
            order_id=order.id, order=order.name, customer_id=order.customer_id,
            reference=movement.reference or None, line_id=movement.line_id or None,
            units=movement.units, text=_what(movement, titles),
            estimated="estimated_cogs" in movement.money, converted=converted,
        )  # fmt: skip

    def _of_order(self, topic: str, order: Order, amounts: Amounts, text: str = "") -> Entry:
        return Entry(topic, amounts, order_id=order.id, order=order.name, customer_id=order.customer_id, text=text)

    def _alone(self) -> Tallies:
        return Tallies({self.day}, self.zone)

    def _counts(self, tally: DayTally) -> Amounts:
        """The counts of a tally that holds one fact only."""
        row = day_metrics(
            tally, self.sources, self.user.settings,
            currency=self.user.currency or "", timezone=self.user.timezone or "",
        )  # fmt: skip
        return {name: row.values[name] for name in _COUNTS if row.values[name]}


def _what(movement: Movement, titles: Mapping[str, str]) -> str:
    """What a movement is about, in a few words."""
    if movement.line_id:
        return titles.get(movement.line_id, movement.line_id)
    if movement.cause == Cause.FEES:
        return movement.reference or "rate table"
    if movement.money.keys() & {"shipping", "rto_reversal"}:
        return "shipping charge"
    if movement.money.keys() & {"tips", "duties"}:
        return "tip, duties and fees"
    return "money without goods"
