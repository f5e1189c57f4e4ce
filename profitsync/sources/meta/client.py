"""Requests to the Graph API: the token in a header, every answer judged, limits respected and remembered."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from requests import Response

from profitsync.sources.clock import http_date
from profitsync.sources.errors import CredentialsError, RetriableError, ThrottledError
from profitsync.sources.http import HttpClient
from profitsync.sources.meta.access import Access
from profitsync.sources.meta.failures import NAME, Reaction, failure_in
from profitsync.sources.meta.usage import usage_of

log = logging.getLogger(__name__)
T = TypeVar("T")

VERSION_WARNING = "X-Ad-Api-Version-Warning"
_LONGEST_WARNING = 300  # characters of a header that are passed on


class GraphClient:
    """Sends one merchant's requests. Every method raises what `failures.TABLE` says, by consequence.

    `app_secret` is for apps that demand a proof of it with each call. `warnings` gets what people should know of
    the answers. `version_warning` and `clock_skew` (seconds that this machine's clock is behind Meta's, negative
    when ahead) are what answers told so far.
    """

    def __init__(
        self,
        http: HttpClient,
        access: Access,
        *,
        base_url: str,
        version: str,
        token: str,
        app_secret: str | None,
        clock: Callable[[], datetime],
        warnings: list[str],
    ) -> None:
        self.version = version
        self.access = access
        self.version_warning: str | None = None
        self.clock_skew: float | None = None
        self._http = http
        self._base = f"{base_url}/{version}"
        self._token = token
        self._proof = {} if app_secret is None else {"appsecret_proof": _proof(app_secret, token)}
        self._clock = clock
        self._warnings = warnings

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._http.requests

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        kind: type[T],
        account_id: str | None = None,
        *,
        divisible: bool = False,
    ) -> T:
        """The answer as `kind`. `account_id`: the ad account whose quota the request draws on.

        `divisible`: the query can be made smaller, so one that is too heavy raises `TooMuchDataError` at once;
        other requests are tried again.
        """
        return self._send("GET", path, kind, account_id, params=params, divisible=divisible)

    def post(self, path: str, fields: Mapping[str, str], kind: type[T], account_id: str) -> T:
        """The same for a form."""
        return self._send("POST", path, kind, account_id, data=fields, divisible=True)

    def introspect(self, kind: type[T]) -> T:
        """What Meta says of the token itself; the API takes it as a parameter there, and nowhere else."""
        return self._send("GET", "/debug_token", kind, None, params={"input_token": self._token})

    def _send(
        self,
        method: str,
        path: str,
        kind: type[T],
        account_id: str | None,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        divisible: bool = False,
    ) -> T:
        def interpret(response: Response) -> T:
            self._check(response, divisible=divisible)
            self.access.told(usage_of(response.headers), account_id)
            return self._http.decode(response, kind)

        if not (self._token.isascii() and self._token.isprintable()):  # would break the header
            raise CredentialsError(f"{NAME}: the access token holds characters that no token has; paste it again")
        self.access.require(account_id)
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            return self._http.send(
                method, self._base + path, interpret, headers=headers,
                params=None if params is None else {**params, **self._proof},
                data=None if data is None else {**data, **self._proof},
            )  # fmt: skip
        except ThrottledError as error:
            self.access.refused(error, account_id)
            raise

    def _check(self, response: Response, *, divisible: bool) -> None:
        """Raise what an answer reports; an error body may come with HTTP 200."""
        if (warning := response.headers.get(VERSION_WARNING)) and self.version_warning is None:
            self.version_warning = warning[:_LONGEST_WARNING]
            self._warnings.append(
                f"version {self.version} of the API is ageing; Meta says: {self.version_warning}"
            )
        self._compare_clocks(response)
        retry_after = self._http.retry_after(response)
        try:
            body = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if response.status_code == 429:
                self._http.check_status(response)
            # a gateway's page: says nothing about our request, whatever its status
            raise RetriableError(
                f"{NAME}: the answer is not JSON (HTTP {response.status_code})", retry_after
            ) from None
        if failure := failure_in(body, response.status_code):
            log.warning(
                "%s: error code %s/%s, HTTP %s, fbtrace_id %s",
                NAME, failure.code, failure.subcode or "-", failure.status, failure.trace,
            )  # fmt: skip
            if failure.reaction is Reaction.TOO_MUCH and not divisible:
                raise RetriableError(f"{NAME}: {failure.text}", retry_after)
            raise failure.error(retry_after, usage_of(response.headers).regain)
        self._http.check_status(response)

    def _compare_clocks(self, response: Response) -> None:
        theirs = http_date(response.headers.get("Date"))
        if theirs is not None:
            self.clock_skew = (theirs - self._clock()).total_seconds()


def _proof(app_secret: str, token: str) -> str:
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
