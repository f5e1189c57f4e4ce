"""How the process ends."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from profitsync.__main__ import run

LEAVE = "import atexit, sys, threading, time; from profitsync.__main__ import leave; "
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def _ended(script: str, stdout: int = subprocess.PIPE) -> tuple[int, str | None]:
    done = subprocess.run(
        [sys.executable, "-c", LEAVE + script],
        env=BUFFERED, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_the_command_is_this_process() -> None:
    (command,) = entry_points(group="console_scripts", name="profitsync")

    assert command.load() is run


@pytest.mark.parametrize("code", [0, 3, 75])
def test_it_ends_with_its_code_and_all_that_it_said_and_waits_for_nobody(code: int) -> None:
    asleep = (
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); atexit.register(print, 'late'); "
    )

    assert _ended(f"{asleep} sys.stdout.write('said'); leave({code})") == (code, "said")


def test_work_that_somebody_began_is_done_first() -> None:
    work = "threading.Thread(target=lambda: (threading.main_thread().join(), print('done'))).start(); "

    assert _ended(f"{work} leave(2)") == (2, "done\n")


def test_what_could_not_be_said_is_no_success() -> None:
    with Path("/dev/full").open("wb") as full:
        assert _ended("sys.stdout.write('said'); leave(0)", full.fileno()) == (120, None)
