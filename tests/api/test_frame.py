"""What is true of every answer: its id, its headers, its limits, and how a fault looks from outside."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from profitsync import logs
from profitsync.api.app import create_app
from profitsync.api.frame import LARGEST_BODY
from profitsync.domain.merchants import User
from profitsync.errors import ConfigurationError, StoreUnavailableError
from tests.api.conftest import OWN, Api, settings_of

SECRET = "shpat_0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("path", ["/health", "/api/users", "/nothing", "/docs", "/webhooks/shopify/x"])
def test_every_answer_has_an_id_and_safe_headers(api: Api, path: str) -> None:
    headers = api("GET", path, key=None).headers

    assert len(headers["X-Request-ID"]) == 32
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "server" not in headers


@pytest.mark.parametrize(
    ("given", "kept"), [("from-the-proxy.1", True), ("x" * 65, False), ("two words", False), ("", False)]
)
def test_a_proxys_request_id_is_kept_when_it_is_a_plain_word(api: Api, given: str, kept: bool) -> None:
    answered = api("GET", "/health", key=None, **{"X-Request-ID": given}).headers["X-Request-ID"]

    assert (answered == given) is kept


@pytest.mark.parametrize(
    "fault",
    [RuntimeError(f"with {SECRET} in it"), ConfigurationError("PROFITSYNC_SECRET_KEY: is wrong"),
     StoreUnavailableError("PROFITSYNC_DATABASE_URL: is away")],
    ids=lambda fault: type(fault).__name__,
)  # fmt: skip
def test_a_fault_says_nothing_but_the_request_id_which_the_log_knows(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail() -> None:
        raise fault

    monkeypatch.setattr(api.store, "users", fail)
    logs.configure(tmp_path / "logs", "info")
    try:
        response = api("GET", "/api/users")
        written = logs.current_file()
    finally:
        logs.shutdown()

    request_id = response.headers["X-Request-ID"]
    assert response.status_code == 500
    assert response.json() == {
        "success": False, "error": f"internal fault; the log tells more under the request id {request_id}",
    }  # fmt: skip
    assert written is not None
    lines = [json.loads(text) for text in written.read_text().splitlines()]
    assert {one["requestId"] for one in lines} == {request_id}
    assert [one["level"] for one in lines] == ["ERROR", "INFO"]
    assert SECRET not in written.read_text()


def test_health_says_503_when_the_store_is_away(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StoreUnavailableError("PROFITSYNC_DATABASE_URL: mongodb://host is away")

    monkeypatch.setattr(api.store, "ping", away)

    response = api("GET", "/health", key=None)

    assert (response.status_code, response.json()["error"]) == (503, "the store cannot be reached")


def test_a_request_is_one_log_line_without_its_query_and_its_headers(
    api: Api, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="profitsync"):
        api("GET", f"/api/metrics?userId={user.id}&startDate=2026-11-02", **{"X-Request-ID": "one"})

    (record,) = (one for one in caplog.records if one.name == "profitsync.api.frame")
    assert record.getMessage() == "GET /api/metrics 200"
    assert OWN not in logs.as_json(record)
    assert '"client": "testclient"' in logs.as_json(record)


def test_a_path_cannot_break_a_log_line(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="profitsync"):
        api("GET", "/api/users/%0a%1b%5b31mred")

    assert [one.getMessage() for one in caplog.records if one.name == "profitsync.api.frame"] == [
        "GET /api/users/%0a%1b%5b31mred 404"
    ]


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in pieces"])
def test_a_body_that_is_too_large_is_refused(api: Api, announced: bool) -> None:
    body = b" " * (LARGEST_BODY + 1)
    headers = {"Authorization": f"Bearer {OWN}"}

    response = api.client.post("/api/users", content=body if announced else iter([body]), headers=headers)

    assert response.status_code == 413
    assert response.json() == {"success": False, "error": f"the body is larger than {LARGEST_BODY} bytes"}


def test_other_web_pages_are_answered_only_when_the_operator_named_them(api: Api, tmp_path: Path) -> None:
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "PUT"}
    settings = settings_of(tmp_path, PROFITSYNC_CORS_ORIGINS="https://app.example.com")
    opened_app = create_app(replace(api.runtime, settings=settings))
    open_to = replace(api, client=TestClient(opened_app))

    closed, opened = (one("OPTIONS", "/api/users/x", key=None, **asked) for one in (api, open_to))
    stranger = open_to("OPTIONS", "/api/users/x", key=None, **(asked | {"Origin": "https://evil.example"}))

    assert "access-control-allow-origin" not in closed.headers
    assert opened.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-origin" not in stranger.headers
    assert "access-control-allow-credentials" not in opened.headers
    opened_app.state.server.close()
