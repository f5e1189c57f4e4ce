"""One ad account: what it is, and one insights row per day, in as many queries as that takes."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from profitsync.domain.ads import AdDay
from profitsync.domain.days import ONE_DAY, DayRange
from profitsync.sources.errors import BadResponseError
from profitsync.sources.meta.client import GraphClient
from profitsync.sources.meta.failures import NAME, TooMuchDataError
from profitsync.sources.meta.reports import Reports
from profitsync.sources.meta.rows import FIELDS, PAGE_SIZE, Page, Row, ad_day, all_rows, time_range
from profitsync.sources.protocol import AdAccount

log = logging.getLogger(__name__)

CHUNK = 90  # days per query
HISTORY = timedelta(days=1123)  # 37 months of any lengths; older days are refused with code 3018
_EAST = timedelta(hours=14)  # no calendar is further ahead of UTC


class AccountNode(msgspec.Struct):
    """The account as Meta describes it; `account_status` is a number (see `check.py`)."""

    currency: str
    timezone_name: str
    name: str = ""
    account_status: int | None = None
    disable_reason: int | None = None


class AccountReader:
    """`timezone` is the account's IANA zone if it is known from an earlier run, else learnt by `account()`."""

    def __init__(
        self,
        client: GraphClient,
        account_id: str,
        reports: Reports,
        clock: Callable[[], datetime],
        timezone: str | None,
    ) -> None:
        self.account_id = account_id
        self.timezone = timezone
        self._client = client
        self._reports = reports
        self._clock = clock
        self._by_report = False  # plain queries were too heavy even for one day

    def node(self, fields: str) -> AccountNode:
        """Ask for some of the account's fields, currency and time zone among them (one request)."""
        found = self._client.get(f"/act_{self.account_id}", {"fields": fields}, AccountNode, self.account_id)
        try:
            ZoneInfo(found.timezone_name)
        except (ZoneInfoNotFoundError, ValueError):
            raise BadResponseError(f"{NAME}: unknown time zone {found.timezone_name!r}") from None
        self.timezone = found.timezone_name
        return found

    def account(self) -> AdAccount:
        """Ask for the account's currency and time zone (one request)."""
        found = self.node("account_id,currency,timezone_name")
        return AdAccount(self.account_id, found.currency, found.timezone_name)

    def first_day(self) -> date:
        """The earliest day Meta still answers for."""
        return self._today() - HISTORY

    def days(self, since: date, until: date) -> list[AdDay]:
        """All rows of the account's days, both ends included; see `MetaSource.days`."""
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
            found |= self._chunk(chunk)
            first = chunk.last + ONE_DAY
        return [found[day] for day in sorted(found)]

    def _chunk(self, chunk: DayRange) -> dict[date, AdDay]:
        """The days of a chunk: halved while Meta finds it too heavy, by report once one day is."""
        found: dict[date, AdDay] = {}
        self._by_report = self._by_report or self._reports.underway(chunk)
        waiting = [chunk]
        while waiting:
            piece = waiting.pop(0)
            try:
                rows = self._reports.rows(piece) if self._by_report else self._query(piece)
            except TooMuchDataError as error:
                if len(piece) > 1:
                    waiting[:0] = _halves(piece)
                elif not self._by_report:
                    log.warning("%s: one day is too heavy for a query; asking for a report", NAME)
                    self._by_report = True
                    waiting = [DayRange(piece.first, chunk.last)]
                else:
                    raise TooMuchDataError(f"{error}; not even {piece.first} alone can be read") from None
                continue
            # the same day twice (overlapping pages) replaces, it never adds
            found |= {row.date_start: ad_day(row, piece, self.account_id, self.timezone) for row in rows}
        return found

    def _query(self, days: DayRange) -> list[Row]:
        path = f"/act_{self.account_id}/insights"
        params = {
            "level": "account",
            "time_increment": "1",
            "time_range": time_range(days),
            "fields": ",".join(FIELDS),
            "limit": PAGE_SIZE,
        }

        def read(place: dict[str, str]) -> Page:
            return self._client.get(path, params | place, Page, self.account_id, divisible=True)

        return list(all_rows(read))

    def _today(self) -> date:
        """The account's today; while its zone is unknown, the latest day it can be anywhere."""
        now = self._clock()
        return now.astimezone(ZoneInfo(self.timezone)).date() if self.timezone else (now + _EAST).date()


def _halves(days: DayRange) -> list[DayRange]:
    middle = days.first + timedelta(days=(len(days) - 1) // 2)
    return [DayRange(days.first, middle), DayRange(middle + ONE_DAY, days.last)]
