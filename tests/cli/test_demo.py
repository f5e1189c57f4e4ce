"""`demo` and `sandbox`: the whole path without any account."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from profitsync.domain.days import shop_day
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.cli.conftest import Run


@pytest.fixture
def _small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """A brand of a few orders instead of thousands."""

    def small() -> World:
        now = datetime.now(UTC)
        return generate(until=shop_day(now, INDIA), now=now, days=6, orders_per_day=3)

    monkeypatch.setattr("profitsync.services.demo.demo_world", small)


@pytest.mark.usefixtures("_small_world")
def test_the_demo_shows_a_table_with_totals_and_leaves_nothing(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", "nonsense")

    result = run("demo", "--days", "5")

    lines = result.out.splitlines()
    assert (result.code, "error" in result.err) == (0, False)
    assert lines[0].startswith("demo@sandbox.example: ")
    assert sum(bool(re.match(r"\d{4}-\d\d-\d\d", line)) for line in lines) == 5
    assert any(line.startswith("Total") for line in lines)
    assert len(lines[lines.index("") + 1 :]) == 3
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("_small_world")
def test_a_kept_demo_can_be_looked_at_and_run_again(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROFITSYNC_SECRET_KEY")
    first = run("demo", "--keep", "kept", "--json")
    again = run("demo", "--keep", "kept", "--json")

    monkeypatch.chdir(place / "kept")
    shown = run("metrics", "show", "--user", "demo@sandbox.example", "--json")

    assert (first.code, again.code, shown.code) == (0, 0, 0)
    assert first.json().keys() == {"user", "sync", "metrics"}
    assert shown.json()["rows"] == again.json()["metrics"]["rows"]
    assert {path.name for path in (place / "kept").iterdir()} >= {".env", "logs", "profitsync.db"}


def test_a_demo_directory_that_cannot_be_made_is_one_line(run: Run, place: Path) -> None:
    (place / "file").write_text("")

    result = run("demo", "--keep", "file/below")

    assert (result.code, len(result.err.splitlines())) == (4, 1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--world exmple", "--world 'exmple': must be one of demo, example, retail; did you mean example?"),
        ("--world retail", "--csv: goes with --world retail"),
        ("--csv x.csv", "--csv: goes with --world retail"),
        ("--fault meta:nonsense", "fault: "),
        ("--world retail --csv missing.csv", "missing.csv"),
        ("--port 70000", "Invalid value for '--port'"),
    ],
)
def test_a_sandbox_that_cannot_be_is_one_line(flags: str, message: str, run: Run) -> None:
    result = run("sandbox", *flags.split())

    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.errors[0].startswith(message)


def test_the_sandbox_serves_until_interrupted_and_says_how_to_use_it(place: Path) -> None:
    command = [sys.executable, "-m", "profitsync", "sandbox", "--world", "example", "--port", "0"]
    command += ["--user-file", "user.json", "--fault", "meta:500"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(4)]
        address = re.search(r"META_URL='(http://127\.0\.0\.1:\d+/meta)'", printed[1])
        assert address is not None
        answer = requests.get(f"{address[1]}/v26.0/me", timeout=10)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)

    assert answer.status_code == 500
    assert printed[3] == "# profitsync users add --from user.json\n"
    assert json.loads((place / "user.json").read_text())["email"] == "example@sandbox.example"
    assert (process.returncode, "Traceback" in errors) == (0, False)
    assert os.listdir(place) == ["user.json"]  # noqa: PTH208 - names are all that matters
