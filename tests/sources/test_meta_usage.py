"""Usage headers: read in every shape, respected before a limit is met, and remembered."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import responses
from requests.structures import CaseInsensitiveDict

from profitsync.sources.errors import ThrottledError
from profitsync.sources.meta.access import MOST_SLOWING
from profitsync.sources.meta.usage import Usage, usage_of
from tests.sources.meta_samples import DAY, INSIGHTS, Ads, page, row


def throttle(**values: Any) -> dict[str, str]:
    return {"x-fb-ads-insights-throttle": json.dumps(values)}


def use_case(*entries: Any, key: str = "123") -> dict[str, str]:
    return {"X-Business-Use-Case-Usage": json.dumps({key: list(entries)})}


def account(**values: Any) -> dict[str, str]:
    return {"X-Ad-Account-Usage": json.dumps(values)}


HEADERS = [
    pytest.param({}, Usage(), id="no header"),
    pytest.param(throttle(app_id_util_pct=1.5, acc_id_util_pct=0), Usage(1.5), id="throttle: the app"),
    pytest.param(throttle(app_id_util_pct=1, acc_id_util_pct=80), Usage(80), id="throttle: the account"),
    pytest.param(throttle(acc_id_util_pct="77.5"), Usage(77.5), id="a number in quotes"),
    pytest.param(
        use_case({"type": "ads_insights", "call_count": 10, "total_cputime": 95, "total_time": 3}),
        Usage(95),
        id="use case: CPU time",
    ),
    pytest.param(
        use_case({"type": "ads_insights", "total_time": 100, "estimated_time_to_regain_access": 2}),
        Usage(100, 120),
        id="use case: minutes until access is regained",
    ),
    pytest.param(
        use_case({"type": "ads_management", "call_count": 99}, {"type": "ads_insights", "call_count": 5}),
        Usage(5),
        id="use case: another one's quota does not concern us",
    ),
    pytest.param(use_case({"call_count": 5}, key="998877"), Usage(5), id="use case: key of a business"),
    pytest.param(
        account(acc_id_util_pct=100, reset_time_duration=90), Usage(100, 90), id="account: seconds until reset"
    ),
    pytest.param({"x-app-usage": '{"call_count":28,"total_time":25}'}, Usage(28), id="app usage"),
    pytest.param({"X-APP-USAGE": '{"call_count":128}'}, Usage(128), id="upper case, above 100"),
    pytest.param(
        throttle(acc_id_util_pct=10) | account(acc_id_util_pct=60) | {"x-app-usage": '{"call_count":70}'},
        Usage(70),
        id="the highest of all",
    ),
    pytest.param({"x-app-usage": ""}, Usage(), id="empty"),
    pytest.param({"x-app-usage": "call_count=3"}, Usage(), id="no JSON"),
    pytest.param({"x-app-usage": "[1]"}, Usage(), id="a list instead of an object"),
    pytest.param({"x-business-use-case-usage": '{"123": {"call_count": 3}}'}, Usage(), id="no list of entries"),
    pytest.param(use_case("odd", 7, None), Usage(), id="entries that are no objects"),
    pytest.param(throttle(acc_id_util_pct=None, app_id_util_pct=True), Usage(), id="values that are no numbers"),
    pytest.param(account(acc_id_util_pct=-5, reset_time_duration="soon"), Usage(), id="nonsense"),
]


@pytest.mark.parametrize(("headers", "usage"), HEADERS)
def test_headers_are_read_leniently(headers: dict[str, str], usage: Usage) -> None:
    assert usage_of(CaseInsensitiveDict(headers)) == usage


@pytest.fixture
def ads(wire: responses.RequestsMock) -> Ads:
    return Ads(wire)


@pytest.mark.parametrize(
    ("percent", "seconds"),
    [
        pytest.param(74, [], id="well below"),
        pytest.param(75, [], id="at the mark"),
        pytest.param(80, [4.0], id="above it"),
        pytest.param(100, [20.0], id="at the limit, still answered"),
        pytest.param(140, [20.0], id="beyond it"),
    ],
)
def test_the_next_request_waits_longer_the_nearer_the_limit_is(
    ads: Ads, percent: int, seconds: list[float]
) -> None:
    ads.wire.get(INSIGHTS, json=page(row(), more=True), headers=throttle(acc_id_util_pct=percent))
    ads.wire.get(INSIGHTS, json=page())

    ads.source().days(DAY, DAY)

    assert ads.pauses == seconds


def test_slowing_down_has_an_end(ads: Ads) -> None:
    for number in range(10):
        more = page(row(), after=f"c{number}", more=number < 9)
        ads.wire.get(INSIGHTS, json=more, headers=throttle(acc_id_util_pct=99))

    ads.source().days(DAY, DAY)

    assert sum(ads.pauses) == MOST_SLOWING


def test_a_good_answer_at_the_limit_ends_the_calls_until_access_is_regained(ads: Ads) -> None:
    last = use_case({"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 10})
    ads.wire.get(INSIGHTS, json=page(row()), headers=last)

    assert len(ads.source().days(DAY, DAY)) == 1
    for minutes in (0, 8):
        ads.now += timedelta(minutes=minutes)
        with pytest.raises(ThrottledError, match="until 2026-11-23 10:10 UTC"):
            ads.source().days(DAY, DAY)
    ads.now += timedelta(minutes=2)
    ads.source().days(DAY, DAY)

    assert len(ads.wire.calls) == 2


def test_a_block_that_is_over_in_a_moment_is_waited_for(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=page(row()), headers=account(acc_id_util_pct=100, reset_time_duration=30))
    ads.source().days(DAY, DAY)

    ads.source().days(DAY, DAY)

    assert ads.pauses == [30.0]


def test_time_until_a_reset_is_no_block_while_there_is_quota_left(ads: Ads) -> None:
    ads.wire.get(INSIGHTS, json=page(row()), headers=account(acc_id_util_pct=9.67, reset_time_duration=100))

    ads.source().days(DAY, DAY)

    assert ads.notes == {}


def test_usage_is_logged_for_those_who_look_closely(ads: Ads, caplog: pytest.LogCaptureFixture) -> None:
    ads.wire.get(INSIGHTS, json=page(row()), headers=throttle(acc_id_util_pct=61.5))

    with caplog.at_level(logging.DEBUG, "profitsync"):
        ads.source().days(DAY, DAY)

    assert "Meta: 61.5 % of a request quota is used" in caplog.messages
