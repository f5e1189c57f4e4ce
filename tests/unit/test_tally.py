"""What falls on one shop day: counts of orders and parcels, and the parcels' cost."""

from datetime import date
from decimal import Decimal as D

from profitsync.domain.ads import AdDay
from profitsync.domain.carriers import Bucket
from profitsync.domain.costs import CostBook
from profitsync.domain.movements import Cause, Movement
from profitsync.domain.orders import Order
from profitsync.domain.shipments import FirstSeen, Shipment
from profitsync.domain.tally import DayTally, Tallies
from tests.unit.builders import INDIA, at, charges, cost, day, line, order, parcel, rto_parcel

DAYS = {day(number) for number in range(1, 11)}
SOLD = Movement(day(2), Cause.SALE, "1", "1", "1", D(1), {"gross_sales": D(5)})


def with_orders(*orders: Order, costs: CostBook | None = None) -> dict[date, DayTally]:
    tallies = Tallies(DAYS, INDIA)
    for one in orders:
        tallies.add_order(one, costs or CostBook([]))
    return tallies.by_day


def with_parcels(*parcels: Shipment) -> dict[date, DayTally]:
    tallies = Tallies(DAYS, INDIA)
    for one in parcels:
        tallies.add_shipment(one, cod_fee_in_freight=True)
    return tallies.by_day


def test_an_order_is_counted_on_the_day_it_was_processed() -> None:
    assert with_orders(order(line(), placed=at(3, 0)))[day(3)].orders == 1


def test_a_test_order_is_counted_nowhere() -> None:
    tally = with_orders(order(line(), test=True, cancelled_at=at(4)))

    assert tally[day(2)].orders == tally[day(4)].cancelled_orders == tally[day(2)].anonymous_orders == 0


def test_a_cancelled_order_stays_counted_and_its_cancellation_counts_on_its_own_day() -> None:
    tally = with_orders(order(line(), cancelled_at=at(4)))

    assert (tally[day(2)].orders, tally[day(2)].cancelled_orders) == (1, 0)
    assert (tally[day(4)].orders, tally[day(4)].cancelled_orders) == (0, 1)


def test_the_cancellation_of_an_order_placed_outside_the_days_still_counts() -> None:
    assert with_orders(order(line(), placed=at(20, month=10), cancelled_at=at(4)))[day(4)].cancelled_orders == 1


def test_orders_without_a_customer_are_anonymous_and_no_customers() -> None:
    tally = with_orders(order(line()), order(line(), customer_id="X"), order(line(), customer_id="X"))[day(2)]

    assert tally.anonymous_orders == 1
    assert tally.customer_ids == {"X"}


def test_products_without_a_cost_are_counted_once_each() -> None:
    again = order(line("1"), line("2"), line("1", product_id="p1"), line("9", product_id=None))
    card = order(line("4", gift_card=True), line("5", quantity=0, tax="0"))

    tally = with_orders(again, card, costs=CostBook([cost("0", "p2")]))[day(2)]

    assert tally.products_without_cost == {"p1", "s9"}


def test_movements_of_other_days_are_left_aside() -> None:
    tallies = Tallies({day(2)}, INDIA)

    returned = Movement(day(3), Cause.REFUND, "1", "r1", "1", D(-1), {"returns": D(5)})
    tallies.add_movements([SOLD, returned], converted=True)

    assert tallies.by_day[day(2)].money["gross_sales"] == 5
    assert tallies.by_day[day(2)].money["returns"] == 0


def test_an_order_that_could_not_be_converted_adds_no_money() -> None:
    tallies = Tallies({day(2)}, INDIA)

    tallies.add_movements([SOLD], converted=False)

    assert tallies.by_day[day(2)].money["gross_sales"] == 0
    assert tallies.by_day[day(2)].unconverted_orders == 1


def test_a_parcel_belongs_for_ever_to_the_day_it_was_created() -> None:
    tally = with_parcels(parcel("DELIVERED", created_at=at(3), delivered_at=at(8)))

    assert tally[day(3)].buckets == {Bucket.DELIVERED: 1}
    assert tally[day(8)].buckets == {}


def test_cancelled_new_and_returned_parcels_are_in_no_count() -> None:
    tally = with_parcels(parcel("CANCELED"), parcel("NEW", awb=""), parcel("DELIVERED", is_return=True))

    assert tally[day(2)].buckets == {}


def test_a_failed_attempt_once_seen_is_kept_and_overlaps_other_counts() -> None:
    tried = parcel("DELIVERED", seen=FirstSeen(ndr=at(3)))

    tally = with_parcels(tried, parcel("UNDELIVERED", id="2"), parcel("DELIVERED", id="3"))[day(2)]

    assert tally.ndr == 2
    assert tally.buckets == {Bucket.DELIVERED: 2, Bucket.NDR_OPEN: 1}


def test_a_parcel_left_out_has_no_failed_attempt() -> None:
    assert with_parcels(parcel("CANCELED", seen=FirstSeen(ndr=at(3))))[day(2)].ndr == 0


def test_the_way_there_costs_on_the_day_of_creation_and_the_way_back_when_the_rto_began() -> None:
    billed = charges(freight="114.40", cod="47", charged_rto="96", billed="163.40")

    tally = with_parcels(rto_parcel(began=4, charges=billed, cod=True))

    assert tally[day(2)].shipping_cost == D("114.40")
    assert tally[day(4)].shipping_cost == D("49.00")


def test_an_rto_nobody_dated_costs_on_the_day_it_was_first_seen() -> None:
    turned = rto_parcel(
        rto_initiated_at=None, seen=FirstSeen(rto=at(6)), charges=charges(freight="80", charged_rto="60")
    )

    assert with_parcels(turned)[day(6)].shipping_cost == 60


def test_a_cancelled_parcel_costs_nothing_unless_it_was_billed() -> None:
    assert with_parcels(parcel("CANCELED", charges=charges(freight="80")))[day(2)].shipping_cost == 0
    assert with_parcels(parcel("CANCELED", charges=charges(billed="35")))[day(2)].shipping_cost == 35


def test_a_parcel_without_a_cost_adds_nothing_and_is_counted() -> None:
    tally = with_parcels(parcel("IN TRANSIT"), parcel("IN TRANSIT", id="2", charges=charges(freight="80")))[day(2)]

    assert tally.shipments_without_cost == 1
    assert tally.shipping_cost == 80


def test_an_unknown_way_back_is_counted_on_the_day_of_the_rto() -> None:
    tally = with_parcels(rto_parcel(began=4, charges=charges(freight="80")))

    assert [tally[day(number)].shipping_cost for number in (2, 4)] == [80, 0]
    assert [tally[day(number)].shipments_without_cost for number in (2, 4)] == [0, 1]


def test_a_parcel_of_which_nothing_is_known_is_counted_once_and_leaves_the_day_of_its_rto_open() -> None:
    tally = with_parcels(rto_parcel(began=4, charges=charges(charged_rto="60")))

    assert tally[day(2)].shipments_without_cost == 1
    assert tally[day(4)].shipments_without_cost == 0
    assert tally[day(4)].shipping_cost == 0
    assert tally[day(4)].rto_cost_open


def test_parcels_are_counted_by_what_is_known_of_their_cost_on_the_day_they_were_created() -> None:
    tally = with_parcels(
        parcel("DELIVERED", charges=charges(billed="80")),
        parcel("DELIVERED", id="2", charges=charges(freight="80")),
        rto_parcel(id="3", began=4, charges=charges(freight="80", charged_rto="60", billed="140")),
        parcel("IN TRANSIT", id="4"),
        parcel("CANCELED", id="5", charges=charges(freight="80")),
        parcel("CANCELED", id="6", charges=charges(billed="30")),
        parcel("RETURN DELIVERED", id="7", charges=charges(freight="55")),
    )

    assert tally[day(2)].shipments_by_cost == {"billed": 3, "estimated": 2, "unknown": 1, "none": 1}
    assert tally[day(2)].shipments_without_cost == 1
    assert sum(tally[day(2)].buckets.values()) == 4
    assert tally[day(4)].shipments_by_cost == {}


def test_every_parcel_that_costs_something_is_billed_estimated_or_without_a_cost_once() -> None:
    tally = with_parcels(
        rto_parcel(id="1", began=4, charges=charges(freight="80")),  # the way back is not known
        rto_parcel(id="2", began=4, charges=charges(charged_rto="60")),  # the way there is not
        rto_parcel(id="3", began=4, charges=charges(freight="80", charged_rto="60")),
        rto_parcel(id="4", began=4, charges=charges(billed="140")),
    )

    counted = [
        one.shipments_by_cost["billed"] + one.shipments_by_cost["estimated"] + one.shipments_without_cost
        for one in (tally[day(2)], tally[day(4)])
    ]
    assert counted == [3, 1]


def test_parcels_of_an_unknown_status_are_counted_as_other_and_apart() -> None:
    tally = with_parcels(
        parcel("FULFILLED"),
        parcel("HELD AT CUSTOMS", id="2"),
        parcel("", id="3", status_code=999),
        parcel("HELD AT CUSTOMS", id="4", is_return=True),
    )[day(2)]

    assert tally.buckets == {Bucket.OTHER: 3}
    assert tally.unknown_statuses == 2


def test_ad_rows_are_kept_by_their_own_day() -> None:
    tallies = Tallies({day(2)}, INDIA)
    row, later = (AdDay("1", day(number), "INR", D(600), 20_000, 9_000, 300) for number in (2, 3))

    tallies.add_ad_day(row)
    tallies.add_ad_day(later)

    assert tallies.by_day[day(2)].ads == [row]
