"""What Shopify's refusals mean: one table from HTTP statuses and error codes to our error classes.

GraphQL failures arrive mostly as HTTP 200; an answer is good only when nothing here objects. An error names the
consequence, never the request: addresses, headers and bodies may hold secrets.
"""

import re
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
    TooSlowError,
)
from profitsync.sources.http import HttpClient
from profitsync.sources.shopify.answers import Answer, Extensions, GraphError

NAME = "Shopify"
_LONGEST_QUOTE = 200  # characters of Shopify's own words in our message
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class TokenRefusedError(CredentialsError):
    """HTTP 401: the token is wrong, has expired, or the app was removed."""


class AccessDeniedError(CredentialsError):
    """The app may not read some fields; `fields` are their dotted places, e.g. `orders.nodes.customer`."""

    def __init__(self, message: str, fields: Collection[str]) -> None:
        super().__init__(message)
        self.fields = frozenset(fields)


class TooExpensiveError(BadResponseError):
    """The query asks for more points than one query may, or than the shop's bucket can ever hold."""


class Meaning(NamedTuple):
    """The consequence of a signal and the words for it; `quote`: Shopify's own words follow."""

    error: type[SourceError]
    text: str
    quote: bool = False


# Signals in the order of their gravity: of several codes in one answer, the first one here counts. A status not
# listed means what `HttpClient.check_status` makes of it; a code not listed, that the query does not fit.
SIGNALS: dict[int | str, Meaning] = {
    401: Meaning(TokenRefusedError, "the access token was refused; was it revoked, or the app uninstalled?"),
    402: Meaning(CredentialsError, "the shop is frozen for want of payment"),
    403: Meaning(CredentialsError, "the app may not read this shop, or lacks a scope"),
    404: Meaning(CredentialsError, "there is no such shop; its permanent *.myshopify.com name is needed"),
    423: Meaning(CredentialsError, "the shop is locked; the merchant has to clear that with Shopify"),
    429: Meaning(ThrottledError, "too many requests"),
    430: Meaning(BadResponseError, "the request was judged malicious; ask Shopify's support before trying again"),
    "THROTTLED": Meaning(ThrottledError, "the bucket of query points is too empty"),
    "ACCESS_DENIED": Meaning(AccessDeniedError, "access to {field} is denied"),
    "SHOP_INACTIVE": Meaning(CredentialsError, "the shop is frozen or closed"),
    "MAX_COST_EXCEEDED": Meaning(TooExpensiveError, "the query costs more points than one query may"),
    "INTERNAL_SERVER_ERROR": Meaning(TooSlowError, "server fault", quote=True),  # also what heavy queries end in
    "RESOURCE_NOT_FOUND": Meaning(BadResponseError, "what was asked for does not exist"),
}
_OTHER_CODE = "the query was refused ({code})"  # a query that does not fit the version, or a bad argument
_CODES = [signal for signal in SIGNALS if isinstance(signal, str)]


def check_status(http: HttpClient, response: requests.Response) -> None:
    """Raise what a bare HTTP status means."""
    status = response.status_code
    if 300 <= status < 400:
        raise BadResponseError(f"{NAME}: redirected (HTTP {status}); {_renamed(response)}")
    if meaning := SIGNALS.get(status):
        text = f"{NAME}: {meaning.text} (HTTP {status})"
        if issubclass(meaning.error, RetriableError):
            raise meaning.error(text, http.retry_after(response))
        raise meaning.error(text)
    http.check_status(response)


def check_answer(answer: Answer, secret: str) -> None:
    """Raise the fitting `SourceError` unless the answer is faultless and has data.

    `secret` is cut out of anything quoted from Shopify.
    """
    failure = _failure(answer)
    if failure is None and bytes(answer.data) in (b"", b"null"):
        failure = BadResponseError(f"{NAME}: an answer without data and without an error")
    if failure is not None:
        # should Shopify ever repeat the token to us
        failure.args = tuple(str(part).replace(secret, "…") for part in failure.args)
        raise failure


def _failure(answer: Answer) -> SourceError | None:
    errors = answer.errors
    if isinstance(errors, list):
        if bytes(answer.data) not in (b"", b"null"):
            # an unknown or deleted id: its place in the data is null, and whoever asked looks there
            errors = [error for error in errors if error.code != "RESOURCE_NOT_FOUND"]
        if errors:
            return _graph_failure(errors, answer.extensions)
    elif errors:
        text = errors if isinstance(errors, str) else ", ".join(map(str, errors))
        return BadResponseError(f"{NAME}: the request was refused: {_quote(text)}")
    return _search_failure(answer.extensions)


def _graph_failure(errors: list[GraphError], extensions: Extensions | None) -> SourceError:
    by_code = {error.code: error for error in reversed(errors)}
    code = next((code for code in _CODES if code in by_code), None)
    if code is None:
        first = errors[0]
        return BadResponseError(
            f"{NAME}: {_OTHER_CODE.format(code=first.code or 'no code')}: {_quote(first.message)}"
        )
    error, meaning = by_code[code], SIGNALS[code]
    text = f"{NAME}: {meaning.text}"
    if code == "THROTTLED" and _never_fits(extensions):
        return TooExpensiveError(f"{NAME}: the query costs more points than the shop's bucket can hold")
    if code == "ACCESS_DENIED":
        return _denied(text, error, {one.field for one in errors if one.code == code})
    return meaning.error(f"{text}: {_quote(error.message)}" if meaning.quote else text)


def _denied(text: str, first: GraphError, fields: Collection[str]) -> AccessDeniedError:
    required = first.extensions.required_access if first.extensions else None
    needs = f"; it needs {_quote(required)}" if required else f": {_quote(first.message)}"
    return AccessDeniedError(text.format(field=first.field or "a field") + needs, fields)


def _never_fits(extensions: Extensions | None) -> bool:
    cost = extensions.cost if extensions else None
    if cost is None or cost.throttle_status is None or cost.requested_query_cost is None:
        return False
    return cost.requested_query_cost > cost.throttle_status.maximum_available


def _search_failure(extensions: Extensions | None) -> SourceError | None:
    """Shopify ignores a term it does not know and then matches everything; a warning is the only sign."""
    reports = extensions.search if extensions and extensions.search else []
    for warning in (warning for report in reports for warning in report.warnings or ()):
        return BadResponseError(
            f"{NAME}: the search term {warning.field!r} was not understood ({warning.code}): "
            f"{_quote(warning.message or '')}"
        )
    return None


def _renamed(response: requests.Response) -> str:
    """What to do about a redirect; of its target only the name of a shop is told."""
    host = urlsplit(response.headers.get("Location", "")).hostname or ""
    named = f"it answers as {host}; register that name" if _SHOP.fullmatch(host) else "was the shop renamed?"
    return f"{named} (the permanent *.myshopify.com name is needed)"


def _quote(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_QUOTE]
