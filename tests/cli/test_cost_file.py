"""A CSV of costs: what is tolerated, and how each bad line is told."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from profitsync.domain.costs import CostSource, ProductCost
from profitsync.errors import UsageError
from profitsync.services.cost_file import cost_file, read_cost_file
from profitsync.services.costs import Effect, Statement, cost_id, plan


def read(text: str) -> list[Statement]:
    found = read_cost_file(text.encode(), "costs.csv")
    assert not found.bad
    return found.statements


def bad(text: str) -> list[tuple[int, str]]:
    return [(line.number, line.reason) for line in read_cost_file(text.encode(), "costs.csv").bad]


def test_all_columns_are_read() -> None:
    (statement,) = read(
        "productId,variantId,cost,productName,validFrom\ngid://shopify/Product/1,2,10.50,Cup,2026-04-01\n"
    )

    assert statement == Statement(Decimal("10.50"), "1", "2", None, "Cup", date(2026, 4, 1), 2)


@pytest.mark.parametrize(
    "text", ["sku;cost\nCUP;10\n", "sku\tcost\r\nCUP\t10\r\n", "\ufeffsku,cost\nCUP,10", "SKU, Cost \nCUP, 10\n\n"]
)
def test_other_delimiters_byte_order_marks_and_headings_are_tolerated(text: str) -> None:
    (statement,) = read(text)

    assert (statement.sku, statement.cost) == ("CUP", Decimal(10))


def test_every_bad_line_is_told_with_its_number() -> None:
    found = bad(
        "productId,sku,cost,validFrom\n1,,10,\n,,10,\n1x,,10,\n2,,,\n3,,ten,\n4,,10,1.4.2026\n5,,10\n1,,11,\n"
    )

    assert [number for number, _ in found] == [3, 4, 5, 6, 7, 8, 9]
    assert [reason.split(";")[0] for _, reason in found] == [
        "names no productId, variantId or sku",
        "id '1x' must be digits or gid://shopify/Product/…",
        "has no cost",
        "cost 'ten' must be a number such as 123.45, with at most four decimals",
        "validFrom '1.4.2026' must be a day such as 2026-04-01, or always",
        "has 3 fields where the header has 4",
        "says another cost (11) than line 2 (10)",
    ]


def test_numbers_count_lines_as_an_editor_does() -> None:
    assert [number for number, _ in bad('sku,productName,cost\nCUP,"two\nlines",1\n\nBOWL,,x\n')] == [5]


def test_unknown_columns_are_ignored_by_name() -> None:
    assert read_cost_file(b"sku,cost,shelf\nCUP,1,A\n", "costs.csv").ignored_columns == ("shelf",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"sku,cost\n", "holds no costs"),
        (b"sku\nCUP\n", "no column cost"),
        (b"cost\n1\n", "no column productId, variantId or sku"),
        (b"sku,cost,valid_form\nCUP,1,\n", "'valid_form' is not known; did you mean validFrom"),
        (b"sku,sku,cost\nCUP,CUP,1\n", "sku is there twice"),
        (b"sku,cost\nCUP,1\nCAF\xc9,2\n", "line 3 is not UTF-8"),
        (b'sku,cost\nCUP,"1\n', "line 2 is not CSV"),
    ],
)
def test_a_file_that_cannot_be_used_as_a_whole(content: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=rf"^costs\.csv: .*{message}"):
        read_cost_file(content, "costs.csv")


TODAY, NOW = date(2026, 11, 23), datetime(2026, 11, 23, 8, tzinfo=UTC)


def stated(cost: str, product: str | None, valid_from: date | None = None, **more: str) -> ProductCost:
    name, source = more.pop("name", ""), CostSource(more.pop("source", "manual"))
    identity = cost_id(source, product, **more, valid_from=valid_from)
    return ProductCost(identity, source, Decimal(cost), product, product_name=name, valid_from=valid_from, **more)  # type: ignore[arg-type]


HISTORY = [
    stated("10", "1", name="Cup"),
    stated("12.5000", "1", date(2026, 4, 1), name="Cup"),
    stated("14", "1", date(2027, 1, 1), name="Cup"),
    stated("0", "2", date(2026, 11, 23), name='Two "fold", = \nBowl', source="imported"),
    stated("7.25", "3", variant_id="31"),
    stated("8", None, sku="S;K,U"),
]


def test_costs_written_as_a_file_and_read_again_change_nothing() -> None:
    content = read_cost_file(cost_file(HISTORY).encode(), "costs.csv")

    planned = plan(HISTORY, content.statements, source=CostSource.IMPORTED, today=TODAY, now=NOW)

    assert not content.bad
    assert not content.ignored_columns
    assert [one.effect for one in planned] == [Effect.UNCHANGED] * len(HISTORY)


def test_costs_written_as_a_file_and_read_into_nothing_are_the_same_costs() -> None:
    content = read_cost_file(cost_file(HISTORY).encode(), "costs.csv")

    planned = plan([], content.statements, source=CostSource.IMPORTED, today=TODAY, now=NOW)

    assert {(one.entry.id, one.entry.cost, one.entry.product_name) for one in planned} == {
        (cost.id, cost.cost, cost.product_name) for cost in HISTORY
    }


def test_only_what_people_stated_is_written() -> None:
    others = [stated("1", "5", source="shopify"), stated("2", "6", source="estimated")]

    assert cost_file(others).splitlines() == ["productId,variantId,sku,productName,cost,validFrom"]


def test_a_cost_for_always_is_not_one_from_today_on() -> None:
    existing = [stated("10", "1"), stated("12", "1", date(2026, 4, 1))]
    (statement,) = read("productId,cost,validFrom\n1,11,Always\n")

    (one,) = plan(existing, [statement], source=CostSource.IMPORTED, today=TODAY, now=NOW)

    assert (one.effect, one.entry.valid_from, one.new_period, one.before) == (
        Effect.CHANGED, None, False, existing[0],
    )  # fmt: skip
