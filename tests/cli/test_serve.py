"""`profitsync serve`: what keeps it from starting; the server itself is tested end to end."""

import importlib.util
import socket
from typing import Any

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where the server would have listened, each time it got so far."""
    found: list[Any] = []

    def serve(_app: Any, listener: socket.socket, proxies: tuple[str, ...]) -> None:
        found.append((listener.getsockname()[0], proxies))
        listener.close()

    monkeypatch.setattr("profitsync.api.run.serve_until_told", serve)
    return found


def test_without_the_extra_it_says_how_to_install_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr("profitsync.cli.serve.find_spec", lambda name: None if name == "uvicorn" else real(name))

    result = run("serve")

    assert (result.code, result.out) == (4, "")
    assert result.errors == ["serve: needs the extra of that name: pip install 'profitsync[serve]'"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "figures.example"])  # noqa: S104
def test_beyond_loopback_it_does_not_listen_without_a_key(run: Run, host: str, started: list[Any]) -> None:
    result = run("serve", "--host", host, "--port", "0")

    assert (result.code, started) == (4, [])
    assert result.errors == [
        f"--host {host}: is not loopback, and there is no key; `profitsync keys create` makes one"
    ]


def test_beyond_loopback_a_thought_out_key_must_be_long(
    run: Run, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_API_KEY", "a-key-that-is-long-enough,hunter2")

    result = run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert (result.code, started) == (4, [])
    assert result.errors[0].startswith("PROFITSYNC_API_KEY: is shorter than 16 characters")
    assert "hunter2" not in result.err


def test_with_a_key_it_listens_where_it_is_told(
    run: Run, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16")
    assert run("keys", "create", "one", "--all").code == 0

    result = run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert (result.code, started) == (0, [("0.0.0.0", ("10.0.0.1", "10.1.0.0/16"))])  # noqa: S104


def test_on_loopback_it_starts_without_a_key_and_says_that_nothing_will_be_answered(
    run: Run, started: list[Any]
) -> None:
    result = run("serve", "--port", "0")

    assert (result.code, started) == (0, [("127.0.0.1", ("127.0.0.1",))])
    assert "there is no key yet" in result.err


def test_a_port_that_is_taken_is_one_line(run: Run, started: list[Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("--quiet", "serve", "--port", str(port))

    assert (result.code, started) == (4, [])
    assert result.errors == [f"--host 127.0.0.1 --port {port}: cannot listen there: Address already in use"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CORS_ORIGINS", "app.example.com"),
        ("CORS_ORIGINS", "https://app.example.com/path"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_a_wrong_variable_is_named(run: Run, variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"PROFITSYNC_{variable}", value)

    result = run("serve")

    assert result.code == 4
    assert result.errors[0].startswith(f"PROFITSYNC_{variable}: '{value}' is not an")
