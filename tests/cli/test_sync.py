"""`sync` through the real sources against the sandbox: flags, outputs, exit codes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import SourceState
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.worlds.example import example
from profitsync.secrets import new_key
from profitsync.services.lease import Lease
from profitsync.stores.protocol import Store
from tests.cli.conftest import Run
from tests.cli.samples import everything

REF = "example@sandbox.example"
DAYS = ("--since", "2026-11-02", "--until", "2026-11-05")


@pytest.fixture
def sandbox(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The worked example's merchant, registered."""
    with Sandbox([example()]) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        assert run("users", "add", "--from", "-", stdin=json.dumps(example().user_json())).code == 0
        yield server


def test_json_has_the_documented_shape(run: Run, sandbox: Sandbox, store: Store) -> None:
    result = run("sync", "--user", REF, *DAYS, "--json")

    shown = result.json()
    (user,) = shown["users"]
    assert (result.code, result.err, shown["status"]) == (0, "", "completed")
    assert list(user) == [
        "userId", "email", "status", "jobId", "since", "until", "recordsSynced", "daysWritten", "sources",
    ]  # fmt: skip
    assert (user["since"], user["until"], user["daysWritten"]) == ("2026-11-02", "2026-11-05", 4)
    assert user["sources"]["shopify"].keys() == {"status", "records", "requests", "points"}
    assert [store.jobs()[0].job_id, store.users()[0].id] == [user["jobId"], user["userId"]]


def test_off_a_terminal_the_log_lines_are_the_summary(
    run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_LOG_LEVEL", "success")

    result = run("sync", "--all", *DAYS)

    assert (result.code, result.out, len(result.err.splitlines())) == (0, "", 1)
    assert f"SUCCESS {REF}: sync completed" in result.err


def test_a_failing_source_is_one_line_and_code_three(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add("meta:credentials")

    result = run("--quiet", "sync", "--all", *DAYS, "--json")

    report = result.json()
    assert (result.code, report["status"], report["users"][0]["status"]) == (3, "partial", "partial")
    assert report["users"][0]["sources"]["meta"]["error"]
    assert len(result.err.splitlines()) == 1
    assert REF in result.err


def test_off_a_terminal_failures_are_summed_up_on_stderr_in_plain_text(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add("meta:credentials")

    result = run("--quiet", "sync", "--all", *DAYS)

    _, heading, *lines = result.err.splitlines()
    assert (result.code, result.out) == (3, "")
    assert heading.split() == ["Merchant", "Result", "Days", "Orders", "Requests", "What", "failed", "and", "why"]
    assert lines[0].split()[:3] == [REF, "partial", "4"]
    assert "Meta" in lines[0]
    assert "\x1b" not in result.err


def test_a_dry_run_shows_on_stdout_what_would_change(run: Run, sandbox: Sandbox) -> None:
    result = run("sync", "--user", REF, *DAYS, "--dry-run")

    assert result.out.splitlines() == ["Day  What changes", "new  2026-11-02 to 2026-11-05 (4 days)"]
    assert "Dry run: nothing was written." in result.err


def test_a_dry_run_shows_changed_days_with_their_figures(run: Run, sandbox: Sandbox, store: Store) -> None:
    run("sync", "--user", REF, *DAYS)
    user = store.users()[0]
    first = store.metrics(user.id, DayRange(date(2026, 11, 2), date(2026, 11, 2)))[0]
    values = first.values | {"adSpend": None, "reach": 1}
    store.put_metrics(user.id, [replace(first, values=values, complete=False)])

    result = run("sync", "--user", REF, *DAYS, "--dry-run")
    shown = run("sync", "--user", REF, *DAYS, "--dry-run", "--json").json()

    assert result.out.splitlines()[1] == "2026-11-02  adSpend n/a → 600.00, 1 other figure, now complete"
    (changed,) = shown["users"][0]["changes"]
    assert (changed["date"], changed["new"]) == ("2026-11-02", False)
    assert changed["figures"]["adSpend"] == {"before": None, "after": 600}


def test_a_monitor_and_the_operator_hear_of_a_failing_merchant(
    run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, ...]] = []
    monkeypatch.setenv("PROFITSYNC_PING_URL", "https://ping.example/uuid/")
    monkeypatch.setenv("PROFITSYNC_NOTIFY_URLS", "json://127.0.0.1:9/x")
    monkeypatch.setattr("profitsync.services.ping.post", lambda *told: heard.append(told))
    monkeypatch.setattr("profitsync.services.notify.sender", lambda _urls: lambda *told: heard.append(told))
    sandbox.faults.add("meta:credentials")

    run("sync", "--all", *DAYS, "--dry-run")
    run("sync", "--user", REF, *DAYS, "--source", "shopify")
    assert heard == []
    run("sync", "--all", *DAYS)

    assert [told[0] for told in heard] == [
        "https://ping.example/uuid/start", "profitsync: 1 merchant in trouble", "https://ping.example/uuid/fail",
    ]  # fmt: skip


def test_a_monitor_hears_of_a_store_that_is_away(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setenv("PROFITSYNC_PING_URL", "https://ping.example/uuid")
    monkeypatch.setattr("profitsync.services.ping.post", lambda address, _text: heard.append(address))

    result = run("--database-url", f"sqlite:///{place}/missing/profitsync.db", "sync", "--all")

    assert (result.code, heard[-1]) == (4, "https://ping.example/uuid/fail")


def test_the_log_file_tells_whose_line_it_is(run: Run, sandbox: Sandbox, place: Path, store: Store) -> None:
    run("sync", "--all", *DAYS)

    (file,) = (place / "logs").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    done = next(line for line in lines if line["level"] == "SUCCESS")
    assert (done["userId"], done["email"], done["jobId"]) == (store.users()[0].id, REF, store.jobs()[0].job_id)


def test_only_the_chosen_source_is_read(run: Run, sandbox: Sandbox) -> None:
    run("sync", "--all", *DAYS, "--source", "meta", "--source", "shiprocket")

    # The shop is asked once for its currency and zone, without which there are no shop days.
    assert sum(request.api == "shopify" for request in sandbox.requests) <= 1


def test_a_dry_run_writes_nothing_but_the_session_token_of_its_login(
    run: Run, sandbox: Sandbox, store: Store
) -> None:
    (user,) = store.users()
    fresh = list(everything(store))

    result = run("sync", "--user", REF, *DAYS, "--dry-run", "--json")

    assert (result.code, result.json()["users"][0]["jobId"]) == (0, None)
    (state,) = store.source_states(user.id).values()
    assert replace(state, tokens={}) == SourceState("shiprocket")
    with_token = list(everything(store))
    assert [one for one in with_token if one not in fresh] == [{"shiprocket": state}]
    run("sync", "--user", REF, *DAYS, "--dry-run")
    assert list(everything(store)) == with_token


def test_a_merchant_named_twice_is_synced_once(run: Run, sandbox: Sandbox, store: Store) -> None:
    identity = store.users()[0].id

    result = run("sync", "--user", REF, "--user", identity, *DAYS, "--json")

    assert len(result.json()["users"]) == 1


def test_a_locked_merchant_is_code_75(run: Run, sandbox: Sandbox, store: Store) -> None:
    runtime = Runtime(load_settings(), store)

    with Lease(store, f"sync:{store.users()[0].id}", runtime.clock):
        result = run("--quiet", "sync", "--all", *DAYS)

    assert (result.code, len(result.err.splitlines())) == (75, 1)
    assert result.errors[0].startswith(f"{REF}: another run holds the lock")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("", "give either --all or --user REF"),
        (f"--all --user {REF}", "give either --all or --user REF"),
        ("--user nobody", "unknown user 'nobody'"),
        ("--all --days 3 --since 2026-11-02", "--days: goes without"),
        ("--all --days 0", "--days 0: must be"),
        ("--all --since 2026-11-31", "--since '2026-11-31': must be a day"),
        ("--all --since 2026-11-05 --until 2026-11-02", "--until 2026-11-02: is before --since"),
        ("--all --source facebook", "--source 'facebook': must be one of shopify, meta, shiprocket"),
        (
            "--all --source shopfy",
            "--source 'shopfy': must be one of shopify, meta, shiprocket; did you mean shopify?",
        ),
    ],
)
def test_bad_combinations_are_one_line_and_change_nothing(
    flags: str, message: str, run: Run, sandbox: Sandbox, store: Store
) -> None:
    before = list(everything(store))

    result = run("sync", *flags.split())

    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.errors[0].startswith(message)
    assert list(everything(store)) == before
    assert sandbox.requests == []


def test_a_deactivated_merchant_is_left_out_and_refused_by_name(run: Run, sandbox: Sandbox) -> None:
    run("users", "deactivate", REF)

    everyone, named = run("sync", "--all", "--json"), run("sync", "--user", REF)

    assert (everyone.code, everyone.json()) == (0, {"status": "completed", "users": []})
    assert (named.code, named.errors) == (2, [f"{REF} is deactivated; `profitsync users activate {REF}` first"])


@pytest.mark.parametrize("key", ["", new_key()], ids=["missing", "wrong"])
def test_without_the_right_key_nothing_is_asked_nor_written(
    key: str, run: Run, sandbox: Sandbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(everything(store))
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", key)

    result = run("sync", "--all")

    assert (result.code, result.out, len(result.err.splitlines())) == (4, "", 1)
    assert result.errors[0].startswith("PROFITSYNC_SECRET_KEY: ")
    assert list(everything(store)) == before
    assert sandbox.requests == []
