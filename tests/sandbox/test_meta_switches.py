"""What the simulated Graph API can be told to do: limits that last, reports with their fates, tokens, proofs."""

import hashlib
import hmac
import json
from datetime import date
from typing import Any

import pytest

from profitsync.sandbox.world import TokenDraft, World
from tests.sandbox.conftest import Serve
from tests.sandbox.small import ACCOUNT, NOW, Caller, Clock, ads, merchant

DAYS = [date(2026, 11, day) for day in (1, 2, 4)]
QUERY = {
    "level": "account", "time_increment": "1", "fields": "date_start,spend",
    "time_range": '{"since":"2026-11-01","until":"2026-11-06"}',
}  # fmt: skip
WAITING, STARTED, RUNNING = ("Job Not Started", 0), ("Job Started", 0), ("Job Running", 40)
COMPLETED = ("Job Completed", 100)


@pytest.fixture
def world() -> World:
    return merchant(meta=ads(*DAYS))


@pytest.fixture
def tea(serve: Serve, world: World) -> Caller:
    return serve(world)


def graph(tea: Caller, path: str, method: str = "GET", **given: str) -> Any:
    """The JSON that a path of the API answers with."""
    url, headers = f"{tea.sandbox.url}/meta/v26.0{path}", {"Authorization": f"Bearer token-of-{ACCOUNT}"}
    if method == "POST":
        return tea.session.post(url, data=given, headers=headers).json()
    return tea.session.get(url, params=given, headers=headers).json()


def code(answer: Any) -> tuple[int, int | None]:
    return answer["error"]["code"], answer["error"].get("error_subcode")


def report(tea: Caller, fault: str = "") -> str:
    """Ask for a report; its id."""
    if fault:
        tea.sandbox.faults.add(fault)
    return str(graph(tea, f"/act_{ACCOUNT}/insights", "POST", **QUERY)["report_run_id"])


def states(tea: Caller, run: str, polls: int) -> list[tuple[str, int]]:
    answers = [graph(tea, f"/{run}") for _ in range(polls)]
    return [(one["async_status"], one["async_percent_completion"]) for one in answers if "error" not in one]


# --- limits


def test_a_block_lasts_and_every_call_prolongs_it(tea: Caller, clock: Clock) -> None:
    tea.sandbox.faults.add("meta:blocked=10x1")

    codes = []
    for minutes in (0, 9, 9, 11):
        clock.pass_(minutes=minutes)
        codes.append(tea.meta("/insights", **QUERY).status_code)

    assert codes == [400, 400, 400, 200]


def test_a_blocked_account_says_in_minutes_when_it_is_free_and_others_are(serve: Serve) -> None:
    tea = serve(merchant(meta=ads(*DAYS)), merchant("other", meta=ads(*DAYS, account_id="99")))
    tea.sandbox.faults.add(f"meta:blocked=10x1/{ACCOUNT}")

    answer = tea.meta("")
    other = tea.meta("", account="99")

    (usage,) = json.loads(answer.headers["X-Business-Use-Case-Usage"])[ACCOUNT]
    assert code(answer.json()) == (80000, 2446079)
    assert usage["estimated_time_to_regain_access"] == 10
    assert other.status_code == 200


@pytest.mark.parametrize(("fault", "percent", "seconds"), [("", 0, 0), ("meta:usage=87.5", 87.5, 0),
                                                           ("meta:usage=100", 100, 300)])  # fmt: skip
def test_usage_headers_say_what_they_are_told(tea: Caller, fault: str, percent: float, seconds: int) -> None:
    if fault:
        tea.sandbox.faults.add(fault)

    headers = tea.meta("/insights", **QUERY).headers

    assert json.loads(headers["x-fb-ads-insights-throttle"])["acc_id_util_pct"] == percent
    account = json.loads(headers["x-ad-account-usage"])
    assert (account["acc_id_util_pct"], account["reset_time_duration"]) == (percent, seconds)
    assert "x-app-usage" in headers


def test_an_ageing_version_is_told_in_a_header(tea: Caller) -> None:
    tea.sandbox.faults.add("meta:version-warningx1")

    assert "X-Ad-Api-Version-Warning" in tea.meta("").headers
    assert "X-Ad-Api-Version-Warning" not in tea.meta("").headers


def test_a_query_of_too_many_days_is_refused_and_smaller_ones_are_not(tea: Caller) -> None:
    tea.sandbox.faults.add("meta:too-much=5")

    assert code(tea.meta("/insights", **QUERY).json()) == (1, 99)
    fewer = QUERY | {"time_range": '{"since":"2026-11-01","until":"2026-11-05"}'}
    assert len(tea.meta("/insights", **fewer).json()["data"]) == 3


# --- reports


def test_a_report_comes_step_by_step_and_is_a_snapshot(tea: Caller, world: World) -> None:
    run = report(tea)
    assert world.meta is not None
    world.meta.days.clear()

    assert states(tea, run, 4) == [WAITING, STARTED, RUNNING, COMPLETED]
    assert [row["date_start"] for row in graph(tea, f"/{run}/insights")["data"]] == [str(day) for day in DAYS]


def test_a_report_can_be_read_page_by_page(tea: Caller) -> None:
    run = report(tea)
    states(tea, run, 4)

    first = graph(tea, f"/{run}/insights", limit="2")
    last = graph(tea, f"/{run}/insights", limit="2", after=first["paging"]["cursors"]["after"])

    assert (len(first["data"]), len(last["data"]), "next" in last["paging"]) == (2, 1, False)


FATES = [
    ("failed", [WAITING, STARTED, RUNNING, ("Job Failed", 40)]),
    ("too-large", [WAITING, STARTED, RUNNING, ("Job Failed", 40)]),
    ("skipped", [WAITING, STARTED, RUNNING, ("Job Skipped", 0)]),
    ("stuck", [WAITING] * 4),
    ("early", [("Job Not Started", 100), ("Job Started", 100), ("Job Running", 100), COMPLETED]),
    ("unseen", [STARTED, RUNNING, COMPLETED]),
]


@pytest.mark.parametrize(("fate", "expected"), FATES, ids=[fate for fate, _ in FATES])
def test_a_report_has_the_fate_it_was_given(tea: Caller, fate: str, expected: list[tuple[str, int]]) -> None:
    run = report(tea, f"meta:report={fate}x1")

    assert states(tea, run, 4) == expected
    assert states(tea, report(tea), 4)[-1] == COMPLETED


@pytest.mark.parametrize(("fate", "numbers"), [("failed", (-2, 2490547)), ("too-large", (-3, 1504045))])
def test_a_report_that_failed_says_why(tea: Caller, fate: str, numbers: tuple[int, int]) -> None:
    run = report(tea, f"meta:report={fate}")
    states(tea, run, 3)

    told = graph(tea, f"/{run}")

    assert (told["error_code"], told["error_subcode"]) == numbers


@pytest.mark.parametrize(
    ("fate", "polls", "refusal"),
    [("", 3, (2601, 1815107)), ("hasty", 4, (2601, 1815107)), ("summary", 4, (100, None))],
    ids=["read too early", "hasty", "summary"],
)
def test_a_report_that_cannot_be_read_yet_refuses(
    tea: Caller, fate: str, polls: int, refusal: tuple[int, int | None]
) -> None:
    run = report(tea, f"meta:report={fate}" if fate else "")
    states(tea, run, polls)

    assert code(graph(tea, f"/{run}/insights")) == refusal
    states(tea, run, 1)
    assert len(graph(tea, f"/{run}/insights")["data"]) == 3


def test_a_report_of_somebody_else_does_not_exist(serve: Serve) -> None:
    tea = serve(merchant(meta=ads(*DAYS)), merchant("other", meta=ads(*DAYS, account_id="99")))
    run = report(tea)

    answer = tea.session.get(
        f"{tea.sandbox.url}/meta/v26.0/{run}", headers={"Authorization": "Bearer token-of-99"}
    )

    assert code(answer.json()) == (100, 33)


# --- accounts and tokens


def test_an_account_tells_its_status(tea: Caller, world: World) -> None:
    assert world.meta is not None
    world.meta.status, world.meta.disable_reason = 2, 4

    answer = tea.meta("", fields="account_status,disable_reason").json()

    assert (answer["account_status"], answer["disable_reason"]) == (2, 4)


def test_a_token_tells_its_kind_its_ends_and_all_its_accounts(tea: Caller, world: World) -> None:
    assert world.meta is not None
    further = ads(account_id="99")
    further.access_token = world.meta.access_token
    world.further_meta.append(further)
    end = int(NOW.timestamp())
    world.meta.token = TokenDraft("USER", end, end + 5, ("ads_read", "email"))

    told = graph(tea, "/debug_token", input_token=f"token-of-{ACCOUNT}")["data"]

    assert (told["type"], told["is_valid"], told["expires_at"], told["data_access_expires_at"]) == (
        "USER", False, end, end + 5,
    )  # fmt: skip
    assert told["granular_scopes"][0] == {"scope": "ads_read", "target_ids": [ACCOUNT, "99"]}


def test_an_app_may_demand_a_proof_of_its_secret(tea: Caller, world: World) -> None:
    assert world.meta is not None
    world.meta.app_secret = "shh"
    proof = hmac.new(b"shh", f"token-of-{ACCOUNT}".encode(), hashlib.sha256).hexdigest()

    assert code(tea.meta("").json()) == (100, None)
    assert code(tea.meta("", appsecret_proof=proof[::-1]).json()) == (100, None)
    assert tea.meta("", appsecret_proof=proof).status_code == 200
    assert "report_run_id" in graph(tea, f"/act_{ACCOUNT}/insights", "POST", appsecret_proof=proof, **QUERY)


def test_a_merchant_of_several_accounts_is_registered_with_all_of_them(world: World) -> None:
    assert world.meta is not None
    world.further_meta.append(ads(account_id="99"))
    world.meta.app_secret = "shh"

    assert world.user_json()["metaAdAccountId"] == f"{ACCOUNT},99"
    assert world.user_json()["metaAppSecret"] == "shh"


def test_the_date_header_follows_the_sandboxs_clock(tea: Caller, clock: Clock) -> None:
    clock.pass_(hours=-2)

    assert tea.meta("").headers["Date"] == "Fri, 20 Nov 2026 10:00:00 GMT"
