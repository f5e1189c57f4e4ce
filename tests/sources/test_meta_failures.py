"""Every way in which Meta says no, as one table of signal and consequence."""

import logging
from datetime import date, timedelta
from typing import Any

import pytest
import requests
import responses

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from profitsync.sources.gate import Gate
from profitsync.sources.meta.failures import (
    AccountBlockedError,
    AppBlockedError,
    BadParameterError,
    NoSuchObjectError,
    NotReadyError,
    TokenRefusedError,
)
from profitsync.sources.protocol import AdAccount
from tests.sources.meta_samples import APP_SECRET, DAY, INSIGHTS, NODE, TOKEN, Ads, Json, error, page, row


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def ads(wire: responses.RequestsMock) -> Ads:
    return Ads(wire)


ONCE, THRICE = 1, 3  # requests: never again in this run, or a passing fault

FAILURES = [
    (400, error(190, 463), TokenRefusedError, ONCE, "190/463 token expired"),
    (401, error(190, 463), TokenRefusedError, ONCE, "190/463 token expired, HTTP 401"),
    (400, error(190, 460), TokenRefusedError, ONCE, "190/460 password changed"),
    (400, error(190, 467), TokenRefusedError, ONCE, "190/467 token invalidated"),
    (400, error(190, 458), TokenRefusedError, ONCE, "190/458 app not authorised"),
    (400, error(190, 459), TokenRefusedError, ONCE, "190/459 checkpoint"),
    (400, error(190, 464), TokenRefusedError, ONCE, "190/464 unconfirmed"),
    (400, error(190, 492), TokenRefusedError, ONCE, "190/492 bad session"),
    (400, error(190), TokenRefusedError, ONCE, "190 token invalid"),
    (200, error(190), TokenRefusedError, ONCE, "190 with HTTP 200"),
    (400, error(190, 463, is_transient=True), TokenRefusedError, ONCE, "190/463 code before is_transient"),
    (401, error(102), TokenRefusedError, ONCE, "102 session invalid"),
    (400, error(104), TokenRefusedError, ONCE, "104 bad signature"),
    (400, error(3), CredentialsError, ONCE, "3 capability missing"),
    (403, error(10), CredentialsError, ONCE, "10 permission missing"),
    (403, error(200), CredentialsError, ONCE, "200 permission missing"),
    (400, error(294), CredentialsError, ONCE, "294 permission missing"),
    (403, error(299), CredentialsError, ONCE, "299 permission missing"),
    (400, error(100, 3191001), CredentialsError, ONCE, "100/3191001 insights refused"),
    (400, error(100, 33), NoSuchObjectError, ONCE, "100/33 no such account for us"),
    (400, error(100), BadParameterError, ONCE, "100 bad parameter"),
    (404, error(2500), BadResponseError, ONCE, "2500 bad path"),
    (400, error(2635), BadResponseError, ONCE, "2635 version retired"),
    (400, error(3018), BadResponseError, ONCE, "3018 too far back"),
    (400, error(1, 2853001, is_transient=False), BadResponseError, ONCE, "1/2853001 real refusal"),
    (400, error(1, 2853001), BadResponseError, ONCE, "1/2853001 without a word on transience"),
    (500, error(1, 2853002, is_transient=False), BadResponseError, ONCE, "1/other not transient"),
    (400, error(1, 2853002, is_transient=True), RetriableError, THRICE, "1/other transient"),
    (400, error(2), RetriableError, THRICE, "2 temporary"),
    (503, error(2, 1504043), RetriableError, THRICE, "2/1504043 temporary"),
    (500, error(2, 1504044), RetriableError, THRICE, "2/1504044 temporary"),
    (400, error(2, 1504041), BadResponseError, ONCE, "2/1504041 invalid breakdowns"),
    (400, error(2, 1504042), BadResponseError, ONCE, "2/1504042 invalid metric"),
    (400, error(-2, 2490547), RetriableError, THRICE, "-2/2490547 report failed, told outside of a report"),
    (400, error(4), AppBlockedError, ONCE, "4 app limit"),
    (403, error(4, 1504022), AppBlockedError, ONCE, "4/1504022 platform load"),
    (400, error(4, 1504039), AppBlockedError, ONCE, "4/1504039 platform load"),
    (403, error(341), AppBlockedError, ONCE, "341 application limit"),
    (400, error(17, 2446079), AccountBlockedError, ONCE, "17/2446079 account score"),
    (400, error(17), AccountBlockedError, ONCE, "17 account score"),
    (400, error(613, 1487742), AccountBlockedError, ONCE, "613/1487742 account score"),
    (400, error(613), AccountBlockedError, ONCE, "613 abnormal traffic"),
    (400, error(613, 1996), AccountBlockedError, ONCE, "613/1996 abnormal traffic"),
    (400, error(80000, 2446079, is_transient=False), AccountBlockedError, ONCE, "80000/2446079 hourly quota"),
    (400, error(80003), AccountBlockedError, ONCE, "80003 hourly quota of another use case"),
    (400, error(80004), AccountBlockedError, ONCE, "80004 hourly quota of another use case"),
    (400, error(80014), AccountBlockedError, ONCE, "80014 last of the family"),
    (400, error(32), AccountBlockedError, ONCE, "32 page limit"),
    (400, error(368), BadResponseError, ONCE, "368 policy block"),
    (400, error(506), BadResponseError, ONCE, "506 duplicate post"),
    (400, error(1487390), BadResponseError, ONCE, "1487390 ad editing"),
    (500, error(1489999, is_transient=True), BadResponseError, ONCE, "148xxxx ad editing, said to be transient"),
    (400, error(2601, 1815107, is_transient=True), NotReadyError, ONCE, "2601/1815107 outside of a report"),
    (400, error(987654), BadResponseError, ONCE, "unknown code"),
    (400, error(987654, is_transient=True), RetriableError, THRICE, "unknown code, transient"),
    (500, error(987654), RetriableError, THRICE, "unknown code, server fault"),
    (500, error(987654, is_transient=False), BadResponseError, ONCE, "unknown code, not transient, server fault"),
    (401, error(987654), TokenRefusedError, ONCE, "unknown code, unauthorised"),
    (403, error(987654), CredentialsError, ONCE, "unknown code, forbidden"),
    (429, error(987654), ThrottledError, THRICE, "unknown code, too many requests"),
    (200, error(987654), BadResponseError, ONCE, "unknown code with HTTP 200"),
    (400, {"error": "nope"}, BadResponseError, ONCE, "an error that is only a text"),
    (400, {"data": []}, BadResponseError, ONCE, "HTTP 400 without an error"),
    (500, {}, RetriableError, THRICE, "HTTP 500 without an error"),
    (200, {}, BadResponseError, ONCE, "neither data nor error"),
    (200, {"data": [row()]} | error(2), RetriableError, THRICE, "rows beside an error"),
]


@pytest.mark.parametrize(
    ("status", "body", "kind", "requests_sent"),
    [case[:4] for case in FAILURES],
    ids=[case[4] for case in FAILURES],
)
def test_a_failure_has_its_consequence(
    ads: Ads, status: int, body: Json, kind: type[SourceError], requests_sent: int
) -> None:
    ads.wire.get(INSIGHTS, json=body, status=status)

    with pytest.raises(SourceError) as failure:
        ads.source(app_secret=APP_SECRET).days(DAY, DAY)

    assert type(failure.value) is kind
    assert len(ads.wire.calls) == requests_sent
    assert TOKEN not in repr(failure.value)
    assert APP_SECRET not in repr(failure.value)


TOO_HEAVY = [
    pytest.param(500, error(1, 99), id="1/99 reduce the amount of data"),
    pytest.param(500, error(1), id="1 without subcode"),
    pytest.param(400, error(100, 1487534), id="100/1487534 too many rows"),
    pytest.param(400, error(100, 1504018), id="100/1504018 timed out"),
    pytest.param(500, error(2, 1504038), id="2/1504038 timed out"),
    pytest.param(400, error(-3, 1504045), id="-3/1504045 too large"),
]


@pytest.mark.parametrize(("status", "body"), TOO_HEAVY)
def test_a_query_that_is_too_heavy_is_asked_again_in_halves(ads: Ads, status: int, body: Json) -> None:
    ads.wire.get(INSIGHTS, json=body, status=status)
    ads.answers(page(row("2026-11-02")), page(row("2026-11-05")))

    found = ads.source().days(date(2026, 11, 1), date(2026, 11, 5))

    assert [one.day.day for one in found] == [2, 5]
    assert ads.ranges() == [
        ("2026-11-01", "2026-11-05"),
        ("2026-11-01", "2026-11-03"),
        ("2026-11-04", "2026-11-05"),
    ]
    assert ads.pauses == []


def test_halving_goes_down_to_one_day(ads: Ads) -> None:
    for answer in (error(1, 99), error(1, 99), page(row("2026-11-01")), page(row("2026-11-02")), page()):
        ads.wire.get(INSIGHTS, json=answer, status=500 if "error" in answer else 200)

    found = ads.source().days(date(2026, 11, 1), date(2026, 11, 3))

    assert [one.day.day for one in found] == [1, 2]
    assert [first[-1] + last[-1] for first, last in ads.ranges()] == ["13", "12", "11", "22", "33"]


def test_what_was_too_heavy_is_not_tried_again_for_a_day(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=error(1, 99), status=500)
    ads.answers(page())
    first, last = date(2026, 11, 1), date(2026, 11, 9)

    for hours in (0, 23, 2):
        ads.now += timedelta(hours=hours)
        ads.source().days(first, last)

    assert [since[-1] + until[-1] for since, until in ads.ranges()] == [
        "19", "15", "69",  # nine days are too many, five are not
        "15", "69",
        "19",
    ]  # fmt: skip


def test_a_request_that_cannot_be_made_smaller_is_tried_again(ads: Ads) -> None:
    ads.wire.get(NODE, json=error(1, 99), status=500)
    ads.wire.get(NODE, json={"currency": "INR", "timezone_name": "Asia/Kolkata"})

    assert ads.source().accounts() == [AdAccount("123", "INR", "Asia/Kolkata")]


NO_JSON = [
    pytest.param(500, "<html>oops</html>", id="HTML with 500"),
    pytest.param(502, "", id="nothing with 502"),
    pytest.param(503, "Service Unavailable", id="text with 503"),
    pytest.param(400, "<html>gateway</html>", id="HTML with 400"),
    pytest.param(200, "<html>maintenance</html>", id="HTML with 200"),
    pytest.param(200, '{"data": [', id="cut off"),
]


@pytest.mark.parametrize(("status", "body"), NO_JSON)
def test_an_answer_that_is_not_json_is_a_passing_fault(ads: Ads, status: int, body: str) -> None:
    ads.wire.get(INSIGHTS, body=body, status=status)

    with pytest.raises(RetriableError):
        ads.source().days(DAY, DAY)

    assert len(ads.wire.calls) == 3


def test_a_passing_fault_is_survived(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=error(2), status=400)
    ads.wire.get(INSIGHTS, body=requests.ConnectionError(f"https://graph.example/?access_token={TOKEN}"))
    ads.wire.get(INSIGHTS, json=page(row()))

    assert len(ads.source().days(DAY, DAY)) == 1


def test_a_lost_connection_does_not_tell_the_address(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, body=requests.ConnectionError(f"https://graph.example/?access_token={TOKEN}"))

    with pytest.raises(RetriableError) as failure:
        ads.source().days(DAY, DAY)

    assert TOKEN not in str(failure.value)


def usage(minutes: float) -> dict[str, str]:
    entry = f'[{{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": {minutes}}}]'
    return {"X-Business-Use-Case-Usage": f'{{"123": {entry}}}'}


def until_reset(seconds: float) -> dict[str, str]:
    return {"x-ad-account-usage": f'{{"acc_id_util_pct":100,"reset_time_duration":{seconds}}}'}


BLOCKS = [
    pytest.param(error(80000), {}, 3300.0, id="hourly quota, nothing told"),
    pytest.param(error(80000), usage(12), 720.0, id="minutes of the use-case header"),
    pytest.param(error(80000), usage(0), 3300.0, id="zero minutes tell nothing"),
    pytest.param(error(17), until_reset(100), 100.0, id="seconds of the account header"),
    pytest.param(error(17), until_reset(5), 61.0, id="never so short that the run itself would try again"),
    pytest.param(error(613, 1487742), {}, 300.0, id="account score, nothing told"),
    pytest.param(error(17), {"x-ad-account-usage": "no json"}, 300.0, id="unreadable header"),
    pytest.param(error(17), {"X-Business-Use-Case-Usage": '{"123": 5, "4": [6]}'}, 300.0, id="odd header"),
    pytest.param(error(17), {"Retry-After": "400"}, 400.0, id="Retry-After, should it come"),
]


@pytest.mark.parametrize(("body", "headers", "seconds"), BLOCKS)
def test_an_account_whose_quota_is_used_up_is_left_alone_until_it_is_free_again(
    ads: Ads, body: Json, headers: dict[str, str], seconds: float
) -> None:
    ads.wire.get(INSIGHTS, json=body, status=400, headers=headers)
    source = ads.source()

    with pytest.raises(ThrottledError):
        source.days(DAY, DAY)
    ads.now += timedelta(seconds=seconds - 60.5)
    with pytest.raises(ThrottledError, match="used up until 2026-11-23 1"):
        ads.source().days(DAY, DAY)
    ads.now += timedelta(seconds=60.5)
    ads.wire.replace(responses.GET, INSIGHTS, json=page(row()))

    assert len(ads.source().days(DAY, DAY)) == 1
    assert len(ads.wire.calls) == 2
    assert ads.pauses == []


def test_the_apps_limit_stops_every_merchant_of_the_run_and_no_later_run(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=error(4, 1504022), status=403)

    with pytest.raises(ThrottledError):
        ads.source().days(DAY, DAY)
    with pytest.raises(ThrottledError, match=r"Meta: left alone .* for all merchants: .*code 4/1504022"):
        ads.source(token="another-merchants").days(DAY, DAY)
    ads.gate = Gate()
    ads.wire.replace(responses.GET, INSIGHTS, json=page(row()))

    assert len(ads.source().days(DAY, DAY)) == 1
    assert len(ads.wire.calls) == 2


def test_usage_headers_do_not_stretch_the_pause_of_a_passing_fault(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=error(2), status=400, headers=usage(12))
    ads.wire.get(INSIGHTS, json=page(row()))

    ads.source().days(DAY, DAY)

    assert max(ads.pauses) < 10


def test_the_trace_of_a_failure_is_logged_without_secrets(ads: Ads, caplog: pytest.LogCaptureFixture) -> None:
    ads.wire.get(INSIGHTS, json=error(190, 463), status=400)

    with caplog.at_level(logging.DEBUG), pytest.raises(CredentialsError):
        ads.source(app_secret=APP_SECRET).days(DAY, DAY)

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("profitsync")]
    assert any("A1b2C3" in line for line in ours)
    assert not any(TOKEN in line or APP_SECRET in line for line in ours)


def test_an_ageing_version_is_mentioned_once(ads: Ads) -> None:
    warning = {"X-Ad-Api-Version-Warning": "v26.0 will be deprecated"}
    ads.wire.get(INSIGHTS, json=page(row(), more=True), headers=warning)
    ads.wire.get(INSIGHTS, json=page(), headers=warning)
    source = ads.source()

    source.days(DAY, DAY)

    assert source.warnings == ["version v26.0 of the API is ageing; Meta says: v26.0 will be deprecated"]


def test_a_failure_in_the_middle_gives_nothing_at_all(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=page(row(), more=True))
    ads.wire.get(INSIGHTS, json=error(190), status=400)

    with pytest.raises(CredentialsError):
        ads.source().days(DAY, DAY)
