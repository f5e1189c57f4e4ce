"""What a check of the API user says, and parcels looked up one by one."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import responses

from profitsync.sources.errors import CredentialsError, RetriableError
from profitsync.sources.findings import Finding, Level
from tests.sources.shiprocket_samples import (
    KEPT,
    LOGIN,
    NDR,
    NOW,
    ORDERS,
    SHIPMENTS,
    Courier,
    Json,
    order,
    page,
    parcel,
)

LISTS = (ORDERS, SHIPMENTS, NDR)
FORBIDDEN = {"message": "Unauthorized", "status_code": 403}


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def courier(wire: responses.RequestsMock) -> Courier:
    return Courier(wire)


def answer_all(courier: Courier, **headers: str) -> None:
    for url in LISTS:
        courier.lists(page(total=7), url=url, headers=headers)


def levels(findings: list[Finding]) -> dict[str, Level]:
    return {finding.topic: finding.level for finding in findings}


def text(findings: list[Finding], topic: str) -> str:
    return next(finding.text for finding in findings if finding.topic == topic)


def test_a_good_user_is_told_by_three_small_requests_with_the_kept_token(courier: Courier) -> None:
    answer_all(courier, Date=format_datetime(NOW, usegmt=True))
    source = courier.source()

    findings = source.check()

    assert levels(findings) == dict.fromkeys(
        ("token", "orders", "shipments", "failed deliveries", "clock"), Level.OK
    )
    assert text(findings, "token") == "kept from an earlier run, good until 2026-11-28 10:00 UTC"
    assert text(findings, "orders") == "/orders can be read: 7 in the last 30 days"
    assert source.requests == 3
    assert courier.sent() == [{"from": "2026-10-24", "to": "2026-11-23", "page": "1", "per_page": "1"}]
    assert KEPT not in repr(findings)


def test_without_a_token_the_check_logs_in_once_and_keeps_it(courier: Courier) -> None:
    courier.kept = None
    courier.lets_in()
    answer_all(courier)

    assert "a login gave a new one, good until 2026-12-03" in text(courier.source().check(), "token")
    assert "kept from an earlier run" in text(courier.source().check(), "token")
    assert courier.logins() == 1


def test_a_check_respects_the_pause_after_a_refusal(courier: Courier) -> None:
    courier.kept = None
    courier.wire.post(LOGIN, json={"message": "Invalid email and password combination"}, status=403)

    for _ in range(2):
        with pytest.raises(CredentialsError, match="not tried again before 2026-11-23 11:00"):
            courier.source().check()

    assert len(courier.wire.calls) == 1


@pytest.mark.parametrize(
    ("closed", "topic", "level", "cost"),
    [
        (ORDERS, "orders", Level.PROBLEM, "no parcel can be read"),
        (SHIPMENTS, "shipments", Level.WARNING, "split orders have no known cost"),
        (NDR, "failed deliveries", Level.PROBLEM, "`ndr` cannot be known"),
    ],
    ids=["orders", "shipments", "failed deliveries"],
)
def test_a_module_the_user_may_not_see_is_named_with_what_it_costs(
    courier: Courier, closed: str, topic: str, level: Level, cost: str
) -> None:
    courier.lists(FORBIDDEN, url=closed, status=403)
    for url in set(LISTS) - {closed}:
        courier.lists(page(), url=url)

    findings = courier.source().check()

    assert {one.topic: one.level for one in findings if one.level is not Level.OK} == {topic: level}
    assert "forbidden for this API user; allow it" in text(findings, topic)
    assert cost in text(findings, topic)
    assert courier.logins() == 0


def test_a_list_that_answers_nonsense_is_a_finding_and_the_others_are_asked(courier: Courier) -> None:
    courier.lists({}, url=ORDERS)
    courier.lists(page(), url=SHIPMENTS)
    courier.lists({"data": []}, url=NDR)

    findings = courier.source().check()

    assert levels(findings)["orders"] is Level.PROBLEM
    assert "untold number" in text(findings, "failed deliveries")


def test_an_api_that_is_away_is_an_error(courier: Courier) -> None:
    courier.lists({}, status=503)

    with pytest.raises(RetriableError):
        courier.source().check()


@pytest.mark.parametrize(
    ("ahead", "level", "said"),
    [
        (timedelta(minutes=4), Level.OK, "agree"),
        (timedelta(minutes=20), Level.WARNING, "20 minutes ahead of"),
        (-timedelta(hours=2), Level.WARNING, "120 minutes behind"),
    ],
    ids=["near enough", "ahead", "behind"],
)
def test_a_clock_that_is_off_is_told_from_the_answers_date(
    courier: Courier, ahead: timedelta, level: Level, said: str
) -> None:
    answer_all(courier, Date=format_datetime(NOW - ahead, usegmt=True))

    findings = courier.source().check()

    assert levels(findings)["clock"] is level
    assert said in text(findings, "clock")


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_date_that_is_not_told_says_nothing_about_the_clock(courier: Courier, date: str) -> None:
    answer_all(courier, **({"Date": date} if date else {}))

    assert "clock" not in levels(courier.source().check())


# --- one order or parcel looked up

SPLIT = order(5, shipments=[parcel(51, status=7, awb="A51"), parcel(52, status=18, awb="A52")])
LOOKUPS = [
    pytest.param("#1001", ["698100001"], id="by name"),
    pytest.param("1001", ["698100001"], id="by name without the sign"),
    pytest.param(" #1002-c ", ["698100002"], id="a clone by its own name"),
    pytest.param("143000000001", ["698100001"], id="by AWB"),
    pytest.param("A52", ["698100051", "698100052"], id="by the AWB of one of several parcels"),
    pytest.param("100", [], id="part of a name"),
    pytest.param("14300000", [], id="part of an AWB"),
]


@pytest.mark.parametrize(("search", "ids"), LOOKUPS)
def test_only_what_was_looked_for_is_found(courier: Courier, search: str, ids: list[str]) -> None:
    courier.lists(page(order(1), order(2, channel_order_id="#1002-C"), order(3, channel_order_id="#10010"), SPLIT))
    listed: Json = {"id": 698100051, "order_id": 700100005, "created_at": "4th Nov 2026 07:11 PM"}
    courier.lists(page(listed | {"charges": {"billing_amount": "81"}}), url=SHIPMENTS)

    found = courier.source().found(search)

    assert [one.id for one in found] == ids
    assert courier.sent()[0]["search"] == search.strip()
    assert [one.charges.billed for one in found if one.id == "698100051"] == [81] * (len(ids) == 2)


def test_a_lookup_maps_as_the_lists_do(courier: Courier) -> None:
    courier.lists(page(order(3)))
    source = courier.source()

    (listed,) = [one for batch in source.updated(NOW.date(), NOW.date()) for one in batch]

    assert source.found("#1003") == [listed]


def test_a_blank_search_asks_nobody(courier: Courier) -> None:
    assert courier.source().found(" ") == []
    assert courier.sent() == []
