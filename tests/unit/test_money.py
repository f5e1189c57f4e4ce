"""Rounding, ratios and sums with unknown parts."""

from decimal import Decimal as D

import pytest

from profitsync.domain.money import known_sum, percent, ratio, rounded


@pytest.mark.parametrize(
    ("amount", "stored"),
    [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("-0.005", "-0.01"), ("-2.674", "-2.67")],
)
def test_money_is_rounded_half_up_to_two_places(amount: str, stored: str) -> None:
    assert str(rounded(D(amount))) == stored


@pytest.mark.parametrize("amount", ["0", "-0", "-0.001", "-0.004999"])
def test_there_is_no_negative_zero(amount: str) -> None:
    assert str(rounded(D(amount))) == "0.00"


def test_what_a_division_leaves_behind_does_not_turn_a_half_down() -> None:
    third = D("40.015") / 3

    assert third * 3 < D("40.015")
    assert rounded(third * 3) == D("40.02")


def test_a_real_amount_below_a_half_is_still_rounded_down() -> None:
    assert rounded(D("40.0149999999")) == D("40.01")


def test_a_ratio_has_two_places_half_up() -> None:
    assert ratio(D(1), D(8)) == D("0.13")


@pytest.mark.parametrize(("part", "whole"), [(D(5), D(0)), (D(5), 0), (None, D(5)), (D(5), None)])
def test_a_ratio_by_zero_or_of_something_unknown_is_not_defined(part: D | None, whole: D | int | None) -> None:
    assert ratio(part, whole) is None
    assert percent(part, whole) is None


def test_zero_over_something_is_zero_and_not_undefined() -> None:
    assert ratio(D(0), D(300)) == 0


def test_percent_multiplies_before_it_rounds() -> None:
    assert percent(1, 3) == D("33.33")


def test_a_sum_is_unknown_as_soon_as_one_part_is() -> None:
    assert known_sum([D(1), None, D(2)]) is None


def test_a_sum_of_known_parts() -> None:
    assert known_sum([D("0.10"), D("0.20"), 1]) == D("1.30")
