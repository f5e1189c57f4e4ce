"""Insights rows: what is asked for, every page of them, and a row as a day. Nothing is assumed."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from profitsync.domain.ads import AdDay
from profitsync.domain.days import DayRange
from profitsync.sources.errors import BadResponseError
from profitsync.sources.limits import is_amount
from profitsync.sources.meta.failures import NAME

FIELDS = (
    "date_start", "date_stop", "account_id", "account_currency", "spend", "impressions", "reach",
    "inline_link_clicks",
)  # fmt: skip
PAGE_SIZE = "500"
MOST_PAGES = 1000  # of one query; it has at most as many rows as days


class _Cursors(msgspec.Struct):
    after: str | None = None


class _Paging(msgspec.Struct):
    cursors: _Cursors | None = None
    next: str | None = None  # holds the access token: only its presence is looked at


class Row(msgspec.Struct):
    """Every number is a string on the wire; plain numbers are taken as well."""

    date_start: date
    date_stop: date
    account_currency: str
    spend: Decimal
    impressions: Decimal
    account_id: str | int | None = None
    reach: Decimal | None = None
    inline_link_clicks: Decimal | None = None  # left out by Meta when there were none


class Page(msgspec.Struct):
    """A page of rows; it may be short or empty and still have a next one."""

    data: list[Row]
    paging: _Paging | None = None


def time_range(days: DayRange) -> str:
    """The parameter of that name: both ends are included."""
    return msgspec.json.encode({"since": days.first.isoformat(), "until": days.last.isoformat()}).decode()


def all_rows(read: Callable[[dict[str, str]], Page]) -> Iterator[Row]:
    """The rows of every page; `read` gets what to add to the parameters to reach a page."""
    place: dict[str, str] = {}
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        page = read(place)
        yield from page.data
        if page.paging is None or not page.paging.next:
            return
        after = page.paging.cursors.after if page.paging.cursors else None
        if not after or after in seen:
            raise BadResponseError(f"{NAME}: there are more rows, but no new cursor leads to them")
        seen.add(after)
        place = {"after": after}
    raise BadResponseError(f"{NAME}: more than {MOST_PAGES} pages of daily rows")


def ad_day(row: Row, asked: DayRange, account_id: str, timezone: str | None) -> AdDay:
    """A row as a day of the account. Raises `BadResponseError` when it is not one that was asked for."""
    day = row.date_start
    if row.date_stop != day or day not in asked:
        raise BadResponseError(
            f"{NAME}: asked for the days {asked.first} to {asked.last} one by one, "
            f"got a row from {day} to {row.date_stop}"
        )
    if row.account_id is not None and bare(str(row.account_id)) != account_id:
        raise BadResponseError(f"{NAME}: got a row of another ad account")
    if not is_amount(row.spend):
        raise BadResponseError(f"{NAME}: the spend of {day} is not a number of money")
    return AdDay(
        account_id=account_id,
        day=day,
        currency=row.account_currency,
        spend=row.spend,
        impressions=_count(row.impressions, day),
        reach=None if row.reach is None else _count(row.reach, day),
        link_clicks=0 if row.inline_link_clicks is None else _count(row.inline_link_clicks, day),
        timezone=timezone,
    )


def bare(account_id: str) -> str:
    """An ad account's digits; it may carry the prefix "act_"."""
    return account_id.strip().removeprefix("act_")


def _count(value: Decimal, day: date) -> int:
    if not is_amount(value) or value != value.to_integral_value() or value < 0:
        raise BadResponseError(f"{NAME}: a count of {day} is not a whole number")
    return int(value)
