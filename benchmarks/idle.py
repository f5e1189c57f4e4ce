"""An hour in which nothing happened, for many merchants: what does it cost to find that out?

    python -m benchmarks.idle [--merchants 1000] [--latency 0.2] [--workers 4,8,16,32,64]

Registers merchants with all three sources, syncs them once, then runs `sync --all` again while every answer takes
`latency` seconds, once for each number of workers, on each store there is. Prints requests per merchant, seconds,
CPU and memory. Ends with 1 when a merchant took more than three requests or a run stored anything.
"""

import argparse
import json
import sys
from tempfile import TemporaryDirectory

from benchmarks.measure import Server, command, database, measured, prepared, show, stores

MERCHANTS, LATENCY, WORKERS, ORDERS = 1000, 0.2, (4, 8, 16, 32, 64), 5
MOST_REQUESTS = 3  # one of each source
_REGISTER = """
import json, sys
from benchmarks.idle import merchant
from profitsync.bootstrap import Runtime, open_store
from profitsync.config import load_settings
from profitsync.services.users import add_user
settings = load_settings(None, None)
store = open_store(settings.database_url)
store.prepare()
for number in range(int(sys.argv[1])):
    add_user(Runtime(settings, store), merchant(number))
store.close()
"""
_LOOK = """
import json
from profitsync.bootstrap import open_store
from profitsync.config import load_settings
store = open_store(load_settings(None, None).database_url)
newest = {}
for job in store.jobs(limit=1_000_000):
    newest.setdefault(job.user_id, job)
found = newest.values()
print(json.dumps([
    sum(job.sources["shopify"]["records"] for job in found), sum(job.days_written for job in found),
    sum(job.status == "completed" and not job.errors for job in found),
]))
store.close()
"""


def merchant(number: int) -> dict[str, str]:
    """As `users add` takes it: an app's id and secret, whose token lasts a day, and the other two sources."""
    name = f"merchant-{number:05}"
    return {
        "email": f"{name}@example.com",
        "shopifyStore": f"{name}.myshopify.com",
        "shopifyClientId": f"client-{name}",
        "shopifyClientSecret": f"shpss_{number:032x}",
        "metaAccessToken": f"EAA{number:040x}",
        "metaAdAccountId": str(10_000_000_000 + number),
        "shiprocketEmail": f"api@{name}.example.com",
        "shiprocketPassword": f"password of {name}",
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.idle")
    parser.add_argument("--merchants", type=int, default=MERCHANTS)
    parser.add_argument("--latency", type=float, default=LATENCY)
    parser.add_argument("--workers", default=",".join(map(str, WORKERS)))
    parser.add_argument("--stores", default=",".join(stores()))
    given = parser.parse_args(arguments)
    counts = [int(one) for one in given.workers.split(",")]
    rows: list[list[object]] = []
    with prepared(ORDERS) as server, TemporaryDirectory(prefix="idle-") as folder:
        for store in given.stores.split(","):
            rows += _on(store, server, folder, given.merchants, given.latency, counts)
    wrong = sum(row[4] > MOST_REQUESTS or row[-1] != "yes" for row in rows)  # type: ignore[operator]
    show(
        "idle hour",
        ("store", "merchants", "workers", "seconds", "requestsEach", "cpuMsEach", "peakMiB", "idle"),
        rows,
        latencySeconds=given.latency,
        wrong=wrong,
    )
    return int(bool(wrong))


def _on(
    store: str, server: Server, folder: str, merchants: int, latency: float, counts: list[int]
) -> list[list[object]]:
    with database(store, folder) as url:
        environment = server.environment() | {"PROFITSYNC_DATABASE_URL": url}
        server.ask("latency 0")
        measured(["-c", _REGISTER, str(merchants)], environment, folder)
        measured(command("--quiet", "sync", "--all"), environment, folder)
        server.ask(f"latency {latency}")
        rows: list[list[object]] = []
        for workers in counts:
            server.ask("requests")
            run = measured(
                command("--quiet", "sync", "--all", "--workers", str(workers)), environment, folder
            )  # fmt: skip
            answered = server.ask("requests")
            asked = sum(answered.get(api, 0) for api in ("shopify", "meta", "shiprocket"))
            idle = json.loads(measured(["-c", _LOOK], environment, folder).output) == [0, 0, merchants]
            rows.append([
                store, merchants, workers, round(run.seconds, 1), round(asked / merchants, 2),
                round(run.cpu / merchants * 1000, 1), round(run.mebibytes), "yes" if idle else "no",
            ])  # fmt: skip
        return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
