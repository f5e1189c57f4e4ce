"""`make bench`: every benchmark that this machine has the data for.

PROFITSYNC_RETAIL_CSV names the order lines of the retail year; with PROFITSYNC_TEST_MONGODB_URL they are also
synced into that server. Figures are printed, never judged: a slow machine fails nothing, a wrong figure does.
"""

import os
import sys
from uuid import uuid4

from benchmarks import explained_days, pacing, retail_backfill, retail_year, startup


def main() -> int:
    """Run what can be run; 1 when a benchmark found a wrong figure, 2 when the order lines are missing."""
    startup.main([])
    failed = pacing.main([])
    csv = os.environ.get("PROFITSYNC_RETAIL_CSV")
    if not csv:
        print("PROFITSYNC_RETAIL_CSV: not set; it names the order lines to measure with", file=sys.stderr)
        return failed or 2
    failed |= retail_year.main([csv]) | retail_backfill.main([csv]) | explained_days.main([csv])
    if server := os.environ.get("PROFITSYNC_TEST_MONGODB_URL"):
        failed |= retail_year.main([csv, f"{server.rstrip('/')}/profitsync-bench-{uuid4().hex[:8]}"])
    return failed


if __name__ == "__main__":
    sys.exit(main())
