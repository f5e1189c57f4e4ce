"""What each route does, and what it says when it cannot."""

from datetime import timedelta
from typing import Any

import pytest

from profitsync.domain.merchants import User
from profitsync.services.lease import Lease
from tests.api.conftest import Api
from tests.cli.samples import DOCUMENT, SECRETS, a_job, an_estimate, figures
from tests.unit.builders import line, order


def test_a_user_is_registered_shown_changed_and_removed(api: Api) -> None:
    made = api("POST", "/api/users", DOCUMENT | {"settings": {"fxRates": {"USD": 83.2}}})

    assert made.status_code == 201
    user = made.json()["data"]
    assert (user["email"], user["shopifyAccessToken"]) == (DOCUMENT["email"], "set")
    assert api.data("GET", f"/api/users/{user['id']}") == user
    assert api("GET", "/api/users").json() == {"success": True, "data": [user], "count": 1}
    changed = api.data("PUT", f"/api/users/{user['id']}", {"email": "new@shop.example", "isActive": False})
    assert (changed["email"], changed["isActive"]) == ("new@shop.example", False)
    assert api.data("DELETE", f"/api/users/{user['id']}") == {"id": user["id"]}
    assert api("GET", f"/api/users/{user['id']}").status_code == 404


def test_no_answer_holds_a_secret(api: Api) -> None:
    user = api.data("POST", "/api/users", DOCUMENT)
    answers = [
        api("PUT", f"/api/users/{user['id']}", {"metaAccessToken": SECRETS[1] + " "}),
        api("PUT", f"/api/users/{user['id']}", {"shiprocketPassword": SECRETS[2] + "\n?\n"}),
        api("POST", "/api/users", DOCUMENT),
        api("POST", "/api/users", DOCUMENT | {"shopifyAccessToken": f"{SECRETS[0]} and more"}),
        api("GET", "/api/users"),
    ]

    assert [one.status_code for one in answers] == [200, 422, 409, 422, 200]
    assert not [secret for secret in SECRETS for one in answers if secret in one.text]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/api/users", "{", 400, "the body: not valid JSON at line 1"),
        ("POST", "/api/users", b"\xff", 400, "the body: is not UTF-8 text"),
        ("POST", "/api/users", "[]", 400, "the body: must hold one JSON object"),
        ("POST", "/api/users", '{"email": "\\ud800"}', 400, "the body: not valid JSON: holds half of a character"),
        ("POST", "/api/users", '{"email": ' + "9" * 5000 + "}", 400, "the body: not valid JSON: a number"),
        ("POST", "/api/users", {"mail": "x"}, 422, "mail: is not a known field; did you mean email?; email: is m"),
        ("POST", "/api/users", {"email": "owner@shop.example"}, 409, "email: owner@shop.example is registered al"),
        ("PUT", "/api/users/owner", {"isActive": 1}, 422, "isActive: must be true or false"),
        ("PUT", "/api/users/owner", {"settings": {"estimatedCostRatio": 4}}, 422, "settings.estimatedCostRatio: "),
        ("POST", "/api/product-costs", {"cost": 1}, 422, "userId: must be"),
        ("POST", "/api/product-costs", {"userId": "owner", "cost": 1}, 422, "productId: is missing; name"),
        ("POST", "/api/product-costs", {"userId": "owner", "sku": "A", "cost": "1"}, 422, "cost: must be a numbe"),
        ("POST", "/api/product-costs", '{"userId": "owner", "sku": "A", "cost": 1e999999999}', 422, "cost: must "),
        ("POST", "/api/product-costs", {"userId": "owner", "sku": "A", "cost": -1}, 422, "cost: '-1' must be"),
        ("POST", "/api/product-costs", {"userId": "owner", "variantId": "x", "cost": 1}, 422, "variantId: 'x' mu"),
        ("POST", "/api/sync/manual", {}, 422, "userId: must be"),
        ("POST", "/api/sync/manual", {"userId": "owner", "startDate": "1 May"}, 422, "startDate: must be a day"),
        ("POST", "/api/sync/manual", {"userId": "owner", "endDate": "2026-05-01"}, 422, "startDate: is missing"),
        ("POST", "/api/sync/manual", {"userId": "owner", "startDate": "2027-01-01"}, 422, "startDate: 2027-01-01"),
        ("GET", "/api/metrics", None, 422, "userId: is missing"),
        ("GET", "/api/metrics?userId=owner&startDate=20261102", None, 422, "startDate: must be a day such as"),
        ("GET", "/api/metrics?userId=owner&startDate=2026-11-02&endDate=2026-11-01", None, 422, "startDate: 2026"),
        ("GET", "/api/metrics?userId=owner&startDate=2001-01-01", None, 422, "startDate: 2001-01-01 to 2026-11-0"),
        ("GET", "/api/metrics?userId=owner&by=year", None, 422, "by: Input should be 'day', 'week' or 'month'"),
        ("GET", "/api/metrics/summary/owner?days=0", None, 422, "days: Input should be greater than or equal to "),
        ("GET", "/api/metrics?userId=owner&starDate=2026-11-02", None, 422, "starDate: is not a known field; di"),
        ("GET", "/api/metrics/summary/nobody", None, 404, "there is no such user"),
        ("GET", "/api/sync/status/nothing", None, 404, "there is no such job"),
        ("DELETE", "/api/product-costs/owner.!", None, 404, "there is no such cost"),
        ("DELETE", "/api/product-costs/owner.QUJD", None, 404, "there is no such cost"),
        ("GET", "/api/nothing", None, 404, "there is no such route"),
        ("PATCH", "/api/users", None, 405, "this route does not take that method"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field_and_changes_nothing(
    method: str, path: str, body: Any, status: int, error: str, api: Api, user: User
) -> None:
    response = api(method, path, body)

    assert (response.status_code, response.json()["success"]) == (status, False)
    assert response.json()["error"].startswith(error)
    assert api.store.users() == [user]
    assert api.store.costs(user.id) == []


def test_costs_are_stated_listed_and_deleted(api: Api, user: User) -> None:
    api.store.put_costs(user.id, [an_estimate("7", "Kurta")])
    wanted = '{"userId": "owner", "sku": "A/B — §", "cost": 310.50, "validFrom": "2026-04-01"}'

    made, again = api("POST", "/api/product-costs", wanted), api("POST", "/api/product-costs", wanted)

    cost = made.json()["data"]
    assert (made.status_code, again.status_code) == (201, 200)
    assert '"cost":310.50,' in made.text
    listed = api("GET", "/api/product-costs/owner").json()
    assert listed["count"] == 2
    assert cost in listed["data"]
    (estimate,) = (one for one in listed["data"] if one["source"] == "estimated")
    assert api("DELETE", f"/api/product-costs/{estimate['id']}").status_code == 422
    assert api.data("DELETE", f"/api/product-costs/{cost['id']}") == {"id": cost["id"]}
    assert [one.product_id for one in api.store.costs(user.id)] == ["7"]


def test_a_cost_may_correct_the_past(api: Api, user: User) -> None:
    figures(api.store, user)
    api.data("POST", "/api/product-costs", {"userId": "owner", "productId": "7", "cost": 5})
    corrected = {"userId": "owner", "productId": "7", "cost": 6, "recalculate": True}

    cost = api.data("POST", "/api/product-costs", corrected)

    assert (cost["cost"], cost["validFrom"]) == (6, None)
    assert len(set().union(*api.store.dirty_days(user.id).values())) == 4


def test_a_sync_answers_its_result_and_leaves_a_job(api: Api, user: User) -> None:
    api.sources.shop.held = [order(line("1"), customer_id="c1")]
    days = {"userId": "owner", "startDate": "2026-11-02", "endDate": "2026-11-03"}

    result = api.data("POST", "/api/sync/manual", days)

    assert (result["status"], result["daysWritten"], result["until"]) == ("completed", 2, "2026-11-03")
    assert api.data("GET", f"/api/sync/status/{result['jobId']}")["status"] == "completed"
    assert [one["jobId"] for one in api.data("GET", "/api/sync/jobs/owner")] == [result["jobId"]]


def test_a_failing_source_is_a_result_not_a_fault(api: Api, user: User) -> None:
    from profitsync.sources.errors import CredentialsError

    api.sources.ads.failure = CredentialsError("Meta: the token has expired")

    result = api.data("POST", "/api/sync/manual", {"userId": "owner"})

    assert (result["status"], result["sources"]["meta"]["error"]) == ("partial", "Meta: the token has expired")


def test_while_a_run_holds_a_user_it_is_neither_synced_nor_changed_nor_removed(api: Api, user: User) -> None:
    api.store.put_job(a_job(user, status="running"))
    with Lease(api.store, f"sync:{user.id}", api.clock):
        sync = api("POST", "/api/sync/manual", {"userId": "owner"})
        others = [
            api("PUT", "/api/users/owner", {"email": "new@shop.example"}),
            api("PUT", "/api/users/owner", {"isActive": False}),
            api("DELETE", "/api/users/owner"),
        ]

    assert [one.status_code for one in (sync, *others)] == [409] * 4
    assert sync.json()["data"]["jobId"] == "job1"
    assert api.store.users() == [user]


def test_an_idle_user_is_not_synced(api: Api, user: User) -> None:
    api.data("PUT", "/api/users/owner", {"isActive": False})

    response = api("POST", "/api/sync/manual", {"userId": "owner"})

    assert (response.status_code, response.json()["error"][:7]) == (422, "userId:")


def test_jobs_are_the_newest_fifty(api: Api, user: User) -> None:
    for number in range(52):
        api.store.put_job(a_job(user, number))

    listed = api("GET", "/api/sync/jobs/owner").json()

    assert (listed["count"], listed["data"][0]["jobId"]) == (50, "job51")


def test_figures_of_a_range_with_totals(api: Api, user: User) -> None:
    figures(api.store, user)

    answer = api("GET", "/api/metrics?userId=owner&startDate=2026-11-02&endDate=2026-11-05")
    found = answer.json()

    assert (found["count"], found["currency"], found["timezone"]) == (4, "INR", "Asia/Kolkata")
    assert [row["revenue"] for row in found["data"]] == [1000, 2000, 3000, 4000]
    assert '"netProfit":-1949.00,' in answer.text
    assert (found["totals"]["revenue"], found["totals"]["cogs"]) == (10_000, 1602)
    weekly = api.data("GET", "/api/metrics?userId=owner&startDate=2026-11-02&by=week")
    assert [row["date"] for row in weekly] == ["2026-11-02"]


def test_the_summary_is_of_the_last_days(api: Api, user: User) -> None:
    figures(api.store, user)

    found = api.data("GET", "/api/metrics/summary/owner?days=2")

    assert (found["since"], found["until"], len(found["rows"])) == ("2026-11-04", "2026-11-05", 2)
    assert found["totals"]["revenue"] == 7000


def test_health_tells_how_old_the_figures_are_and_nothing_else(api: Api, user: User) -> None:
    from dataclasses import replace

    api.store.save_user(replace(user, last_sync_at=api.clock.now - timedelta(minutes=90)))

    for path in ("/", "/health"):
        answer = api("GET", path, key=None)
        assert answer.json()["data"]["lastSyncAgeSeconds"] == 5400
        assert user.email not in answer.text
