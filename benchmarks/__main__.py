"""`make bench`: every benchmark that this machine has the data for.

    python -m benchmarks [quick]

PROFITSYNC_RETAIL_CSV names the order lines of the retail year; with PROFITSYNC_TEST_MONGODB_URL orders are also
synced into that server. Figures are printed, never judged: a slow machine fails nothing, a wrong figure does.
`quick` takes two minutes and leaves out what needs the order lines. `python -m benchmarks > figures.txt` keeps all
tables; docs/performance.md says what was seen on one machine.
"""

import os
import sys
from uuid import uuid4

# The others import more, and a process that is measured begins with its parent's memory on its account.
from benchmarks import growth, idle, throughput

QUICK = {
    idle: "--merchants 100 --workers 4,16",
    throughput: "--orders 5000",
    growth: "--orders 5000 --stored 5000,20000",
}


def main(arguments: list[str]) -> int:
    """Run what can be run; 1 when a benchmark found a wrong figure, 2 when the order lines are missing."""
    if arguments not in ([], ["quick"]):
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for benchmark, sizes in QUICK.items():
        failed |= benchmark.main(sizes.split() if arguments else [])
    return failed | _others(quick=bool(arguments))


def _others(*, quick: bool) -> int:
    from benchmarks import explained_days, pacing, retail_backfill, retail_year, startup

    startup.main(["5"] if quick else [])
    failed = pacing.main([])
    if quick:
        return failed
    csv = os.environ.get("PROFITSYNC_RETAIL_CSV")
    if not csv:
        print("PROFITSYNC_RETAIL_CSV: not set; it names the order lines to measure with", file=sys.stderr)
        return failed or 2
    failed |= retail_year.main([csv]) | retail_backfill.main([csv]) | explained_days.main([csv])
    if server := os.environ.get("PROFITSYNC_TEST_MONGODB_URL"):
        failed |= retail_year.main([csv, f"{server.rstrip('/')}/profitsync-bench-{uuid4().hex[:8]}"])
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
