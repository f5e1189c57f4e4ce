"""Daily insights of one simulated ad account: which rows a query means, and their pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from profitsync.sandbox.http import Request
from profitsync.sandbox.meta_errors import GraphError
from profitsync.sandbox.render_meta import insights_row
from profitsync.sandbox.world import AdDraft, MetaWorld

HISTORY_MONTHS = 37
USUAL_PAGE = 25
LARGEST_PAGE = 1000
DEFAULT_FIELDS = "account_id,date_start,date_stop,impressions,spend"
INSIGHTS_FIELDS = frozenset({
    "account_currency", "account_id", "account_name", "action_values", "actions", "clicks", "conversions",
    "cost_per_action_type", "cost_per_inline_link_click", "cpc", "cpm", "cpp", "ctr", "date_start", "date_stop",
    "frequency", "impressions", "inline_link_click_ctr", "inline_link_clicks", "outbound_clicks",
    "purchase_roas", "reach", "spend", "unique_clicks", "website_purchase_roas",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Days:
    """Both ends are included."""

    since: date
    until: date

    def __len__(self) -> int:
        return (self.until - self.since).days + 1


def rows_of(account: MetaWorld, query: Mapping[str, str], days: Days) -> list[dict[str, Any]]:
    """The rows that a query means, with the fields it names."""
    if query.get("level", "account") != "account" or "breakdowns" in query:
        raise GraphError(100, message="(#100) The sandbox serves insights at account level, without breakdowns")
    names = fields_of(query) or DEFAULT_FIELDS.split(",")
    refuse_unknown(set(names) - INSIGHTS_FIELDS)
    increment = query.get("time_increment", "all_days")
    if increment not in ("1", "all_days"):
        raise GraphError(100, message="(#100) The sandbox knows time_increment 1 and all_days")
    drafts = {day: draft for day, draft in sorted(account.days.items()) if days.since <= day <= days.until}
    rows = _daily(account, drafts) if increment == "1" else _summed(account, drafts, days)
    return [{name: value for name, value in row.items() if name in names} for row in rows]


def page_of(rows: list[dict[str, Any]], request: Request, token: str, *, empty: bool = False) -> dict[str, Any]:
    """The page a request asks for; an `empty` one promises a next page all the same."""
    start, limit = _offset(request.query.get("after")), _limit(request.query)
    stop = start if empty else min(len(rows), start + limit)
    return {"data": rows[start:stop], **_paging(request, token, start, stop, more=empty or stop < len(rows))}


def days_of(account: MetaWorld, query: Mapping[str, str], now: datetime) -> Days:
    """The days a query means, in the account's zone."""
    today = now.astimezone(ZoneInfo(account.timezone)).date()
    if "time_range" not in query:
        return Days(today - timedelta(days=30), today - timedelta(days=1))
    try:
        asked = msgspec.json.decode(query["time_range"], type=Days)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise GraphError(100, message="(#100) param time_range must be a valid time range") from None
    if asked.since > asked.until:
        raise GraphError(100, message="(#100) since must not be after until")
    if asked.since < _months_before(today, HISTORY_MONTHS):
        raise GraphError(3018)
    return asked


def fields_of(query: Mapping[str, str]) -> list[str]:
    """The requested field names: a comma list, or a JSON list."""
    text = query.get("fields", "").strip()
    if text.startswith("["):
        try:
            return msgspec.json.decode(text, type=list[str])
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise GraphError(100, message="(#100) param fields must be an array") from None
    return [name.strip() for name in text.split(",") if name.strip()]


def refuse_unknown(names: set[str]) -> None:
    """Refuse a request that names fields which do not exist."""
    for name in sorted(names):
        raise GraphError(100, message=f"(#100) Tried accessing nonexisting field ({name})")


def _daily(account: MetaWorld, drafts: Mapping[date, AdDraft]) -> list[dict[str, Any]]:
    return [insights_row(account, day, draft) for day, draft in drafts.items()]


def _summed(account: MetaWorld, drafts: Mapping[date, AdDraft], days: Days) -> list[dict[str, Any]]:
    """One row for the whole range. People cannot be added up: the largest day stands for the reach."""
    if not drafts:
        return []
    parts = list(drafts.values())
    total = AdDraft(
        spend=sum((part.spend for part in parts[1:]), parts[0].spend),
        impressions=sum(part.impressions for part in parts),
        reach=max(part.reach for part in parts),
        link_clicks=sum(part.link_clicks for part in parts),
        clicks=sum(part.clicks for part in parts),
        purchases=sum(part.purchases for part in parts),
        purchase_value=sum((part.purchase_value for part in parts[1:]), parts[0].purchase_value),
    )
    row = insights_row(account, days.since, total)
    return [{**row, "date_start": days.since.isoformat(), "date_stop": days.until.isoformat()}]


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(USUAL_PAGE))
    if not text.isdigit() or text == "0":
        raise GraphError(100, message="(#100) param limit must be a positive integer")
    return min(int(text), LARGEST_PAGE)


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return int(urlsafe_b64decode(cursor.encode()).decode().removesuffix("!"))
    except ValueError:
        raise GraphError(100, message="(#100) Invalid cursor") from None


def _cursor(place: int) -> str:
    return urlsafe_b64encode(f"{place:05}!".encode()).decode()


def _paging(request: Request, token: str, start: int, stop: int, *, more: bool) -> dict[str, Any]:
    """Cursors, and `next` with the token inside when there is more; nothing at all for an empty account."""
    if start == stop and not more:
        return {}
    after = _cursor(stop)
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": after}}
    if more:
        query = urlencode({**request.query, "access_token": token, "after": after})
        paging["next"] = f"{request.base_url}{request.path}?{query}"
    return {"paging": paging}


def _months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, min(day.day, 28))
