"""Taking tax out of prices that include it."""

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from profitsync.domain.orders import OrderLine
from profitsync.domain.tax import net_line, net_of, net_unit_price
from tests.unit.builders import line

money = st.decimals(min_value=0, max_value=100_000, places=2)


def test_prices_without_tax_stay_as_they_are() -> None:
    net = net_line(line(price="1000", quantity=2, discount="200", tax="90"), taxes_included=False)

    assert [net.gross, net.discount, net.net, net.tax] == [2000, 200, 1800, 90]


def test_gross_and_discount_shrink_by_the_same_factor_as_the_net() -> None:
    net = net_line(line(price="1050", quantity=2, discount="210", tax="90"), taxes_included=True)

    assert [net.gross, net.discount, net.net] == [2000, 200, 1800]


def test_a_line_discounted_to_zero_takes_the_tax_out_by_its_rates() -> None:
    free = line(price="1180", discount="1180", tax="0", tax_rate=D("0.18"))

    net = net_line(free, taxes_included=True)

    assert [net.gross, net.discount, net.net] == [1000, 1000, 0]


@given(price=st.decimals(min_value="0.01", max_value=100_000, places=2), units=st.integers(1, 9), share=money)
def test_a_line_without_a_discount_is_worth_what_the_factor_leaves_of_it(price: D, units: int, share: D) -> None:
    tax = price * units * share / 1_000_000
    whole = line(price=str(price), quantity=units, tax=tax)

    net = net_line(whole, taxes_included=True)

    assert net.discount == 0
    assert abs(net.gross - price * units * net.net / (price * units)) < D("1e-18")


def test_a_line_of_no_value_and_no_rate_is_all_zero() -> None:
    net = net_line(line(price="0", tax="0", tax_rate=D(0)), taxes_included=True)

    assert [net.gross, net.discount, net.net] == [0, 0, 0]


def test_a_tax_rounded_by_the_shop_decides_and_not_the_rate() -> None:
    net = net_line(line(price="99.99", tax="4.76"), taxes_included=True)

    assert net.net == D("95.23")


@given(
    price=money,
    quantity=st.integers(1, 9),
    part=st.decimals(0, 1, places=3),
    rate=st.sampled_from(["0.05", "0.12", "0.18"]),
)
def test_gross_less_discount_is_the_net_exactly(price: D, quantity: int, part: D, rate: str) -> None:
    gross = price * quantity
    discount = (gross * part).quantize(D("0.01"))
    tax = ((gross - discount) - (gross - discount) / (1 + D(rate))).quantize(D("0.01"))
    one = OrderLine("1", "Kurta", quantity, price, discount, tax, D(rate))

    net = net_line(one, taxes_included=True)

    assert net.gross - net.discount == net.net == gross - discount - tax


def test_an_amount_holds_tax_only_where_prices_do() -> None:
    assert net_of(D(105), D(5), taxes_included=True) == 100
    assert net_of(D(100), D(5), taxes_included=False) == 100


def test_the_price_of_a_unit_is_without_tax_and_before_discounts() -> None:
    one = line(price="1050", quantity=2, discount="210", tax="90")

    assert net_unit_price(one, net_line(one, taxes_included=True)) == 1000


def test_a_line_without_units_has_no_price() -> None:
    empty = line(quantity=0, tax="0")

    assert net_unit_price(empty, net_line(empty, taxes_included=True)) == 0
