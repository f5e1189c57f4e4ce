"""The worked example through the full path: sandbox, sync, store, `metrics show --json`; every cell."""

from decimal import Decimal

import pytest

from profitsync.sandbox.worlds.example import example
from tests.e2e.conftest import OpenSandbox
from tests.worked_example import COLUMNS, EXPECTED

DAYS = ("--since", "2026-11-02", "--until", "2026-11-05")


def test_every_cell_of_the_worked_example_through_the_full_path(open_sandbox: OpenSandbox) -> None:
    merchant = open_sandbox(example())

    synced = merchant.sync(*DAYS)

    assert synced.code == 0, synced.err
    table = merchant.metrics(*DAYS)
    columns = dict(zip(COLUMNS, [*table["rows"], table["totals"]], strict=True))
    for field, cells in EXPECTED.items():
        for name, cell in zip(COLUMNS, cells, strict=True):
            assert _number(columns[name][field]) == _number(cell), (field, name)
    assert [row["complete"] for row in table["rows"]] == [True] * 4
    assert (table["currency"], table["timezone"]) == ("INR", "Asia/Kolkata")


@pytest.mark.parametrize("by", ["week", "month"])
def test_a_longer_period_holds_the_totals(open_sandbox: OpenSandbox, by: str) -> None:
    merchant = open_sandbox(example())
    merchant.sync(*DAYS)

    table = merchant.metrics(*DAYS, "--by", by)

    (row,) = table["rows"]
    assert row["netProfit"] == table["totals"]["netProfit"] == -323.4
    assert row["date"] == {"week": "2026-11-02", "month": "2026-11-01"}[by]


def _number(cell: float | str | None) -> Decimal | None:
    return None if cell is None else Decimal(str(cell))
