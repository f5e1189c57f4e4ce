"""Meta's Marketing API as the sandbox serves it: the ad account, its daily insights, and token checks.

Paths: `/{version}/act_{id}`, `/{version}/act_{id}/insights`, `/{version}/debug_token`. Insights are served at
account level, day by day or as one sum; breakdowns, other levels and asynchronous reports are not.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from profitsync.sandbox.faults import Fault
from profitsync.sandbox.http import Answer, Request, json_answer
from profitsync.sandbox.meta_errors import CODE_OF_STATUS, GraphError
from profitsync.sandbox.render_meta import account_node, insights_row
from profitsync.sandbox.world import AdDraft, MetaWorld, World

VERSIONS = ("v25.0", "v26.0")  # of the Marketing API; older ones have expired
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
_PATH = re.compile(
    r"/(?P<version>v\d+\.\d+)/(?:(?P<debug>debug_token)|act_(?P<account>\d+)(?P<insights>/insights)?)/?"
)


@dataclass(frozen=True, slots=True)
class _Days:
    since: date
    until: date


class MetaApi:
    """All ad accounts of the sandbox."""

    name = "meta"

    def __init__(self, worlds: Sequence[World], clock: Callable[[], datetime]) -> None:
        self._worlds = worlds
        self._clock = clock

    def operation(self, request: Request) -> str:
        """The path; it holds no token."""
        return request.path

    def merchant(self, request: Request) -> str:
        """The ad account's digits."""
        match = _PATH.fullmatch(request.path)
        return match["account"] or "" if match else ""

    def error(self, status: int) -> Answer:
        """The error body of the code that comes with an HTTP status."""
        return GraphError(CODE_OF_STATUS.get(status, 2 if status >= 500 else 100)).answer(status)

    def answer(self, request: Request, fault: Fault | None) -> Answer:
        """Account, insights and token check."""
        try:
            if fault is not None and fault.meta_code is not None:
                raise GraphError(fault.meta_code, fault.meta_subcode)
            if fault is not None and fault.kind == "credentials":
                raise GraphError(190, 463)
            return self._answer(request, empty_page=fault is not None and fault.kind == "empty-page")
        except GraphError as error:
            return error.answer()

    def _answer(self, request: Request, *, empty_page: bool) -> Answer:
        match = _PATH.fullmatch(request.path)
        if match is None or request.method != "GET":
            raise GraphError(2500)
        token = request.bearer() or request.query.get("access_token") or ""
        own = [meta for meta in self._metas() if token and _same(meta.access_token, token)]
        if not own:
            raise GraphError(190) if token else GraphError(
                2500, message="An active access token must be used to query information about the current user."
            )  # fmt: skip
        if match["debug"]:
            return self._debug(request)
        if match["version"] not in VERSIONS:
            raise GraphError(2635)
        account = next((meta for meta in own if meta.account_id == match["account"]), None)
        if account is None:
            raise GraphError(100, 33, f"Unsupported get request. Object with ID 'act_{match['account']}' does not "
                                      "exist, cannot be loaded due to missing permissions.")  # fmt: skip
        if match["insights"]:
            return self._insights(account, request, token, empty_page=empty_page)
        node = account_node(account)
        wanted = {"id", *(fields_of(request) or ("account_id",))}
        _refuse_unknown(wanted - node.keys())
        return json_answer({name: value for name, value in node.items() if name in wanted})

    def _metas(self) -> list[MetaWorld]:
        return [world.meta for world in self._worlds if world.meta is not None]

    def _debug(self, request: Request) -> Answer:
        asked = request.query.get("input_token", "")
        found = [meta for meta in self._metas() if _same(meta.access_token, asked)]
        if not found:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return json_answer({"data": {"error": error, "is_valid": False, "scopes": []}})
        targets = [meta.account_id for meta in found]
        return json_answer({"data": {
            "app_id": "1", "type": "SYSTEM_USER", "application": "sandbox", "is_valid": True, "expires_at": 0,
            "data_access_expires_at": 0, "issued_at": int(self._clock().timestamp()), "user_id": "1",
            "scopes": ["ads_read"], "granular_scopes": [{"scope": "ads_read", "target_ids": targets}],
        }})  # fmt: skip

    def _insights(self, account: MetaWorld, request: Request, token: str, *, empty_page: bool) -> Answer:
        query = request.query
        if query.get("level", "account") != "account" or "breakdowns" in query:
            raise GraphError(
                100, message="(#100) The sandbox serves insights at account level, without breakdowns"
            )
        names = fields_of(request) or DEFAULT_FIELDS.split(",")
        _refuse_unknown(set(names) - INSIGHTS_FIELDS)
        days = self._days(account, query)
        increment = query.get("time_increment", "all_days")
        if increment not in ("1", "all_days"):
            raise GraphError(100, message="(#100) The sandbox knows time_increment 1 and all_days")
        drafts = {day: draft for day, draft in sorted(account.days.items()) if days.since <= day <= days.until}
        rows = _daily(account, drafts) if increment == "1" else _summed(account, drafts, days)
        start, limit = _offset(query.get("after")), _limit(query)
        stop = start if empty_page else min(len(rows), start + limit)
        page = [{name: value for name, value in row.items() if name in names} for row in rows[start:stop]]
        return json_answer(
            {"data": page, **_paging(request, token, start, stop, more=empty_page or stop < len(rows))},
            headers=_usage_headers(),
        )

    def _days(self, account: MetaWorld, query: Mapping[str, str]) -> _Days:
        today = self._clock().astimezone(ZoneInfo(account.timezone)).date()
        if "time_range" not in query:
            return _Days(today - timedelta(days=30), today - timedelta(days=1))
        try:
            asked = msgspec.json.decode(query["time_range"], type=_Days)
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise GraphError(100, message="(#100) param time_range must be a valid time range") from None
        if asked.since > asked.until:
            raise GraphError(100, message="(#100) since must not be after until")
        if asked.since < _months_before(today, HISTORY_MONTHS):
            raise GraphError(3018)
        return asked


def fields_of(request: Request) -> list[str]:
    """The requested field names: a comma list, or a JSON list."""
    text = request.query.get("fields", "").strip()
    if text.startswith("["):
        try:
            return msgspec.json.decode(text, type=list[str])
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise GraphError(100, message="(#100) param fields must be an array") from None
    return [name.strip() for name in text.split(",") if name.strip()]


def _refuse_unknown(names: set[str]) -> None:
    for name in sorted(names):
        raise GraphError(100, message=f"(#100) Tried accessing nonexisting field ({name})")


def _daily(account: MetaWorld, drafts: Mapping[date, AdDraft]) -> list[dict[str, Any]]:
    return [insights_row(account, day, draft) for day, draft in drafts.items()]


def _summed(account: MetaWorld, drafts: Mapping[date, AdDraft], days: _Days) -> list[dict[str, Any]]:
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


def _usage_headers() -> dict[str, str]:
    usage = {"app_id_util_pct": 0, "acc_id_util_pct": 0, "ads_api_access_tier": "standard_access"}
    return {"x-fb-ads-insights-throttle": msgspec.json.encode(usage).decode()}


def _months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, min(day.day, 28))


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())
