"""Every way in which Shiprocket fails, openly or inside an HTTP 200, and what follows from it."""

from datetime import date
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
    pytest.param(200, {"status_code": 500, "message": "oops"}, RetriableError, 3, id="500 inside 200"),
    pytest.param(200, {"status_code": 403, "message": "no"}, CredentialsError, 1, id="403 inside 200"),
    pytest.param(200, {"status_code": "429", "message": "slowly"}, ThrottledError, 3, id="429 inside 200"),
    pytest.param(400, {"message": "Order ID not found"}, BadResponseError, 1, id="bad request"),
    pytest.param(404, {"message": "404 Not Found"}, BadResponseError, 1, id="bad path"),
    pytest.param(422, {"errors": {"from": ["bad"]}}, BadResponseError, 1, id="invalid"),
    pytest.param(403, {"message": "Forbidden"}, CredentialsError, 1, id="forbidden"),
    pytest.param(429, {"message": "Too Many Requests"}, ThrottledError, 3, id="too many requests"),
    pytest.param(500, {"message": "Undefined index"}, RetriableError, 3, id="server fault"),
    pytest.param(504, {}, RetriableError, 3, id="gateway time-out"),
]


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


@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "7"}, 7.0), ({}, 5.0)], ids=["told", "not told"])
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
