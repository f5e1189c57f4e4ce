"""Every test runs the real entry point in a directory and an environment of its own."""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from profitsync.bootstrap import open_store
from profitsync.cli import main
from profitsync.secrets import new_key
from profitsync.stores.protocol import Store
from tools.stage import STORE, synced


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The error lines, without their mark."""
        return [line.removeprefix("error: ") for line in self.err.splitlines() if line.startswith("error: ")]

    def json(self) -> Any:
        import json

        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no configuration but a key."""
    for name in list(os.environ):
        if name.startswith("PROFITSYNC_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", new_key())
    monkeypatch.setenv("PROFITSYNC_LOG_LEVEL", "error")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the entry point with arguments; `stdin` is what it can read."""

    def call(*arguments: str, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def generated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the merchant of docs/terminal.md: thirty days up to 5 November 2026."""
    return synced(tmp_path_factory.mktemp("generated")).folder / STORE


@pytest.fixture
def generated(place: Path, generated_file: Path) -> Iterator[Store]:
    """A copy of it, as the store that the commands use."""
    shutil.copy(generated_file, place / "profitsync.db")
    opened = open_store(f"sqlite:///{place / 'profitsync.db'}")
    yield opened
    opened.close()


@pytest.fixture
def accepts(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Whether a command line is one, all flags known: those are looked at before its help is shown."""

    def known(*words: str) -> bool:
        with monkeypatch.context() as patch:
            patch.setattr("typer.rich_utils.rich_format_help", lambda **_: None)  # drawing it takes long
            return run(*words, "--help").code == 0

    return known


@pytest.fixture
def store(place: Path) -> Iterator[Store]:
    """The store that the commands use."""
    opened = open_store(f"sqlite:///{place / 'profitsync.db'}")
    opened.prepare()
    yield opened
    opened.close()
