"""The help of `metrics`: its examples work, and nothing of it is lost."""

import shlex

import pytest

from profitsync.cli.metrics import app
from tests.cli.conftest import Run

DEMO = "demo@sandbox.example"
HELPS = {info.name or "": (info.help or "") for info in app.registered_commands}
EXAMPLES = [
    line.strip() for text in HELPS.values() for line in text.splitlines() if line.startswith("  profitsync ")
]


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_works(example: str, run: Run) -> None:
    words = shlex.split(example.split(" | ")[0].split(" > ")[0].replace("my-shop", DEMO).replace("kurta", DEMO))

    assert run(*words[1:]).code == 0


def test_markup_in_a_help_text_hides_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")

    for command, text in HELPS.items():
        shown = " ".join(run("metrics", command, "--help").out.split())
        assert " ".join(text.replace("\b", "").split()) in shown
