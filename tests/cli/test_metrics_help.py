"""The help of `metrics`: examples come first, fit a terminal of 80 columns, and work."""

import shlex

import pytest

from profitsync.cli.metrics import app
from tests.cli.conftest import Run

DEMO = "demo@sandbox.example"
HELPS = {info.name or "": (info.callback.__doc__ or "") for info in app.registered_commands if info.callback}
EXAMPLES = [
    line.strip() for text in HELPS.values() for line in text.splitlines() if line.startswith("    profitsync ")
]


@pytest.mark.parametrize("command", HELPS)
def test_examples_stand_before_anything_else(command: str) -> None:
    _, examples, *_ = HELPS[command].split("\n\n")

    assert examples.lstrip().startswith(f"profitsync metrics {command} ")
    assert all(len(line) <= 82 for line in HELPS[command].splitlines()[1:])  # four blanks of the source


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_works(example: str, run: Run) -> None:
    words = shlex.split(example.split(" | ")[0].split(" > ")[0].replace("REF", DEMO))

    assert run(*words[1:]).code == 0


def test_markup_in_a_help_text_hides_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")

    for command, text in HELPS.items():
        shown = " ".join(run("metrics", command, "--help").out.split())
        assert " ".join(text.split()) in shown
