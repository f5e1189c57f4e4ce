"""Ad days as rows of the Marketing API's insights: every scalar is a string, as recorded."""

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from profitsync.sandbox.world import AdDraft, MetaWorld

MICRO = Decimal("0.000001")


def insights_row(world: MetaWorld, day: date, draft: AdDraft) -> dict[str, Any]:
    """All fields of one account day. A day without delivery has no draft, hence no row.

    Fields without a value are absent: `inline_link_clicks` and the ratios of a day without clicks, the
    conversion lists of a day without purchases.
    """
    row: dict[str, Any] = {
        "date_start": day.isoformat(),
        "date_stop": day.isoformat(),
        "account_id": world.account_id,
        "account_name": world.name,
        "account_currency": world.currency,
        "spend": number_text(draft.spend),
        "impressions": str(draft.impressions),
        "reach": str(draft.reach),
        "clicks": str(draft.clicks),
    }
    row |= _ratio("frequency", draft.impressions, draft.reach)
    row |= _ratio("cpm", draft.spend * 1000, draft.impressions)
    row |= _ratio("cpp", draft.spend * 1000, draft.reach)
    row |= _ratio("ctr", draft.clicks * 100, draft.impressions)
    row |= _ratio("cpc", draft.spend, draft.clicks)
    if draft.link_clicks:
        row["inline_link_clicks"] = str(draft.link_clicks)
        row["outbound_clicks"] = [_action("outbound_click", draft.link_clicks)]
        row |= _ratio("cost_per_inline_link_click", draft.spend, draft.link_clicks)
        row |= _ratio("inline_link_click_ctr", draft.link_clicks * 100, draft.impressions)
    return row | _conversions(draft)


def account_node(world: MetaWorld) -> dict[str, Any]:
    """The ad account; the zone's offset is that of its newest day."""
    newest = max(world.days, default=date(2026, 1, 1))
    offset = datetime.combine(newest, time(12), ZoneInfo(world.timezone)).utcoffset() or timedelta()
    return {
        "id": f"act_{world.account_id}",
        "account_id": world.account_id,
        "name": world.name,
        "currency": world.currency,
        "timezone_name": world.timezone,
        "timezone_offset_hours_utc": offset / timedelta(hours=1),
        "account_status": world.status,
        "disable_reason": world.disable_reason,
    }


def number_text(amount: Decimal) -> str:
    """Major units with trailing zeros trimmed: "4505.8", "0"."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ratio(name: str, numerator: Decimal | int, denominator: Decimal | int) -> dict[str, str]:
    """Rounded half-up to six places; absent where it cannot be formed."""
    if not denominator:
        return {}
    value = (Decimal(numerator) / denominator).quantize(MICRO, rounding=ROUND_HALF_UP)
    return {name: number_text(value)}


def _conversions(draft: AdDraft) -> dict[str, Any]:
    """Lists of actions. One purchase is reported under two types, as on live accounts."""
    found: dict[str, Any] = {}
    clicks = [_action("link_click", draft.link_clicks)] if draft.link_clicks else []
    kinds = ("purchase", "omni_purchase") if draft.purchases else ()
    if actions := clicks + [_action(kind, draft.purchases) for kind in kinds]:
        found["actions"] = actions
    if draft.purchases:
        found["action_values"] = [_action("omni_purchase", draft.purchase_value)]
    if draft.purchases and draft.spend:
        found["purchase_roas"] = [
            {"action_type": "omni_purchase"} | _ratio("value", draft.purchase_value, draft.spend)
        ]
    return found


def _action(kind: str, value: Decimal | int) -> dict[str, str]:
    return {"action_type": kind, "value": number_text(Decimal(value))}
