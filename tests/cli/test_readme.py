"""What the README promises: its commands work, its tables are complete."""

import re
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from profitsync.config import DEFAULTS, PREFIX
from profitsync.domain.days import shop_day
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from profitsync.services.user_input import check_document, parse_document
from tests.cli.conftest import Run

TOP = ("sync", "users", "costs", "metrics", "jobs", "init", "doctor", "health", "notify")
ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ALSO = ("CONTRIBUTING.md", "docs/operations.md", "crontab.example", "systemd/profitsync.service")
TOUR = [
    shlex.split(line.removeprefix("$ "))
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, place: Path) -> Iterator[World]:
    """A small brand where the tour would have started the sandbox."""
    now = datetime.now(UTC)
    world = generate(until=shop_day(now, INDIA), now=now, days=20, orders_per_day=5)
    with Sandbox([world]) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        yield world


def test_every_command_of_the_tour_works(run: Run, served: World, place: Path) -> None:
    import json

    (place / "merchant.json").write_text(json.dumps(served.user_json()))
    steps = [words[1:] for words in TOUR if words[0] == "profitsync" and words[1] != "sandbox"]

    for words in steps:
        result = run(*words)
        assert result.code == 0, f"{words}: {result.err}"

    assert len(steps) >= 9


def test_the_tour_starts_the_sandbox_with_flags_that_exist(run: Run) -> None:
    (sandbox,) = (words for words in TOUR if words[:2] == ["profitsync", "sandbox"])
    flags = [word for word in sandbox if word.startswith("--")]

    assert flags
    assert all(flag in run("sandbox", "--help").out for flag in flags)


def test_the_table_of_variables_is_complete_and_right() -> None:
    rows = dict(re.findall(r"^\| `(PROFITSYNC_\w+)` \| (.+?) \|", README, re.MULTILINE))

    assert rows == {PREFIX + name: f"`{value}`" if value else "none" for name, value in DEFAULTS.items()}


def test_the_merchant_as_json_is_what_users_add_takes() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)

    account = check_document(parse_document(block.replace("…", "x"), "README"))

    assert account.fields["metaAdAccountId"] == "1234567890"


def test_every_command_named_anywhere_exists(accepts: Callable[..., bool]) -> None:
    texts = [
        README,
        *((ROOT / name).read_text(encoding="utf-8") for name in ALSO),
    ]
    named = {
        tuple(word for word in words[:2] if re.fullmatch(r"[a-z][a-z-]+", word))
        for text in texts
        for words in (line.split() for line in re.findall(r"profitsync (?:--quiet )?([a-z][a-z -]+)", text))
    }
    commands = {words for words in named if words and words[0] in TOP}

    assert commands
    assert [words for words in commands if not accepts(*words)] == []


def test_every_flag_named_in_the_documents_exists(accepts: Callable[..., bool]) -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    lines = re.findall(r"profitsync ((?:-v |--quiet )?[a-z][^`\n;|>#…)]*--[^`\n;|>#…)]*)", README + operations)
    named = {tuple(shlex.split(line)) for line in lines}

    assert len(named) > 20
    assert [words for words in named if not accepts(*words)] == []
