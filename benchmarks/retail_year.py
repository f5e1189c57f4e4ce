"""A year of real order lines through the full path, compared day by day with figures straight from the CSV.

    python -m benchmarks.retail_year online_retail.csv.gz [DATABASE_URL]

Serves the CSV from the sandbox in a process of its own, syncs it into the given database (default: a fresh
SQLite file in a temporary directory), and compares every day's sales, orders, customers and matched refunds
with an independent computation. Prints one table and one JSON line; exit code 1 on any difference.
"""

import gzip
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from csv import DictReader
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from profitsync.secrets import new_key
from tests.sandbox.retail_expected import ExpectedDay, expected_days

COMPARED = {
    "grossSales": "gross_sales",
    "totalOrders": "total_orders",
    "newCustomers": "new_customers",
    "returningCustomers": "returning_customers",
    "returns": "matched_refunds",
}
CLOSE = Decimal("0.01")


def main(arguments: list[str]) -> int:
    """Run, compare, print."""
    csv = Path(arguments[0]).resolve()
    first, last = trading_range(csv)
    with TemporaryDirectory(prefix="retail-year-") as folder:
        database = arguments[1] if len(arguments) > 1 else f"sqlite:///{folder}/retail.db"
        server, environment, given = serve(csv, folder)
        environment["PROFITSYNC_DATABASE_URL"] = database
        try:
            user = register(environment, folder, given)
            seconds = _sync(environment, user, folder, first, last)
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            rows = _rows(environment, user, folder, first, last)
        finally:
            server.terminate()
            server.wait()
    expected = expected_days(csv)  # only now: a child starts with the memory of its parent on its account
    differences = _differences(expected, rows)
    print(f"{'days':>6} {'trading':>8} {'cells':>7} {'differences':>12} {'seconds':>8} {'peak MiB':>9}")
    print(
        f"{len(rows):>6} {len(expected):>8} {len(rows) * len(COMPARED):>7} {len(differences):>12} "
        f"{seconds:>8.1f} {memory:>9}"
    )
    for line in differences[:20]:
        print(line)
    print(
        json.dumps({
            "benchmark": "retail_year", "store": database.split(":")[0], "days": len(rows),
            "tradingDays": len(expected), "differences": len(differences), "seconds": round(seconds, 1),
            "peakMiB": memory, "python": platform.python_version(), "machine": platform.machine(),
            "cpus": os.cpu_count(),
        })
    )  # fmt: skip
    return 1 if differences else 0


def trading_range(csv: Path) -> tuple[date, date]:
    """First and last day of the file."""
    with gzip.open(csv, "rt", encoding="utf-8", newline="") as lines:
        days = {row["InvoiceDate"][:10] for row in DictReader(lines)}
    return date.fromisoformat(min(days)), date.fromisoformat(max(days))


def serve(csv: Path, folder: str) -> tuple["subprocess.Popen[str]", dict[str, str], str]:
    """Start the sandbox; its variables with a fresh key, and its merchant as `users add` takes it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROFITSYNC_")}
    environment["PROFITSYNC_SECRET_KEY"] = new_key()
    server = subprocess.Popen(
        [sys.executable, "-m", "profitsync", "sandbox", "--world", "retail", "--csv", str(csv), "--port", "0"],
        cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stderr is not None
    printed = ""
    while not printed.endswith("\n}\n"):
        if not (line := server.stdout.readline()):
            raise SystemExit(f"the sandbox did not start: {server.stderr.read()}")
        printed += line
    environment |= dict(re.findall(r"export (PROFITSYNC_\w+)='([^']+)'", printed))
    return server, environment, printed[printed.index("\n{") :]


def register(environment: dict[str, str], folder: str, user: str) -> str:
    """Put the merchant into the database that the variables name; how to refer to it."""
    _command(environment, folder, "users", "add", "--from", "-", given=user)
    return str(json.loads(user)["email"])


def _sync(environment: dict[str, str], user: str, folder: str, since: date, until: date) -> float:
    started = time.monotonic()
    _command(environment, folder, "--quiet", "sync", "--user", user, "--since", str(since), "--until", str(until))
    return time.monotonic() - started


def _rows(environment: dict[str, str], user: str, folder: str, since: date, until: date) -> list[dict[str, Any]]:
    shown = _command(
        environment, folder, "--quiet", "metrics", "show", "--user", user,
        "--since", str(since), "--until", str(until), "--json",
    )  # fmt: skip
    rows: list[dict[str, Any]] = json.loads(shown, parse_float=Decimal)["rows"]
    return rows


def _command(environment: dict[str, str], folder: str, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "profitsync", *arguments],
        cwd=folder, env=environment, text=True, input=given, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"profitsync {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def _differences(expected: dict[date, ExpectedDay], rows: list[dict[str, Any]]) -> list[str]:
    found = []
    for row in rows:
        day = date.fromisoformat(row["date"])
        wanted = expected.get(day, ExpectedDay())
        for name, field in COMPARED.items():
            should = Decimal(getattr(wanted, field))
            if row[name] is None or abs(Decimal(row[name]) - should) >= CLOSE:
                found.append(f"{day} {name}: {row[name]} stored, {should} expected")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
