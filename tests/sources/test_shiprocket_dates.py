"""Every shape in which Shiprocket writes a date, and every way of writing none."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from profitsync.sources.errors import BadResponseError
from profitsync.sources.shiprocket.dates import indian_day, instant

SHAPES = [
    pytest.param("31 Jul 2019, 03:03 PM", "2019-07-31T09:33:00Z", id="list of orders"),
    pytest.param("3 Jan 2022, 09:55 AM", "2022-01-03T04:25:00Z", id="list of orders, one digit"),
    pytest.param("3 Nov 2026, 12:05 AM", "2026-11-02T18:35:00Z", id="just after midnight"),
    pytest.param("3 Nov 2026, 12:05 PM", "2026-11-03T06:35:00Z", id="just after noon"),
    pytest.param("21 Sep 2022 05:28 PM", "2022-09-21T11:58:00Z", id="one order"),
    pytest.param("21 Sep 2022", "2022-09-20T18:30:00Z", id="order date"),
    pytest.param("28th Aug 2018 07:11 PM", "2018-08-28T13:41:00Z", id="list of shipments, th"),
    pytest.param("1st Aug 2018 07:11 PM", "2018-08-01T13:41:00Z", id="list of shipments, st"),
    pytest.param("2nd Aug 2018 07:11 PM", "2018-08-02T13:41:00Z", id="list of shipments, nd"),
    pytest.param("3rd Aug 2018 07:11 PM", "2018-08-03T13:41:00Z", id="list of shipments, rd"),
    pytest.param("11th Aug 2018 12:00 AM", "2018-08-10T18:30:00Z", id="list of shipments, midnight of the 11th"),
    pytest.param("21st Aug 2018 12:00 PM", "2018-08-21T06:30:00Z", id="list of shipments, noon of the 21st"),
    pytest.param("22nd Feb 2024 07:11 PM", "2024-02-22T13:41:00Z", id="list of shipments, 22nd"),
    pytest.param("29th Feb 2024 07:11 PM", "2024-02-29T13:41:00Z", id="list of shipments, leap day"),
    pytest.param("31st Dec 2018 11:59 PM", "2018-12-31T18:29:00Z", id="list of shipments, last minute of a year"),
    pytest.param("18 Nov 2026, 12:12 AM", "2026-11-17T18:42:00Z", id="the 18th in India, the 17th in UTC"),
    pytest.param("26th Oct 2024 08:11 AM", "2024-10-26T02:41:00Z", id="list of shipments, morning"),
    pytest.param("2022-07-18 20:28:00", "2022-07-18T14:58:00Z", id="scan"),
    pytest.param("27/11/2021", "2021-11-26T18:30:00Z", id="pickup, day first"),
    pytest.param("01/12/2021", "2021-11-30T18:30:00Z", id="first of December"),
    pytest.param("27-11-2021 18:00:00", "2021-11-27T12:30:00Z", id="day first with dashes"),
    pytest.param("23 05 2023 11:43:52", "2023-05-23T06:13:52Z", id="webhook"),
    pytest.param("2026-11-04", "2026-11-03T18:30:00Z", id="day alone"),
    pytest.param(
        {"date": "2019-07-31 12:37:41.000000", "timezone_type": 3, "timezone": "Asia/Kolkata"},
        "2019-07-31T07:07:41Z",
        id="object",
    ),
    pytest.param(" 2022-07-18 20:28:00 ", "2022-07-18T14:58:00Z", id="with blanks around"),
]


@pytest.mark.parametrize(("raw", "utc"), SHAPES)
def test_a_date_is_indian_time(raw: Any, utc: str) -> None:
    assert instant(raw) == datetime.fromisoformat(utc)


@pytest.mark.parametrize("raw", [None, "", " ", "NA", "N/A", "n/a", "0000-00-00 00:00:00", "0000-00-00"], ids=repr)
def test_a_placeholder_is_no_date(raw: Any) -> None:
    assert instant(raw) is None


BAD = [
    "yesterday",
    "2026-13-01 10:00:00",
    "31 Feb 2026, 10:00 AM",
    "3 Nov 2026, 13:05 PM",
    "2026-11-04T10:00:00Z",
    "11/27/2021",
    "3 November 2026",
    "3 Nov 26",
    "29th Feb 2026 07:11 PM",
    "00-00-0000 00:00:00",
    1_700_000_000,
    ["2026-11-04"],
    {"date": "2019-07-31 12:37:41.000000", "timezone": "UTC"},
    {},
]


@pytest.mark.parametrize("raw", BAD, ids=repr)
def test_anything_else_is_an_error_that_shows_the_raw_text(raw: Any) -> None:
    with pytest.raises(BadResponseError) as failure:
        instant(raw)

    assert repr(raw)[:60] in str(failure.value)


def test_a_day_in_india_begins_five_and_a_half_hours_early() -> None:
    assert indian_day(datetime(2026, 11, 2, 18, 29, tzinfo=UTC)) == date(2026, 11, 2)
    assert indian_day(datetime(2026, 11, 2, 18, 30, tzinfo=UTC)) == date(2026, 11, 3)
