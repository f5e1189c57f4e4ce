"""Rate limits of the simulated Graph API: what usage headers say, and blocks that last."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import msgspec

from profitsync.sandbox.faults import Fault
from profitsync.sandbox.http import Answer
from profitsync.sandbox.meta_errors import GraphError

USUAL_BLOCK = 5.0  # minutes
_TIER = "standard_access"


class Blocks:
    """Ad accounts whose quota is used up. Every call while blocked begins the block anew."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._blocked: dict[str, tuple[datetime, float]] = {}

    def begin(self, account_id: str, minutes: float) -> None:
        """Block an account from now on."""
        self._blocked[account_id] = (self._clock() + timedelta(minutes=minutes), minutes)

    def refusal(self, account_id: str) -> Answer | None:
        """What a blocked account answers, which prolongs the block; None when it is free."""
        until, minutes = self._blocked.get(account_id, (self._clock(), 0.0))
        if until <= self._clock():
            return None
        self.begin(account_id, minutes)
        refused = GraphError(80000, 2446079).answer()
        return with_headers(refused, usage_headers(account_id, 100, regain=minutes))


def block_length(fault: Fault) -> float:
    """Minutes that a fault blocks an account for."""
    return float(fault.value or USUAL_BLOCK)


def usage_headers(account_id: str, percent: float, regain: float = 0) -> dict[str, str]:
    """All four usage headers; `regain` is in minutes."""
    used = int(percent) if percent == int(percent) else percent
    use_case = {
        "type": "ads_insights", "call_count": used, "total_cputime": 0, "total_time": 0,
        "estimated_time_to_regain_access": ceil(regain), "ads_api_access_tier": _TIER,
    }  # fmt: skip
    values: dict[str, Any] = {
        "x-fb-ads-insights-throttle": {
            "app_id_util_pct": 0, "acc_id_util_pct": used, "ads_api_access_tier": _TIER,
        },
        "x-business-use-case-usage": {account_id: [use_case]},
        "x-ad-account-usage": {
            "acc_id_util_pct": used, "reset_time_duration": ceil(regain * 60), "ads_api_access_tier": _TIER,
        },
        "x-app-usage": {"call_count": 0, "total_time": 0, "total_cputime": 0},
    }  # fmt: skip
    return {name: msgspec.json.encode(value).decode() for name, value in values.items()}


def with_headers(answer: Answer, headers: dict[str, str]) -> Answer:
    """The same answer with more headers."""
    return Answer(answer.status, answer.body, answer.content_type, {**answer.headers, **headers})
