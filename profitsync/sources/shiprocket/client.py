"""Lists of the Shiprocket API: one page after the other, with the session's token."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from requests import Response

from profitsync.sources.clock import http_date
from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    ThrottledError,
)
from profitsync.sources.http import HttpClient
from profitsync.sources.shiprocket.auth import Session
from profitsync.sources.shiprocket.wire import Answer, Pagination, whole

log = logging.getLogger(__name__)
T = TypeVar("T")

PAGE_SIZE = 100
MOST_PAGES = 1000  # of one query
MOST_RECORDS = 10_000  # integrators report that a query ends there, silently
THROTTLE_PAUSE = 5.0  # seconds, doubled each time, when a 429 does not say how long; as integrators do
_ALLOW = "allow it for the API user under Settings -> API in Shiprocket"


class TokenRefusedError(CredentialsError):
    """HTTP 401 on a data call: the token has expired or was revoked."""


class ForbiddenError(CredentialsError):
    """HTTP 403 on a data call: a module the API user may not see, or the edge firewall."""


class TooManyRecordsError(BadResponseError):
    """A query matches more than Shiprocket hands out; ask for fewer days."""


class HiddenRowsError(RetriableError):
    """An empty page, though by its own words there is more."""


class Client:
    """GET requests with one merchant's token. `warn` is told of lists that end before they should."""

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        session: Session,
        clock: Callable[[], datetime],
        warn: Callable[[str], None],
    ) -> None:
        self._http = http
        self._url = url
        self._session = session
        self._clock = clock
        self._warn = warn
        self.skew: timedelta | None = None  # how far our clock is ahead of Shiprocket's, by its last answer

    def pages(
        self,
        path: str,
        query: Mapping[str, str],
        kind: type[T],
        *,
        divisible: bool = True,
        exact_total: bool = True,
    ) -> Iterator[list[T]]:
        """Every page of a list, as `kind` (which has an `id`), records seen before left out.

        Ends when a page is empty, brings nothing new, or neither `next` nor the page count promises more.
        `next` itself is not followed: it may have lost the filters. An empty page that promises more and
        contradicts the total is a passing fault; where the total is not `exact_total`, it is an end after all if
        it stays empty. Raises `TooManyRecordsError` as soon as the query is seen to match too much; if it is not
        `divisible`, only when less was handed out than there is. A list that ends a whole page before its exact
        total is a `BadResponseError`, one that ends a little early a warning.
        """
        seen: set[str] = set()
        total = 0
        for number in range(1, MOST_PAGES + 1):
            params = {**query, "page": str(number), "per_page": str(PAGE_SIZE)}
            try:
                answer = self._get(path, params, known=len(seen))
            except HiddenRowsError:
                if exact_total:
                    raise
                self._warn(f"{path} ended after {len(seen)} records, though it promised more")
                return
            paging = _pagination(answer)
            total = (whole(paging.total) or 0) if paging else 0
            if divisible and max(total, len(seen)) >= MOST_RECORDS:
                raise TooManyRecordsError(f"{self._http.name}: {path} matches {MOST_RECORDS} records or more")
            records = self._records(path, answer, kind)
            new = [(key, record) for record in records if (key := str(getattr(record, "id", ""))) not in seen]
            fresh = dict(new)
            if fresh:
                yield list(fresh.values())
                seen.update(fresh)
            if not fresh or not _more(paging, number, len(records)):
                size = (whole(paging.per_page) or PAGE_SIZE) if paging else PAGE_SIZE
                self._check_end(path, len(seen), total, size if exact_total else MOST_RECORDS)
                return
        raise BadResponseError(f"{self._http.name}: {path} did not end within {MOST_PAGES} pages")

    def total(self, path: str, query: Mapping[str, str]) -> int | None:
        """How many records a list has, as it says itself; one small request."""
        paging = _pagination(self._get(path, {**query, "page": "1", "per_page": "1"}, known=0))
        return whole(paging.total) if paging else None

    def _check_end(self, path: str, received: int, total: int, bearable: int) -> None:
        """Whether a list gave all it has, or lacks less than is `bearable`. An end at the ceiling is none."""
        if received == MOST_RECORDS or (total > received and total >= MOST_RECORDS):
            raise TooManyRecordsError(
                f"{self._http.name}: {path} ended after {received} of {max(total, received)} records of one day; "
                f"{MOST_RECORDS} are the most it hands out"
            )
        if total - received >= bearable:
            raise BadResponseError(f"{self._http.name}: {path} ended after {received} of {total} records")
        if received < total:
            self._warn(f"{path} said it has {total} records and ended after {received}")

    def _records(self, path: str, answer: Answer, kind: type[T]) -> list[T]:
        try:
            return msgspec.convert(answer.data, list[kind])  # type: ignore[valid-type]
        except msgspec.ValidationError as error:
            raise BadResponseError(f"{self._http.name}: {path} has an unexpected shape: {error}") from None

    def _get(self, path: str, params: Mapping[str, str], known: int) -> Answer:
        """One list answer. A refused token is replaced once, since a run logs in no more than once."""
        while True:
            try:
                return self._send(path, params, known)
            except TokenRefusedError:
                log.info("%s refused the token", self._http.name)
                self._session.renew()

    def _send(self, path: str, params: Mapping[str, str], known: int) -> Answer:
        throttled = 0

        def interpret(response: Response) -> Answer:
            nonlocal throttled
            throttled += response.status_code == 429
            self._look_at_clock(response)
            pause = THROTTLE_PAUSE * 2.0 ** max(0, throttled - 1)
            self._check(response.status_code, response, path, pause)
            self._http.check_status(response)
            answer = self._http.decode(response, Answer)
            if not isinstance(answer.data, list):
                status = whole(answer.status_code) or whole(answer.status) or 0
                self._check(status, response, path, pause)
                raise BadResponseError(f"{self._http.name}: {path} answered without a list of data")
            if not answer.data and _hides_more(_pagination(answer), int(params["page"]), known):
                raise HiddenRowsError(f"{self._http.name}: {path} answered an empty page, though there is more")
            return answer

        headers = {"Authorization": f"Bearer {self._session.token()}"}
        return self._http.send("GET", self._url + path, interpret, headers=headers, params=params)

    def _check(self, status: int, response: Response, path: str, pause: float) -> None:
        """Raise by a status, of the answer or told in its body; `pause` where a 429 names none."""
        name = self._http.name
        if status == 401:
            raise TokenRefusedError(f"{name}: the token was refused (HTTP 401)")
        if status == 403:
            why = "is turned away by the firewall before Shiprocket" if _is_web_page(response) else (
                f"is forbidden for this API user; {_ALLOW}"
            )  # fmt: skip
            raise ForbiddenError(f"{name}: {path} {why} (HTTP 403)")
        if status == 429:
            asked = self._http.retry_after(response)
            raise ThrottledError(f"{name}: too many requests (HTTP 429)", pause if asked is None else asked)
        if status >= 500:
            raise RetriableError(f"{name}: server fault (status {status})", self._http.retry_after(response))

    def _look_at_clock(self, response: Response) -> None:
        theirs = http_date(response.headers.get("Date"))
        if theirs is not None:
            self.skew = self._clock() - theirs


def _is_web_page(response: Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").casefold() or response.content.lstrip()[:1] == b"<"


def _pagination(answer: Answer) -> Pagination | None:
    meta = answer.meta
    if meta is None or isinstance(meta, list) or isinstance(meta.pagination, list):
        return None
    return meta.pagination


def _more(paging: Pagination | None, number: int, received: int) -> bool:
    """Whether another page is promised; with no paging told at all, a full page may be followed by one."""
    if paging is None:
        return received >= PAGE_SIZE
    links: Any = paging.links
    if isinstance(links, dict) and links.get("next"):
        return True
    return (whole(paging.current_page) or number) < (whole(paging.total_pages) or 0)


def _hides_more(paging: Pagination | None, number: int, known: int) -> bool:
    """Whether an empty page contradicts itself: it promises another one, and the total is not reached."""
    return paging is not None and _more(paging, number, 0) and (whole(paging.total) or 0) > known
