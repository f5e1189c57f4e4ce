"""What `check()` finds: token, scopes, every account in words, version and clock."""

import logging
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import responses

from profitsync.sources.errors import RetriableError, ThrottledError
from profitsync.sources.findings import Finding, Level
from profitsync.sources.meta import AdShop
from tests.sources.meta_samples import APP_SECRET, BASE, NODE, NOW, TOKEN, Ads, Json, error

DEBUG = f"{BASE}/v26.0/debug_token"
INDIAN = AdShop("INR", "Asia/Calcutta", ())


@pytest.fixture
def ads(wire: responses.RequestsMock) -> Ads:
    return Ads(wire)


def token(**values: Any) -> Json:
    given = {
        "app_id": "1", "type": "SYSTEM_USER", "is_valid": True, "expires_at": 0, "data_access_expires_at": 0,
        "scopes": ["ads_read"], "user_id": "1",
    }  # fmt: skip
    return {"data": {name: value for name, value in (given | values).items() if value is not None}}


def node(**values: Any) -> Json:
    given = {
        "id": "act_123", "account_id": "123", "name": "Shop", "currency": "INR", "timezone_name": "Asia/Kolkata",
        "account_status": 1, "disable_reason": 0,
    }  # fmt: skip
    return {name: value for name, value in (given | values).items() if value is not None}


def found(ads: Ads, about_token: Json, about_account: Json | None = None, **source: Any) -> list[Finding]:
    ads.wire.get(DEBUG, json=about_token, status=400 if "error" in about_token else 200)
    if about_account is not None:
        ads.wire.get(NODE, json=about_account, status=400 if "error" in about_account else 200)
    return ads.source(**({"shop": INDIAN} | source)).check()


def seconds(**delta: float) -> int:
    return int((NOW + timedelta(**delta)).timestamp())


def test_a_healthy_account_has_nothing_but_good_news(ads: Ads) -> None:
    findings = found(ads, token(), node())

    assert [(one.level, one.topic, one.text) for one in findings] == [
        (Level.OK, "token", "valid, of a system user; it does not expire"),
        (Level.OK, "scopes", "ads_read; ads can be read"),
        (Level.OK, "ad account 123", "'Shop' can be read and is active"),
        (Level.OK, "ad account 123", "in INR, as the shop"),
        (Level.OK, "ad account 123", "days in Asia/Kolkata, as the shop's"),
        (Level.OK, "API version", "v26.0, without a warning"),
    ]
    assert len(ads.wire.calls) == 2


TOKENS = [
    pytest.param(token(type="USER", expires_at=seconds(days=40)), Level.OK,
                 "of a person; it expires on 2027-01-02", id="sixty days, of a person"),
    pytest.param(token(expires_at=seconds(days=3)), Level.WARNING, "in 3 days; connect Meta again", id="soon"),
    pytest.param(token(expires_at=seconds(days=-1)), Level.PROBLEM, "expired on 2026-11-22", id="expired"),
    pytest.param(token(expires_at=None), Level.WARNING, "does not say when", id="expiry not told"),
    pytest.param(token(is_valid=False), Level.PROBLEM, "not valid any more", id="not valid"),
    pytest.param({"data": {"error": {"code": 190}, "is_valid": False, "scopes": []}}, Level.PROBLEM,
                 "not valid any more", id="not valid, with an error inside"),
    pytest.param(token(type="PAGE"), Level.OK, "of a page", id="of a page"),
    pytest.param(token(type=None), Level.OK, "of unknown kind", id="kind not told"),
    pytest.param(error(190, 463), Level.PROBLEM, "has expired", id="190/463 for the question itself"),
    pytest.param(error(100), Level.WARNING, "expiry is not visible", id="100: the question is refused"),
    pytest.param(error(10), Level.WARNING, "expiry is not visible", id="10: the question is not allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "level", "words"), TOKENS)
def test_the_token_is_told_in_words(ads: Ads, answer: Json, level: Level, words: str) -> None:
    first, *_ = found(ads, answer, None if level is Level.PROBLEM else node())

    assert (first.topic, first.level) == ("token", level)
    assert words in first.text


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [(-2, Level.PROBLEM, "ended on"), (5, Level.WARNING, "5 more days"), (60, Level.OK, "60 more days")],
)
def test_the_end_of_data_access_is_told_beside_the_tokens(ads: Ads, days: int, level: Level, words: str) -> None:
    findings = found(ads, token(data_access_expires_at=seconds(days=days)), node())

    (access,) = [one for one in findings if one.topic == "data access"]
    assert access.level is level
    assert words in access.text


@pytest.mark.parametrize(
    ("scopes", "level", "words"),
    [
        (["email", "ads_read"], Level.OK, "ads_read, email; ads can be read"),
        (["ads_management"], Level.OK, "ads can be read"),
        (["email"], Level.PROBLEM, "ads_read is missing (given: email)"),
        ([], Level.PROBLEM, "ads_read is missing (given: none)"),
    ],
)
def test_the_permission_to_read_ads_is_looked_for(ads: Ads, scopes: list[str], level: Level, words: str) -> None:
    (about,) = [one for one in found(ads, token(scopes=scopes), node()) if one.topic == "scopes"]

    assert about.level is level
    assert words in about.text


STATUSES = [
    (1, 0, Level.OK, "'Shop' can be read and is active"),
    (2, 1, Level.WARNING, "'Shop' is disabled (2, reason 1)"),
    (3, 0, Level.WARNING, "'Shop' is unsettled (3)"),
    (7, 0, Level.WARNING, "'Shop' is pending risk review (7)"),
    (8, 0, Level.WARNING, "'Shop' is pending settlement (8)"),
    (9, 0, Level.WARNING, "'Shop' is in its grace period (9)"),
    (100, 0, Level.WARNING, "'Shop' is pending closure (100)"),
    (101, 0, Level.WARNING, "'Shop' is closed (101)"),
    (55, 0, Level.WARNING, "'Shop' is in status 55, which is not known here (55)"),
    (None, 0, Level.OK, "'Shop' can be read; its status is not told"),
]


@pytest.mark.parametrize(("status", "reason", "level", "words"), STATUSES, ids=[str(one[0]) for one in STATUSES])
def test_the_accounts_status_is_told_in_words(
    ads: Ads, status: int | None, reason: int, level: Level, words: str
) -> None:
    findings = found(ads, token(), node(account_status=status, disable_reason=reason))

    about = findings[2]
    assert (about.topic, about.level) == ("ad account 123", level)
    assert about.text.startswith(words)


COMPARED = [
    pytest.param({"currency": "USD"}, INDIAN, Level.WARNING, "set settings.fxRates.USD", id="no rate"),
    pytest.param({"currency": "USD"}, AdShop("INR", "Asia/Kolkata", ["USD"]), Level.OK,
                 "settings.fxRates.USD turns it into INR", id="a rate"),
    pytest.param({}, AdShop(), Level.OK, "in INR; the shop's is not known before its first sync",
                 id="currency of the shop not known yet"),
    pytest.param({}, AdShop(), Level.OK, "days in Asia/Kolkata; the shop's are not known",
                 id="zone of the shop not known yet"),
    pytest.param({"timezone_name": "America/New_York"}, INDIAN, Level.WARNING,
                 "days in America/New_York, the shop's in Asia/Calcutta", id="another zone"),
    pytest.param({"timezone_name": "Europe/Paris"}, AdShop("INR", "Europe/Berlin"), Level.OK,
                 "days in Europe/Paris, as the shop's", id="another name for the same days"),
    pytest.param({"timezone_name": "Africa/Lagos"}, AdShop("INR", "Europe/London"), Level.WARNING,
                 "days in Africa/Lagos, the shop's in Europe/London", id="the same days in summer only"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "shop", "level", "words"), COMPARED)
def test_the_account_is_compared_with_the_shop(
    ads: Ads, given: Json, shop: AdShop, level: Level, words: str
) -> None:
    (about,) = [one for one in found(ads, token(), node(**given), shop=shop) if words in one.text]

    assert about.level is level


@pytest.mark.parametrize(
    ("answer", "words"), [(error(100, 33), "no such ad account"), (error(2635), "PROFITSYNC_META_API_VERSION")]
)
def test_an_account_that_cannot_be_read_is_a_problem_and_the_others_are_looked_at(
    ads: Ads, answer: Json, words: str
) -> None:
    ads.wire.get(f"{BASE}/v26.0/act_77", json=node(account_id="77"))

    findings = found(ads, token(), answer, account_ids=["123", "77"])

    problem, good = [one for one in findings if one.topic.startswith("ad account")][:2]
    assert (problem.topic, problem.level) == ("ad account 123", Level.PROBLEM)
    assert words in problem.text
    assert (good.topic, good.level) == ("ad account 77", Level.OK)


def test_a_dead_token_is_not_tried_on_the_accounts(ads: Ads) -> None:
    findings = found(ads, token(is_valid=False))

    assert [one.level for one in findings if one.topic == "token"] == [Level.PROBLEM]
    assert len(ads.wire.calls) == 1


@pytest.mark.parametrize(("code", "kind"), [(2, RetriableError), (4, ThrottledError)])
def test_when_meta_cannot_be_asked_at_all_that_is_an_error(
    ads: Ads, code: int, kind: type[RetriableError]
) -> None:
    with pytest.raises(kind):
        found(ads, error(code))


def test_a_version_that_ages_is_a_warning(ads: Ads) -> None:
    ads.wire.get(DEBUG, json=token())
    ads.wire.get(NODE, json=node(), headers={"X-Ad-Api-Version-Warning": "upgraded to v27.0"})

    (about,) = [one for one in ads.source(shop=INDIAN).check() if one.topic == "API version"]

    assert about.level is Level.WARNING
    assert "PROFITSYNC_META_API_VERSION" in about.text
    assert "upgraded to v27.0" in about.text


@pytest.mark.parametrize(("skew", "words"), [(3600, "3600 s slow"), (-180, "180 s fast"), (60, None)])
def test_a_clock_that_is_off_is_a_warning(ads: Ads, skew: int, words: str | None) -> None:
    date = {"Date": format_datetime((NOW + timedelta(seconds=skew)).astimezone(UTC), usegmt=True)}
    ads.wire.get(DEBUG, json=token(), headers=date)
    ads.wire.get(NODE, json=node(), headers=date)

    clock = [one.text for one in ads.source(shop=INDIAN).check() if one.topic == "clock"]

    assert len(clock) == (words is not None)
    assert all(str(words) in text for text in clock)


def test_the_token_asked_about_is_in_no_finding_no_error_and_no_line_of_ours(
    ads: Ads, caplog: pytest.LogCaptureFixture
) -> None:
    ads.wire.get(DEBUG, body=requests.ConnectionError(f"{DEBUG}?input_token={TOKEN}"))

    with caplog.at_level(logging.DEBUG), pytest.raises(RetriableError) as failure:
        ads.source(app_secret=APP_SECRET).check()

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("profitsync")]
    assert TOKEN not in repr(failure.value) + "".join(ours)
    assert ads.sent()[0]["input_token"] == TOKEN
    assert APP_SECRET not in str(ads.wire.calls[0].request.url)
