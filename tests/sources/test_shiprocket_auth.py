"""Logging in as rarely as possible: a wrong password every hour locks the merchant's API user."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import responses

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from profitsync.sources.shiprocket.auth import expiry
from tests.sources.shiprocket_samples import (
    EMAIL,
    FIRST,
    FRESH,
    KEPT,
    LAST,
    LOGIN,
    NDR,
    NOW,
    ORDERS,
    PASSWORD,
    Courier,
    Json,
    jwt,
    order,
    page,
)

REFUSED = {"message": "Unauthenticated.", "status_code": 401}


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def courier(wire: responses.RequestsMock) -> Courier:
    return Courier(wire)


def read(courier: Courier) -> int:
    return sum(len(batch) for batch in courier.source().created(FIRST, LAST))


def test_a_kept_token_needs_no_login(courier: Courier) -> None:
    courier.lists(page(order()))

    assert read(courier) == 1
    assert courier.logins() == 0
    assert courier.tokens_used() == [KEPT]


def test_without_a_token_one_login_gives_one_that_is_kept(courier: Courier) -> None:
    courier.kept = None
    courier.lets_in()
    courier.lists(page(order()))

    assert read(courier) == 1
    assert courier.kept == (FRESH, NOW + timedelta(days=10))
    assert courier.tokens_used() == [FRESH]
    assert json.loads(courier.wire.calls[0].request.body or "") == {"email": EMAIL, "password": PASSWORD}


@pytest.mark.parametrize(("minutes", "logins"), [(-60, 1), (5, 1), (15, 0)], ids=["over", "nearly over", "good"])
def test_a_token_counts_as_expired_some_minutes_early(courier: Courier, minutes: int, logins: int) -> None:
    courier.kept = (KEPT, NOW + timedelta(minutes=minutes))
    courier.lets_in()
    courier.lists(page())

    read(courier)

    assert courier.logins() == logins


def test_several_reads_of_a_run_share_one_login(courier: Courier) -> None:
    courier.kept = None
    courier.lets_in()
    courier.lists(page(order()))
    courier.lists(page(), url=NDR)
    source = courier.source()

    list(source.created(FIRST, LAST))
    list(source.updated(LAST, LAST))
    source.failed_attempts(FIRST, LAST)

    assert courier.logins() == 1


def test_a_revoked_token_is_replaced_and_the_call_repeated_once(courier: Courier) -> None:
    courier.lists(REFUSED, status=401)
    courier.lists(page(order()))
    courier.lets_in()

    assert read(courier) == 1
    assert courier.tokens_used() == [KEPT, FRESH]
    assert courier.kept == (FRESH, NOW + timedelta(days=10))


def test_a_new_token_that_is_refused_ends_the_run(courier: Courier) -> None:
    courier.lists(REFUSED, status=401)
    courier.lets_in()
    source = courier.source()

    for _ in range(3):
        with pytest.raises(CredentialsError):
            list(source.created(FIRST, LAST))

    assert courier.logins() == 1
    assert courier.tokens_used() == [KEPT, FRESH]


def test_a_token_from_this_runs_login_that_is_refused_is_not_asked_for_again(courier: Courier) -> None:
    courier.kept = None
    courier.lets_in()
    courier.lists(REFUSED, status=401)

    with pytest.raises(CredentialsError, match="just received"):
        read(courier)

    assert courier.logins() == 1


LOCKED = {"message": "User blocked due to too many failed login attempts."}
REFUSALS = [
    pytest.param(403, {"message": "Invalid email and password combination"}, CredentialsError, id="wrong"),
    pytest.param(403, LOCKED, CredentialsError, id="locked"),
    pytest.param(400, LOCKED, CredentialsError, id="locked with 400"),
    pytest.param(401, {"message": "Unauthorized"}, CredentialsError, id="unauthorised"),
    pytest.param(422, {"errors": {"email": ["required"]}}, CredentialsError, id="missing field"),
    pytest.param(404, {"message": "404 Not Found"}, CredentialsError, id="not found"),
    pytest.param(429, {"message": "Too Many Attempts."}, ThrottledError, id="throttled"),
    pytest.param(200, {"status": 403, "message": "no"}, CredentialsError, id="refusal inside 200"),
    pytest.param(200, {"message": "hello"}, BadResponseError, id="no token"),
    pytest.param(200, {"token": ""}, BadResponseError, id="blank token"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_a_login_answered_with_4xx_is_never_repeated_in_a_run(
    courier: Courier, status: int, body: Json, kind: type[SourceError]
) -> None:
    courier.kept = None
    courier.wire.post(LOGIN, json=body, status=status)
    source = courier.source()

    for call in (lambda: list(source.created(FIRST, LAST)), lambda: source.failed_attempts(FIRST, LAST)):
        with pytest.raises(SourceError) as failure:
            call()
        assert type(failure.value) is kind
        assert PASSWORD not in repr(failure.value)
        assert EMAIL not in repr(failure.value)

    assert courier.logins() == 1
    assert courier.sent(ORDERS) == []
    assert courier.pauses == []


def test_the_firewalls_page_at_login_is_not_retried(courier: Courier) -> None:
    courier.kept = None
    courier.wire.post(LOGIN, body="<html>Access forbidden</html>", status=403)

    with pytest.raises(CredentialsError):
        read(courier)

    assert courier.logins() == 1


PASSING = [
    pytest.param({"status": 502, "body": "<html>Bad Gateway</html>"}, id="HTML with 502"),
    pytest.param({"status": 200, "body": "<html>maintenance</html>"}, id="HTML with 200"),
    pytest.param({"status": 500, "json": {"message": "Undefined index"}}, id="server fault"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_login_that_met_a_passing_fault_is_tried_again(courier: Courier, fault: Json) -> None:
    courier.kept = None
    courier.wire.post(LOGIN, **fault)
    courier.lets_in()
    courier.lists(page(order()))

    assert read(courier) == 1
    assert courier.logins() == 2


def test_a_login_that_keeps_failing_is_a_passing_fault(courier: Courier) -> None:
    courier.kept = None
    courier.wire.post(LOGIN, body="<html>Bad Gateway</html>", status=502)

    with pytest.raises(RetriableError):
        read(courier)

    assert courier.logins() == 3


def test_a_forbidden_module_is_no_reason_to_log_in_again(courier: Courier) -> None:
    courier.lists({"message": "Forbidden"}, status=403)

    with pytest.raises(CredentialsError, match="/orders is forbidden"):
        read(courier)

    assert courier.logins() == 0
    assert len(courier.sent()) == 1


EXPIRIES = [
    pytest.param(jwt("x", NOW + timedelta(days=3)), timedelta(days=3), id="as the token says"),
    pytest.param("opaque", timedelta(hours=240), id="no JWT"),
    pytest.param("a.b.c", timedelta(hours=240), id="claims that are no base64"),
    pytest.param("a.e30.c", timedelta(hours=240), id="claims without an end"),
    pytest.param("a.eyJleHAiOjFlOTl9.c", timedelta(hours=240), id="an end beyond all time"),
    pytest.param("a.eyJleHAiOiJsYXRlciJ9.c", timedelta(hours=240), id="an end in words"),
]


@pytest.mark.parametrize(("token", "life"), EXPIRIES)
def test_a_token_lives_as_long_as_it_says_else_ten_days(token: str, life: timedelta) -> None:
    assert expiry(token, NOW) == NOW + life


def test_nothing_secret_is_logged(courier: Courier, caplog: pytest.LogCaptureFixture) -> None:
    courier.lists(REFUSED, status=401)
    courier.lists(page(order()))
    courier.lets_in()

    with caplog.at_level(logging.DEBUG, logger="profitsync"):
        read(courier)

    assert "refused the token" in caplog.text
    assert not any(secret in caplog.text for secret in (PASSWORD, EMAIL, KEPT, FRESH))
