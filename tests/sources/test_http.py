"""The one HTTP client: which failures are tried again, how long it waits, what it never says."""

import logging
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import responses

from profitsync.sources.errors import (
    BadResponseError,
    CredentialsError,
    RetriableError,
    SourceError,
    ThrottledError,
)
from profitsync.sources.http import HttpClient
from profitsync.sources.retries import ATTEMPTS, LONGEST_PAUSE

URL = "https://api.example/v1/things"
SECRET = "s3cret-token"
NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(pauses: list[float]) -> HttpClient:
    return HttpClient("Test", sleep=pauses.append, rng=random.Random(1), clock=lambda: NOW)  # noqa: S311 - jitter


def read(client: HttpClient, url: str = URL) -> dict[str, int]:
    def interpret(response: requests.Response) -> dict[str, int]:
        client.check_status(response)
        return client.decode(response, dict[str, int])

    return client.send("GET", url, interpret, headers={"Authorization": SECRET}, params={"token": SECRET})


STATUSES = [
    pytest.param(400, BadResponseError, 1, id="bad request"),
    pytest.param(401, CredentialsError, 1, id="unauthorised"),
    pytest.param(403, CredentialsError, 1, id="forbidden"),
    pytest.param(404, BadResponseError, 1, id="not found"),
    pytest.param(429, ThrottledError, 3, id="too many requests"),
    pytest.param(500, RetriableError, 3, id="server fault"),
    pytest.param(502, RetriableError, 3, id="bad gateway"),
    pytest.param(503, RetriableError, 3, id="unavailable"),
    pytest.param(530, RetriableError, 3, id="status of a proxy"),
]


@pytest.mark.parametrize(("status", "error", "tries"), STATUSES)
def test_a_status_decides_the_error_and_whether_it_is_tried_again(
    api: responses.RequestsMock, client: HttpClient, status: int, error: type[SourceError], tries: int
) -> None:
    api.get(URL, status=status, body="<html>oops</html>")

    with pytest.raises(SourceError) as caught:
        read(client)

    assert type(caught.value) is error
    assert client.requests == len(api.calls) == tries


def test_a_good_answer_after_a_fault_counts(
    api: responses.RequestsMock, client: HttpClient, pauses: list[float]
) -> None:
    api.get(URL, status=503)
    api.get(URL, json={"a": 1})

    assert read(client) == {"a": 1}
    assert len(pauses) == 1


def test_pauses_double_and_are_jittered_up_to_as_much_again(
    api: responses.RequestsMock, client: HttpClient, pauses: list[float]
) -> None:
    api.get(URL, status=500)

    with pytest.raises(RetriableError):
        read(client)

    assert len(pauses) == ATTEMPTS - 1
    assert 1 < pauses[0] < 2 < pauses[1] < 4


RETRY_AFTERS = [
    pytest.param("2", 2.0, id="seconds"),
    pytest.param("1.5", 1.5, id="decimal seconds"),
    pytest.param("-3", 0.0, id="never negative"),
    pytest.param("Mon, 23 Nov 2026 10:00:30 GMT", 30.0, id="date"),
    pytest.param("Mon, 23 Nov 2026 09:59:00 GMT", 0.0, id="date in the past"),
]


@pytest.mark.parametrize(("header", "pause"), RETRY_AFTERS)
def test_the_servers_retry_after_is_honoured(
    api: responses.RequestsMock, client: HttpClient, pauses: list[float], header: str, pause: float
) -> None:
    api.get(URL, status=429, headers={"Retry-After": header})
    api.get(URL, json={})

    read(client)

    assert pauses == [pause]


def test_an_unreadable_retry_after_falls_back_to_our_own_pause(
    api: responses.RequestsMock, client: HttpClient, pauses: list[float]
) -> None:
    api.get(URL, status=429, headers={"Retry-After": "soon"})
    api.get(URL, json={})

    read(client)

    assert 1 < pauses[0] < 2


def test_a_server_that_asks_for_too_long_a_pause_is_left_alone(
    api: responses.RequestsMock, client: HttpClient, pauses: list[float]
) -> None:
    api.get(URL, status=429, headers={"Retry-After": str(LONGEST_PAUSE + 1)})

    with pytest.raises(ThrottledError):
        read(client)

    assert client.requests == 1
    assert pauses == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_not_followed(
    api: responses.RequestsMock, client: HttpClient, status: int
) -> None:
    api.get(URL, status=status, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(BadResponseError, match=str(status)):
        read(client)

    assert client.requests == 1


FAULTS = [
    pytest.param(requests.ConnectTimeout(f"{URL}?token={SECRET}"), id="no connection in time"),
    pytest.param(requests.ReadTimeout(f"{URL}?token={SECRET}"), id="no answer in time"),
    pytest.param(requests.ConnectionError(f"{URL}?token={SECRET}"), id="connection refused"),
    pytest.param(requests.exceptions.ChunkedEncodingError(SECRET), id="cut answer"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_network_fault_is_tried_three_times_and_tells_no_secret(
    api: responses.RequestsMock, client: HttpClient, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    caplog.set_level(logging.DEBUG)
    api.get(URL, body=fault)

    with pytest.raises(RetriableError) as caught:
        read(client)

    assert client.requests == ATTEMPTS
    assert SECRET not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_an_error_repeats_neither_the_request_nor_the_body(
    api: responses.RequestsMock, client: HttpClient, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG, logger="profitsync")
    api.get(URL, status=status, body=f"your token {SECRET} is odd")

    with pytest.raises(SourceError) as caught:
        read(client)

    assert SECRET not in str(caught.value) + caplog.text
    assert URL not in str(caught.value)


def test_html_instead_of_json_is_tried_again(api: responses.RequestsMock, client: HttpClient) -> None:
    api.get(URL, body="<html>please wait</html>")
    api.get(URL, json={"a": 1})

    assert read(client) == {"a": 1}


def test_json_of_another_shape_is_a_bad_response_naming_the_place(
    api: responses.RequestsMock, client: HttpClient
) -> None:
    api.get(URL, json={"a": "text"})

    with pytest.raises(BadResponseError, match=r"\$\[\.\.\.\]"):
        read(client)

    assert client.requests == 1


def test_without_retry_a_passing_fault_is_raised_at_once(api: responses.RequestsMock, client: HttpClient) -> None:
    api.get(URL, status=503)

    with pytest.raises(RetriableError):
        client.send("GET", URL, client.check_status, retry=False)

    assert client.requests == 1


def test_every_try_is_logged_with_its_number_and_pause(
    api: responses.RequestsMock, client: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(URL, status=429, headers={"Retry-After": "7"})
    api.get(URL, json={})

    read(client)

    assert "try 1 of 3, next in 7.0 s" in caplog.text


def test_a_download_carries_nothing_of_ours_but_the_programs_name(
    api: responses.RequestsMock, client: HttpClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine api.example login someone password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client._session.headers["Authorization"] = SECRET
    client._session.cookies.set("session", SECRET)
    api.get(URL, body=b"rows")

    with client.download(URL) as response:
        body = response.content

    (call,) = api.calls
    assert (body, client.requests) == (b"rows", 1)
    assert SECRET not in str(call.request.headers)
    assert call.request.headers["User-Agent"].startswith("profitsync/")
    assert not {"Authorization", "Cookie"} & call.request.headers.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_download_that_fails_tells_no_address(
    api: responses.RequestsMock, client: HttpClient, fault: Exception
) -> None:
    api.get(URL, body=fault)

    with pytest.raises(RetriableError) as caught, client.download(f"{URL}?signature={SECRET}"):
        pass

    assert SECRET not in str(caught.value)


def test_a_download_may_break_later_too(api: responses.RequestsMock, client: HttpClient) -> None:
    api.get(URL, body=b"rows")

    with pytest.raises(RetriableError, match="ChunkedEncodingError"), client.download(URL):
        raise requests.exceptions.ChunkedEncodingError(SECRET)


def test_each_request_is_one_line_without_query_or_body(
    client: HttpClient, api: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(URL, status=500)
    api.get(URL, json={"things": 1})

    with caplog.at_level(logging.DEBUG, logger="profitsync.sources.http"):
        read(client)

    told = [record for record in caplog.records if record.levelno == logging.DEBUG]
    assert [(vars(one)["status"], vars(one)["try"]) for one in told] == [("500", 1), ("200", 2)]
    assert {(vars(one)["method"], vars(one)["api"], vars(one)["request"]) for one in told} == {
        ("GET", "Test", "/v1/things")
    }
    assert SECRET not in caplog.text


def test_a_request_without_an_answer_is_told_too(
    client: HttpClient, api: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(URL, body=requests.ConnectionError(f"to {URL}?token={SECRET}"))

    with caplog.at_level(logging.DEBUG, logger="profitsync.sources.http"), pytest.raises(RetriableError):
        read(client)

    assert [vars(one)["status"] for one in caplog.records if one.levelno == logging.DEBUG] == ["no answer"] * 3
    assert SECRET not in caplog.text


def test_a_graphql_request_is_called_by_its_operation(
    client: HttpClient, api: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    api.post(URL, json={})

    with caplog.at_level(logging.DEBUG, logger="profitsync.sources.http"):
        client.send("POST", URL, client.check_status, json={"query": "\nquery Orders($first: Int!) { x }"})

    assert vars(caplog.records[0])["request"] == "Orders"
