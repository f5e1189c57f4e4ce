"""Meta's usage headers: how much of a quota is used, and when access is regained. Parsed leniently.

Any header may be missing, unreadable or of another shape, and says nothing then. Percentages may exceed 100.
Source: Graph API and Marketing API rate limiting; `estimated_time_to_regain_access` is in minutes,
`reset_time_duration` in seconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

USED_UP = 100.0  # per cent
OURS = (None, "ads_insights")  # the use cases whose percentages concern us; others have quotas of their own
_PERCENTAGES = ("app_id_util_pct", "acc_id_util_pct", "call_count", "total_cputime", "total_time")
_PLAIN_HEADERS = ("x-fb-ads-insights-throttle", "x-ad-account-usage", "x-app-usage")
_BY_USE_CASE = "x-business-use-case-usage"


@dataclass(frozen=True, slots=True)
class Usage:
    """`percent`: the highest figure of any quota that concerns us. `regain`: seconds, None when not told."""

    percent: float = 0.0
    regain: float | None = None

    @property
    def used_up(self) -> bool:
        """Whether the next request would be refused."""
        return self.percent >= USED_UP


def usage_of(headers: Mapping[str, str]) -> Usage:
    """What the headers of an answer tell; their names may be in any case if `headers` looks them up so."""
    percent, regain = 0.0, 0.0
    for entry in _entries(headers):
        if entry.get("type") in OURS:
            percent = max(percent, *(_number(entry.get(name)) for name in _PERCENTAGES))
        minutes, seconds = (entry.get(n) for n in ("estimated_time_to_regain_access", "reset_time_duration"))
        regain = max(regain, _number(minutes) * 60, _number(seconds))
    return Usage(percent, regain or None)


def _entries(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Every JSON object that states a usage, wherever it lies."""
    for name in _PLAIN_HEADERS:
        yield _object(headers.get(name))
    for entries in _object(headers.get(_BY_USE_CASE)).values():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield entry


def _object(text: str | None) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    """A number, or a number in quotes, not below zero; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if 0 <= number < float("inf") else 0.0
