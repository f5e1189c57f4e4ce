"""`doctor` and `users check`: what is shown, and the code at the end."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.worlds.example import example
from profitsync.secrets import new_key
from profitsync.stores.protocol import Store
from tests.cli.conftest import Run

REF = "example@sandbox.example"


@pytest.fixture
def sandbox(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The worked example's merchant, registered and read."""
    with Sandbox([example()]) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        assert run("users", "add", "--from", "-", stdin=json.dumps(example().user_json())).code == 0
        assert run("sync", "--all", "--days", "1").code == 0
        yield server


def test_each_finding_is_a_line_under_what_it_is_about(run: Run, sandbox: Sandbox) -> None:
    result = run("doctor")

    lines = result.out.splitlines()
    assert (result.code, lines[0]) == (0, "Installation")
    assert REF in lines
    assert {line.split()[1] for line in lines if line.startswith("  ok")} >= {
        "variables", "key", "logs", "store", "clock", "merchants",
    }  # fmt: skip
    assert {line.split()[0] for line in lines if line.startswith("  ")} <= {"ok", "WARNING"}


def test_json_tells_the_same(run: Run, sandbox: Sandbox, store: Store) -> None:
    shown = run("doctor", "--json").json()
    (merchant,) = shown["merchants"]
    alone = run("users", "check", REF, "--json").json()

    assert shown["installation"][0] == {"level": "ok", "topic": "variables", "text": "all are valid"}
    assert (merchant["userId"], merchant["email"]) == (store.users()[0].id, REF)
    assert {line["source"] for line in merchant["findings"]} >= {"shopify", "meta", "shiprocket"}
    assert [line["topic"] for line in alone["findings"]] == [line["topic"] for line in merchant["findings"]]


def test_a_key_that_does_not_fit_is_a_problem_and_code_four(
    run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", new_key())

    everything, one = run("doctor"), run("users", "check", REF)

    (line,) = (line for line in one.out.splitlines() if "PROBLEM" in line)
    assert (everything.code, one.code) == (4, 4)
    assert line.split()[:4] == ["PROBLEM", "key", "PROFITSYNC_SECRET_KEY:", "does"]
    assert everything.err.startswith("1 problem, ")


def test_bad_variables_are_findings_too(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFITSYNC_LOG_LEVEL", "loud")
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", "topsecret")

    shown, told = run("doctor"), run("doctor", "--json")

    assert (shown.code, told.code, told.json()["status"]) == (4, 4, "problem")
    assert shown.out.count("PROBLEM  variables  PROFITSYNC_") == 2
    assert "topsecret" not in shown.out + told.out
    assert list(place.iterdir()) == []


def test_before_init_nothing_is_made(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFITSYNC_META_URL", "http://127.0.0.1:9")

    result = run("doctor")

    assert result.code == 4
    assert "PROBLEM  store" in result.out
    assert not (place / "profitsync.db").exists()


def test_an_unknown_merchant_is_usage(run: Run) -> None:
    assert run("users", "check", "nobody").code == 2
