"""One ad account: what it is, and one insights row per day, in as many queries as that takes."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from profitsync.domain.ads import AdDay
from profitsync.domain.days import NO_ZONE, ONE_DAY, DayRange
from profitsync.sources.errors import BadResponseError
from profitsync.sources.meta.client import GraphClient
from profitsync.sources.meta.failures import NAME, TooMuchDataError
from profitsync.sources.meta.reports import Reports
from profitsync.sources.meta.rows import FIELDS, PAGE_SIZE, Page, Row, ad_day, all_rows, time_range
from profitsync.sources.protocol import AdAccount, Notebook

log = logging.getLogger(__name__)

CHUNK = 90  # days per query
REMEMBERED = timedelta(hours=24)  # that queries were too heavy; then larger ones are tried again
HISTORY = timedelta(days=1123)  # 37 months of any lengths; older days are refused with code 3018
_EAST = timedelta(hours=14)  # no calendar is further ahead of UTC


class AccountNode(msgspec.Struct):
    """The account as Meta describes it; `account_status` is a number (see `check.py`)."""

    currency: str
    timezone_name: str
    name: str = ""
    account_status: int | None = None
    disable_reason: int | None = None


class _Load(msgspec.Struct):
    """What was learnt about heavy queries: days that one may have, 0 for none."""

    days: int
    at: datetime


class AccountReader:
    """`timezone` is the account's IANA zone if it is known from an earlier run, else learnt by `account()`."""

    def __init__(
        self,
        client: GraphClient,
        account_id: str,
        reports: Reports,
        notebook: Notebook,
        clock: Callable[[], datetime],
        timezone: str | None,
    ) -> None:
        self.account_id = account_id
        self.timezone = timezone
        self._client = client
        self._reports = reports
        self._notebook = notebook
        self._note = f"load:{account_id}"
        self._clock = clock
        self._by_report = False  # plain queries were too heavy even for one day

    def node(self, fields: str) -> AccountNode:
        """Ask for some of the account's fields, currency and time zone among them (one request)."""
        found = self._client.get(f"/act_{self.account_id}", {"fields": fields}, AccountNode, self.account_id)
        try:
            ZoneInfo(found.timezone_name)
        except NO_ZONE:
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
        if first > last:  # its days have not begun there
            return []
        found: dict[date, AdDay] = {}
        for chunk in _pieces(DayRange(first, last), CHUNK):
            found |= self._chunk(chunk)
        return [found[day] for day in sorted(found)]

    def _chunk(self, chunk: DayRange) -> dict[date, AdDay]:
        """The days of a chunk: halved while Meta finds it too heavy, by report once one day is."""
        found: dict[date, AdDay] = {}
        most = self._most_days()
        self._by_report = self._by_report or most == 0 or self._reports.underway(chunk)
        waiting = [chunk] if self._by_report else list(_pieces(chunk, most or CHUNK))
        while waiting:
            piece = waiting.pop(0)
            try:
                rows = self._reports.rows(piece) if self._by_report else self._query(piece)
            except TooMuchDataError as error:
                if self._by_report and len(piece) == 1:
                    raise TooMuchDataError(f"{error}; not even {piece.first} alone can be read") from None
                half = (len(piece) + 1) // 2 if len(piece) > 1 else 0
                if not self._by_report and len(chunk) > 1:  # one failure of one day alone may be a mishap
                    self._remember(half)
                if half:
                    waiting[:0] = _pieces(piece, half)
                else:
                    log.warning("%s: one day is too heavy for a query; asking for a report", NAME)
                    self._by_report = True
                    waiting = [DayRange(piece.first, chunk.last)]
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

    def _most_days(self) -> int | None:
        """Days per query that were not too heavy lately, 0 when one was; None when that is not known."""
        text = self._notebook.load(self._note)
        known = None if text is None else msgspec.json.decode(text, type=_Load)
        return known.days if known and self._clock() - known.at < REMEMBERED else None

    def _remember(self, days: int) -> None:
        self._notebook.save(self._note, msgspec.json.encode(_Load(days, self._clock())).decode())

    def _today(self) -> date:
        """The account's today; while its zone is unknown, the latest day it can be anywhere."""
        now = self._clock()
        return now.astimezone(ZoneInfo(self.timezone)).date() if self.timezone else (now + _EAST).date()


def _pieces(days: DayRange, most: int) -> Iterator[DayRange]:
    """The same days in ranges of at most `most`."""
    first = days.first
    while first <= days.last:
        piece = DayRange(first, min(days.last, first + timedelta(days=most - 1)))
        yield piece
        first = piece.last + ONE_DAY
