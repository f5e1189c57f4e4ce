"""Does an order cost the same however many there are? Time, memory and disk per order, and one day among many.

    python -m benchmarks.growth [--orders 10000,100000,1000000] [--stored 10000,100000,1000000] [--store sqlite]

First the real first sync of so many orders (by a bulk operation), as in `benchmarks.throughput`. Then a store is
filled directly with so many orders, a thousand a day, and one day in the middle is calculated again. A million
of either takes some minutes. Ends with 1 when a figure is wrong.
"""

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import SQLITE, clean_environment, database, measured, prepared, show
from benchmarks.throughput import synced

SIZES = "10000,100000,1000000"
PER_DAY = 1000
TIMES = 5  # that the day is calculated
STARTED = datetime(2026, 11, 20, 12, tzinfo=UTC)
_BATCH = 500
_FILL = "import sys; from benchmarks.growth import fill; fill(sys.argv[1], int(sys.argv[2]))"
_ONE_DAY = "import sys; from benchmarks.growth import one_day; one_day(sys.argv[1], int(sys.argv[2]))"


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth")
    parser.add_argument("--orders", default=SIZES)
    parser.add_argument("--stored", default=SIZES)
    parser.add_argument("--store", default=SQLITE)
    given = parser.parse_args(arguments)
    wrong: list[str] = []
    rows: list[list[object]] = []
    for orders in map(int, given.orders.split(",")):
        with prepared(orders) as server:
            run, differences = synced(server, given.store, orders)
        wrong += differences
        rows.append([
            given.store, orders, round(run.seconds, 1), round(run.seconds / orders * 1e6),
            round(run.cpu / orders * 1e6), round(run.mebibytes), round(run.mebibytes * 1024 / orders, 2),
        ])  # fmt: skip
    show("growth", ("store", "orders", "seconds", "usEach", "cpuUsEach", "peakMiB", "peakKiBEach"), rows)
    rows = [_among(given.store, stored, wrong) for stored in map(int, given.stored.split(","))]
    head = ("store", "stored", "ofTheDay", "milliseconds", "cpuMs", "peakMiB", "diskKiBEach")
    show("one day among many", head, rows, wrong=len(wrong))
    print("\n".join(wrong[:20]), file=sys.stderr)
    return int(bool(wrong))


def _among(store: str, stored: int, wrong: list[str]) -> list[object]:
    with TemporaryDirectory(prefix="growth-") as folder, database(store, folder) as url:
        measured(["-c", _FILL, url, str(stored)], clean_environment(), folder)
        run = measured(["-c", _ONE_DAY, url, str(stored)], clean_environment(), folder)
        size = sum(file.stat().st_size for file in Path(folder).glob("*.db*")) / 1024
    told = json.loads(run.output)
    if told["counted"] != told["expected"]:
        wrong.append(f"{stored} stored: a day has {told['counted']} orders, not {told['expected']}")
    disk = round(size / stored, 1) if store == SQLITE else "-"
    return [store, stored, told["counted"], told["milliseconds"], told["cpu"], round(run.mebibytes), disk]


def fill(url: str, count: int) -> None:
    """Put so many orders of one merchant into an empty store, with the index entries of a sync."""
    from zoneinfo import ZoneInfo

    import msgspec

    from benchmarks.orders import PreparedOrders
    from profitsync.bootstrap import open_store
    from profitsync.domain.merchants import User
    from profitsync.services.ingest import index_order
    from profitsync.sources.shopify.mapping import to_order
    from profitsync.sources.shopify.records import OrderNode

    store = open_store(url)
    store.prepare()
    zone = ZoneInfo("Asia/Kolkata")
    store.add_user(User("u1", "many@example.com", STARTED, STARTED, currency="INR", timezone=zone.key))
    orders = PreparedOrders(count, STARTED, span=timedelta(days=count / PER_DAY))
    decode = msgspec.json.Decoder(OrderNode).decode
    for begin in range(0, count, _BATCH):
        numbers = range(begin, min(count, begin + _BATCH))
        facts = [to_order(decode(orders.node(number)), None, None) for number in numbers]
        store.put_orders("u1", [index_order(fact, zone) for fact in facts])
    store.close()


def one_day(url: str, count: int) -> None:
    """Calculate the day in the middle several times; prints its median, and how many orders it has."""
    from statistics import median
    from time import perf_counter, process_time
    from zoneinfo import ZoneInfo

    from benchmarks.orders import PreparedOrders
    from profitsync.bootstrap import open_store
    from profitsync.domain.days import ONE_DAY, day_start, shop_day
    from profitsync.domain.merchants import SOURCES
    from profitsync.services.calculate import calculate_days

    zone = ZoneInfo("Asia/Kolkata")
    orders = PreparedOrders(count, STARTED, [], span=timedelta(days=count / PER_DAY))
    day = shop_day(datetime.fromtimestamp(orders.at(count // 2), UTC), zone)
    bounds = [day_start(one, zone).strftime("%Y-%m-%dT%H:%M:%S+00:00") for one in (day, day + ONE_DAY)]
    expected = len(orders.matching(f"processed_at:>='{bounds[0]}' processed_at:<'{bounds[1]}'"))
    store = open_store(url)
    user = store.find_user("u1")
    assert user is not None
    seconds: list[float] = []
    cpu: list[float] = []
    counted = None
    for _ in range(TIMES):
        started, worked = perf_counter(), process_time()
        ((row,),) = calculate_days(store, user, {day}, {day: dict.fromkeys(SOURCES, "ok")})
        seconds.append(perf_counter() - started)
        cpu.append(process_time() - worked)
        counted = row.values["totalOrders"]
    store.close()
    told = {
        "milliseconds": round(median(seconds) * 1000), "cpu": round(median(cpu) * 1000),
        "counted": counted, "expected": expected,
    }  # fmt: skip
    print(json.dumps(told, default=int))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
