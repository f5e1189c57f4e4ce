"""Two ranges side by side: what changed, in units and in percent."""

from collections.abc import Mapping
from decimal import Decimal

from profitsync.domain.metrics import FIELDS
from profitsync.domain.money import percent
from profitsync.domain.rows import Value

Change = dict[str, Decimal | int | None]


def difference(now: Mapping[str, Value], before: Mapping[str, Value]) -> Change:
    """now − before per figure, for rates in points; None where either is not known, and for flags."""
    return {name: _minus(name, now.get(name), before.get(name)) for name in FIELDS}


def relative_difference(now: Mapping[str, Value], before: Mapping[str, Value]) -> dict[str, Decimal | None]:
    """The change in percent of what was before.

    None where either is not known, where there was nothing or a loss to compare with (a change from −10 to 20
    is no percentage), and for rates, whose change is told in points.
    """
    changes: dict[str, Decimal | None] = {}
    for name, change in difference(now, before).items():
        base = before.get(name)
        comparable = base is not None and base > 0 and FIELDS[name] != "percent"
        changes[name] = percent(change, base) if comparable else None
    return changes


def _minus(name: str, now: Value, before: Value) -> Decimal | int | None:
    if now is None or before is None or FIELDS[name] == "flag":
        return None
    return now - before
