"""The shop days that an order or a parcel may change."""

from decimal import Decimal as D

from profitsync.domain.shipments import FirstSeen
from profitsync.domain.touched import order_days, shipment_days
from tests.unit.builders import INDIA, at, day, line, order, parcel, payment, refund, rto_parcel, sale


def test_a_plain_order_touches_the_day_it_was_processed_in_the_shops_zone() -> None:
    assert order_days(order(line(), placed=at(3, 0)), INDIA) == (day(3),)


def test_edits_refunds_fees_and_the_cancellation_touch_their_days() -> None:
    busy = order(
        line(),
        sales=(sale("1050", happened_at=at(3)),),
        payments=(payment("1050", on=at(4), fee=D(21)), payment("1050", on=at(5))),
        refunds=(refund(on=at(6)), refund(id="r2", on=at(7))),
        cancelled_at=at(8),
    )

    assert order_days(busy, INDIA) == tuple(day(number) for number in (2, 3, 4, 6, 7, 8))


def test_a_parcel_on_its_way_touches_the_day_it_was_created() -> None:
    assert shipment_days(parcel("IN TRANSIT"), INDIA) == (day(2),)


def test_an_rto_touches_the_day_it_began_and_the_day_it_was_back() -> None:
    assert shipment_days(rto_parcel(began=4, back=8), INDIA) == (day(2), day(4), day(8))


def test_an_undated_rto_touches_the_days_it_was_first_seen() -> None:
    turned = parcel("RTO DELIVERED", seen=FirstSeen(rto=at(5), rto_delivered=at(9)))

    assert shipment_days(turned, INDIA) == (day(2), day(5), day(9))


def test_a_parcel_delivered_after_all_touches_both_days() -> None:
    arrived = parcel("DELIVERED", rto_initiated_at=at(4), delivered_at=at(8))

    assert shipment_days(arrived, INDIA) == (day(2), day(4), day(8))


def test_a_lost_parcel_touches_the_day_it_was_first_seen_lost() -> None:
    assert shipment_days(parcel("LOST", seen=FirstSeen(lost=at(7))), INDIA) == (day(2), day(7))
