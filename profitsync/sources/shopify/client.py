"""Sends one GraphQL document and hands back typed data, or raises what the failure means.

It keeps to the shop's bucket of query points: it waits before a query that the bucket cannot hold yet, and after
a refusal as long as the bucket needs. Lists that prove too large are asked for in smaller pieces.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
import requests

from profitsync.sources.clock import http_date
from profitsync.sources.errors import BadResponseError, RetriableError, ThrottledError, TooSlowError
from profitsync.sources.http import HttpClient
from profitsync.sources.retries import LONGEST_PAUSE
from profitsync.sources.shopify.answers import Answer
from profitsync.sources.shopify.auth import Credentials
from profitsync.sources.shopify.failures import TokenRefusedError, TooExpensiveError, check_answer, check_status
from profitsync.sources.shopify.pacing import Fit, Pacer
from profitsync.sources.shopify.wire import UNREADABLE

log = logging.getLogger(__name__)
T = TypeVar("T")

LONGEST_WAIT = 300.0  # seconds in all that one query may wait for room in a bucket which others empty
PATIENT = 3  # refusals of one query in a row after which the exact wait is no longer trusted


class _Query(NamedTuple):
    document: str
    variables: dict[str, Any]
    size: int  # how many elements it asks for; 0 where that does not vary
    splits: bool  # whether it can be asked in smaller pieces


class ShopifyClient:
    """The Admin API of one shop in one pinned version. `warn` takes what people should know, one line each."""

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        version: str,
        credentials: Credentials,
        warn: Callable[[str], None],
    ) -> None:
        self._http = http
        self._url = f"{base_url}/admin/api/{version}/graphql.json"
        self._credentials = credentials
        self._warn = warn
        self._pacer = Pacer()
        self._seen_at: tuple[str | None, datetime] | None = None
        self.version = version
        self.answered_version: str | None = None  # None: no answer said so yet
        self.waited = 0.0  # seconds spent waiting for the bucket

    @property
    def points(self) -> float:
        """Query points taken so far."""
        return self._pacer.spent

    def now(self) -> datetime:
        """The time, as the source's clock tells it."""
        return self._http.now()

    def pause(self, seconds: float) -> None:
        """Wait before the next query."""
        self._http.pause(seconds)

    def clock_skew(self) -> float | None:
        """Seconds by which our clock is ahead of Shopify's, by its last answer; None when that does not tell."""
        text, seen_at = self._seen_at or (None, None)
        theirs = http_date(text)
        return None if theirs is None or seen_at is None else (seen_at - theirs).total_seconds()

    def ask(self, document: str, variables: dict[str, Any], kind: type[T], about: str = "") -> T:
        """The data of one query as `kind`; `about` names what it concerns in an error, e.g. `order #1042`."""
        return self.decode(self._data(_Query(document, variables, 0, splits=False)), kind, about)

    def ask_fitting(
        self, document: str, fit: Fit, variables: Callable[[int], dict[str, Any]], kind: type[T]
    ) -> tuple[T, int]:
        """The data of a query about several elements, and how many of them were asked for.

        `variables` is told how many to ask for: fewer after a query that costs too much or takes too long.
        """
        shrunk = 0
        while True:
            size = fit.size
            query = _Query(document, variables(size), size, splits=size > 1)
            try:
                answer = self.decode(self._data(query), kind)
            except (TooExpensiveError, TooSlowError) as error:
                if not fit.shrink(for_good=isinstance(error, TooExpensiveError)):
                    raise
                shrunk += 1
                log.warning("%s; asked again for %d at once instead of %d", error, fit.size, size)
                if isinstance(error, TooSlowError):
                    self.pause(self._http.retries.backoff(shrunk))
            else:
                fit.succeeded()
                return answer, size

    def decode(self, data: msgspec.Raw, kind: type[T], about: str = "") -> T:
        """A part of an answer as `kind`. Raises `BadResponseError` naming `about` and the field."""
        try:
            return msgspec.json.decode(data, type=kind)
        except UNREADABLE as error:
            raise self.misshapen(about or "the answer", error) from None

    def misshapen(self, about: str, error: Exception) -> BadResponseError:
        """An error for data that is not what the schema promises; msgspec names the field, never its value."""
        return self.bad(about, f"has an unexpected shape: {error}")

    def bad(self, about: str, what: str) -> BadResponseError:
        """An error naming what it concerns."""
        return BadResponseError(f"{self._http.name}: {about} {what}")

    def _data(self, query: _Query) -> msgspec.Raw:
        """Send once the bucket holds what the query asks for, and again after each refusal, within a bound."""
        pause = self._pacer.pause(query.document, query.size, self.now())
        waited, refusals = 0.0, 0
        while True:
            waited += pause
            if waited > LONGEST_WAIT:
                raise ThrottledError(f"{self._http.name}: the bucket of query points fills too slowly to go on")
            if pause:
                self.waited += pause
                self.pause(pause)
            try:
                return self._authorised(query)
            except ThrottledError as error:
                refusals += 1
                pause = self._pause_after(error, query, refusals)
                if pause > LONGEST_PAUSE or waited + pause > LONGEST_WAIT:
                    raise
                log.warning("%s; next try in %.1f s", error, pause)

    def _pause_after(self, error: ThrottledError, query: _Query, refusals: int) -> float:
        """As long as the server says, else as the bucket needs; longer when others are quicker each time."""
        told = error.retry_after or self._pacer.pause(query.document, query.size, self.now())
        if told and refusals <= PATIENT:
            return told
        return max(told, min(self._http.retries.backoff(max(1, refusals - PATIENT)), LONGEST_PAUSE / 2))

    def _authorised(self, query: _Query) -> msgspec.Raw:
        """A token may end, or be replaced, in the middle of a run: once it is renewed."""
        try:
            return self._send(query)
        except TokenRefusedError:
            if not self._credentials.renew():
                raise
            return self._send(query)

    def _send(self, query: _Query) -> msgspec.Raw:
        token = self._credentials.token()

        def interpret(response: requests.Response) -> msgspec.Raw:
            check_status(self._http, response)
            answer = self._http.decode(response, Answer)
            self._notice(response)
            self._pacer.learn(query.document, query.size, answer.cost, self.now())
            check_answer(answer, secret=token)
            return answer.data

        def again(error: RetriableError) -> bool:
            return not isinstance(error, ThrottledError) and not (query.splits and isinstance(error, TooSlowError))

        return self._http.send(
            "POST",
            self._url,
            interpret,
            headers={"X-Shopify-Access-Token": token},
            json={"query": query.document, "variables": query.variables},
            again=again,
        )

    def _notice(self, response: requests.Response) -> None:
        """A retired version is no error to Shopify: it answers with an older schema, which only a header tells."""
        self._seen_at = response.headers.get("Date"), self.now()
        answered = response.headers.get("X-Shopify-API-Version")
        if answered and answered != self.version and answered != self.answered_version:
            self._warn(
                f"answered with API version {answered}, not {self.version}: that one is retired or unknown; "
                "set PROFITSYNC_SHOPIFY_API_VERSION to a supported one"
            )
        self.answered_version = answered or self.answered_version
