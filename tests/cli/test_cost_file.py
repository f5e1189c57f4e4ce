"""A CSV of costs: what is tolerated, and how each bad line is told."""

from datetime import date
from decimal import Decimal

import pytest

from profitsync.errors import UsageError
from profitsync.services.cost_file import read_cost_file
from profitsync.services.costs import Statement


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
        "validFrom '1.4.2026' must be a day such as 2026-04-01",
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
