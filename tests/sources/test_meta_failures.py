"""Every way in which Meta says no, as one table of signal and consequence."""

import logging
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
from profitsync.sources.http import LONGEST_PAUSE
from tests.sources.meta_samples import APP_SECRET, DAY, INSIGHTS, TOKEN, Ads, Json, error, page, row


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def ads(wire: responses.RequestsMock) -> Ads:
    return Ads(wire)


FAILURES = [
    (400, error(190), CredentialsError, "token invalid"),
    (400, error(190, 463), CredentialsError, "token expired"),
    (401, error(190, 460), CredentialsError, "password changed"),
    (400, error(190, 467), CredentialsError, "token invalidated"),
    (400, error(190, 463, is_transient=True), CredentialsError, "code before is_transient"),
    (200, error(190), CredentialsError, "token invalid with HTTP 200"),
    (400, error(102), CredentialsError, "session invalid"),
    (400, error(104), CredentialsError, "bad signature"),
    (400, error(3), CredentialsError, "capability missing"),
    (403, error(10), CredentialsError, "permission missing"),
    (403, error(200), CredentialsError, "permission 200"),
    (400, error(294), CredentialsError, "permission 294"),
    (403, error(299), CredentialsError, "permission 299"),
    (400, error(100, 3191001), CredentialsError, "insights refused"),
    (400, error(100, 33), CredentialsError, "no such account for us"),
    (400, error(100), BadResponseError, "bad parameter"),
    (400, error(100, 1487534), BadResponseError, "too many rows"),
    (400, error(100, 1504018), RetriableError, "query timed out"),
    (500, error(2, 1504038), RetriableError, "query timed out, code 2"),
    (404, error(2500), BadResponseError, "bad path"),
    (400, error(2635), BadResponseError, "version retired"),
    (400, error(3018), BadResponseError, "too far back"),
    (500, error(1, 99), RetriableError, "too heavy"),
    (500, error(1), RetriableError, "unknown"),
    (400, error(1, 2853001, is_transient=False), BadResponseError, "real refusal"),
    (400, error(1, 2853002, is_transient=True), RetriableError, "code 1 said to be transient"),
    (400, error(2), RetriableError, "temporary"),
    (503, error(2, 1504043), RetriableError, "temporary with subcode"),
    (400, error(2, 1504044), RetriableError, "temporary with another subcode"),
    (400, error(2, 1504041), BadResponseError, "invalid breakdowns"),
    (400, error(2, 1504042), BadResponseError, "invalid metric"),
    (400, error(4), ThrottledError, "app limit"),
    (403, error(4, 1504022), ThrottledError, "insights platform load"),
    (400, error(4, 1504039), ThrottledError, "insights platform load, other subcode"),
    (400, error(17, 2446079), ThrottledError, "account score"),
    (400, error(613, 1487742), ThrottledError, "account score, code 613"),
    (400, error(613), ThrottledError, "abnormal traffic"),
    (400, error(613, 1996), ThrottledError, "abnormal traffic with subcode"),
    (400, error(80000, 2446079, is_transient=False), ThrottledError, "hourly quota"),
    (400, error(80004), ThrottledError, "quota of another use case"),
    (400, error(80014), ThrottledError, "last of the quota family"),
    (400, error(32), ThrottledError, "page limit"),
    (403, error(341), ThrottledError, "application limit"),
    (400, error(368), BadResponseError, "policy block"),
    (400, error(506), BadResponseError, "duplicate post"),
    (400, error(1487390), BadResponseError, "ad editing"),
    (400, error(2601, 1815107, is_transient=True), RetriableError, "report not ready"),
    (400, error(987654), BadResponseError, "unknown code"),
    (400, error(987654, is_transient=True), RetriableError, "unknown code, transient"),
    (500, error(987654), RetriableError, "unknown code, server fault"),
    (500, error(987654, is_transient=False), BadResponseError, "unknown code, not transient, server fault"),
    (401, error(987654), CredentialsError, "unknown code, unauthorised"),
    (200, error(987654), BadResponseError, "unknown code with HTTP 200"),
    (400, {"error": "nope"}, BadResponseError, "an error that is only a text"),
    (400, {"data": []}, BadResponseError, "HTTP 400 without an error"),
    (500, {}, RetriableError, "HTTP 500 without an error"),
    (200, {}, BadResponseError, "neither data nor error"),
    (200, {"data": [row()]} | error(2), RetriableError, "rows beside an error"),
]


@pytest.mark.parametrize(
    ("status", "body", "kind"), [case[:3] for case in FAILURES], ids=[case[3] for case in FAILURES]
)
def test_a_failure_has_its_consequence(ads: Ads, status: int, body: Json, kind: type[SourceError]) -> None:
    ads.wire.get(INSIGHTS, json=body, status=status)

    with pytest.raises(SourceError) as failure:
        ads.source(app_secret=APP_SECRET).days(DAY, DAY)

    assert type(failure.value) is kind
    assert len(ads.wire.calls) == (3 if kind is RetriableError else 1)
    assert TOKEN not in repr(failure.value)
    assert APP_SECRET not in repr(failure.value)


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


PAUSES = [
    pytest.param(error(80000), {}, 3600.0, id="hourly quota"),
    pytest.param(error(80000), usage(12), 720.0, id="minutes of the use-case header"),
    pytest.param(error(80000), usage(0), 3600.0, id="zero minutes tell nothing"),
    pytest.param(error(17), {"x-ad-account-usage": '{"acc_id_util_pct":100,"reset_time_duration":100}'}, 100.0,
                 id="seconds of the account header"),
    pytest.param(error(17), {"x-ad-account-usage": "no json"}, 300.0, id="unreadable header"),
    pytest.param(error(17), {"X-Business-Use-Case-Usage": '{"123": 5, "4": [6]}'}, 300.0, id="odd header"),
    pytest.param(error(4), {}, 300.0, id="app limit"),
    pytest.param(error(4), {"Retry-After": "400"}, 400.0, id="Retry-After, should it come"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "seconds"), PAUSES)
def test_a_used_up_quota_is_left_alone_until_the_next_run(
    ads: Ads, body: Json, headers: dict[str, str], seconds: float
) -> None:
    ads.wire.get(INSIGHTS, json=body, status=400, headers=headers)

    with pytest.raises(ThrottledError) as failure:
        ads.source().days(DAY, DAY)

    assert failure.value.retry_after == seconds
    assert seconds > LONGEST_PAUSE
    assert ads.pauses == []


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


def test_an_ageing_version_is_mentioned_once(ads: Ads, caplog: pytest.LogCaptureFixture) -> None:
    warning = {"X-Ad-Api-Version-Warning": "v26.0 will be deprecated"}
    ads.wire.get(INSIGHTS, json=page(row(), more=True), headers=warning)
    ads.wire.get(INSIGHTS, json=page(), headers=warning)

    ads.source().days(DAY, DAY)

    assert [r.getMessage() for r in caplog.records] == ["Meta: API version warning: v26.0 will be deprecated"]


def test_a_failure_in_the_middle_gives_nothing_at_all(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=page(row(), more=True))
    ads.wire.get(INSIGHTS, json=error(190), status=400)

    with pytest.raises(CredentialsError):
        ads.source().days(DAY, DAY)
