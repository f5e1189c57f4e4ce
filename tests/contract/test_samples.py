"""The round trips prove something only if the samples set every field, those of tomorrow too."""

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
from tests.records import defaults, field_names, is_record

_NONE = object()


def unset(record: Any, where: str = "") -> list[str]:
    """Paths of fields that have no value of their own in `record`, nor in any record of a list in it."""
    found = []
    for name in field_names(record):
        value, path = getattr(record, name), f"{where}{name}"
        if value == defaults(record).get(name, _NONE):
            found.append(path)
        parts = value if isinstance(value, tuple) else (value,)
        nested = [set(unset(part, f"{path}.")) for part in parts if is_record(part)]
        found += sorted(set.intersection(*nested)) if nested else []
    return found


@pytest.mark.parametrize(
    "sample",
    [full_user(), full_cost(), full_order(), full_shipment(), full_ad_day(), full_state(), full_job()],
    ids=lambda sample: type(sample).__name__,
)
def test_a_full_sample_leaves_no_field_at_its_default(sample: Any) -> None:
    assert unset(sample) == []
