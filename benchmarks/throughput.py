"""How many orders a second, from the API to the figures, beside what fetching them alone takes.

    python -m benchmarks.throughput [--orders 20000,200000] [--stores sqlite,mongodb] [--ways pages,bulk]
        [--turns 3]

The first sync of a new merchant with so many orders of the last 85 days, by the real command in a process of its
own; Meta and Shiprocket are off. Read page by page, and by a bulk operation (from 3,000 orders on).

Three loops that fetch the same answers and keep nothing are measured in the same run, each in a process of its own
too. The `floor` decodes them to the records that a sync maps; for that, rows of a file are put together to orders.
The `plain` one is what a short script would do, with the `json` of the standard library. The `untyped` one is the
quickest there is: the same with our decoder, which then tells nothing of what it has read. All take turns, three
each: a shared machine has slow minutes. Of each the run of middle length counts.

The server (`benchmarks.prepared`) shares the machine; what it takes is in the seconds of all. The stand-in for
MongoDB compiles itself while it works, so it takes a sync in each way before the first that counts. A real shop's
bucket of query points (100 a second on a standard plan, 2.6 an order) is not simulated: read by pages, it is what
limits a real sync.

Ends with 1 when a day's orders, buyers or sales are not what was served.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter
from tempfile import TemporaryDirectory

from benchmarks.measure import MONGODB, Measured, Server, command, database, measured, prepared, show, stores

SIZES, WAYS = (20_000, 200_000), ("pages", "bulk")
LOOPS = ("floor", "plain", "untyped")
TURNS = 3
WARM_UP = 40_000  # orders
SECONDS = attrgetter("seconds")
_TIMES = ("xFloor", "xPlain", "xUntyped")  # how many times as long
EMAIL = "prepared@example.com"
MERCHANT = {
    "email": EMAIL,
    "shopifyStore": "prepared.myshopify.com",
    "shopifyAccessToken": "shpat_0123456789abcdef0123456789abcdef",
}
_LOOP = """
import json, sys
import msgspec, requests
from profitsync.sources.shopify import bulk_rows, queries
from profitsync.sources.shopify.answers import Answer
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.wire import OrdersAnswer
url, way, kind = sys.argv[1:]
session, read = requests.Session(), 0
answers, pages, order = map(msgspec.json.Decoder, (Answer, OrdersAnswer, OrderNode))
untyped = json.loads if kind == "plain" else msgspec.json.decode
def ask(document, **variables):
    body = {"query": document, "variables": variables}
    return session.post(f"{url}/shopify/x/admin/api/2026-10/graphql.json", json=body).content
def typed_page(content):
    found = pages.decode(answers.decode(content).data).orders
    some = [order.decode(node) for node in found.nodes]
    return len(some), found.page_info.has_next_page, found.page_info.end_cursor
def untyped_page(content):
    found = untyped(content)["data"]["orders"]
    return len(found["nodes"]), found["pageInfo"]["hasNextPage"], found["pageInfo"]["endCursor"]
def whole(lines):
    families = bulk_rows.Families()
    for some in bulk_rows.parts(lines):
        yield from filter(None, map(families.add, some))
    yield families.last()
def typed_rows(lines):
    return (bool(order.decode(bulk_rows.joined(one.raw, one.lists))) for one in whole(lines))
def untyped_rows(lines):
    return ("__parentId" not in untyped(line) for line in lines)
page, rows = (typed_page, typed_rows) if kind == "floor" else (untyped_page, untyped_rows)
if way == "pages":
    after, more = None, True
    while more:
        some, more, after = page(ask(queries.ORDERS, first=queries.PAGE, after=after, query="", count=False))
        read += some
else:
    ask("mutation StartBulk($query: String!) { x }", query="")
    with session.get(f"{url}/file", stream=True) as response:
        read = sum(rows(bulk_rows.lines(response.iter_content(1 << 16))))
print(read)
"""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.throughput")
    parser.add_argument("--orders", default=",".join(map(str, SIZES)))
    parser.add_argument("--stores", default=",".join(stores()))
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--turns", type=int, default=TURNS)
    given = parser.parse_args(arguments)
    rows: list[list[object]] = []
    wrong: list[str] = []
    if MONGODB in given.stores.split(","):
        for way in given.ways.split(","):
            with prepared(WARM_UP, bulk=way == "bulk") as server:
                synced(server, MONGODB, WARM_UP)
    for orders in map(int, given.orders.split(",")):
        for way in given.ways.split(","):
            found: dict[str, list[Measured]] = {name: [] for name in (*LOOPS, *given.stores.split(","))}
            with prepared(orders, bulk=way == "bulk") as server:
                for name in given.turns * list(found):
                    run, differences = _turn(server, name, orders, way)
                    found[name].append(run)
                    wrong += [f"{name}, {way}, {orders} orders: {one}" for one in differences]
            middle = {name: sorted(runs, key=SECONDS)[len(runs) // 2] for name, runs in found.items()}
            rows += [_row(name, way, orders, run, middle) for name, run in middle.items()]
    head = ("store", "way", "orders", "seconds", "orders/s", "cpuS", "peakMiB", *_TIMES)
    show("throughput", head, rows, wrong=len(wrong))
    print("\n".join(wrong[:20]), file=sys.stderr)
    return int(bool(wrong))


def _turn(server: Server, name: str, orders: int, way: str) -> tuple[Measured, list[str]]:
    """One run of a loop, or of a sync into a store, and what is wrong about it."""
    if name not in LOOPS:
        return synced(server, name, orders)
    run = measured(["-c", _LOOP, server.url, way, name], server.environment(), ".")
    return run, [] if int(run.output) == orders else [f"{run.output.strip()} were read"]


def synced(server: Server, store: str, orders: int) -> tuple[Measured, list[str]]:
    """One first sync, and what of its figures is wrong."""
    with TemporaryDirectory(prefix="throughput-") as folder, database(store, folder) as url:
        environment = server.environment() | {"PROFITSYNC_DATABASE_URL": url}
        measured(command("users", "add", "--from", "-"), environment, folder, given=json.dumps(MERCHANT))
        server.ask("requests")
        run = measured(command("--quiet", "sync", "--user", EMAIL, "--json"), environment, folder)
        total = Decimal(server.ask("requests")["total"])
        (report,) = json.loads(run.output)["users"]
        shown = measured(
            command("metrics", "show", "--user", EMAIL, "--days", "90", "--json"), environment, folder
        )  # fmt: skip
        totals = json.loads(shown.output, parse_float=Decimal)["totals"]
    return run, differences({**totals, "recordsSynced": report["recordsSynced"]}, orders, total)


def differences(totals: Mapping[str, object], orders: int, total: Decimal) -> list[str]:
    """What a sync of all prepared orders should have come to, and did not."""
    expected = {
        "recordsSynced": orders,
        "totalOrders": orders,
        "newCustomers": (orders + 1) // 2,
        "totalSales": total,
    }
    return [
        f"{name} is {totals[name]}, not {should}" for name, should in expected.items() if totals[name] != should
    ]


def _row(name: str, way: str, orders: int, run: Measured, middle: Mapping[str, Measured]) -> list[object]:
    return [
        name, way, orders, round(run.seconds, 1), round(orders / run.seconds), round(run.cpu, 1),
        round(run.mebibytes), *(round(run.seconds / middle[loop].seconds, 1) for loop in LOOPS),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
