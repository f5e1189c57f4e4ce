"""Lists of the Shiprocket API: one page after the other, with the session's token."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from requests import Response

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
THROTTLE_PAUSE = 5.0  # seconds, when a 429 does not say how long; integrators wait 5 to 10


class TokenRefusedError(CredentialsError):
    """HTTP 401 on a data call: the token has expired or was revoked."""


class ForbiddenError(CredentialsError):
    """HTTP 403 on a data call: a module the API user may not see, or the edge firewall."""


class TooManyRecordsError(BadResponseError):
    """A query matches more than Shiprocket hands out; ask for fewer days."""


class Client:
    """GET requests with one merchant's token."""

    def __init__(self, http: HttpClient, *, url: str, session: Session) -> None:
        self._http = http
        self._url = url
        self._session = session

    def pages(self, path: str, query: Mapping[str, str], kind: type[T]) -> Iterator[list[T]]:
        """Every page of a list, as `kind` (which has an `id`), records seen before left out.

        Ends when a page is empty, brings nothing new, or neither `next` nor the page count promises more.
        `next` itself is not followed: it may have lost the filters. An empty page that promises more and
        contradicts the total is a passing fault. Raises `TooManyRecordsError` before the first page when
        the query matches too much.
        """
        seen: set[str] = set()
        for number in range(1, MOST_PAGES + 1):
            params = {**query, "page": str(number), "per_page": str(PAGE_SIZE)}
            answer = self._get(path, params, known=len(seen))
            paging = _pagination(answer)
            if number == 1 and paging and (whole(paging.total) or 0) > MOST_RECORDS:
                raise TooManyRecordsError(f"{self._http.name}: {path} matches more than {MOST_RECORDS} records")
            records = self._records(path, answer, kind)
            new = [(key, record) for record in records if (key := str(getattr(record, "id", ""))) not in seen]
            fresh = dict(new)
            if not fresh:
                return
            yield list(fresh.values())
            seen.update(fresh)
            if not _more(paging, number, len(records)):
                return
        raise BadResponseError(f"{self._http.name}: {path} did not end within {MOST_PAGES} pages")

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
        def interpret(response: Response) -> Answer:
            self._check(response.status_code, response, path)
            self._http.check_status(response)
            answer = self._http.decode(response, Answer)
            if not isinstance(answer.data, list):
                self._check(whole(answer.status_code) or whole(answer.status) or 0, response, path)
                raise BadResponseError(f"{self._http.name}: {path} answered without a list of data")
            if not answer.data and _hides_more(_pagination(answer), int(params["page"]), known):
                raise RetriableError(f"{self._http.name}: {path} answered an empty page, though there is more")
            return answer

        headers = {"Authorization": f"Bearer {self._session.token()}"}
        return self._http.send("GET", self._url + path, interpret, headers=headers, params=params)

    def _check(self, status: int, response: Response, path: str) -> None:
        """Raise by a status, of the answer or told in its body."""
        name = self._http.name
        if status == 401:
            raise TokenRefusedError(f"{name}: the token was refused (HTTP 401)")
        if status == 403:
            raise ForbiddenError(f"{name}: {path} is forbidden for this API user (HTTP 403)")
        if status == 429:
            pause = self._http.retry_after(response)
            raise ThrottledError(
                f"{name}: too many requests (HTTP 429)", THROTTLE_PAUSE if pause is None else pause
            )
        if status >= 500:
            raise RetriableError(f"{name}: server fault (status {status})", self._http.retry_after(response))


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
