"""How long a command takes to start, as a person or cron waits for it: whole processes, median of several runs.

    python -m benchmarks.startup [RUNS]

Measured are the bare interpreter; a Typer application of one command, printing its help and running that command;
`profitsync --help`; and `profitsync metrics show` of thirty stored days in a SQLite file, and of a year. Typer
sets the floor of all; what lies above it is our own. Prints one table and one JSON line; judges nothing.
"""

import os
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import show
from profitsync.bootstrap import open_store
from tests.cli.samples import EMAIL, a_user, figures

RUNS = 15
MONTH, YEAR = 30, 365
_FIRST = date(2026, 11, 2)
_TYPER = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def only(name: str = "") -> None:
    "The only command."
app()
"""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    runs = int(arguments[0]) if arguments else RUNS
    with TemporaryDirectory(prefix="startup-") as folder:
        _a_year(Path(folder))
        metrics = ["-m", "profitsync", "metrics", "show", "--user", EMAIL, "--since", str(_FIRST), "--until"]
        commands = {
            "interpreter": ["-c", "pass"],
            "typer help": ["-c", _TYPER, "--help"],
            "typer run": ["-c", _TYPER, "--name", "x"],
            "help": ["-m", "profitsync", "--help"],
            "show": [*metrics, str(_last(MONTH))],
            "show year": [*metrics, str(_last(YEAR))],
        }
        for words in commands.values():
            _seconds(words, folder)  # bytecode is written, files are in the cache
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):  # in turns, so that a busy moment hits all of them
            for name, words in commands.items():
                seconds[name].append(_seconds(words, folder))
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    floors = {"help": "typer help", "show": "typer run", "show year": "typer run"}
    rows: list[list[object]] = []
    for name, median in medians.items():
        above = round((median - medians[floors[name]]) * 1000) if name in floors else ""
        rows.append([name, round(median * 1000), round(min(seconds[name]) * 1000), above])
    show("startup", ("command", "medianMs", "leastMs", "aboveTyperMs"), rows, runs=runs)
    return 0


def _last(days: int) -> date:
    return _FIRST + timedelta(days=days - 1)


def _a_year(folder: Path) -> None:
    """A merchant with figures of a year."""
    store = open_store(f"sqlite:///{folder / 'profitsync.db'}")
    store.prepare()
    figures(store, a_user(store), days=YEAR)
    store.close()


def _seconds(words: list[str], folder: str) -> float:
    # Bytecode is kept, as it is wherever a package was installed.
    left_out = ("PROFITSYNC_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{words} ended with {done.returncode}: {done.stderr}")
    return seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
