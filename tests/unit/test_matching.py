"""Matching a parcel to its order by the order's name."""

import pytest

from profitsync.domain.matching import order_key, shipment_keys


@pytest.mark.parametrize("name", ["#1042", "1042", "  #1042 ", "# 1042"])
def test_order_names_are_compared_without_their_sign_and_blanks(name: str) -> None:
    assert order_key(name) == "1042"


def test_the_case_of_a_name_does_not_matter() -> None:
    assert order_key("#KB-1042") == order_key("kb-1042")


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("#1042", ("1042",)),
        ("1042-C", ("1042-c", "1042")),
        ("R_1042", ("r_1042", "1042")),
        ("R_#1042-C", ("r_#1042-c", "1042")),
        ("1042-123456", ("1042-123456", "1042")),
        ("KB-1042", ("kb-1042",)),
        ("1042-1", ("1042-1",)),
        ("", ()),
        ("#", ()),
    ],
)
def test_the_name_as_given_is_tried_before_the_one_without_prefix_and_suffix(
    given: str, keys: tuple[str, ...]
) -> None:
    assert shipment_keys(given) == keys
