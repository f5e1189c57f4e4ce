"""Groups of columns: every field has a home, and a heading of its own."""

import pytest

from profitsync.cli.columns import chosen, groups, heading
from profitsync.domain.metrics import FIELDS
from profitsync.errors import UsageError


def test_every_field_is_in_a_group() -> None:
    named = {field for name, fields in groups().items() if name != "all" for field in fields}

    assert named == set(FIELDS)
    assert groups()["all"] == tuple(FIELDS)


def test_no_two_fields_share_a_heading() -> None:
    headings = [heading(field) for field in FIELDS]

    assert len(set(headings)) == len(headings)


def test_a_field_without_a_place_stands_beside_its_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    position = list(FIELDS).index("ndr") + 1
    fields = [*list(FIELDS.items())[:position], ("parcelsWeighed", "count"), *list(FIELDS.items())[position:]]
    monkeypatch.setattr("profitsync.cli.columns.FIELDS", dict(fields))

    shipping = groups()["shipping"]

    assert shipping[shipping.index("ndr") + 1] == "parcelsWeighed"
    assert heading("parcelsWeighed") == "Parcels weighed"


def test_groups_and_fields_mix_and_repeat_nothing() -> None:
    fields = chosen("--columns", "netProfit, customers ,netProfit,aov")

    assert fields[0] == "netProfit"
    assert fields[1] == "newCustomers"
    assert len(fields) == len(set(fields))
    assert chosen("--columns", None) == []


def test_every_unknown_word_is_named() -> None:
    with pytest.raises(UsageError) as refused:
        chosen("--columns", "profits,revenue,xyzzy")

    assert str(refused.value).splitlines() == [
        "--columns: profits is not a known field; did you mean profit?",
        "--columns: xyzzy is not a known field",
    ]
