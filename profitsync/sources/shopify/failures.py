"""What an answer's `errors` and `extensions` mean: the one table from Shopify's codes to our error classes.

GraphQL failures arrive mostly as HTTP 200; an answer is good only when nothing here objects.
"""

from typing import Any

import msgspec

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from profitsync.sources.shopify.wire import Wire

NAME = "Shopify"
_LONGEST_QUOTE = 200  # characters of Shopify's own words in our message


class TokenRefusedError(CredentialsError):
    """HTTP 401: the token is wrong, has expired, or the app was removed."""


class ThrottleStatus(Wire):
    """The shop's bucket of query points; `restore_rate` is points per second. Shopify sends ints or floats."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(Wire):
    """Points a query asks for at most, and took."""

    requested_query_cost: float | None = None
    actual_query_cost: float | None = None
    throttle_status: ThrottleStatus | None = None


class SearchWarning(Wire):
    """A term of the search text that Shopify ignored: the answer then holds orders nobody asked for."""

    field: str | None = None
    message: str | None = None
    code: str | None = None


class SearchReport(Wire):
    """What Shopify made of one search text."""

    warnings: list[SearchWarning] | None = None


class Extensions(Wire):
    """What comes beside the data."""

    cost: Cost | None = None
    search: list[SearchReport] | None = None


class ErrorExtensions(Wire):
    """The machine-readable part of an error."""

    code: str | None = None
    required_access: str | None = None


class GraphError(Wire):
    """One entry of `errors`."""

    message: str = ""
    path: list[str | int] | None = None
    extensions: ErrorExtensions | None = None

    @property
    def code(self) -> str | None:
        """Shopify's name for the failure, e.g. `THROTTLED`."""
        return self.extensions.code if self.extensions else None

    @property
    def field(self) -> str:
        """The place without list positions, e.g. `orders.nodes.customer`."""
        return ".".join(str(part) for part in self.path or () if isinstance(part, str))


class Answer(Wire):
    """The body of every GraphQL answer; `data` stays undecoded until the rest was found in order."""

    data: msgspec.Raw = msgspec.Raw()
    errors: list[GraphError] | str | dict[str, Any] | None = None
    extensions: Extensions | None = None


def data_of(answer: Answer, secret: str) -> msgspec.Raw:
    """The data of a faultless answer; raises the fitting `SourceError` otherwise.

    `secret` is cut out of anything quoted from Shopify.
    """
    failure = _failure(answer)
    if failure is not None:
        raise _without(secret, failure)
    if bytes(answer.data) in (b"", b"null"):
        raise BadResponseError(f"{NAME}: an answer without data and without an error")
    return answer.data


def _failure(answer: Answer) -> SourceError | None:
    errors = answer.errors
    if isinstance(errors, list):
        # an unknown or deleted id: its place in the data is null, and whoever asked looks there
        errors = [error for error in errors if error.code != "RESOURCE_NOT_FOUND"]
        if errors:
            return _graph_failure(errors, answer.extensions)
    elif errors:
        text = errors if isinstance(errors, str) else ", ".join(errors)
        return BadResponseError(f"{NAME}: the request was refused: {_quote(text)}")
    return _search_failure(answer.extensions)


def _graph_failure(errors: list[GraphError], extensions: Extensions | None) -> SourceError:
    by_code = {error.code: error for error in reversed(errors)}
    if "THROTTLED" in by_code:
        return _throttled(extensions.cost if extensions else None)
    if denied := by_code.get("ACCESS_DENIED"):
        required = denied.extensions.required_access if denied.extensions else None
        needs = f"; it needs {_quote(required)}" if required else f": {_quote(denied.message)}"
        return CredentialsError(f"{NAME}: access to {denied.field or 'a field'} is denied{needs}")
    if "MAX_COST_EXCEEDED" in by_code:
        return BadResponseError(f"{NAME}: the query costs more points than one query may")
    if fault := by_code.get("INTERNAL_SERVER_ERROR"):
        return RetriableError(f"{NAME}: server fault: {_quote(fault.message)}")
    first = errors[0]
    return BadResponseError(f"{NAME}: the query was refused ({first.code or 'no code'}): {_quote(first.message)}")


def _throttled(cost: Cost | None) -> SourceError:
    """With the pause until the bucket holds what the query asks for; it fills at `restore_rate` per second."""
    text = f"{NAME}: the bucket of query points is too empty"
    status = cost.throttle_status if cost else None
    if cost is None or status is None or cost.requested_query_cost is None:
        return ThrottledError(text)
    if cost.requested_query_cost > status.maximum_available:
        return BadResponseError(f"{NAME}: the query costs more points than the shop's bucket can hold")
    missing = cost.requested_query_cost - status.currently_available
    if missing <= 0 or status.restore_rate <= 0:
        return ThrottledError(text)
    return ThrottledError(text, retry_after=missing / status.restore_rate)


def _search_failure(extensions: Extensions | None) -> SourceError | None:
    """Shopify ignores a term it does not know and then matches everything; a warning is the only sign."""
    reports = extensions.search if extensions and extensions.search else []
    for warning in (warning for report in reports for warning in report.warnings or ()):
        return BadResponseError(
            f"{NAME}: the search term {warning.field!r} was not understood ({warning.code}): "
            f"{_quote(warning.message or '')}"
        )
    return None


def _quote(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_QUOTE]


def _without(secret: str, error: SourceError) -> SourceError:
    """The same error, should Shopify ever repeat the token to us, without it."""
    error.args = tuple(str(part).replace(secret, "…") for part in error.args)
    return error
