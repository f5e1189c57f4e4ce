"""What changed against the period before: in units, in percent, and not at all where nothing is known."""

from decimal import Decimal as D

import pytest

from profitsync.domain.comparison import difference, relative_difference
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import Value


@pytest.mark.parametrize(
    ("field", "before", "now", "change", "percent"),
    [
        ("revenue", D(200), D(250), D(50), D("25.00")),
        ("revenue", D(300), D(200), D(-100), D("-33.33")),
        ("totalOrders", 4, 6, 2, D("50.00")),
        ("netProfit", D(-10), D(20), D(30), None),
        ("adSpend", D(0), D(20), D(20), None),
        ("rtoRate", D(10), D(15), D(5), None),
        ("adSpend", None, D(20), None, None),
        ("adSpend", D(20), None, None, None),
        ("adTimezoneMismatch", False, True, None, None),
    ],
    ids=["more", "less", "counts", "from-a-loss", "from-nothing", "rates-in-points", "unknown", "lost", "flags"],
)
def test_a_change(field: str, before: Value, now: Value, change: Value, percent: Value) -> None:
    assert difference({field: now}, {field: before})[field] == change
    assert relative_difference({field: now}, {field: before})[field] == percent


def test_every_field_has_its_change() -> None:
    assert list(difference({}, {})) == list(relative_difference({}, {})) == list(FIELDS)
