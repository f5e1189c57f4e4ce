"""What a stated cost changes: never the past by itself."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from profitsync.domain.costs import CostSource, ProductCost
from profitsync.errors import UsageError
from profitsync.services.costs import Effect, Statement, cost_id, missing, parse_amount, parse_id, plan

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
YESTERDAY = date(2026, 11, 22)


def stored(cost: str, valid_from: date | None = None, source: CostSource = CostSource.MANUAL) -> ProductCost:
    identity = cost_id(source, "1", valid_from=valid_from)
    return ProductCost(identity, source, Decimal(cost), "1", product_name="Cup", valid_from=valid_from)


def planned(
    existing: list[ProductCost], cost: str, valid_from: date | None = None, *, correct: bool = False
) -> tuple[Effect, date | None, bool]:
    statement = Statement(Decimal(cost), product_id="1", valid_from=valid_from)
    (one,) = plan(existing, [statement], source=CostSource.MANUAL, today=TODAY, now=NOW, correct=correct)
    assert one.effect is Effect.UNCHANGED or one.entry.cost == Decimal(cost)
    return one.effect, one.entry.valid_from, one.new_period


def test_a_first_cost_is_valid_always() -> None:
    assert planned([], "10") == (Effect.NEW, None, False)


def test_a_different_cost_begins_today_and_leaves_the_past() -> None:
    assert planned([stored("10")], "12") == (Effect.CHANGED, TODAY, True)


def test_a_second_thought_on_the_same_day_replaces_the_first() -> None:
    assert planned([stored("10"), stored("12", TODAY)], "13") == (Effect.CHANGED, TODAY, False)


def test_a_correction_replaces_the_cost_in_force_in_its_own_period() -> None:
    assert planned([stored("10"), stored("12", YESTERDAY)], "13", correct=True) == (
        Effect.CHANGED,
        YESTERDAY,
        False,
    )


def test_the_same_cost_changes_nothing() -> None:
    assert planned([stored("10"), stored("12", YESTERDAY)], "12.00") == (Effect.UNCHANGED, YESTERDAY, False)


def test_a_dated_cost_stands_beside_the_others() -> None:
    assert planned([stored("10")], "12", YESTERDAY) == (Effect.NEW, YESTERDAY, False)
    assert planned([stored("12", YESTERDAY)], "13", YESTERDAY) == (Effect.CHANGED, YESTERDAY, False)


def test_costs_from_shopify_and_estimates_do_not_count_as_said_by_a_person() -> None:
    others = [stored("10", source=CostSource.SHOPIFY), stored("9", source=CostSource.ESTIMATED)]

    assert planned(others, "12") == (Effect.NEW, None, False)


def test_an_imported_cost_replaces_a_typed_one() -> None:
    statement = Statement(Decimal(12), product_id="1", valid_from=YESTERDAY)

    (one,) = plan([stored("10", YESTERDAY)], [statement], source=CostSource.IMPORTED, today=TODAY, now=NOW)

    assert (one.entry.id, one.entry.source) == (stored("10", YESTERDAY).id, CostSource.IMPORTED)


def test_a_missing_cost_is_one_with_nothing_but_an_estimate() -> None:
    estimate = ProductCost("e1", CostSource.ESTIMATED, Decimal(4), "1", "11", product_name="Cup")
    other = ProductCost("e2", CostSource.ESTIMATED, Decimal(4), "2", "21", product_name="Bowl")

    assert missing([estimate, other], TODAY) == [other, estimate]
    assert missing([estimate, other, stored("5")], TODAY) == [other]


def test_the_identity_of_a_cost_is_its_natural_key() -> None:
    assert cost_id(CostSource.MANUAL, "1", "11", "CUP", TODAY) == "person|11|CUP|1|2026-11-23"
    assert cost_id(CostSource.IMPORTED, "1") == cost_id(CostSource.MANUAL, "1") == "person|||1|"
    assert cost_id(CostSource.ESTIMATED, sku="CUP") == "estimated||CUP||"


@pytest.mark.parametrize("text", ["-1", "1,5", "1.23456", "NaN", "1e3", "₹5", "", "٣"])
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="must be a number"):
        parse_amount(text)


def test_ids_are_digits_or_gids_of_the_right_kind() -> None:
    assert parse_id("gid://shopify/Product/42", "Product") == parse_id(" 42 ", "Product") == "42"
    with pytest.raises(UsageError, match="gid://shopify/ProductVariant/"):
        parse_id("gid://shopify/Product/42", "ProductVariant")
    with pytest.raises(UsageError, match="format the column as text"):
        parse_id("7.81E+12", "Product")


def test_a_new_cost_without_a_name_takes_the_shops() -> None:
    estimate = ProductCost("e1", CostSource.ESTIMATED, Decimal(4), "1", product_name="Cup")
    statements = [Statement(Decimal(5), product_id="1"), Statement(Decimal(6), product_id="2")]

    planned = plan([estimate], statements, source=CostSource.MANUAL, today=TODAY, now=NOW)

    assert [one.entry.product_name for one in planned] == ["Cup", ""]
