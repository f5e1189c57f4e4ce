"""Daily insights: what is asked, every page, every row, and what is never assumed."""

import hashlib
import hmac
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses

from profitsync.domain.ads import AdDay
from profitsync.sources.errors import BadResponseError, CredentialsError
from profitsync.sources.protocol import AdAccount
from tests.sources.meta_samples import APP_SECRET, DAY, INSIGHTS, NODE, NOW, TOKEN, Ads, Json, page, row

TODAY = NOW.date()


@pytest.fixture
def ads(wire: responses.RequestsMock) -> Ads:
    return Ads(wire)


def test_a_row_becomes_a_day(ads: Ads) -> None:
    ads.answers(page(row()))

    found = ads.source(timezones={"123": "Asia/Kolkata"}).days(DAY, DAY)

    assert found == [
        AdDay(
            account_id="123",
            day=DAY,
            currency="INR",
            spend=Decimal("4505.8"),
            impressions=58413,
            reach=31920,
            link_clicks=640,
            timezone="Asia/Kolkata",
        )
    ]


def test_the_account_is_asked_day_by_day_for_both_ends(ads: Ads) -> None:
    ads.answers(page())

    ads.source().days(DAY, DAY + timedelta(days=2))

    asked = ads.sent()[0]
    assert asked["level"] == "account"
    assert asked["time_increment"] == "1"
    assert json.loads(asked["time_range"]) == {"since": "2026-11-02", "until": "2026-11-04"}
    assert set(asked["fields"].split(",")) == {
        "date_start", "date_stop", "account_id", "account_currency", "spend", "impressions", "reach",
        "inline_link_clicks",
    }  # fmt: skip


def test_the_token_travels_in_a_header_only(ads: Ads) -> None:
    ads.answers(page(row(), more=True), page())

    ads.source(app_secret=APP_SECRET).days(DAY, DAY)

    for call in ads.wire.calls:
        assert call.request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in str(call.request.url)
        assert APP_SECRET not in str(call.request.url)


def test_an_app_secret_is_proved_with_every_call(ads: Ads) -> None:
    ads.answers(page(row(), more=True), page())
    proof = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()

    ads.source(app_secret=APP_SECRET).days(DAY, DAY)

    assert [sent["appsecret_proof"] for sent in ads.sent()] == [proof, proof]


@pytest.mark.parametrize("account_id", ["123", "act_123"])
def test_the_account_may_be_given_with_or_without_prefix(ads: Ads, account_id: str) -> None:
    ads.answers(page(row()))

    assert ads.source(account_ids=[account_id]).days(DAY, DAY)[0].account_id == "123"


NUMBERS = [
    pytest.param({"spend": 4505.8}, "spend", Decimal("4505.8"), id="spend as a number"),
    pytest.param({"spend": "0"}, "spend", Decimal(0), id="no spend"),
    pytest.param({"spend": "0.1"}, "spend", Decimal("0.1"), id="spend is never a binary fraction"),
    pytest.param({"impressions": 58413}, "impressions", 58413, id="impressions as a number"),
    pytest.param({"reach": None}, "reach", None, id="reach not given is not known"),
    pytest.param({"inline_link_clicks": None}, "link_clicks", 0, id="link clicks left out are none"),
    pytest.param({"account_id": 123}, "account_id", "123", id="account as a number"),
    pytest.param(
        {"actions": [{"action_type": "link_click"}]}, "link_clicks", 640, id="further fields are ignored"
    ),
]


@pytest.mark.parametrize(("given", "name", "value"), NUMBERS)
def test_values_are_read_in_every_shape(ads: Ads, given: Json, name: str, value: Any) -> None:
    ads.answers(page(row(**given)))

    assert getattr(ads.source().days(DAY, DAY)[0], name) == value


BAD_ROWS = [
    pytest.param(row("2026-11-03"), id="a day not asked for"),
    pytest.param(row(date_stop="2026-11-03"), id="several days in one row"),
    pytest.param(row(account_id="999"), id="another account"),
    pytest.param(row(spend=None), id="no spend"),
    pytest.param(row(spend="NaN"), id="spend is no number"),
    pytest.param(row(spend="much"), id="spend is a word"),
    pytest.param(row(impressions="1.5"), id="half an impression"),
    pytest.param(row(account_currency=None), id="no currency"),
    pytest.param(row("2 Nov 2026"), id="a date in another form"),
]


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_row_that_does_not_fit_is_refused(ads: Ads, bad: Json) -> None:
    ads.answers(page(bad))

    with pytest.raises(BadResponseError):
        ads.source().days(DAY, DAY)


def test_a_list_without_data_is_not_an_empty_list(ads: Ads) -> None:
    ads.answers({"paging": {}})

    with pytest.raises(BadResponseError):
        ads.source().days(DAY, DAY)


def test_an_account_without_delivery_has_no_rows(ads: Ads) -> None:
    ads.answers({"data": []})

    assert ads.source().days(DAY, DAY) == []


def test_pages_are_followed_by_cursor_even_over_an_empty_one(ads: Ads) -> None:
    ads.answers(
        page(row("2026-11-02"), after="one", more=True),
        page(after="two", more=True),
        page(row("2026-11-03"), after="three"),
    )

    found = ads.source().days(DAY, DAY + timedelta(days=1))

    assert [one.day.day for one in found] == [2, 3]
    assert [sent.pop("after", None) for sent in ads.sent()] == [None, "one", "two"]


def test_every_page_is_asked_with_the_same_parameters(ads: Ads) -> None:
    ads.answers(page(row(), after="one", more=True), page())

    ads.source().days(DAY, DAY)

    first, second = ads.sent()
    assert second == first | {"after": "one"}


def test_a_cursor_that_comes_again_is_an_error_not_a_loop(ads: Ads) -> None:
    ads.answers(page(row(), after="one", more=True), page(row(), after="one", more=True))

    with pytest.raises(BadResponseError, match="no new cursor"):
        ads.source().days(DAY, DAY)


def test_a_next_page_without_a_cursor_is_an_error(ads: Ads) -> None:
    ads.answers({"data": [row()], "paging": {"next": INSIGHTS}})

    with pytest.raises(BadResponseError, match="no new cursor"):
        ads.source().days(DAY, DAY)


def test_the_same_day_twice_replaces(ads: Ads) -> None:
    ads.answers(page(row(spend="10"), more=True), page(row(spend="12")))

    assert [one.spend for one in ads.source().days(DAY, DAY)] == [Decimal(12)]


def test_a_long_range_is_read_in_chunks_that_meet(ads: Ads) -> None:
    ads.answers(page(), page(), page())
    first, last = date(2026, 4, 1), date(2026, 9, 28)  # 181 days

    ads.source().days(first, last)

    ranges = [json.loads(sent["time_range"]) for sent in ads.sent()]
    assert [(one["since"], one["until"]) for one in ranges] == [
        ("2026-04-01", "2026-06-29"),
        ("2026-06-30", "2026-09-27"),
        ("2026-09-28", "2026-09-28"),
    ]


def test_days_before_the_kept_history_are_not_asked_for(ads: Ads) -> None:
    ads.answers(page())
    source = ads.source(timezones={"123": "Asia/Kolkata"})
    earliest = TODAY - timedelta(days=1123)

    source.days(earliest - timedelta(days=5), earliest + timedelta(days=5))

    assert source.first_day() == earliest
    assert json.loads(ads.sent()[0]["time_range"])["since"] == earliest.isoformat()


def test_a_range_wholly_before_the_history_is_no_empty_result(ads: Ads) -> None:
    with pytest.raises(BadResponseError, match="not kept"):
        ads.source().days(date(2020, 1, 1), date(2020, 1, 31))


def test_days_that_have_not_begun_in_the_accounts_zone_are_not_asked_for(ads: Ads) -> None:
    ads.now = NOW.replace(hour=20)  # the 24th in India, still the 23rd in Los Angeles
    ads.answers(page(), page())

    ads.source(timezones={"123": "Asia/Kolkata"}).days(DAY, date(2026, 11, 30))
    ads.source(timezones={"123": "America/Los_Angeles"}).days(DAY, date(2026, 11, 30))

    assert [json.loads(sent["time_range"])["until"] for sent in ads.sent()] == ["2026-11-24", "2026-11-23"]


def test_a_range_that_ends_before_it_begins_is_refused(ads: Ads) -> None:
    with pytest.raises(ValueError, match="before it begins"):
        ads.source().days(DAY, DAY - timedelta(days=1))


def test_the_account_tells_its_currency_and_zone(ads: Ads) -> None:
    node = {"id": "act_123", "account_id": "123", "currency": "USD", "timezone_name": "America/New_York"}
    ads.wire.get(NODE, json=node)
    ads.answers(page(row(account_currency="USD")))
    source = ads.source()

    assert source.accounts() == [AdAccount("123", "USD", "America/New_York")]
    assert source.days(DAY, DAY)[0].timezone == "America/New_York"
    assert source.requests == 2


def test_an_unknown_zone_of_the_account_is_refused(ads: Ads) -> None:
    ads.wire.get(NODE, json={"currency": "USD", "timezone_name": "Mars/Olympus"})

    with pytest.raises(BadResponseError, match="Mars/Olympus"):
        ads.source().accounts()


def test_a_token_that_fits_no_header_is_refused_without_being_shown(ads: Ads) -> None:
    with pytest.raises(CredentialsError) as failure:
        ads.source(token="EAAB…half").days(DAY, DAY)

    assert "EAAB" not in str(failure.value)
