"""The round trips prove something only if the samples set every field, those of tomorrow too."""

import dataclasses
from typing import Any

import pytest

from tests.contract.samples import (
    full_ad_day,
    full_cost,
    full_job,
    full_order,
    full_shipment,
    full_state,
    full_user,
)


def unset(record: Any, where: str = "") -> list[str]:
    """Paths of fields that have no value of their own in `record`, nor in any record of a list in it."""
    found = []
    for field in dataclasses.fields(record):
        value, path = getattr(record, field.name), f"{where}{field.name}"
        empty = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if value == empty:
            found.append(path)
        parts = value if isinstance(value, tuple) else (value,)
        nested = [set(unset(part, f"{path}.")) for part in parts if dataclasses.is_dataclass(part)]
        found += sorted(set.intersection(*nested)) if nested else []
    return found


@pytest.mark.parametrize(
    "sample",
    [full_user(), full_cost(), full_order(), full_shipment(), full_ad_day(), full_state(), full_job()],
    ids=lambda sample: type(sample).__name__,
)
def test_a_full_sample_leaves_no_field_at_its_default(sample: Any) -> None:
    assert unset(sample) == []
