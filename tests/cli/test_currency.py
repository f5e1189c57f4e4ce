"""How amounts are written: decimals, digit groups and symbols by currency."""

from decimal import Decimal as D

import pytest

from profitsync.cli.currency import Currency, readable


@pytest.mark.parametrize(
    ("code", "amount", "number"),
    [
        ("INR", "0", "0.00"),
        ("INR", "999.5", "999.50"),
        ("INR", "1000", "1,000.00"),
        ("INR", "99999.99", "99,999.99"),
        ("INR", "123456", "1,23,456.00"),
        ("INR", "-12345678.905", "-1,23,45,678.91"),
        ("USD", "12345678.9", "12,345,678.90"),
        ("JPY", "1234567.5", "1,234,568"),
        ("KWD", "1.235", "1.24"),
        ("INR", "-0.001", "0.00"),
        (None, "1234.5", "1,234.50"),
    ],
)
def test_numbers(code: str | None, amount: str, number: str) -> None:
    assert Currency(code).number(D(amount)) == number


@pytest.mark.parametrize(
    ("code", "symbols", "text"),
    [
        ("INR", True, "-₹1,500.00"),
        ("INR", False, "-1,500.00 INR"),
        ("AED", True, "-1,500.00 AED"),
        ("JPY", True, "-¥1,500"),
        (None, True, "-1,500.00"),
    ],
)
def test_sentences(code: str | None, symbols: bool, text: str) -> None:
    assert Currency(code, symbols).text(D(-1500)) == text


@pytest.mark.parametrize(("encoding", "can"), [("utf-8", True), ("UTF8", True), ("latin-1", False)])
def test_symbols_need_an_encoding_that_has_them(encoding: str, can: bool) -> None:
    assert readable(encoding) is can
