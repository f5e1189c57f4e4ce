"""One ad account over the Graph API: its currency and zone, and one insights row per day."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from requests import Response

from profitsync.domain.ads import AdDay
from profitsync.domain.days import ONE_DAY, DayRange
from profitsync.sources.errors import BadResponseError, CredentialsError, RetriableError
from profitsync.sources.http import HttpClient
from profitsync.sources.meta.failures import NAME, failure_in, quota_pause
from profitsync.sources.protocol import AdAccount

log = logging.getLogger(__name__)
T = TypeVar("T")

FIELDS = "date_start,date_stop,account_id,account_currency,spend,impressions,reach,inline_link_clicks"
PAGE_SIZE = 500
CHUNK = 90  # days per query
HISTORY = timedelta(days=1123)  # 37 months of any lengths; older days are refused with code 3018
MOST_PAGES = 1000  # of one query; it has at most 90 rows
_EAST = timedelta(hours=14)  # no calendar is further ahead of UTC


class _Account(msgspec.Struct):
    currency: str
    timezone_name: str


class _Cursors(msgspec.Struct):
    after: str | None = None


class _Paging(msgspec.Struct):
    cursors: _Cursors | None = None
    next: str | None = None  # holds the access token: only its presence is looked at


class _Row(msgspec.Struct):
    """Every number is a string on the wire; plain numbers are taken as well."""

    date_start: date
    date_stop: date
    account_currency: str
    spend: Decimal
    impressions: Decimal
    account_id: str | int | None = None
    reach: Decimal | None = None
    inline_link_clicks: Decimal | None = None  # left out by Meta when there were none


class _Page(msgspec.Struct):
    data: list[_Row]
    paging: _Paging | None = None


class MetaSource:
    """One ad account. `account_id` may carry the prefix "act_"; the token travels in a header only.

    `app_secret` is for apps that demand a proof of it with each call; `timezone` is the account's IANA
    zone if it is known from an earlier run (else it is learnt by `account()`).
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        version: str,
        account_id: str,
        token: str,
        clock: Callable[[], datetime],
        app_secret: str | None = None,
        timezone: str | None = None,
    ) -> None:
        self.account_id = _bare(account_id)
        self.timezone = timezone
        self.warnings: list[str] = []
        self._http = http
        self._node = f"{base_url}/{version}/act_{self.account_id}"
        self._token = token
        self._proof = {} if app_secret is None else {"appsecret_proof": _proof(app_secret, token)}
        self._clock = clock
        self._warned = False

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._http.requests

    def account(self) -> AdAccount:
        """Ask for the account's currency and time zone (one request)."""
        found = self._get(self._node, {"fields": "account_id,currency,timezone_name"}, _Account)
        try:
            ZoneInfo(found.timezone_name)
        except (ZoneInfoNotFoundError, ValueError):
            raise BadResponseError(f"{NAME}: unknown time zone {found.timezone_name!r}") from None
        self.timezone = found.timezone_name
        return AdAccount(self.account_id, found.currency, found.timezone_name)

    def first_day(self) -> date:
        """The earliest day Meta still answers for."""
        return self._today() - HISTORY

    def days(self, since: date, until: date) -> list[AdDay]:
        """All rows of the account's days, both ends included. A day without delivery has no row.

        Days before `first_day()` and days that have not begun are not asked for. Raises
        `BadResponseError` when all days are too old: no rows would look like no spend.
        """
        asked = DayRange(since, until)
        earliest = self.first_day()
        if asked.last < earliest:
            raise BadResponseError(f"{NAME}: days before {earliest} are not kept by Meta any more")
        if asked.first < earliest:
            log.warning("%s: days before %s are not kept by Meta any more", NAME, earliest)
        first, last = max(asked.first, earliest), min(asked.last, self._today())
        found: dict[date, AdDay] = {}
        while first <= last:
            chunk = DayRange(first, min(last, first + timedelta(days=CHUNK - 1)))
            # the same day twice (overlapping pages) replaces, it never adds
            found.update((row.date_start, self._ad_day(row, chunk)) for row in self._rows(chunk))
            first = chunk.last + ONE_DAY
        return [found[day] for day in sorted(found)]

    def _rows(self, chunk: DayRange) -> Iterator[_Row]:
        """Every row of a query. A page may be short or empty and still have a next one."""
        params = {
            "level": "account",
            "time_increment": "1",
            "time_range": msgspec.json.encode(
                {"since": chunk.first.isoformat(), "until": chunk.last.isoformat()}
            ).decode(),
            "fields": FIELDS,
            "limit": str(PAGE_SIZE),
        }
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self._get(f"{self._node}/insights", params, _Page)
            yield from page.data
            if page.paging is None or not page.paging.next:
                return
            after = page.paging.cursors.after if page.paging.cursors else None
            if not after or after in seen:
                raise BadResponseError(f"{NAME}: there are more rows, but no new cursor leads to them")
            seen.add(after)
            params["after"] = after
        raise BadResponseError(f"{NAME}: more than {MOST_PAGES} pages for {len(chunk)} days")

    def _ad_day(self, row: _Row, asked: DayRange) -> AdDay:
        day = row.date_start
        if row.date_stop != day or day not in asked:
            raise BadResponseError(
                f"{NAME}: asked for the days {asked.first} to {asked.last} one by one, "
                f"got a row from {day} to {row.date_stop}"
            )
        if row.account_id is not None and _bare(str(row.account_id)) != self.account_id:
            raise BadResponseError(f"{NAME}: got a row of another ad account")
        if not row.spend.is_finite():
            raise BadResponseError(f"{NAME}: the spend of {day} is not a number")
        return AdDay(
            account_id=self.account_id,
            day=day,
            currency=row.account_currency,
            spend=row.spend,
            impressions=_count(row.impressions, day),
            reach=None if row.reach is None else _count(row.reach, day),
            link_clicks=0 if row.inline_link_clicks is None else _count(row.inline_link_clicks, day),
            timezone=self.timezone,
        )

    def _today(self) -> date:
        """The account's today; while its zone is unknown, the latest day it can be anywhere."""
        now = self._clock()
        return now.astimezone(ZoneInfo(self.timezone)).date() if self.timezone else (now + _EAST).date()

    def _get(self, url: str, params: dict[str, str], kind: type[T]) -> T:
        def interpret(response: Response) -> T:
            self._check(response)
            return self._http.decode(response, kind)

        if not (self._token.isascii() and self._token.isprintable()):  # would break the header
            raise CredentialsError(f"{NAME}: the access token holds characters that no token has; paste it again")
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._http.send("GET", url, interpret, headers=headers, params=params | self._proof)

    def _check(self, response: Response) -> None:
        """Raise what an answer reports; an error body may come with HTTP 200."""
        if (warning := response.headers.get("X-Ad-Api-Version-Warning")) and not self._warned:
            self._warned = True
            log.warning("%s: API version warning: %s", NAME, warning)
        retry_after = self._http.retry_after(response)
        try:
            body = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
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
            raise failure.error(retry_after, quota_pause(response))
        self._http.check_status(response)


def _bare(account_id: str) -> str:
    return account_id.strip().removeprefix("act_")


def _proof(app_secret: str, token: str) -> str:
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _count(value: Decimal, day: date) -> int:
    if not value.is_finite() or value != value.to_integral_value() or value < 0:
        raise BadResponseError(f"{NAME}: a count of {day} is not a whole number")
    return int(value)
