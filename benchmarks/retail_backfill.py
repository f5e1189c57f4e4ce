"""The same year of real orders read twice, by pages and by a bulk operation, and every stored document compared.

    python -m benchmarks.retail_backfill online_retail.csv.gz

Serves the CSV from the sandbox in a process of its own (rows of the bulk file shuffled) and syncs it into two
fresh SQLite files. Prints a table and one JSON line; exit code 1 on any difference.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.retail_year import register, serve, trading_range
from profitsync.bootstrap import open_store
from profitsync.domain.days import DayRange
from profitsync.services.ingest import ALL_TIME
from profitsync.stores.protocol import Store

NEVER, ALWAYS = 10**9, 1  # thresholds, in orders
_SYNC = """
import sys
from profitsync.cli import main
from profitsync.sources.shopify import bulk
bulk.BULK_FROM = {threshold}
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One sync of the year: what it took, and where its documents are."""

    name: str
    threshold: int
    path: Path
    seconds: float = 0.0
    mebibytes: int = 0  # at most, of the syncing process
    requests: int = 0


def main(arguments: list[str]) -> int:
    """Sync twice, compare, print."""
    csv = Path(arguments[0]).resolve()
    days = DayRange(*trading_range(csv))
    with TemporaryDirectory(prefix="retail-backfill-") as folder:
        server, environment, user = serve(csv, folder)
        try:
            ways = [
                _synced(Way(name, threshold, Path(folder) / f"{name}.db"), environment, user, folder, days)
                for name, threshold in (("pages", NEVER), ("bulk", ALWAYS))
            ]
        finally:
            server.terminate()
            server.wait()
        compared, differences = _compare(*(way.path for way in ways))
    print(f"{'way':>6} {'seconds':>8} {'peak MiB':>9} {'requests':>9}")
    for way in ways:
        print(f"{way.name:>6} {way.seconds:>8.1f} {way.mebibytes:>9} {way.requests:>9}")
    print(f"documents compared: {compared}, differences: {len(differences)}")
    for line in differences[:20]:
        print(line)
    print(
        json.dumps({
            "benchmark": "retail_backfill", "documents": compared, "differences": len(differences),
            **{way.name: {"seconds": round(way.seconds, 1), "peakMiB": way.mebibytes, "requests": way.requests}
               for way in ways},
        })
    )  # fmt: skip
    return 1 if differences else 0


def _synced(way: Way, environment: dict[str, str], user: str, folder: str, days: DayRange) -> Way:
    own = environment | {"PROFITSYNC_DATABASE_URL": f"sqlite:///{way.path}"}
    ref = register(own, folder, user)
    arguments = ["--quiet", "sync", "--user", ref, "--since", str(days.first), "--until", str(days.last), "--json"]
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", _SYNC.format(threshold=way.threshold), *arguments],
        cwd=folder, env=own, text=True, stdout=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        report = running.stdout.read()
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"the sync by {way.name} ended with {running.returncode}: {report}")
    (synced,) = json.loads(report)["users"]
    print(f"{way.name}: {synced['recordsSynced']} orders", file=sys.stderr)
    return replace(
        way,
        seconds=time.monotonic() - started,
        mebibytes=usage.ru_maxrss // 1024,
        requests=synced["sources"]["shopify"]["requests"],
    )


def _compare(one: Path, other: Path) -> tuple[int, list[str]]:
    """How many documents there are, and which are not the same in both files."""
    left, right = (_documents(open_store(f"sqlite:///{path}")) for path in (one, other))
    names = left.keys() | right.keys()
    return len(names), sorted(name for name in names if left.get(name) != right.get(name))


def _documents(store: Store) -> dict[str, Any]:
    """Everything stored of the one merchant by a name, but for random ids and for when it was written."""
    (user,) = store.users()
    found: dict[str, Any] = {}
    for batch in store.orders_touching(user.id, ALL_TIME):
        found |= {f"order {order.name} ({order.id})": order for order in batch}
    for cost in store.costs(user.id):
        found[f"cost {cost.id}"] = replace(cost, created_at=None, updated_at=None)
    for row in store.metrics(user.id, ALL_TIME):
        found[f"day {row.day}"] = replace(row, updated_at=None)
    for name, state in store.source_states(user.id).items():
        found[f"covered by {name}"] = (state.covered, state.stale, state.kept)
    store.close()
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
