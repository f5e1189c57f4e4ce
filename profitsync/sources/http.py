"""One HTTP client for every source.

Neither URLs nor headers nor bodies of requests reach an error text: they may hold secrets.
"""

import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests

from profitsync import __version__
from profitsync.sources.clock import http_date
from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    ThrottledError,
    TooSlowError,
)
from profitsync.sources.retries import Retries

log = logging.getLogger(__name__)
T = TypeVar("T")

TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two bytes of an answer
PART = 1 << 18  # bytes
LONGEST_ANSWER = 1 << 26  # bytes; a full page of orders has a few million
TIMED_OUT = (504, 524)  # a gateway, and the one before it, gave up waiting
USER_AGENT = f"profitsync/{__version__}"
_OPERATION = re.compile(r"\s*(?:query|mutation)\s+(\w+)")  # of a GraphQL document: all share one path


class HttpClient:
    """Sends requests for one source of one merchant. Not shared between threads."""

    def __init__(
        self,
        name: str,
        *,
        sleep: Callable[[float], None],
        rng: random.Random,
        clock: Callable[[], datetime],
        session: requests.Session | None = None,
        pace: float = 0.0,
    ) -> None:
        """`pace` is the least number of seconds between the beginnings of two requests."""
        self.name = name  # as the source is called in messages, e.g. "Meta"
        self.requests = 0
        self._pace = pace
        self._began: datetime | None = None
        self._sleep = sleep
        self.retries = Retries(sleep, rng)
        self._clock = clock
        self._session = session or requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        self._tries = 0  # of the request at hand
        self._session.auth = _as_given  # else a ~/.netrc entry would replace our Authorization header

    def send(
        self,
        method: str,
        url: str,
        interpret: Callable[[requests.Response], T],
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        retry: bool = True,
        again: Callable[[RetriableError], bool] = lambda _error: True,
    ) -> T:
        """Send and return what `interpret` makes of the answer; its `RetriableError`s are tried again.

        `again` may except some, when the caller knows something better than the same request once more.
        """

        def attempt() -> T:
            self._tries += 1
            return interpret(self._once(method, url, headers, params, json, data))

        self._tries = 0
        return self.retries.persist(attempt, again) if retry else attempt()

    @contextmanager
    def download(self, url: str) -> Iterator[requests.Response]:
        """The open answer to a plain GET, its body still to be read; one try.

        For addresses that are secrets themselves: nothing of ours goes along but the name of the program,
        neither a token nor a cookie. Raises `RetriableError` when the connection fails, also later in the block.
        """
        self.requests += 1
        self._tries = 1
        began, status = time.perf_counter(), "no answer"
        try:
            with requests.Session() as bare:
                bare.headers["User-Agent"] = USER_AGENT
                bare.auth = _as_given
                with bare.get(url, stream=True, timeout=TIMEOUT, allow_redirects=False) as response:
                    status = str(response.status_code)
                    yield response
        except requests.Timeout:
            raise RetriableError(f"{self.name}: no answer in time") from None
        except requests.RequestException as error:
            raise RetriableError(f"{self.name}: connection failed ({type(error).__name__})") from None
        finally:
            self._note("GET", "download", status, began)

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        json: Any,
        data: Mapping[str, str] | None,
    ) -> requests.Response:
        self._keep_pace()
        self.requests += 1
        began, status = time.perf_counter(), "no answer"
        try:
            response = self._session.request(
                method, url, headers=headers, params=params, json=json, data=data,
                timeout=TIMEOUT, allow_redirects=False,  # a followed redirect turns POST into GET
                stream=True,
            )  # fmt: skip
            with response:
                self._receive(response)
        except requests.ReadTimeout:
            raise TooSlowError(f"{self.name}: no answer in time") from None
        except requests.Timeout:
            raise RetriableError(f"{self.name}: no connection in time") from None
        except requests.RequestException as error:
            raise RetriableError(f"{self.name}: connection failed ({type(error).__name__})") from None
        else:
            status = str(response.status_code)
        finally:
            self._note(method, _what(url, json), status, began)
        return response

    def _receive(self, response: requests.Response) -> None:
        """Read the body, unpacked, up to a size that no answer of ours has: a few kilobytes may unpack to much."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(PART):
            size += len(part)
            if size > LONGEST_ANSWER:
                raise BadResponseError(f"{self.name}: the answer is longer than {LONGEST_ANSWER >> 20} MiB")
            parts.append(part)
        response._content = b"".join(parts)  # noqa: SLF001 - as `content` would set it

    def _keep_pace(self) -> None:
        """Wait until the last request began long enough ago; a clock that was set back costs one pace at most."""
        if self._began is not None:
            since = (self._clock() - self._began).total_seconds()
            if self._pace and since < self._pace:
                self._sleep(min(self._pace, self._pace - since))
        self._began = self._clock()

    def now(self) -> datetime:
        """The time, as the source's clock tells it."""
        return self._clock()

    def pause(self, seconds: float) -> None:
        """Wait before the next request."""
        self._sleep(seconds)

    def _note(self, method: str, what: str, status: str, began: float) -> None:
        """One line per request; neither query nor body, for they may hold secrets."""
        took = round((time.perf_counter() - began) * 1000)
        told = {"method": method, "api": self.name, "request": what, "status": status, "ms": took}
        log.debug(
            "%s %s %s: %s in %d ms, try %d", method, self.name, what, status, took, self._tries,
            extra=told | {"try": self._tries},
        )  # fmt: skip

    def check_status(self, response: requests.Response) -> None:
        """Raise by HTTP status alone: 401 and 403 credentials, 429 throttled, 5xx retriable, the rest bad."""
        status = response.status_code
        if status < 300:
            return
        if status in (401, 403):
            raise CredentialsError(f"{self.name}: the credentials were refused (HTTP {status})")
        if status == 429:
            raise ThrottledError(f"{self.name}: too many requests (HTTP 429)", self.retry_after(response))
        if status in TIMED_OUT:
            raise TooSlowError(f"{self.name}: not finished in time (HTTP {status})", self.retry_after(response))
        if status >= 500:
            raise RetriableError(f"{self.name}: server fault (HTTP {status})", self.retry_after(response))
        raise BadResponseError(f"{self.name}: unexpected HTTP {status}")

    def retry_after(self, response: requests.Response) -> float | None:
        """Seconds asked for by `Retry-After`, a number or a date; None when absent or unreadable."""
        text = response.headers.get("Retry-After", "").strip()
        if not text:
            return None
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        until = http_date(text)
        return None if until is None else max(0.0, (until - self._clock()).total_seconds())

    def decode(self, response: requests.Response, kind: type[T]) -> T:
        """The JSON body as `kind`; untyped fractions become Decimal, never float.

        Not JSON at all: retriable (a gateway's page, a cut answer).
        JSON of another shape: `BadResponseError` naming the place in the answer.
        """
        try:
            return msgspec.json.Decoder(kind, float_hook=Decimal).decode(response.content)
        except msgspec.ValidationError as error:
            raise BadResponseError(f"{self.name}: the answer has an unexpected shape: {error}") from None
        except (RecursionError, ArithmeticError):  # lists in lists without end; a number no Decimal can be
            raise BadResponseError(f"{self.name}: the answer is nothing that an API sends") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RetriableError(
                f"{self.name}: the answer is not JSON (HTTP {response.status_code})",
                self.retry_after(response),
            ) from None


def _what(url: str, json: Any) -> str:
    """What is asked: the path without its query, or the name of a GraphQL operation."""
    document = json.get("query") if isinstance(json, dict) else None
    named = _OPERATION.match(document) if isinstance(document, str) else None
    return named[1] if named else urlsplit(url).path


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
