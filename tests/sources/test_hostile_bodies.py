"""Whole answers that are none: whatever bytes come, they are an error of the source, quickly and within bounds."""

import gzip
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from profitsync.sources.clock import http_date
from profitsync.sources.errors import BadResponseError, RetriableError, SourceError
from profitsync.sources.http import HttpClient
from profitsync.sources.limits import is_amount
from profitsync.sources.shopify.answers import Cost, ThrottleStatus
from profitsync.sources.shopify.pacing import Pacer
from profitsync.sources.shopify.wire import Gid, digits
from tests.sources.hostile import answered, dice, encoded, seeded, worst_case
from tests.sources.shopify_samples import NOW, WINDOW
from tests.sources.test_hostile_answers import ads, courier, shop

DAYS = (date(2026, 11, 1), date(2026, 11, 3))

BODIES = {
    "nothing": b"",
    "nul bytes": bytes(100),
    "no utf-8": b'{"data": "\xff\xfe"}',
    "a web page": b"<!doctype html><html>502</html>",
    "only null": b"null",
    "only a number": b"1e400",
    "a list": b"[]",
    "an empty object": b"{}",
    "data that is null": b'{"data": null}',
    "data that is a text": b'{"data": "yes"}',
    "objects in objects": b'{"data":' * 100_000,
    "lists in lists": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number beyond Decimal": b'{"data": [{"id": 1e99999999999999999999}]}',
    "a number of 5,000 digits": b'{"data": [{"id": ' + b"9" * 5000 + b"}]}",
    "half a letter": b'{"data": [{"id": "\\ud800"}]}',
    "an error without end": b'{"error": {"code": 1e300, "message": ["a", {}]}, "errors": [[]]}',
}
READS: dict[str, Callable[[dict[str, bytes]], Any]] = {
    "shopify": lambda answers: list(shop(answers).orders(WINDOW)),
    "shopify details": lambda answers: shop(answers).unit_costs(["1"]),
    "meta": lambda answers: ads(answers).days(*DAYS),
    "shiprocket": lambda answers: list(courier(answers).created(*DAYS)),
    "shiprocket attempts": lambda answers: courier(answers).failed_attempts(*DAYS),
}
NAMES = ("Orders", "UnitCosts", "insights", "orders", "all")


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_answer_is_an_error_of_the_source(
    body: bytes, read: Callable[[dict[str, bytes]], Any]
) -> None:
    with pytest.raises(SourceError) as caught:
        read(dict.fromkeys(NAMES, body))

    assert len(str(caught.value)) < 500


@worst_case
@seeded()
@given(body=st.binary(max_size=200))
def test_random_bytes_are_an_error_of_the_source(body: bytes) -> None:
    for read in READS.values():
        with pytest.raises(SourceError):
            read(dict.fromkeys(NAMES, body))


class Sends(requests.Session):
    """A session whose every answer is the same packed bytes."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def request(self, *_: Any, **__: Any) -> requests.Response:
        response = answered(b"")
        packed = {"content-encoding": "gzip"}
        response.raw = HTTPResponse(io.BytesIO(self._body), headers=packed, status=200, preload_content=False)
        return response


def client(body: bytes) -> HttpClient:
    return HttpClient("Test", sleep=lambda _s: None, rng=dice(), clock=lambda: NOW, session=Sends(body))


def test_a_small_body_that_unpacks_to_far_more_is_left_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profitsync.sources.http.LONGEST_ANSWER", 1 << 20)
    bomb = gzip.compress(bytes(4 << 20))
    sent = client(bomb)

    with pytest.raises(BadResponseError, match="longer than 1 MiB"):
        sent.send("GET", "https://api.example", lambda response: response.content)

    assert len(bomb) < 10_000
    assert sent.requests == 1


def test_a_packed_body_is_unpacked_and_a_broken_one_is_a_passing_fault() -> None:
    good = client(gzip.compress(b'{"a": 1}'))
    broken = client(b"\x1f\x8bnonsense")

    assert good.send("GET", "https://api.example", lambda response: response.content) == b'{"a": 1}'
    with pytest.raises(RetriableError, match="connection failed"):
        broken.send("GET", "https://api.example", lambda response: response.content)


@pytest.mark.parametrize(
    "text",
    ["", "now", "Mon, 32 Nov 2026 10:00:00 GMT", "Mon, 23 Nov 99999 10:00:00 GMT",
     "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 23 Nov 2026 10:00:00 +99999999999", "\x00", "Mon"],
)  # fmt: skip
def test_a_date_that_no_calendar_has_tells_no_time(text: str) -> None:
    assert http_date(text) is None


@pytest.mark.parametrize(
    ("text", "taken"),
    [("0", True), ("-0.01", True), ("9999999999999.999999999999", True), ("1E+3", True),
     ("10000000000000", False), ("1E-13", False), ("1E+400", False), ("0E+400", False), ("NaN", False),
     ("-Infinity", False), ("sNaN", False)],
)  # fmt: skip
def test_an_amount_has_an_end_on_both_sides(text: str, taken: bool) -> None:
    assert is_amount(Decimal(text)) is taken


def test_the_number_in_an_id_is_that_of_the_object_itself() -> None:
    assert digits("gid://shopify/Order/450?of=gid://shopify/Shop/7") == "450"


@pytest.mark.parametrize("number", ["450\n", "٤٥", "", "-1", "9" * 41])
def test_an_id_that_is_no_number_of_ours_is_refused(number: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(f"gid://shopify/Order/{number}"), type=Gid)


def test_a_bucket_that_never_fills_is_waited_for_within_bounds() -> None:
    pacer = Pacer()
    pacer.learn("query", 1, Cost(100.0, 100.0, ThrottleStatus(1000.0, 0.0, 1e-300)), NOW)

    assert pacer.pause("query", 1, NOW) == 1e6


@pytest.mark.parametrize("name", ["Asia", "x" * 5000, "../../etc/passwd", "", "Mars/Olympus", "a\x00b"])
def test_a_time_zone_that_is_none_is_an_error_of_the_source(name: str) -> None:
    account = encoded({"currency": "INR", "timezone_name": name})

    with pytest.raises(BadResponseError, match="unknown time zone"):
        ads({"act_123": account}).accounts()
