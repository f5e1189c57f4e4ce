"""Every way in which Shiprocket fails, openly or inside an HTTP 200, and what follows from it."""

from datetime import date, timedelta
from typing import Any

import pytest
import requests
import responses

from profitsync.domain.shipments import Shipment
from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from tests.sources.shiprocket_samples import FIRST, KEPT, LAST, ORDERS, Courier, order, page


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def courier(wire: responses.RequestsMock) -> Courier:
    return Courier(wire)


def read(courier: Courier, since: date = FIRST, until: date = LAST) -> list[Shipment]:
    return [shipment for batch in courier.source().created(since, until) for shipment in batch]


FAILURES = [
    pytest.param(200, {}, BadResponseError, 1, id="an empty object"),
    pytest.param(200, {"data": {}}, BadResponseError, 1, id="data that is no list"),
    pytest.param(200, {"data": None}, BadResponseError, 1, id="no data"),
    pytest.param(200, [], BadResponseError, 1, id="a bare list"),
    pytest.param(200, {"status": 404, "message": "not found"}, BadResponseError, 1, id="404 inside 200"),
    pytest.param(200, {"data": "none"}, BadResponseError, 1, id="data that is a word"),
    pytest.param(200, {"tracking_data": {"error": "no"}}, BadResponseError, 1, id="an error of another kind"),
    pytest.param(200, {"status": "503", "message": "later"}, RetriableError, 3, id="503 inside 200"),
    pytest.param(200, {"status_code": 500, "message": "oops"}, RetriableError, 3, id="500 inside 200"),
    pytest.param(200, {"status_code": 403, "message": "no"}, CredentialsError, 1, id="403 inside 200"),
    pytest.param(200, {"status_code": "429", "message": "slowly"}, ThrottledError, 3, id="429 inside 200"),
    pytest.param(400, {"message": "Order ID not found"}, BadResponseError, 1, id="bad request"),
    pytest.param(404, {"message": "404 Not Found"}, BadResponseError, 1, id="bad path"),
    pytest.param(405, {"message": "Method Not Allowed"}, BadResponseError, 1, id="wrong method"),
    pytest.param(422, {"errors": {"from": ["bad"]}}, BadResponseError, 1, id="invalid"),
    pytest.param(403, {"message": "Forbidden"}, CredentialsError, 1, id="forbidden"),
    pytest.param(429, {"message": "Too Many Requests"}, ThrottledError, 3, id="too many requests"),
    pytest.param(500, {"message": "Undefined index: from", "exception": "ErrorException"}, RetriableError, 3,
                 id="server fault with a PHP message"),
    pytest.param(504, {}, RetriableError, 3, id="gateway time-out"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "tries"), FAILURES)
def test_a_failure_is_never_an_empty_list(
    courier: Courier, status: int, body: Any, kind: type[SourceError], tries: int
) -> None:
    courier.lists(body, status=status)

    with pytest.raises(kind) as failure:
        read(courier)

    assert isinstance(failure.value, RetriableError) is issubclass(kind, RetriableError)
    assert len(courier.sent()) == tries
    assert KEPT not in repr(failure.value)


@pytest.mark.parametrize(("status", "body"), [(502, "<html>"), (200, "<html>"), (200, ""), (200, '{"data": [')])
def test_a_page_that_is_not_json_is_tried_again(courier: Courier, status: int, body: str) -> None:
    courier.wire.get(ORDERS, body=body, status=status)
    courier.lists(page(order()))

    assert len(read(courier)) == 1


def test_a_lost_connection_is_tried_again_without_telling_the_token(courier: Courier) -> None:
    courier.wire.get(ORDERS, body=requests.ConnectionError(f"Bearer {KEPT}"))

    with pytest.raises(RetriableError) as failure:
        read(courier)

    assert KEPT not in str(failure.value)
    assert len(courier.sent()) == 3


PAUSES = [
    pytest.param({"Retry-After": "7"}, 7.0, id="told in seconds"),
    pytest.param({"Retry-After": "Mon, 23 Nov 2026 10:00:09 GMT"}, 9.0, id="told as a date"),
    pytest.param({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0.0, id="told as a date gone by"),
    pytest.param({"Retry-After": "a while"}, 5.0, id="told in words"),
    pytest.param({}, 5.0, id="not told"),
]


@pytest.mark.parametrize(("headers", "pause"), PAUSES)
def test_too_many_requests_are_followed_by_a_pause(
    courier: Courier, headers: dict[str, str], pause: float
) -> None:
    courier.lists({"message": "Too Many Requests"}, status=429, headers=headers)
    courier.lists(page(order()))

    assert len(read(courier)) == 1
    assert courier.pauses == [pause]


def test_a_failure_on_a_later_page_is_raised_after_what_came_before(courier: Courier) -> None:
    courier.lists(page(order(1), pages=2))
    courier.lists({"message": "no"}, status=400)
    batches = courier.source().created(FIRST, LAST)

    assert len(next(batches)) == 1
    with pytest.raises(BadResponseError):
        next(batches)


def test_an_empty_page_that_contradicts_its_total_is_asked_for_again(courier: Courier) -> None:
    courier.lists(page(more=True, total=2), page(order(1), order(2)))

    assert len(read(courier)) == 2
    assert [sent["page"] for sent in courier.sent()] == ["1", "1"]


def test_an_empty_page_that_keeps_contradicting_its_total_is_no_end(courier: Courier) -> None:
    courier.lists(page(order(1), more=True, total=2))
    courier.lists(page(number=2, more=True, total=2))

    with pytest.raises(RetriableError, match="empty page"):
        read(courier)


def test_pauses_of_our_own_choice_double(courier: Courier) -> None:
    courier.lists(*[{"message": "Too Many Requests"}] * 2, status=429)
    courier.lists(page(order()))

    assert len(read(courier)) == 1
    assert courier.pauses == [5.0, 10.0]


def test_a_token_refused_inside_a_200_is_replaced(courier: Courier) -> None:
    courier.lists({"status_code": 401, "message": "Token has expired"}, page(order()))
    courier.lets_in()

    assert len(read(courier)) == 1
    assert courier.logins() == 1


def test_the_firewalls_page_on_a_list_is_told_from_a_forbidden_module(courier: Courier) -> None:
    courier.wire.get(ORDERS, body="<html>Access forbidden</html>", status=403)

    with pytest.raises(CredentialsError, match="firewall"):
        read(courier)

    assert (courier.logins(), len(courier.sent())) == (0, 1)


def test_requests_of_one_merchant_begin_a_second_apart(courier: Courier) -> None:
    courier.lists(*(page(order(number), pages=3, number=number) for number in (1, 2, 3)))

    list(courier.source(pace=1.0).created(FIRST, LAST))

    assert courier.pauses == [1.0, 1.0]


def test_the_time_that_passed_anyway_is_not_waited_for_again(courier: Courier) -> None:
    courier.lists(*(page(order(number), pages=4, number=number) for number in (1, 2, 3, 4)))
    batches = courier.source(pace=1.0).created(FIRST, LAST)

    for seconds in (0.4, 7, -60):  # the last one: the clock was set back
        next(batches)
        courier.now += timedelta(seconds=seconds)
    next(batches)

    assert courier.pauses == [pytest.approx(0.6), 1.0]
