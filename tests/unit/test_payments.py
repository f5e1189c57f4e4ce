"""Who pays at the door, what is still to be collected, and what a gateway keeps."""

from decimal import Decimal as D

import pytest

from profitsync.domain.merchants import FeeRate, MerchantSettings, TransactionFees
from profitsync.domain.payments import is_cod, is_cod_gateway, outstanding_share, rate_fees
from tests.records import replace
from tests.unit.builders import at, line, order, payment

SETTINGS = MerchantSettings()
COD = order(line(), cod=True)


@pytest.mark.parametrize(
    "name",
    ["Cash on Delivery (COD)", "cash_on_delivery", "COD", "gokwik-cod", "CASH  ON\tDELIVERY", "CashOnDelivery"],
)
def test_names_that_mean_cash_on_delivery(name: str) -> None:
    assert is_cod_gateway(name)


@pytest.mark.parametrize("name", ["razorpay", "manual", "", "UPI QR code", "Cash in store"])
def test_names_that_do_not_mean_cash_on_delivery(name: str) -> None:
    assert not is_cod_gateway(name)


def test_an_empty_name_that_the_merchant_added_means_nothing() -> None:
    assert not is_cod_gateway("razorpay", further_names=("", " - "))


def test_one_cod_gateway_among_several_makes_an_order_cod() -> None:
    assert is_cod(order(line(), gateways=("razorpay", "COD")), SETTINGS)
    assert not is_cod(order(line(), gateways=()), SETTINGS)


def test_without_an_advance_everything_is_outstanding() -> None:
    assert outstanding_share(COD, at(3), SETTINGS) == 1


@pytest.mark.parametrize(
    ("paid", "open_share"),
    [
        (payment("210"), "0.8"),
        (payment("210", kind="CAPTURE"), "0.8"),
        (payment("210", on=at(3)), "0.8"),
        (payment("210", on=at(4)), "1"),
        (payment("210", kind="AUTHORIZATION"), "1"),
        (payment("210", kind="REFUND"), "1"),
        (payment("210", status="PENDING"), "1"),
        (payment("210", gateway="manual"), "1"),
        (payment("210", gateway="cash_on_delivery"), "1"),
        (payment("9999"), "0"),
    ],
)
def test_the_advance_is_what_arrived_otherwise_before_dispatch(paid: object, open_share: str) -> None:
    assert outstanding_share(replace(COD, payments=(paid,)), at(3), SETTINGS) == D(open_share)


def test_an_order_that_charges_nothing_has_no_advance() -> None:
    assert outstanding_share(replace(COD, total=D(0), payments=(payment("5"),)), at(3), SETTINGS) == 1


def rates(*given: FeeRate) -> MerchantSettings:
    return MerchantSettings(transaction_fees=TransactionFees("rates", given))


def test_a_rate_is_a_part_of_what_a_prepaid_order_charges_and_a_fixed_sum() -> None:
    assert rate_fees(order(line()), rates(FeeRate("*", D(2), D(3)))) == 24


def test_cash_on_delivery_has_no_transaction_fee() -> None:
    assert rate_fees(COD, rates(FeeRate("*", D(2), D(3)))) == 0


def test_an_order_that_charged_nothing_costs_no_fee() -> None:
    free = order(line(discount="1050", tax="0"))

    assert rate_fees(free, rates(FeeRate("*", D(2), D(3)))) == 0


def test_the_rate_of_a_named_gateway_goes_before_that_of_any() -> None:
    given = rates(FeeRate("*", D(2)), FeeRate("Razorpay", D(1)))

    assert rate_fees(order(line()), given) == D("10.5")


def test_a_gateway_without_a_rate_keeps_nothing() -> None:
    assert rate_fees(order(line()), rates(FeeRate("payu", D(2)))) == 0


@pytest.mark.parametrize("source", ["none", "shopify"])
def test_rates_count_only_where_they_are_the_source(source: str) -> None:
    given = MerchantSettings(transaction_fees=TransactionFees(source, (FeeRate("*", D(2)),)))

    assert rate_fees(order(line()), given) == 0
