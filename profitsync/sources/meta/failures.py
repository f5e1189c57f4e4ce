"""What Meta's error bodies mean: one table from code and subcode to what to do about it.

`type` is "OAuthException" even for rate limits and `message` is translated (and may repeat the token), so
neither decides and neither is quoted. Order of decision: code with subcode, code, `is_transient`, HTTP status.
Source: Graph API error handling, Marketing API error reference, Insights error codes and rate limiting.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from requests import Response

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)

NAME = "Meta"


class Reaction(Enum):
    """What a failure asks for. A member's value is what people are told."""

    RECONNECT = "the access token is not valid any more; connect Meta again"
    PERMISSION = "access to the ad account is missing (permission ads_read, or the account's role)"
    TRANSIENT = "a passing fault"
    NOT_READY = "the report is not ready yet"
    TOO_HEAVY = "the query took too long or was too large"
    TOO_MANY_ROWS = "the query asks for too many rows"
    ACCOUNT_QUOTA = "the ad account's request quota is used up"
    APP_QUOTA = "the app's request quota is used up"
    RETIRED = "this version of the Marketing API is retired; set PROFITSYNC_META_API_VERSION"
    OUT_OF_HISTORY = "the days lie further back than Meta keeps"
    BLOCKED = "the request was blocked by a policy"
    REFUSED = "the request was refused"


# fmt: off
_BY_SUBCODE: dict[tuple[int, int], Reaction] = {
    (1, 99): Reaction.TOO_HEAVY,
    (2, 1504038): Reaction.TOO_HEAVY,
    (2, 1504041): Reaction.REFUSED,  # invalid breakdowns, in spite of the "temporary" code
    (2, 1504042): Reaction.REFUSED,
    (100, 33): Reaction.PERMISSION,
    (100, 3191001): Reaction.PERMISSION,
    (100, 1487534): Reaction.TOO_MANY_ROWS,
    (100, 1504018): Reaction.TOO_HEAVY,
}
_BY_CODE: dict[int, Reaction] = {
    2: Reaction.TRANSIENT,
    3: Reaction.PERMISSION,
    4: Reaction.APP_QUOTA,
    10: Reaction.PERMISSION,
    17: Reaction.ACCOUNT_QUOTA,
    32: Reaction.APP_QUOTA,
    100: Reaction.REFUSED,
    102: Reaction.RECONNECT,
    104: Reaction.RECONNECT,
    190: Reaction.RECONNECT,
    **dict.fromkeys(range(200, 300), Reaction.PERMISSION),
    341: Reaction.APP_QUOTA,
    368: Reaction.BLOCKED,
    506: Reaction.REFUSED,
    613: Reaction.ACCOUNT_QUOTA,
    2500: Reaction.REFUSED,
    2601: Reaction.NOT_READY,
    2635: Reaction.RETIRED,
    3018: Reaction.OUT_OF_HISTORY,
    **dict.fromkeys(range(80000, 80015), Reaction.ACCOUNT_QUOTA),
}
_ERRORS: dict[Reaction, type[SourceError]] = {
    Reaction.RECONNECT: CredentialsError,
    Reaction.PERMISSION: CredentialsError,
    Reaction.TRANSIENT: RetriableError,
    Reaction.NOT_READY: RetriableError,
    Reaction.TOO_HEAVY: RetriableError,
    Reaction.ACCOUNT_QUOTA: ThrottledError,
    Reaction.APP_QUOTA: ThrottledError,
}  # all others: BadResponseError
# fmt: on

# Seconds. Calling while blocked prolongs a block, so these exceed what one run is willing to wait.
_USUAL_BLOCK = 300.0
_HOURLY_QUOTA_BLOCK = 3600.0


@dataclass(frozen=True, slots=True)
class MetaFailure:
    """The dependable parts of an error body. `status` is the HTTP status, which may be 200."""

    status: int
    code: int | None = None
    subcode: int | None = None
    is_transient: bool | None = None
    trace: str = ""

    @property
    def reaction(self) -> Reaction:
        """See the module's docstring for the order of decision."""
        if self.code is not None:
            if self.subcode is not None and (found := _BY_SUBCODE.get((self.code, self.subcode))):
                return found
            if found := _BY_CODE.get(self.code):
                return found
            if self.code == 1 and self.subcode is None:  # "unknown, or reduce the amount of data"
                return Reaction.TOO_HEAVY
        if self.is_transient is not None:
            return Reaction.TRANSIENT if self.is_transient else Reaction.REFUSED
        return self._by_status()

    def _by_status(self) -> Reaction:
        if self.status >= 500:
            return Reaction.TRANSIENT
        if self.status == 429:
            return Reaction.ACCOUNT_QUOTA
        return {401: Reaction.RECONNECT, 403: Reaction.PERMISSION}.get(self.status, Reaction.REFUSED)

    def error(self, retry_after: float | None = None, quota_pause: float | None = None) -> SourceError:
        """The exception to raise.

        `retry_after`: seconds asked for by `Retry-After`; `quota_pause`: seconds the usage headers tell.
        """
        numbers = f"code {self.code}" + (f"/{self.subcode}" if self.subcode is not None else "")
        text = f"{NAME}: {self.reaction.value} ({numbers}, HTTP {self.status})"
        kind = _ERRORS.get(self.reaction, BadResponseError)
        if issubclass(kind, ThrottledError):
            hourly = self.code is not None and self.code >= 80000
            usual = _HOURLY_QUOTA_BLOCK if hourly else _USUAL_BLOCK
            return kind(text, retry_after or quota_pause or usual)
        if issubclass(kind, RetriableError):
            return kind(text, retry_after)
        return kind(text)


def failure_in(body: Any, status: int) -> MetaFailure | None:
    """The failure an answer reports in its body, whatever its HTTP status; None when it reports none."""
    found = body.get("error") if isinstance(body, dict) else None
    if not found:
        return None
    fields = found if isinstance(found, dict) else {}
    transient = fields.get("is_transient")
    return MetaFailure(
        status=status,
        code=_whole(fields.get("code")),
        subcode=_whole(fields.get("error_subcode")),
        is_transient=transient if isinstance(transient, bool) else None,
        trace=str(fields.get("fbtrace_id") or ""),
    )


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def quota_pause(response: Response) -> float | None:
    """Seconds until access is regained, as the usage headers tell; None when they do not."""
    pauses = [entry.get("reset_time_duration") for entry in _header(response, "x-ad-account-usage")]
    for usage in _header(response, "x-business-use-case-usage"):
        for entries in usage.values():
            for entry in entries if isinstance(entries, list) else ():
                minutes = entry.get("estimated_time_to_regain_access") if isinstance(entry, dict) else None
                pauses.append(minutes * 60 if isinstance(minutes, int | float) else None)
    return max((float(p) for p in pauses if isinstance(p, int | float) and p > 0), default=None)


def _header(response: Response, name: str) -> Iterator[Mapping[str, Any]]:
    """The header's JSON object, if it is there and is one."""
    try:
        value = msgspec.json.decode(response.headers.get(name, ""))
    except msgspec.DecodeError:
        return
    if isinstance(value, dict):
        yield value
