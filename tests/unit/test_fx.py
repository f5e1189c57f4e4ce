"""Orders in a currency other than the shop's."""

from decimal import Decimal as D

from profitsync.domain.fx import in_shop_currency
from profitsync.domain.movements import MONEY
from tests.records import replace
from tests.unit.builders import (
    adjustment,
    book,
    cod_order,
    cost,
    delivery,
    line,
    order,
    payment,
    refund,
    rto_parcel,
    sale,
    taken,
    total,
)

RATE = D("83.5")
RICH = order(
    line(discount="105"),
    currency="USD",
    shipping=(delivery(),),
    tip=D(5),
    duties=D(7),
    current_total=D(20),
    payments=(payment("1050", fee=D(21)),),
    refunds=(refund(taken(), shipping=(delivery(),), amount=D(1155), adjustments=(adjustment("10", tax="1"),)),),
    sales=(sale("1050", discount=D(100)),),
)


def test_every_amount_is_multiplied_by_the_rate() -> None:
    converted = in_shop_currency(RICH, "INR", RATE)

    assert converted.currency == "INR"
    assert converted.total == RICH.total * RATE
    assert converted.current_total == 20 * RATE
    assert converted.payments[0].amount == 1050 * RATE
    assert converted.payments[0].fee == 21 * RATE
    assert converted.sales is not None
    assert converted.sales[0].amount == 1050 * RATE
    for field in MONEY:
        if field not in ("cogs", "estimated_cogs"):
            assert total(book(converted), field) == (total(book(RICH), field) * RATE).quantize(D("0.01"))


def test_what_is_not_known_stays_not_known() -> None:
    bare = in_shop_currency(order(line(), payments=(payment("1050"),)), "INR", RATE)

    assert bare.current_total is None
    assert bare.sales is None
    assert bare.payments[0].fee is None


def test_costs_are_in_shop_currency_and_estimates_follow_the_converted_price() -> None:
    converted = in_shop_currency(order(line("1"), line("2")), "INR", D(80))

    booked = book(converted, costs=(cost("400", "p1"),))

    assert total(booked, "cogs") == 400 + 32_000
    assert total(booked, "estimated_cogs") == 32_000


def test_a_share_outstanding_does_not_depend_on_the_currency() -> None:
    advance = replace(cod_order(payments=(payment("231"),)), currency="USD")

    booked = book(in_shop_currency(advance, "INR", D(80)), rto_parcel())

    assert total(booked, "rto_reversal") == 880 * 80
