"""After a refused login none is tried for a while, in this run or in a later one."""

from datetime import timedelta
from typing import Any

import pytest
import responses

from profitsync.sources.errors import CredentialsError, SourceError
from profitsync.sources.shiprocket.cooldown import NOTE
from tests.sources.shiprocket_samples import (
    EMAIL,
    FIRST,
    KEPT,
    LAST,
    LOGIN,
    NOW,
    PASSWORD,
    Courier,
    Json,
    order,
    page,
)

WRONG = {"message": "Invalid email and password combination"}
LOCKED = {"message": "User blocked due to too many failed login attempts."}
HOUR = timedelta(hours=1)


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def courier(wire: responses.RequestsMock) -> Courier:
    courier = Courier(wire)
    courier.kept = None
    return courier


def run(courier: Courier) -> str:
    """One hourly run: what it failed with, or nothing."""
    try:
        list(courier.source().created(FIRST, LAST))
    except SourceError as error:
        return str(error)
    return ""


def test_a_wrong_password_is_tried_five_times_in_a_day_of_hourly_runs(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    tried = []

    for hour in range(24):
        courier.now = NOW + hour * HOUR
        before = courier.logins()
        assert "check the API user under Settings -> API" in run(courier)
        tried += [hour] * (courier.logins() - before)

    assert tried == [0, 1, 3, 7, 15]
    assert len(courier.wire.calls) == 5


def test_the_pause_grows_to_a_day_and_no_further(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    tried = []

    for hour in range(24 * 8):
        courier.now = NOW + hour * HOUR
        before = courier.logins()
        run(courier)
        tried += [hour] * (courier.logins() - before)

    assert tried == [0, 1, 3, 7, 15, 31, 55, 79, 103, 127, 151, 175]


def test_during_the_pause_the_error_says_until_when_why_and_what_to_do(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    first = run(courier)
    courier.now += timedelta(minutes=59)

    with pytest.raises(CredentialsError) as failure:
        list(courier.source().created(FIRST, LAST))

    assert str(failure.value) == first == (
        "Shiprocket: the login was refused: wrong e-mail or password, or too many logins (HTTP 403); "
        "check the API user under Settings -> API in Shiprocket, then run `profitsync users update`; "
        "it is not tried again before 2026-11-23 11:00 UTC"
    )  # fmt: skip
    assert courier.logins() == 1


def test_the_second_refusal_in_a_row_is_counted(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    run(courier)
    courier.now += HOUR

    assert "refused 2 times in a row" in run(courier)


REASONS = [
    pytest.param({"status": 403, "json": WRONG}, "wrong e-mail or password", 1, id="wrong password"),
    pytest.param({"status": 401, "json": {"message": "Unauthorized"}}, "wrong e-mail or password", 1, id="401"),
    pytest.param({"status": 403, "json": LOCKED}, "locked after too many failed logins", 1, id="locked"),
    pytest.param({"status": 400, "json": LOCKED}, "locked after too many failed logins", 1, id="locked with 400"),
    pytest.param({"status": 403, "body": "<html>no</html>"}, "firewall before Shiprocket", 1,
                 id="firewall, a page"),
    pytest.param({"status": 403, "json": {"message": "Access forbidden"}}, "firewall before Shiprocket", 1,
                 id="firewall, JSON"),
    pytest.param({"status": 403, "json": ["no"]}, "wrong e-mail or password", 1, id="an answer of another shape"),
    pytest.param({"status": 422, "json": {"errors": {}}}, "HTTP 422", 1, id="missing field"),
    pytest.param({"status": 429, "json": {}}, r"too many logins \(HTTP 429\)", 1, id="throttled"),
    pytest.param({"status": 429, "json": {}, "headers": {"Retry-After": "7200"}}, "too many logins", 2,
                 id="throttled for longer"),
    pytest.param({"status": 429, "json": {}, "headers": {"Retry-After": "9e99"}}, "too many logins", 24,
                 id="throttled for ever"),
    pytest.param({"status": 200, "json": {"status": 403}}, r"\(HTTP 403\)", 1, id="refusal inside 200"),
    pytest.param({"status": 200, "json": {"message": "enter the code"}}, "holds no token", 1, id="no token"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "why", "hours"), REASONS)
def test_every_refusal_cools_down_and_keeps_its_reason(
    courier: Courier, answer: Json, why: str, hours: int
) -> None:
    courier.wire.post(LOGIN, **answer)
    run(courier)
    courier.now += hours * HOUR - timedelta(seconds=1)

    with pytest.raises(CredentialsError, match=why):
        list(courier.source().created(FIRST, LAST))

    assert courier.logins() == 1
    assert courier.pauses == []
    courier.now += timedelta(seconds=1)
    run(courier)
    assert courier.logins() == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "body": "<html>"},
        {"status": 200, "body": "<html>"},
        {"status": 500, "json": {"message": "x"}},
    ],
    ids=["HTML with 502", "HTML with 200", "500"],
)
def test_a_passing_fault_at_login_is_no_refusal(courier: Courier, answer: Json) -> None:
    courier.wire.post(LOGIN, **answer)

    run(courier)
    run(courier)

    assert courier.notes == {}
    assert courier.logins() == 6


def test_a_login_that_succeeds_ends_the_pause_and_its_growth(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    courier.lets_in()
    courier.wire.post(LOGIN, json=WRONG, status=403)
    courier.lists(page(order()))
    run(courier)
    courier.now += HOUR
    assert run(courier) == ""
    assert courier.notes == {}
    courier.kept = None

    assert "refused: wrong" in run(courier)


def test_new_credentials_are_tried_at_once_since_the_notes_go_with_the_old_ones(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    courier.lets_in()
    courier.lists(page(order()))
    run(courier)
    courier.notes.clear()  # as `users update` does

    assert run(courier) == ""


def test_what_a_run_with_the_old_credentials_notes_late_does_not_hold_up_the_new_ones(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    courier.lets_in()
    courier.lists(page(order()))
    old = courier.source()
    courier.version = "2"  # the credentials change while that run is at work

    with pytest.raises(CredentialsError):
        list(old.created(FIRST, LAST))

    assert courier.notes
    assert run(courier) == ""


def test_a_revoked_token_with_a_dead_password_is_not_sent_again_by_the_next_run(courier: Courier) -> None:
    courier.kept = KEPT, NOW + timedelta(days=5)
    courier.lists({"message": "Unauthenticated."}, status=401)
    courier.wire.post(LOGIN, json=WRONG, status=403)
    run(courier)
    asked = len(courier.wire.calls)
    courier.now += HOUR / 2

    assert "not tried again before" in run(courier)
    assert len(courier.wire.calls) == asked == 2


def test_a_token_that_another_process_has_left_meanwhile_saves_the_login(courier: Courier) -> None:
    courier.kept = "old", NOW + timedelta(days=5)
    courier.lists(page(order(1), pages=2))
    courier.lists({"message": "Unauthenticated."}, status=401)
    courier.lists(page(order(2), number=2, pages=2))
    batches = courier.source().created(FIRST, LAST)
    next(batches)
    courier.kept = KEPT, NOW + timedelta(days=9)

    next(batches)

    assert courier.tokens_used() == ["old", "old", KEPT]


@pytest.mark.parametrize(
    "note",
    [
        "gibberish",
        '{"refusals": "many"}',
        '{"of": "1", "refusals": 1, "until": "2036-01-01T00:00:00Z", "why": "a clock that was ten years ahead"}',
    ],
    ids=["no JSON", "another shape", "from a clock that went wrong"],
)
def test_a_note_that_makes_no_sense_holds_nobody_up(courier: Courier, note: str) -> None:
    courier.notes[NOTE] = note
    courier.lets_in()
    courier.lists(page(order()))

    assert run(courier) == ""


def test_the_note_holds_no_secret(courier: Courier) -> None:
    courier.wire.post(LOGIN, json=WRONG, status=403)
    run(courier)

    assert PASSWORD not in courier.notes[NOTE]
    assert EMAIL not in courier.notes[NOTE]
