"""The simulated Shiprocket API: login, lists by Indian days, pages, error bodies."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime

import msgspec
import pytest

from profitsync.sandbox.world import NdrDraft, World
from tests.sandbox.conftest import Serve
from tests.sandbox.small import EMAIL, NOW, Caller, Clock, carrier, merchant, parcel_order

EARLY = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)  # 23:30 on the 2nd in India
LATE = datetime(2026, 11, 2, 19, 0, tzinfo=UTC)  # 00:30 on the 3rd in India


@pytest.fixture
def world() -> World:
    orders = [parcel_order(1, EARLY, changed=LATE), parcel_order(2, LATE), parcel_order(3, NOW)]
    attempts = (NdrDraft(9, 502, "AWB2", LATE), NdrDraft(8, 501, "AWB1", EARLY))
    return merchant(shiprocket=carrier(*orders, ndr=attempts))


@pytest.fixture
def tea(serve: Serve, world: World) -> Caller:
    return serve(world)


@pytest.fixture
def token(tea: Caller) -> str:
    return str(tea.login().json()["token"])


def ids(tea: Caller, token: str, path: str = "/orders", **query: str | int) -> list[int]:
    return [row["id"] for row in tea.shiprocket(path, token, sort="ASC", sort_by="id", **query).json()["data"]]


def test_a_login_gives_a_jwt_for_ten_days(tea: Caller, token: str, clock: Clock) -> None:
    payload = token.split(".")[1]
    claims = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    assert (claims["exp"] - claims["iat"], claims["cid"]) == (864000, 77)
    assert tea.shiprocket("/orders", token).status_code == 200
    clock.pass_(days=10)
    assert tea.shiprocket("/orders", token).status_code == 401


def test_a_token_outlives_the_server_but_not_the_password(serve: Serve, world: World, token: str) -> None:
    other = serve(world)
    assert world.shiprocket is not None
    assert other.shiprocket("/orders", token).status_code == 200

    world.shiprocket.password = "changed"

    assert other.shiprocket("/orders", token).status_code == 401


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_a_bad_token_is_401(tea: Caller, token: str) -> None:
    response = tea.shiprocket("/orders", token)

    assert (response.status_code, response.json()["status_code"]) == (401, 401)


def test_five_wrong_passwords_block_the_user_even_with_the_right_one(tea: Caller) -> None:
    answers = [tea.login(password="wrong") for _ in range(5)]
    assert {(one.status_code, one.json()["message"]) for one in answers} == {
        (403, "Invalid email and password combination")
    }

    blocked = tea.login()

    assert (blocked.status_code, blocked.json()["message"][:12]) == (403, "User blocked")


def test_an_hour_after_the_last_wrong_password_the_user_is_free_again(tea: Caller, clock: Clock) -> None:
    for _ in range(5):
        tea.login(password="wrong")
    clock.pass_(minutes=59)
    assert tea.login().status_code == 403

    clock.pass_(minutes=1)

    assert tea.login().status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("locked", 403, "User blocked due to too many failed login attempts."),
        ("login-throttled", 403, "Invalid email and password combination"),
        ("403", 403, "Access forbidden"),
        ("429", 429, "Too Many Attempts."),
    ],
)
def test_a_login_can_be_made_to_fail_with_the_right_password(
    tea: Caller, fault: str, status: int, said: str
) -> None:
    tea.sandbox.faults.add(f"shiprocket:{fault}x9/auth")
    for _ in range(9):
        response = tea.login()
        assert (response.status_code, response.json()["message"]) == (status, said)

    assert tea.login().status_code == 200


def test_the_firewall_can_turn_a_login_away_with_a_page(tea: Caller) -> None:
    tea.sandbox.faults.add("shiprocket:403-htmlx1/auth")

    response = tea.login()

    assert (response.status_code, response.headers["Content-Type"]) == (403, "text/html; charset=utf-8")


def test_revoked_tokens_stay_so_and_a_login_gives_another(tea: Caller, token: str) -> None:
    tea.sandbox.faults.add("shiprocket:revoked@2/orders")

    assert [tea.shiprocket("/orders", token).status_code for _ in range(4)] == [200, 401, 401, 401]
    assert tea.shiprocket("/orders", tea.login().json()["token"]).status_code == 200


def test_answers_carry_the_sandboxs_time(tea: Caller, clock: Clock) -> None:
    assert tea.login().headers["Date"] == "Fri, 20 Nov 2026 12:00:00 GMT"
    clock.pass_(hours=1)
    assert tea.login().headers["Date"] == "Fri, 20 Nov 2026 13:00:00 GMT"


def test_a_right_password_forgets_the_wrong_ones_before(tea: Caller) -> None:
    for _ in range(4):
        tea.login(password="wrong")
    assert tea.login().status_code == 200

    tea.login(password="wrong")

    assert tea.login().status_code == 200


def test_a_login_without_a_field_is_422_naming_it(tea: Caller) -> None:
    url = f"{tea.sandbox.url}/shiprocket/v1/external/auth/login"

    response = tea.session.post(url, json={"email": EMAIL})

    assert (response.status_code, list(response.json()["errors"])) == (422, ["password"])


def test_a_request_without_a_user_agent_meets_the_firewall(tea: Caller) -> None:
    tea.session.headers["User-Agent"] = ""

    response = tea.login()

    assert (response.status_code, response.headers["Content-Type"]) == (403, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"from": "2026-11-02", "to": "2026-11-02"}, [1]),
        ({"from": "2026-11-03", "to": "2026-11-03"}, [2]),
        ({"from": "2026-11-03"}, [2, 3]),
        ({"updated_from": "2026-11-03", "updated_to": "2026-11-03"}, [1, 2]),
        ({"form": "2026-11-03"}, [1, 2, 3]),  # a misspelt filter is ignored without a word
    ],
)
def test_orders_are_chosen_by_indian_days(
    tea: Caller, token: str, query: dict[str, str], expected: list[int]
) -> None:
    assert ids(tea, token, **query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"updated_from": "2026-10-20"}, "updated_from"),
        ({"updated_to": "2026-11-20"}, "updated_from"),
        ({"updated_from": "2026-11-01", "updated_to": "2026-12-05"}, "updated_to"),
        ({"from": "1 Nov"}, "from"),
    ],
)
def test_refused_windows_are_422_with_the_field(
    tea: Caller, token: str, query: dict[str, str], field: str
) -> None:
    response = tea.shiprocket("/orders", token, **query)

    assert (response.status_code, list(response.json()["errors"])) == (422, [field])


def test_changes_of_exactly_thirty_days_ago_can_still_be_asked_for(tea: Caller, token: str) -> None:
    assert ids(tea, token, updated_from="2026-10-21") == [1, 2, 3]


def test_lists_are_newest_first_unless_asked_otherwise(tea: Caller, token: str) -> None:
    assert [row["id"] for row in tea.shiprocket("/orders", token).json()["data"]] == [3, 2, 1]


def test_pages_carry_their_meta_and_a_next_that_forgot_the_filters(tea: Caller, token: str) -> None:
    first = tea.shiprocket("/orders", token, per_page=2, sort="ASC").json()["meta"]["pagination"]
    last = tea.shiprocket("/orders", token, per_page=2, sort="ASC", page=2).json()

    assert first == {
        "total": 3, "count": 2, "per_page": 2, "current_page": 1, "total_pages": 2,
        "links": {"next": f"{tea.sandbox.url}/shiprocket/v1/external/orders?page=2"},
    }  # fmt: skip
    assert ([row["id"] for row in last["data"]], last["meta"]["pagination"]["links"]) == ([3], {})


@pytest.mark.parametrize(("asked", "given"), [({}, 15), ({"per_page": 1000}, 250), ({"per_page": "x"}, 15)])
def test_a_page_is_fifteen_rows_and_never_more_than_two_hundred_and_fifty(
    tea: Caller, token: str, asked: dict[str, str | int], given: int
) -> None:
    assert tea.shiprocket("/orders", token, **asked).json()["meta"]["pagination"]["per_page"] == given


def test_shipments_and_failed_attempts_are_lists_of_their_own(tea: Caller, token: str) -> None:
    day = {"from": "2026-11-03", "to": "2026-11-03"}

    assert ids(tea, token, "/shipments", **day) == [502]
    assert ids(tea, token, "/ndr/all", **day) == [9]
    assert ids(tea, token, "/ndr/all", search="AWB1") == [8]


@pytest.mark.parametrize(
    ("search", "expected"),
    [("#1", [1]), ("AWB2", [2]), ("AWB", [1, 2, 3]), ("nowhere", [])],
    ids=["name", "AWB", "part of an AWB", "nothing"],
)
def test_a_search_finds_names_and_awbs_and_parts_of_them(
    tea: Caller, token: str, search: str, expected: list[int]
) -> None:
    assert ids(tea, token, search=search) == expected


def test_one_order_is_shown_in_full(tea: Caller, token: str) -> None:
    shown = tea.shiprocket("/orders/show/1", token).json()["data"]

    assert (shown["id"], shown["shipments"]["id"]) == (1, 501)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [("/orders/show/99", 400, "Order ID not found"), ("/colours", 404, "404 Not Found")],
)
def test_what_is_not_there_is_told_in_the_usual_body(
    tea: Caller, token: str, path: str, status: int, message: str
) -> None:
    response = tea.shiprocket(path, token)

    assert (response.status_code, response.json()) == (status, {"message": message, "status_code": status})
