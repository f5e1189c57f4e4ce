"""Large syncs that are killed, and what the next one makes of it.

    python -m benchmarks.killed [--turns 8] [--orders 12000] [--seed 3]

Each turn kills the first sync of a new merchant three times (`kill -9`, after a random time), while it shares its
work with a further process, and then lets one run. Its figures must be those of all orders, and no further process
may be left. Ends with 1 otherwise.
"""

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import SQLITE, Server, command, database, measured, prepared, show
from benchmarks.throughput import EMAIL, MERCHANT, differences, synced

KILLS = 3  # of each turn
EARLIEST, LATEST = 0.2, 0.95  # of the time that an undisturbed run takes
SYNC = ("--quiet", "sync", "--user", EMAIL, "--json")


def main(arguments: list[str]) -> int:
    """Kill, look, and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.killed")
    for name, usual in (("turns", 8), ("orders", 12_000), ("seed", 3)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args(arguments)
    dice, killed = random.Random(given.seed), 0  # noqa: S311 - when to kill
    with prepared(given.orders) as server:
        undisturbed, wrong = synced(server, SQLITE, given.orders)
        for _ in range(given.turns):
            killed += _turn(server, given.orders, dice, undisturbed.seconds, wrong)
    time.sleep(1)
    left = _further_processes()
    show("killed", ("turns", "orders", "killed", "differences", "processesLeft"),
         [[given.turns, given.orders, killed, len(wrong), len(left)]], wrong=len(wrong) + len(left))  # fmt: skip
    print("\n".join([*wrong, *left]), file=sys.stderr)
    return int(bool(wrong or left))


def _turn(server: Server, orders: int, dice: random.Random, seconds: float, wrong: list[str]) -> int:
    killed = 0
    with TemporaryDirectory(prefix="killed-") as folder, database(SQLITE, folder) as url:
        environment = server.environment() | {"PROFITSYNC_DATABASE_URL": url}
        measured(command("users", "add", "--from", "-"), environment, folder, given=json.dumps(MERCHANT))
        server.ask("requests")
        for _ in range(KILLS):
            killed += _killed(environment, folder, seconds * dice.uniform(EARLIEST, LATEST))
            _free(Path(url.removeprefix("sqlite:///")))
        measured(command(*SYNC), environment, folder)
        shown = measured(
            command("metrics", "show", "--user", EMAIL, "--days", "90", "--json"), environment, folder
        )  # fmt: skip
    total = Decimal(server.ask("requests")["total"])
    totals = json.loads(shown.output, parse_float=Decimal)["totals"]
    wrong += differences({**totals, "recordsSynced": orders}, orders, total)
    return killed


def _killed(environment: Mapping[str, str], folder: str, seconds: float) -> bool:
    """Whether the run was still at work then."""
    with subprocess.Popen(
        [sys.executable, *command(*SYNC)], cwd=folder, env=dict(environment),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        time.sleep(seconds)
        at_work = running.poll() is None
        running.kill()
    return at_work


def _free(path: Path) -> None:
    """As if two minutes had passed: the dead run's lock has run out."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE leases SET expires_at = 0")
    connection.close()


def _further_processes() -> list[str]:
    words = (path.read_bytes().replace(b"\0", b" ").decode() for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [line for line in words if "-m profitsync.hands" in line]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
