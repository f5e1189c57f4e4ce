"""The simulated Graph API: account, daily insights, tokens, limits."""

from datetime import date
from typing import Any

import pytest

from profitsync.sandbox.world import World
from tests.sandbox.conftest import Serve
from tests.sandbox.small import ACCOUNT, Caller, Clock, ads, merchant

DAYS = [date(2026, 11, day) for day in (1, 2, 4, 5, 6)]
RANGE = '{"since":"2026-11-01","until":"2026-11-06"}'
DAILY = {"level": "account", "time_increment": "1", "time_range": RANGE, "fields": "date_start,spend"}


@pytest.fixture
def world() -> World:
    return merchant(meta=ads(*DAYS))


@pytest.fixture
def tea(serve: Serve, world: World) -> Caller:
    return serve(world)


def refusal(tea: Caller, path: str = "/insights", **query: str) -> tuple[int, int, int | None]:
    """HTTP status, code and subcode of a refused request."""
    response = tea.meta(path, **query)
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("error_subcode")


def test_an_account_answers_only_the_requested_fields_and_its_id(tea: Caller) -> None:
    answer = tea.meta("", fields="currency,timezone_name").json()

    assert answer == {"id": f"act_{ACCOUNT}", "currency": "INR", "timezone_name": "Asia/Kolkata"}


def test_each_day_with_delivery_is_a_row_of_strings(tea: Caller) -> None:
    answer = tea.meta("/insights", **DAILY | {"fields": '["date_start","spend","impressions","actions"]'}).json()

    assert [row["date_start"] for row in answer["data"]] == [day.isoformat() for day in DAYS]
    assert (answer["data"][0]["spend"], answer["data"][0]["impressions"]) == ("12.5", "1000")
    assert {"action_type": "omni_purchase", "value": "1"} in answer["data"][0]["actions"]
    assert "reach" not in answer["data"][0]


def test_both_ends_of_a_time_range_are_included(tea: Caller) -> None:
    query = DAILY | {"time_range": '{"since":"2026-11-02","until":"2026-11-04"}'}

    assert [row["date_start"] for row in tea.meta("/insights", **query).json()["data"]] == [
        "2026-11-02",
        "2026-11-04",
    ]


def test_cursors_lead_through_all_pages_and_stay_on_the_last(tea: Caller) -> None:
    after: dict[str, str] = {}
    sizes, more = [], True
    while more:
        page = tea.meta("/insights", **DAILY, limit="2", **after).json()
        sizes.append(len(page["data"]))
        after = {"after": page["paging"]["cursors"]["after"]}
        more = "next" in page["paging"]

    assert sizes == [2, 2, 1]
    assert after["after"]


def test_next_can_be_followed_as_it_is_because_it_holds_the_token(tea: Caller) -> None:
    page = tea.meta("/insights", **DAILY, limit="3").json()

    following = tea.session.get(page["paging"]["next"])

    assert f"access_token=token-of-{ACCOUNT}" in page["paging"]["next"]
    assert [row["date_start"] for row in following.json()["data"]] == ["2026-11-05", "2026-11-06"]


def test_a_page_holds_twenty_five_rows_unless_asked_otherwise(serve: Serve) -> None:
    tea = serve(merchant(meta=ads(*(date(2026, 10, day) for day in range(1, 32)))))
    query = DAILY | {"time_range": '{"since":"2026-10-01","until":"2026-10-31"}'}

    assert len(tea.meta("/insights", **query).json()["data"]) == 25


def test_an_account_without_delivery_has_no_rows_and_no_paging(tea: Caller) -> None:
    query = DAILY | {"time_range": '{"since":"2026-11-03","until":"2026-11-03"}'}

    assert tea.meta("/insights", **query).json() == {"data": []}


def test_without_an_increment_the_whole_range_is_one_row(tea: Caller) -> None:
    (row,) = tea.meta("/insights", time_range=RANGE, fields="date_start,date_stop,spend,clicks").json()["data"]

    assert row == {"date_start": "2026-11-01", "date_stop": "2026-11-06", "spend": "62.5", "clicks": "125"}


def test_a_token_may_come_as_a_parameter(tea: Caller) -> None:
    url = f"{tea.sandbox.url}/meta/v26.0/act_{ACCOUNT}"

    assert tea.session.get(url, params={"access_token": f"token-of-{ACCOUNT}"}).status_code == 200


def test_a_wrong_token_is_code_190_with_http_400(tea: Caller) -> None:
    response = tea.meta("", token="wrong")

    assert (response.status_code, response.json()["error"]["code"]) == (400, 190)


def test_a_token_withdrawn_while_serving_is_refused_from_then_on(tea: Caller, world: World) -> None:
    assert tea.meta("").status_code == 200
    assert world.meta is not None

    world.meta.access_token = "another"

    assert refusal(tea, "")[:2] == (400, 190)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"account": "999", "token": f"token-of-{ACCOUNT}"}, (400, 100, 33)),
        ({"version": "v24.0"}, (400, 2635, None)),
        ({"time_range": '{"since":"2023-10-01","until":"2026-11-01"}'}, (400, 3018, None)),
        ({"time_range": '{"since":"2026-11-05","until":"2026-11-01"}'}, (400, 100, None)),
        ({"time_range": "yesterday"}, (400, 100, None)),
        ({"fields": "spend,colour"}, (400, 100, None)),
        ({"level": "ad"}, (400, 100, None)),
        ({"after": "nonsense"}, (400, 100, None)),
        ({"limit": "-1"}, (400, 100, None)),
    ],
)
def test_a_request_that_does_not_fit_is_refused_with_its_code(
    tea: Caller, query: dict[str, Any], expected: tuple[int, int, int | None]
) -> None:
    assert refusal(tea, **query) == expected


def test_history_reaches_back_thirty_seven_months(tea: Caller) -> None:
    assert tea.meta("/insights", **DAILY | {"time_range": '{"since":"2023-10-20","until":"2026-11-01"}'}).ok
    assert refusal(tea, time_range='{"since":"2023-10-19","until":"2026-11-01"}')[1] == 3018


def test_a_token_can_be_checked(tea: Caller) -> None:
    url = f"{tea.sandbox.url}/meta/v26.0/debug_token"
    headers = {"Authorization": f"Bearer token-of-{ACCOUNT}"}

    good = tea.session.get(url, params={"input_token": f"token-of-{ACCOUNT}"}, headers=headers).json()["data"]
    bad = tea.session.get(url, params={"input_token": "wrong"}, headers=headers).json()["data"]

    assert (good["is_valid"], good["scopes"], good["granular_scopes"][0]["target_ids"]) == (
        True, ["ads_read"], [ACCOUNT],
    )  # fmt: skip
    assert bad["is_valid"] is False


def test_the_default_range_is_the_thirty_days_before_today(tea: Caller, clock: Clock) -> None:
    clock.pass_(days=12)  # 2 December: the first of November has left the range

    rows = tea.meta("/insights", time_increment="1").json()["data"]

    assert [row["date_start"] for row in rows] == [day.isoformat() for day in DAYS[1:]]
