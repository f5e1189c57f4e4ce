"""Retail order lines from a CSV through the full path, every day equal to an independent computation.

The random year always runs. Where PROFITSYNC_RETAIL_CSV names the real data, its first days run as well;
the whole real year is `python -m benchmarks.retail_year`.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.retail_year import COMPARED
from profitsync.sandbox.worlds.retail import from_csv
from tests.e2e.conftest import OpenSandbox
from tests.sandbox.retail_expected import ExpectedDay, expected_days, real_csv
from tests.sandbox.retail_sample import write_first_real_days, write_random_year

REAL = real_csv()


def _random_year(folder: Path) -> Path:
    return write_random_year(folder / "random.csv", seed=3)


def _first_real_days(folder: Path) -> Path:
    assert REAL is not None
    return write_first_real_days(folder / "days.csv", REAL)


@pytest.mark.parametrize("make", [_random_year, *([_first_real_days] if REAL else [])])
def test_every_day_equals_an_independent_computation(
    open_sandbox: OpenSandbox, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path)
    expected = expected_days(path)
    first, last = str(min(expected)), str(max(expected))
    merchant = open_sandbox(from_csv(path))

    synced = merchant.sync("--since", first, "--until", last)

    assert synced.code == 0, synced.err
    rows = merchant.metrics("--since", first, "--until", last)["rows"]
    found = {date.fromisoformat(row["date"]): row for row in rows}
    assert set(expected) <= set(found)
    for day, row in found.items():
        wanted = expected.get(day, ExpectedDay())
        for name, field in COMPARED.items():
            assert abs(Decimal(str(row[name])) - getattr(wanted, field)) < Decimal("0.01"), (day, name)
