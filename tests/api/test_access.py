"""Who gets an answer: for every route there is, not for a sample of them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from profitsync.domain.merchants import User
from profitsync.services.cost_entry import outside_id
from tests.api.conftest import OWN, Api
from tests.cli.samples import a_job, an_estimate, figures

OPEN = {"/", "/health", "/docs", "/openapi.json"}
OF_NOBODY = {("GET", "/api/users"), ("POST", "/api/users")}  # name no user: answer for the key's own
WRONG = {
    "none": None, "unknown": "no-such-key", "cut": OWN[:-1], "made up": "pfs_0123456789ab_" + "x" * 43,
    "not ASCII": "schlüssel",
}  # fmt: skip


def routes(api: Api) -> Iterator[tuple[str, str]]:
    """Method and path of everything the application answers."""
    app: Any = api.client.app
    assert isinstance(app, FastAPI)
    found = list(every(app.routes))
    assert len({path for _, path in found}) >= 17
    yield from found


def every(given: Any) -> Iterator[tuple[str, str]]:
    """The routes of an application, those of routers inside it too."""
    for route in given:
        if hasattr(route, "methods"):
            yield from ((method, route.path) for method in sorted(route.methods) if method != "HEAD")
        else:
            prefix = getattr(getattr(route, "include_context", None), "prefix", "")
            inner = getattr(route, "original_router", route).routes
            yield from ((method, prefix + path) for method, path in every(inner))


def filled(path: str, user: User, api: Api) -> str:
    """The path about this user, its job and its cost, all of which exist."""
    figures(api.store, user)
    api.store.put_job(a_job(user))
    cost = an_estimate("7", "Kurta")
    api.store.put_costs(user.id, [cost])
    known = {"userId": user.id, "id": outside_id(user, cost), "jobId": "job1"}
    filled_in = re.sub(r"{(\w+)}", lambda found: known[found[1]], path)
    return f"{filled_in}?userId={user.id}" if path == "/api/metrics" else filled_in


def body(path: str, user: User) -> dict[str, Any]:
    return {"userId": user.id, "cost": 5, "sku": "A"} if "costs" in path else {"userId": user.id}


@pytest.mark.parametrize("key", WRONG.values(), ids=WRONG)
def test_without_a_good_key_every_route_but_health_says_401(api: Api, user: User, key: str | None) -> None:
    for number, (method, path) in enumerate(routes(api)):
        if path in OPEN:
            continue
        if number % 9 == 0:
            api.clock.now += timedelta(minutes=2)  # or the wrong keys would be too many
        response = api(method, filled(path, user, api), body(path, user), key)
        assert response.status_code == 401, (method, path)
        assert response.json()["success"] is False


def test_with_another_organisations_key_nothing_of_a_user_is_there(api: Api, user: User, stranger: User) -> None:
    key = api.bound_key(stranger)
    for method, path in routes(api):
        if path in OPEN or path.startswith("/webhooks") or (method, path) in OF_NOBODY:
            continue
        response = api(method, filled(path, user, api), body(path, user), key)
        assert response.status_code == 404, (method, path)
        assert user.email not in response.text
    assert [one["id"] for one in api.data("GET", "/api/users", key=key)] == [stranger.id]
    assert api("POST", "/api/users", {"email": "new@other.example"}, key).status_code == 404
    assert api.store.find_user("new@other.example") is None
    assert api.store.find_user(user.id) == user


def test_what_is_not_there_and_what_is_not_ours_look_the_same(api: Api, user: User, stranger: User) -> None:
    key = api.bound_key(stranger)

    not_ours, not_there = (api("GET", f"/api/users/{one}", key=key) for one in (user.id, "0" * 24))

    assert not_ours.json() == not_there.json()


def test_a_bound_key_works_with_its_own_user(api: Api, user: User, stranger: User) -> None:
    key = api.bound_key(stranger)
    figures(api.store, stranger)

    assert api.data("GET", f"/api/users/{stranger.id}", key=key)["email"] == stranger.email
    assert len(api.data("GET", f"/api/metrics?userId={stranger.id}&startDate=2026-11-02", key=key)) == 4
    assert api.data("PUT", f"/api/users/{stranger.id}", {"isActive": False}, key)["isActive"] is False
    assert api("DELETE", f"/api/users/{stranger.id}", key=key).status_code == 404
    assert api.store.find_user(stranger.id) is not None


def test_a_revoked_key_is_refused_at_once(api: Api, user: User) -> None:
    from profitsync.services.api_keys import create_key, revoke_key

    made = create_key(api.runtime, "short-lived", None)
    assert api("GET", "/api/users", key=made.plain).status_code == 200

    revoke_key(api.runtime, made.key.id)

    assert api("GET", "/api/users", key=made.plain).status_code == 401


def test_an_email_or_a_shop_is_no_id(api: Api, user: User) -> None:
    assert api("GET", f"/api/users/{user.email}").status_code == 404
    assert api("GET", f"/api/users/{user.shopify_store}").status_code == 404


@pytest.mark.parametrize("given", ["Basic dXNlcjpwdw==", OWN, f"Token {OWN}", ""])
def test_other_kinds_of_authorization_are_no_key(api: Api, given: str) -> None:
    response = api("GET", "/api/users", key=None, Authorization=given)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_client_with_too_many_wrong_keys_has_to_wait_even_with_a_good_one(api: Api) -> None:
    for _ in range(10):
        assert api("GET", "/api/users", key="wrong").status_code == 401
    api.clock.now += timedelta(seconds=20)

    refused = api("GET", "/api/users")

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert api("GET", "/health", key=None).status_code == 200
    api.clock.now += timedelta(seconds=41)
    assert api("GET", "/api/users").status_code == 200


def test_requests_without_a_key_do_not_count_as_wrong_ones(api: Api) -> None:
    for _ in range(12):
        assert api("GET", "/api/users", key=None).status_code == 401

    assert api("GET", "/api/users").status_code == 200


def test_every_route_but_the_open_ones_says_in_the_document_that_it_is_guarded(api: Api) -> None:
    document = api("GET", "/openapi.json", key=None).json()

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert bool(operation.get("security")) == (path not in OPEN), (method, path)
            assert path in OPEN or "401" in operation["responses"]


def test_the_document_knows_every_route(api: Api) -> None:
    document = api("GET", "/openapi.json", key=None).json()
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    served = {(method, path) for method, path in routes(api) if path not in ("/docs", "/openapi.json")}

    assert documented == served
