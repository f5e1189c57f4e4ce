"""Laws that hold for every history of an order, whatever happened to it and in which order it was told."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from profitsync.domain.costs import CostBook
from profitsync.domain.days import DayRange
from profitsync.domain.money import rounded
from profitsync.domain.movements import MONEY, Money, Movement
from profitsync.domain.orders import Sale
from profitsync.domain.reversals import strayed
from profitsync.domain.tally import Tallies
from profitsync.domain.touched import order_days, shipment_days
from tests.records import replace
from tests.unit.builders import INDIA, book, cost
from tests.unit.histories import History, histories

COSTS = (cost("400", "p1"), cost("0", "p2"))
NOISE = D("1e-9")
ALL_DAYS = set(DayRange(date(2026, 10, 1), date(2026, 12, 31)).days())

law = settings(max_examples=30, deadline=None, database=None, derandomize=True)


def booked(history: History) -> list[Movement]:
    return book(history.order, *history.parcels, costs=COSTS)


def by_day(movements: list[Movement]) -> dict[date, Money]:
    days: dict[date, Money] = defaultdict(lambda: dict.fromkeys(MONEY, D(0)))
    for movement in movements:
        for name, amount in movement.money.items():
            days[movement.day][name] += amount
    return days


def evenings(history: History) -> Iterator[Money]:
    """The sums of everything booked so far, at the end of every day."""
    sums: Money = dict.fromkeys(MONEY, D(0))
    for _, amounts in sorted(by_day(booked(history)).items()):
        sums = {name: sums[name] + amounts[name] for name in MONEY}
        yield sums


def last_evening(history: History) -> Money:
    nothing: Money = dict.fromkeys(MONEY, D(0))
    return [nothing, *evenings(history)][-1]


def value_sold(history: History) -> D:
    """Goods and shipping without tax, as ordered."""
    included = history.order.taxes_included
    goods = (
        line.unit_price * line.quantity - line.discount - (line.tax if included else 0)
        for line in history.order.lines
        if not line.gift_card
    )
    return sum(goods, sum((one.price - (one.tax if included else 0) for one in history.order.shipping), D(0)))


def units_cost(history: History) -> D:
    goods = replace(history.order, refunds=(), cancelled_at=None, edited=False, sales=None)
    return sum((movement.money.get("cogs", D(0)) for movement in book(goods, costs=COSTS)), D(0))


@law
@given(histories())
def test_reversals_never_exceed_what_was_booked_apart_from_goodwill(history: History) -> None:
    sold = value_sold(history)

    for sums in evenings(history):
        standing = sums["gross_sales"] - sums["discounts"] - sums["returns"] + sums["shipping"]
        assert standing - sums["rto_reversal"] >= min(D(0), standing) - NOISE
        assert standing >= -history.goodwill - NOISE
        assert standing <= sold + NOISE


@law
@given(histories())
def test_an_rto_reversal_is_never_negative_and_never_more_than_the_order(history: History) -> None:
    for sums in evenings(history):
        assert -NOISE <= sums["rto_reversal"] <= value_sold(history) + NOISE


@law
@given(histories())
def test_the_cost_of_goods_is_never_negative_and_never_that_of_more_units_than_sold(history: History) -> None:
    for sums in evenings(history):
        assert -NOISE <= sums["estimated_cogs"] <= sums["cogs"] + NOISE
        assert sums["cogs"] <= units_cost(history) + NOISE


@law
@given(histories())
def test_a_cancelled_order_without_a_refund_record_leaves_nothing_standing(history: History) -> None:
    assume(history.order.cancelled_at is not None)
    alone = replace(history, order=replace(history.order, refunds=()))

    sums = last_evening(alone)

    assert abs(sums["gross_sales"] - sums["discounts"] - sums["returns"]) < NOISE
    assert abs(sums["shipping"]) < NOISE
    assert abs(sums["taxes"]) < NOISE
    assert abs(sums["rto_reversal"]) < NOISE


@law
@given(histories(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_in_which_refunds_and_parcels_are_listed(
    history: History, chance: object
) -> None:
    def shuffled(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(sorted(items, key=lambda _: chance.random()))  # type: ignore[attr-defined]

    other = History(
        replace(history.order, refunds=shuffled(history.order.refunds)),
        shuffled(history.parcels),  # type: ignore[arg-type]
        history.goodwill,
    )

    assert by_day(booked(history)) == by_day(booked(other))


@law
@given(histories())
def test_everything_booked_falls_on_a_day_that_the_facts_say_they_touch(history: History) -> None:
    touched = set(order_days(history.order, INDIA))
    touched |= {day for parcel in history.parcels for day in shipment_days(parcel, INDIA)}

    assert {movement.day for movement in booked(history)} <= touched


@law
@given(histories(edits=False))
def test_parcels_are_tallied_on_days_they_say_they_touch(history: History) -> None:
    for parcel in history.parcels:
        tallies = Tallies(ALL_DAYS, INDIA)
        tallies.add_shipment(parcel, cod_fee_in_freight=True)
        busy = {
            tally.day
            for tally in tallies.by_day.values()
            if tally.buckets
            or tally.ndr
            or tally.shipping_cost
            or tally.shipments_without_cost
            or tally.rto_cost_open
        }
        assert busy <= set(shipment_days(parcel, INDIA))


@law
@given(histories())
def test_orders_are_tallied_on_days_they_say_they_touch(history: History) -> None:
    tallies = Tallies(ALL_DAYS, INDIA)
    tallies.add_order(history.order, CostBook(COSTS))

    busy = {tally.day for tally in tallies.by_day.values() if tally.orders or tally.cancelled_orders}
    assert busy <= set(order_days(history.order, INDIA))


@law
@given(histories(edits=False))
def test_a_sale_that_nothing_followed_is_booked_as_one_that_was_replayed(history: History) -> None:
    plain = replace(history.order, refunds=(), cancelled_at=None, tip=D(7), duties=D("3.50"))
    sent = [parcel for parcel in history.parcels if not strayed(parcel)]
    trail = (Sale("o1", plain.processed_at, "ORDER", "ORDER", "PRODUCT", 1, D(5), line_id="1"),)  # changes nothing

    replayed = book(replace(plain, sales=trail), *sent, costs=COSTS)

    assert book(plain, *sent, costs=COSTS) == replayed


@law
@given(histories())
def test_replaying_a_history_books_the_same_again(history: History) -> None:
    assert booked(history) == booked(history)


@law
@given(histories(edits=False))
def test_what_is_booked_with_the_order_is_what_was_sold_that_day(history: History) -> None:
    sums = by_day(booked(history))
    first = sums[min(sums)] if sums else dict.fromkeys(MONEY, D(0))

    assert rounded(sum((amounts["booked"] for amounts in sums.values()), D(0))) == rounded(value_sold(history))
    assert first["gross_sales"] >= first["discounts"] - NOISE


@law
@given(histories())
def test_a_test_order_has_no_history(history: History) -> None:
    assert booked(replace(history, order=replace(history.order, test=True))) == []
