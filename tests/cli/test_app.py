"""The application as a whole: help, global options, and how every failure ends."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from profitsync import __version__
from profitsync.cli import completion
from profitsync.cli.app import app
from profitsync.stores.protocol import Store
from tests.cli.conftest import Run
from tests.cli.samples import a_job, a_user


def commands(group: typer.core.TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
    """Every command and group of the program, however deep."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


ROOT = typer.main.get_command(app)
assert isinstance(ROOT, typer.core.TyperGroup)
COMMANDS = [" ".join(path) for path in commands(ROOT)]
EXPLAINED = [name for name in COMMANDS if name and not any(other.startswith(f"{name} ") for other in COMMANDS)]


def test_the_commands_of_the_contract_are_there() -> None:
    promised = """init demo sandbox sync doctor health users add list show update activate deactivate remove check
    costs set import export missing delete recompute metrics jobs notify test"""

    assert set(promised.split()) <= {word for name in COMMANDS for word in name.split()}


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in EXPLAINED])
def test_every_group_explains_itself(command: str, run: Run) -> None:
    result = run(*command.split(), "--help")

    assert result.code == 0
    assert f"Usage: profitsync {command}".strip() in result.out
    assert result.err == ""


@pytest.mark.parametrize("command", EXPLAINED)
def test_every_command_explains_itself_with_examples_that_fit_and_parse(
    command: str, run: Run, accepts: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    result = run(*command.split(), "--help")

    lines = [line.rstrip() for line in result.out.splitlines()]
    assert (result.code, result.err) == (0, "")
    assert f" Usage: profitsync {command} [OPTIONS]" in result.out
    begin = lines.index(" Examples:") + 1
    examples = lines[begin : lines.index("", begin)]
    assert examples
    for example in examples:
        assert example.startswith(f"   profitsync {command}") or f" {command} " in example
        words = shlex.split(re.split(r" [<>|] ", example)[0])[1:]
        assert accepts(*words)


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"profitsync {__version__}\n"


def test_without_a_command_the_help_is_shown_and_the_code_is_usage(run: Run) -> None:
    result = run()

    assert result.code == 2
    assert "Commands" in result.out + result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("usres list", "No such command 'usres'. Did you mean 'users'?"),
        ("users show", "Missing argument 'REF'."),
        ("users list --jsn", "No such option: --jsn; did you mean --json?"),
        ("sync --all --quiet", "No such option: --quiet; it goes before the command"),
        ("sync --all --zzz", "No such option: --zzz (see"),
        ("metrics show", "Missing option '--user'."),
        ("sync --all --workers 0", "Invalid value for '--workers'"),
        ("-v -q users list", "--verbose and --quiet: give one or the other"),
    ],
)
def test_a_mistyped_command_line_is_one_line_and_code_two(arguments: str, message: str, run: Run) -> None:
    result = run(*arguments.split())

    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert result.errors[0].startswith(message)
    assert result.out == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROFITSYNC_DATABASE_URL", "postgres://app:topsecret@db.example/x"),
        ("PROFITSYNC_LOG_LEVEL", "loud"),
        ("PROFITSYNC_SECRET_KEY", "topsecret"),
        ("PROFITSYNC_META_URL", "topsecret"),
    ],
)
def test_a_bad_variable_is_named_with_code_four(
    name: str, value: str, run: Run, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    monkeypatch.setenv(name, value)

    result = run("users", "list")

    assert result.code == 4
    assert [error.split(":")[0] for error in result.errors] == [name]
    assert "topsecret" not in result.err
    assert list(place.iterdir()) == []


def test_all_bad_variables_are_told_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", "short")
    monkeypatch.setenv("PROFITSYNC_META_API_VERSION", "26")

    assert len(run("users", "list").errors) == 2


def test_a_log_directory_that_cannot_be_written_is_a_configuration_error(run: Run, place: Path) -> None:
    (place / "logs").write_text("a file")

    result = run("users", "list")

    assert (result.code, len(result.err.splitlines())) == (4, 1)
    assert result.errors[0].startswith("PROFITSYNC_LOG_DIR: cannot write to logs")


def test_a_database_that_cannot_be_opened_is_a_configuration_error(run: Run, place: Path) -> None:
    result = run("--database-url", f"sqlite:///{place}/missing/profitsync.db", "users", "list")

    assert (result.code, len(result.err.splitlines()), result.out) == (4, 1, "")


def test_a_mongodb_that_is_away_is_one_line_without_its_password(run: Run) -> None:
    url = "mongodb://app:topsecret@127.0.0.1:9/profitsync?serverSelectionTimeoutMS=50"

    result = run("--database-url", url, "users", "list")

    assert (result.code, len(result.err.splitlines()), result.out) == (4, 1, "")
    assert "topsecret" not in result.err


def test_the_flag_wins_over_the_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: Path, store: Store
) -> None:
    a_user(store)
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", f"sqlite:///{place}/other.db")

    assert run("users", "list", "--json").json() == []
    assert len(run("--database-url", f"sqlite:///{place}/profitsync.db", "users", "list", "--json").json()) == 1


def test_an_unexpected_fault_is_one_line_and_its_traceback_goes_to_the_log(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    def broken(ref: object) -> None:
        raise ZeroDivisionError("with shpat_0123456789abcdef inside")

    monkeypatch.setattr("profitsync.services.shapes.user_shape", broken)
    monkeypatch.setattr("profitsync.stores.sqlite.SqliteStore.users", lambda self: [1])

    result = run("users", "list", "--json")

    (log,) = (place / "logs").iterdir()
    assert result.code == 1
    assert result.err == f"error: unexpected ZeroDivisionError; details in logs/{log.name}\n"
    logged = json.loads(log.read_text().splitlines()[-1])
    assert "Traceback" in logged["exception"]
    assert "shpat_" not in log.read_text()


def test_an_interrupt_ends_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("profitsync.stores.sqlite.SqliteStore.users", interrupt)

    result = run("users", "list")

    assert (result.code, result.err) == (130, "error: interrupted\n")


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "profitsync", *arguments],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_the_program_ends_with_the_code_of_its_command() -> None:
    assert program("users", "show", "nobody").returncode == 2


def test_there_is_no_colour_off_a_terminal(store: Store) -> None:
    a_user(store)

    result = program("users", "list", TERM="xterm-256color")

    assert "owner@shop.example" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from profitsync.cli import main; main(['sync', '--help']); sys.exit(' '.join(sys.modules))"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    loaded = set(result.stderr.split())
    assert loaded & {"pymongo", "requests", "msgspec", "cryptography", "graphql", "tenacity"} == set()


def test_a_reader_that_leaves_early_causes_no_traceback(store: Store) -> None:
    for number in range(120):
        a_user(store, f"owner{number}@shop.example", f"shop{number}.myshopify.com")
    command = f"{sys.executable} -m profitsync users list --json | head -n 1"

    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)

    assert result.stdout == "[\n"
    assert not re.search("Traceback|Error", result.stderr)


def test_a_shell_is_offered_merchants_and_flags(store: Store) -> None:
    a_user(store)

    offered = [
        program("", _PROFITSYNC_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
        for words in ("profitsync users show ow", "profitsync sync --dr")
    ]

    assert [one.stdout.split() for one in offered] == [["owner@shop.example", "owner"], ["--dry-run"]]


@pytest.mark.parametrize("url", ["sqlite:///nowhere.db", "nonsense", "sqlite:////dev/null/x.db"])
def test_completion_is_silent_without_a_store_and_makes_none(
    url: str, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", url)

    assert completion.merchants("ow") == completion.jobs("") == []
    assert list(place.iterdir()) == []


def test_stores_sources_and_jobs_are_completed_too(store: Store) -> None:
    user = a_user(store)
    store.put_job(a_job(user))

    assert completion.merchants("MY-") == ["my-shop.myshopify.com"]
    assert completion.jobs("jo") == ["job1"]
    assert completion.sources("sh") == ["shopify", "shiprocket"]
    assert completion.columns("profit,net") == ["profit,netSales", "profit,netProfit", "profit,netProfitMargin"]
    assert completion.figures("ship")[:3] == ["shipping", "shippingCharged", "shippingCost"]
