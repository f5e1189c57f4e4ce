"""Faults: their grammar, when they strike, and what a client sees of each kind."""

from datetime import date
from typing import Any

import pytest
import requests

from profitsync.errors import UsageError
from profitsync.sandbox.faults import Fault, Faults
from tests.sandbox.conftest import Serve
from tests.sandbox.small import NOW, Caller, ads, carrier, merchant, order, parcel_order, shop

NAMES = "query Names { orders(first: 1) { nodes { name customer { id } } } }"


@pytest.fixture
def tea(serve: Serve) -> Caller:
    days = [date(2026, 11, day) for day in range(1, 4)]
    return serve(merchant("tea", shop(order(1, customer_id="5")), ads(*days), carrier(parcel_order(1, NOW))))


def struck(faults: Faults, *operations: str, api: str = "shopify") -> list[bool]:
    return [faults.strike(api, operation) is not None for operation in operations]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("meta:500", Fault("meta", "500")),
        ("shopify:502-html@3", Fault("shopify", "502-html", start=3, count=1)),
        ("shiprocket:429x2", Fault("shiprocket", "429", count=2)),
        ("shiprocket:429=7.5x2", Fault("shiprocket", "429", "7.5", count=2)),
        ("shopify:hangupx2@4/Orders%30:9", Fault("shopify", "hangup", "", 2, 4, "Orders", 30, 9)),
        (
            "shopify:access-denied=orders.nodes.customer",
            Fault("shopify", "access-denied", "orders.nodes.customer"),
        ),
        ("meta:17=2446079", Fault("meta", "17", "2446079")),
        ("meta:code=506", Fault("meta", "code", "506")),
        ("shopify:bulk=missing-rowsx1", Fault("shopify", "bulk", "missing-rows", count=1)),
        ("shopify:max-cost=200x2", Fault("shopify", "max-cost", "200", count=2)),
        ("shopify:short-page/Orders", Fault("shopify", "short-page", target="Orders")),
        ("shopify:429=none", Fault("shopify", "429", "none")),
        ("shopify:code=SHOP_INACTIVE", Fault("shopify", "code", "SHOP_INACTIVE")),
        ("shiprocket:empty-page/orders", Fault("shiprocket", "empty-page", target="orders")),
        ("meta:report=too-largex1", Fault("meta", "report", "too-large", 1)),
        ("meta:usage=87.5/insights", Fault("meta", "usage", "87.5", target="insights")),
        ("meta:blocked", Fault("meta", "blocked")),
    ],
)
def test_a_fault_is_read_from_its_text(text: str, expected: Fault) -> None:
    assert Fault.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "amazon:500", "meta:explode", "meta", "500", "shopify:190", "shopify:200", "meta:throttled",
        "shopify:access-denied", "meta:code", "meta:code=abc", "meta:17=abc", "shiprocket:429=soon",
        "meta:500x0", "meta:500@0", "meta:500%0", "meta:500%101", "shopify:slow=fast", "shiprocket:clamped=few",
        "shiprocket:clamped=0", "shiprocket:odd-status", "shiprocket:failure-inside-200=bad", "meta:null-pages",
        "meta:report", "meta:report=eaten", "meta:too-much", "meta:too-much=few", "meta:usage=high",
        "shopify:usage=80", "meta:blocked=long", "shopify:bulk", "shopify:bulk=late", "meta:bulk=failed",
        "shopify:max-cost", "shopify:max-cost=few", "shopify:time-out", "shopify:short-page=-1", "shopify:version",
        "shopify:code", "meta:max-cost=5", "shiprocket:redirect", "shopify:slow=none",
    ],
)  # fmt: skip
def test_a_text_that_is_no_fault_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="fault: "):
        Faults.parse(text)


def test_several_faults_are_separated_by_commas_or_blanks() -> None:
    faults = Faults.parse(" meta:500, shopify:reset\nshiprocket:401x1")

    assert [struck(faults, "", api=api) for api in ("meta", "shopify", "shiprocket")] == [[True]] * 3


def test_a_count_and_a_number_say_which_requests_are_struck() -> None:
    assert struck(Faults.parse("shopify:500x2"), *"abcd") == [True, True, False, False]
    assert struck(Faults.parse("shopify:500@3"), *"abcd") == [False, False, True, False]
    assert struck(Faults.parse("shopify:500x2@2"), *"abcd") == [False, True, True, False]


def test_a_target_leaves_other_operations_alone_and_does_not_count_them() -> None:
    faults = Faults.parse("shopify:500@2/orders")

    assert struck(faults, "shop", "Orders x", "shop", "Orders x") == [False, False, False, True]


def test_a_rate_strikes_repeatably_by_seed() -> None:
    one, same, other = (
        struck(Faults.parse(f"meta:500%30:{seed}"), *["x"] * 200, api="meta") for seed in (1, 1, 2)
    )

    assert one == same
    assert one != other
    assert 30 < sum(one) < 90


def test_a_kind_that_fits_one_sort_of_request_passes_others_by_uncounted() -> None:
    faults = Faults.parse("meta:report=failedx1 meta:too-much=3x1")

    assert struck(faults, "/v26.0/act_1", "/v26.0/act_1/insights", "/v26.0/act_1/report", api="meta") == [
        False, True, True,
    ]  # fmt: skip


def test_faults_can_be_added_and_lifted_while_serving(tea: Caller) -> None:
    tea.sandbox.faults.add("meta:500")
    tea.sandbox.faults.add("shopify:500")
    assert (tea.meta("").status_code, tea.graphql(NAMES).status_code) == (500, 500)

    tea.sandbox.faults.clear("meta")
    assert (tea.meta("").status_code, tea.graphql(NAMES).status_code) == (200, 500)

    tea.sandbox.faults.clear()
    assert tea.graphql(NAMES).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("shopify:500", 500, {"errors": "Internal Server Error"}),
        ("shopify:402", 402, {"errors": "Unavailable Shop"}),
        ("shiprocket:500", 500, {"message": "Server Error", "status_code": 500}),
        ("shiprocket:403", 403, {"message": "Access forbidden", "status_code": 403}),
    ],
)
def test_a_status_comes_with_the_body_of_its_api(
    tea: Caller, fault: str, status: int, body: dict[str, Any]
) -> None:
    response = ask(tea, fault)

    assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize("api", ["shopify", "meta", "shiprocket"])
def test_a_gateway_answers_with_a_page(tea: Caller, api: str) -> None:
    response = ask(tea, f"{api}:502-html")

    assert (response.status_code, response.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "Bad Gateway" in response.text


@pytest.mark.parametrize("api", ["shopify", "meta", "shiprocket"])
def test_too_many_requests_say_how_long_to_wait(tea: Caller, api: str) -> None:
    response = ask(tea, f"{api}:429=2.5")

    assert (response.status_code, response.headers["Retry-After"]) == (429, "2.5")


@pytest.mark.parametrize("kind", ["reset", "hangup", "cut"])
@pytest.mark.parametrize("api", ["shopify", "meta", "shiprocket"])
def test_a_broken_connection_fails_once_and_the_next_request_goes_through(
    tea: Caller, api: str, kind: str
) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(tea, f"{api}:{kind}x1")

    assert ask(tea, None, api).status_code == 200


def test_a_reset_is_a_reset_and_a_hang_up_is_not(tea: Caller) -> None:
    with pytest.raises(requests.ConnectionError) as reset:
        ask(tea, "meta:resetx1")
    with pytest.raises(requests.ConnectionError) as hung_up:
        ask(tea, "meta:hangupx1")

    assert "ConnectionResetError" in str(reset.value)
    assert "RemoteDisconnected" in str(hung_up.value)


def test_an_answer_that_never_came_is_recorded_without_status(tea: Caller) -> None:
    with pytest.raises(requests.ConnectionError):
        ask(tea, "shopify:hangupx1")

    (record,) = tea.sandbox.requests
    assert (record.status, record.fault) == (None, "hangup")


def test_truncated_json_has_a_good_length_and_cannot_be_read(tea: Caller) -> None:
    response = ask(tea, "meta:truncated")

    assert response.status_code == 200
    assert len(response.content) == int(response.headers["Content-Length"])
    with pytest.raises(requests.JSONDecodeError):
        response.json()


def test_a_slow_answer_comes_later(tea: Caller) -> None:
    assert ask(tea, "meta:slow=0.05x1").elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize(
    ("fault", "status"), [("shopify:credentials", 401), ("meta:credentials", 400), ("shiprocket:credentials", 401)]
)
def test_credentials_are_refused_as_each_api_does(tea: Caller, fault: str, status: int) -> None:
    assert ask(tea, fault).status_code == status


def test_a_refused_login_says_so(tea: Caller) -> None:
    tea.sandbox.faults.add("shiprocket:credentials/login")

    assert tea.login().json()["message"] == "Invalid email and password combination"


@pytest.mark.parametrize(
    ("fault", "code", "has_data"),
    [("shopify:throttled", "THROTTLED", False), ("shopify:internal-error", "INTERNAL_SERVER_ERROR", True)],
)
def test_graphql_failures_come_inside_a_200(tea: Caller, fault: str, code: str, has_data: bool) -> None:
    response = ask(tea, fault)

    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert ("data" in response.json()) is has_data
    assert response.json().get("data") is None


def test_errors_may_be_a_plain_text(tea: Caller) -> None:
    assert isinstance(ask(tea, "shopify:string-errors").json()["errors"], str)


@pytest.mark.parametrize("path", ["customer", "nodes.customer", "orders.nodes.customer"])
def test_access_to_one_field_can_be_denied(tea: Caller, path: str) -> None:
    answer = ask(tea, f"shopify:access-denied={path}").json()

    assert answer["data"] == {"orders": {"nodes": [{"name": "#1", "customer": None}]}}
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("fault", "status", "code", "subcode"),
    [
        ("meta:190", 400, 190, None), ("meta:190=463", 400, 190, 463), ("meta:2", 400, 2, None),
        ("meta:4=1504022", 400, 4, 1504022), ("meta:17=2446079", 400, 17, 2446079),
        ("meta:80000=2446079", 400, 80000, 2446079), ("meta:200", 403, 200, None), ("meta:1=99", 500, 1, 99),
        ("meta:code=506", 400, 506, None), ("meta:-3", 400, -3, None),
    ],
)  # fmt: skip
def test_meta_fails_with_any_of_its_codes(
    tea: Caller, fault: str, status: int, code: int, subcode: int | None
) -> None:
    response = ask(tea, fault)
    error = response.json()["error"]

    assert (response.status_code, error["code"], error.get("error_subcode")) == (status, code, subcode)
    assert error["type"] == "OAuthException"


def test_shiprocket_reports_a_failure_inside_a_200(tea: Caller) -> None:
    response = ask(tea, "shiprocket:failure-inside-200")

    assert (response.status_code, response.json()["status"]) == (200, 404)
    assert "data" not in response.json()


def test_an_empty_page_of_meta_loses_no_row(tea: Caller) -> None:
    tea.sandbox.faults.add("meta:empty-page@2/insights")
    query = {"time_increment": "1", "limit": "2", "fields": "date_start"}
    after: dict[str, str] = {}
    sizes = []
    for _ in range(3):
        page = tea.meta("/insights", **query, **after).json()
        sizes.append(len(page["data"]))
        after = {"after": page["paging"]["cursors"]["after"]}

    assert sizes == [2, 0, 1]
    assert "next" not in page["paging"]


@pytest.mark.parametrize("api", ["shopify", "shiprocket"])
def test_an_empty_page_promises_another(tea: Caller, api: str) -> None:
    answer = ask(tea, f"{api}:empty-page").json()

    if api == "shopify":
        assert answer["data"]["orders"]["nodes"] == []
    else:
        assert answer["data"] == []
        assert answer["meta"]["pagination"]["links"]["next"]


def ask(tea: Caller, fault: str | None, api: str | None = None) -> requests.Response:
    """A list request to the API of the fault, with the fault in force."""
    token = tea.login().json()["token"] if (api or fault or "").startswith("shiprocket") else ""
    if fault:
        tea.sandbox.faults.add(fault)
    match api or str(fault).partition(":")[0]:
        case "shopify":
            return tea.graphql(NAMES)
        case "meta":
            return tea.meta("/insights", fields="spend")
        case _:
            return tea.shiprocket("/orders", token)
