"""What Meta's error bodies mean: one table from code and subcode to what to do about it.

`type` is "OAuthException" even for rate limits and `message` is translated (and may repeat the token), so
neither decides and neither is quoted. Order of decision: code with subcode, code, `is_transient`, HTTP status.
Source: Graph API error handling, Marketing API error reference, Insights error codes and rate limiting.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from profitsync.sources.retries import LONGEST_PAUSE

NAME = "Meta"


class Reaction(Enum):
    """What a failure asks for."""

    RECONNECT = auto()  # fatal for the merchant until there is another token
    PERMISSION = auto()  # fatal for the merchant until access is given
    NO_SUCH_OBJECT = auto()  # the same, except right after a report was asked for
    TRANSIENT = auto()  # try again, a few times
    NOT_READY = auto()  # a report: keep polling
    REPORT_FAILED = auto()  # a report: ask for it again
    TOO_MUCH = auto()  # halve the days; down to one, then ask for a report
    ACCOUNT_QUOTA = auto()  # leave the ad account alone until the next run, or longer if told so
    SLOW_DOWN = auto()  # try again after the pause asked for
    APP_QUOTA = auto()  # leave Meta alone for the rest of the run, for every merchant
    BAD_PARAMETER = auto()  # fatal, except while reading a report
    REFUSED = auto()  # fatal


class TooMuchDataError(SourceError):
    """The query is too heavy for Meta. The same query fails again; one of fewer days may pass."""


class TokenRefusedError(CredentialsError):
    """The access token does not count any more."""


class NotReadyError(SourceError):
    """A report is read before it is complete."""


class NoSuchObjectError(CredentialsError):
    """No such account or report, or no access to it: Meta does not say which."""


class BadParameterError(BadResponseError):
    """A parameter, field or path does not fit. Reports that were just completed say so by mistake."""


class AccountBlockedError(ThrottledError):
    """The ad account's request quota is used up. Calling before `retry_after` prolongs the block."""


class AppBlockedError(ThrottledError):
    """The app's request quota is used up: that of every merchant."""


_ANY: Collection[int | None] = ()  # with any subcode, or none

# fmt: off
# (codes, subcodes, reaction, what people are told); the first row that fits decides.
TABLE: tuple[tuple[Collection[int], Collection[int | None], Reaction, str], ...] = (
    ((190,), (463,), Reaction.RECONNECT, "the access token has expired; connect Meta again"),
    ((190,), (460,), Reaction.RECONNECT, "the password was changed, which ends the token; connect Meta again"),
    ((190,), (467,), Reaction.RECONNECT, "the access token was invalidated; connect Meta again"),
    ((190,), (458,), Reaction.RECONNECT, "the app is not authorised any more; connect Meta again"),
    ((190,), (459, 464), Reaction.RECONNECT,
     "Facebook wants its user to confirm the account; log in there, then connect Meta again"),
    ((190,), _ANY, Reaction.RECONNECT, "the access token is not valid any more; connect Meta again"),
    ((102,), _ANY, Reaction.RECONNECT, "the session is not valid any more; connect Meta again"),
    ((104,), _ANY, Reaction.RECONNECT,
     "the token or the proof of the app secret was refused; check metaAccessToken and metaAppSecret"),
    ((100,), (3191001,), Reaction.PERMISSION, "insights are not allowed to this token; give it ads_read"),
    ((100,), (33,), Reaction.NO_SUCH_OBJECT,
     "there is no such ad account, or no access to it (permission ads_read, and a role in the account)"),
    ((3, 10, *range(200, 300)), _ANY, Reaction.PERMISSION,
     "access to the ad account is missing (permission ads_read, or the account's role)"),
    ((100,), (1487534,), Reaction.TOO_MUCH, "the query asks for too many rows"),
    ((100,), (1504018,), Reaction.TOO_MUCH, "the query took too long"),
    ((2,), (1504038,), Reaction.TOO_MUCH, "the query took too long"),
    ((1,), (99, None), Reaction.TOO_MUCH, "the query is too heavy"),
    ((1,), (2853001,), Reaction.REFUSED, "the request was refused"),
    ((-3,), _ANY, Reaction.TOO_MUCH, "the report is too large"),
    ((-2,), _ANY, Reaction.REPORT_FAILED, "the report failed"),
    ((2,), (1504041, 1504042), Reaction.REFUSED,  # in spite of the code, which says temporary
     "the combination of fields is not possible"),
    ((2,), _ANY, Reaction.TRANSIENT, "a passing fault"),
    ((2601,), _ANY, Reaction.NOT_READY, "the report is not ready yet"),
    ((4,), (1504022, 1504039), Reaction.APP_QUOTA, "insights are overloaded for this app"),
    ((4, 341), _ANY, Reaction.APP_QUOTA, "the app's request quota is used up"),
    ((17,), _ANY, Reaction.ACCOUNT_QUOTA, "the ad account's request quota is used up"),
    ((613,), (1487742,), Reaction.ACCOUNT_QUOTA, "the ad account's request quota is used up"),
    ((613,), _ANY, Reaction.ACCOUNT_QUOTA,
     "Meta finds the number of requests unusual; see what else uses this app"),
    (range(80000, 80015), _ANY, Reaction.ACCOUNT_QUOTA, "the ad account's hourly request quota is used up"),
    ((32,), _ANY, Reaction.ACCOUNT_QUOTA, "the token's request quota is used up"),
    ((368,), _ANY, Reaction.REFUSED, "the request was blocked by a policy; see Meta's Account Quality page"),
    ((2635,), _ANY, Reaction.REFUSED,
     "this version of the Marketing API is retired; set PROFITSYNC_META_API_VERSION"),
    ((3018,), _ANY, Reaction.REFUSED, "the days lie further back than Meta keeps"),
    ((100,), _ANY, Reaction.BAD_PARAMETER, "the request was refused"),
    ((2500, 506, *range(1480000, 1490000)), _ANY, Reaction.REFUSED, "the request was refused"),
)
# fmt: on
_PASSING = (Reaction.TRANSIENT, "a passing fault")
_REFUSED = (Reaction.REFUSED, "the request was refused")
_BY_STATUS = {  # of a code that is not in the table, or of none
    401: (Reaction.RECONNECT, "the access token was refused; connect Meta again"),
    403: (Reaction.PERMISSION, "access was refused"),
    429: (Reaction.SLOW_DOWN, "too many requests"),
}
_ERRORS: dict[Reaction, type[SourceError]] = {
    Reaction.RECONNECT: TokenRefusedError,
    Reaction.PERMISSION: CredentialsError,
    Reaction.NO_SUCH_OBJECT: NoSuchObjectError,
    Reaction.TRANSIENT: RetriableError,
    Reaction.NOT_READY: NotReadyError,
    Reaction.REPORT_FAILED: RetriableError,
    Reaction.TOO_MUCH: TooMuchDataError,
    Reaction.ACCOUNT_QUOTA: AccountBlockedError,
    Reaction.SLOW_DOWN: ThrottledError,
    Reaction.APP_QUOTA: AppBlockedError,
    Reaction.BAD_PARAMETER: BadParameterError,
    Reaction.REFUSED: BadResponseError,
}

# Seconds. Calling while blocked prolongs a block, so a run never waits for its end.
SHORTEST_BLOCK = LONGEST_PAUSE + 1.0
_USUAL_BLOCK = 300.0
_HOURLY_QUOTA_BLOCK = 3300.0  # an hour, less what an hourly schedule may be early


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
        return self._meaning()[0]

    @property
    def text(self) -> str:
        """What it means, for people, with the numbers that support asks for."""
        numbers = f"code {self.code}" + (f"/{self.subcode}" if self.subcode is not None else "")
        return f"{self._meaning()[1]} ({numbers}, HTTP {self.status})"

    def _meaning(self) -> tuple[Reaction, str]:
        for codes, subcodes, reaction, text in TABLE:
            if self.code in codes and (not subcodes or self.subcode in subcodes):
                return reaction, text
        if self.is_transient is None and self.status in _BY_STATUS:
            return _BY_STATUS[self.status]
        passing = self.status >= 500 if self.is_transient is None else self.is_transient
        return _PASSING if passing else _REFUSED

    def error(self, retry_after: float | None = None, regain: float | None = None) -> SourceError:
        """The exception to raise.

        `retry_after`: seconds asked for by `Retry-After`; `regain`: seconds until access is regained, as the
        usage headers tell.
        """
        text = f"{NAME}: {self.text}"
        kind = _ERRORS[self.reaction]
        if issubclass(kind, AccountBlockedError | AppBlockedError):
            hourly = self.code is not None and self.code >= 80000
            usual = _HOURLY_QUOTA_BLOCK if hourly else _USUAL_BLOCK
            return kind(text, max(retry_after or regain or usual, SHORTEST_BLOCK))
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
