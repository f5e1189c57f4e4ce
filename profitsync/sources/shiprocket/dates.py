"""Shiprocket's dates: naive Indian time in many shapes, each read by an explicit format.

No guessing: "01/12/2021" is the first of December. India has no daylight saving, so the offset is fixed.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from profitsync.sources.errors import BadResponseError
from profitsync.sources.limits import is_instant

IST = timezone(timedelta(hours=5, minutes=30), "IST")

_NO_DATE = frozenset({"", "NA", "N/A", "0000-00-00", "0000-00-00 00:00:00"})
_DAY, _MONTH, _TIME = r"\d{1,2}", r"[A-Za-z]{3}", r"\d{1,2}:\d{2} [AaPp][Mm]"
_ISO = ""  # in place of a format: read by the ISO reader, which is twenty times as quick
_SHAPES = tuple(
    (re.compile(shape, re.ASCII), form)
    for shape, form in (
        (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", _ISO),
        (rf"{_DAY} {_MONTH} \d{{4}}, {_TIME}", "%d %b %Y, %I:%M %p"),
        (rf"{_DAY} {_MONTH} \d{{4}} {_TIME}", "%d %b %Y %I:%M %p"),
        (rf"{_DAY} {_MONTH} \d{{4}}", "%d %b %Y"),
        (r"\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2}", "%d-%m-%Y %H:%M:%S"),
        (r"\d{2}/\d{2}/\d{4}", "%d/%m/%Y"),
        (r"\d{2} \d{2} \d{4} \d{2}:\d{2}:\d{2}", "%d %m %Y %H:%M:%S"),
        (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,6}", "%Y-%m-%d %H:%M:%S.%f"),
        (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    )
)
_ORDINAL = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)


def instant(value: Any, where: str = "") -> datetime | None:
    """The UTC instant of a date as Shiprocket writes it; None for its ways of saying "no date".

    Accepts a text or the object `{"date", "timezone_type", "timezone"}`. Anything else raises
    `BadResponseError` with the raw text and `where` it stands (the record and the field).
    """
    if value is None:
        return None
    text = _zoned_text(value) if isinstance(value, dict) else value
    if isinstance(text, str):
        if text.strip().upper() in _NO_DATE:
            return None
        local = _local(_ORDINAL.sub(r"\1", text.strip()))
        if local is not None and is_instant(local.replace(tzinfo=IST)):
            return local.replace(tzinfo=IST).astimezone(UTC)
    raise BadResponseError(f"Shiprocket: {where and f'{where}: '}not a date in any known form: {value!r:.80}")


def indian_day(at: datetime) -> date:
    """The calendar day in India, by which Shiprocket selects."""
    return at.astimezone(IST).date()


def _local(text: str) -> datetime | None:
    for shape, form in _SHAPES:
        if shape.fullmatch(text):
            try:
                # Naive by nature, made IST above.
                return datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
            except ValueError:
                return None
    return None


def _zoned_text(value: dict[str, Any]) -> Any:
    """The text of a date object; None of it when its zone is not India's, which was never seen."""
    return value.get("date") if value.get("timezone") in ("Asia/Kolkata", "Asia/Calcutta") else None
