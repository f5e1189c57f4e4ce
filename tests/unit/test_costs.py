"""What a unit costs: who said so, for what, and from which day on."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

import pytest

from profitsync.domain.costs import CostBook, CostSource, ProductCost, UnitCost
from profitsync.domain.tax import net_line
from tests.unit.builders import INDIA, at, book, cost, day, line, order, total

LINE = line("1")
NET = net_line(LINE, taxes_included=True)  # at 1,000


def shopify(amount: str, **more: object) -> ProductCost:
    return replace(cost(amount, "p1", id=f"shopify|{amount}"), source=CostSource.SHOPIFY, **more)  # type: ignore[arg-type]


def unit_cost(*costs: ProductCost, on: int = 2, ratio: str = "0.40") -> UnitCost:
    return CostBook(costs, D(ratio)).unit_cost(LINE, day(on), NET)


def test_without_any_cost_it_is_a_marked_part_of_the_price_without_tax() -> None:
    assert unit_cost() == UnitCost(D(400), estimated=True)
    assert unit_cost(ratio="0.35") == UnitCost(D(350), estimated=True)


def test_a_cost_of_zero_typed_by_the_merchant_is_a_real_zero() -> None:
    assert unit_cost(cost("0", "p1")) == UnitCost(D(0), estimated=False)


@pytest.mark.parametrize("source", [CostSource.MANUAL, CostSource.IMPORTED])
def test_what_a_person_said_goes_before_shopifys_cost_per_item(source: CostSource) -> None:
    person = replace(cost("300", "p1"), source=source)

    assert unit_cost(shopify("500", variant_id="v1"), person).amount == 300


def test_shopifys_cost_per_item_goes_before_the_estimate() -> None:
    assert unit_cost(shopify("500")) == UnitCost(D(500))


def test_a_stored_estimate_is_only_a_mark_and_never_used() -> None:
    mark = replace(cost("1", "p1"), source=CostSource.ESTIMATED)

    assert unit_cost(mark) == UnitCost(D(400), estimated=True)


def test_the_narrowest_key_wins_variant_then_sku_then_product() -> None:
    product = cost("100", "p1")
    by_sku = cost("200", "p1", id="b", sku="s1")
    variant = cost("300", "p1", id="c", variant_id="v1")

    assert unit_cost(product, by_sku, variant).amount == 300
    assert unit_cost(product, by_sku).amount == 200
    assert unit_cost(product).amount == 100


def test_a_cost_of_another_variant_or_product_does_not_apply() -> None:
    assert unit_cost(cost("300", "p1", variant_id="v9"), cost("1", "p9")).estimated


@pytest.mark.parametrize(("number", "amount"), [(1, 100), (9, 100), (10, 150), (19, 150), (20, 90), (30, 90)])
def test_the_period_that_holds_on_the_day_of_the_order_counts(number: int, amount: int) -> None:
    periods = (
        cost("90", "p1", id="c", valid_from=day(20)),
        cost("100", "p1", id="a"),
        cost("150", "p1", id="b", valid_from=day(10)),
    )

    assert unit_cost(*periods, on=number).amount == amount


def test_before_its_first_period_a_variant_falls_back_to_its_product() -> None:
    product, variant = cost("100", "p1"), cost("300", "p1", id="v", variant_id="v1", valid_from=day(10))

    assert unit_cost(product, variant, on=9).amount == 100


def test_before_a_persons_first_period_shopifys_cost_counts() -> None:
    assert unit_cost(shopify("500"), cost("300", "p1", valid_from=day(10)), on=9).amount == 500


def test_of_two_costs_from_the_same_day_the_later_word_counts() -> None:
    noon, evening = at(1, 12), at(1, 18)

    assert unit_cost(cost("2", "p1", id="b", updated_at=evening), cost("1", "p1", updated_at=noon)).amount == 2
    assert unit_cost(cost("2", "p1", id="b", updated_at=evening), cost("1", "p1")).amount == 2


def test_a_line_that_names_no_product_is_estimated() -> None:
    nameless = line(product_id=None, variant_id=None, sku=None)

    assert CostBook([cost("5", "")]).unit_cost(nameless, day(2), NET).estimated


def test_an_estimate_follows_the_price_of_each_sale_before_discounts() -> None:
    booked = book(order(line("1", price="2100", quantity=2, discount="2100")))

    assert total(booked, "cogs") == total(booked, "estimated_cogs") == 1600


def test_a_known_cost_is_no_part_of_the_estimated_ones() -> None:
    booked = book(order(line("1"), line("2")), costs=(cost("250", "p1"),))

    assert total(booked, "cogs") == 650
    assert total(booked, "estimated_cogs") == 400


def test_the_cost_is_that_of_the_shops_day_of_the_order() -> None:
    costs = (cost("100", "p1"), cost("150", "p1", id="b", valid_from=day(3)))
    just_after_midnight = datetime(2026, 11, 3, 0, 30, tzinfo=INDIA)

    assert total(book(order(LINE, placed=just_after_midnight), costs=costs), "cogs") == 150
