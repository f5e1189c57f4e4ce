"""Every day of the retail year explained: do the entries add up to each figure, and how long does a day take?

    python -m benchmarks.explained_days online_retail.csv.gz

Serves the CSV from the sandbox, syncs it into a SQLite file, explains every stored day, and prints one JSON line;
exit code 1 when a figure is not the sum of its entries.
"""

import json
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from profitsync.domain.days import DayRange
from profitsync.sandbox.worlds.retail import from_csv
from profitsync.services.explain import explain_day
from profitsync.services.explanation import ADDITIVE
from tests.services.explained import contradictions
from tests.services.synced import synced


def main(arguments: list[str]) -> int:
    """Sync, explain, print."""
    world = from_csv(Path(arguments[0]))
    days = DayRange(date(2009, 1, 1), date(2012, 12, 31))
    with (
        TemporaryDirectory(prefix="explained-days-") as folder,
        synced(Path(folder), world, days.first, days.last) as merchant,
    ):
        rows = merchant.store.metrics(merchant.user.id, days)
        wrong: list[str] = []
        entries, slowest, started = 0, 0.0, time.monotonic()
        for row in rows:
            begun = time.monotonic()
            explained = explain_day(merchant.store, merchant.user, row.day)
            slowest = max(slowest, time.monotonic() - begun)
            entries += len(explained.entries)
            wrong += contradictions(explained)
        seconds = time.monotonic() - started
    for line in wrong[:20]:
        print(line)
    print(
        json.dumps({
            "benchmark": "explained_days", "days": len(rows), "entries": entries,
            "figures": len(rows) * len(ADDITIVE), "wrong": len(wrong), "seconds": round(seconds, 1),
            "slowestDaySeconds": round(slowest, 2),
        })
    )  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
