"""What the benchmarks measure is right: the prepared server gives what the sources expect, over HTTP.

`PROFITSYNC_TEST_BENCHMARKS=1` also runs each benchmark with a small size, in processes of their own.
"""

import asyncio
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks import figures, growth, idle, measure, throughput
from benchmarks.orders import PreparedOrders, rendered
from benchmarks.prepared import Http, Prepared
from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.secrets import new_key
from profitsync.services.metrics import metrics_table
from profitsync.services.reports import SyncReport, SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user, get_user
from profitsync.sources.shopify import bulk
from profitsync.stores.sqlite import SqliteStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
READS, COMMITS, DURABLE = 15, 8, 5  # trips of one idle merchant to the store, at most
ORDERS = 101  # an odd number: the last buyer orders once


@pytest.fixture(scope="module")
def templates() -> list[dict[str, Any]]:
    return rendered(days=2)


@contextmanager
def serving(prepared: Prepared) -> Iterator[str]:
    """The prepared server in a thread; its URL."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    ended = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(Http(prepared, 0.0).serve, "127.0.0.1", 0)
        prepared.url = "http://{}:{}".format(*server.sockets[0].getsockname())
        started.set()
        async with server:
            await ended.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(10)
    try:
        yield prepared.url
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@contextmanager
def runtime(url: str, folder: Path) -> Iterator[Runtime]:
    variables = {
        "PROFITSYNC_SHOPIFY_URL": f"{url}/shopify/{{store}}",
        "PROFITSYNC_META_URL": f"{url}/meta",
        "PROFITSYNC_SHIPROCKET_URL": f"{url}/shiprocket",
        "PROFITSYNC_SECRET_KEY": new_key(),
    }
    store = SqliteStore(str(folder / "store.db"))
    store.prepare()
    yield Runtime(load_settings(variables, folder), store, clock=lambda: NOW)
    store.close()


def sync(there: Runtime) -> SyncReport:
    return run_sync(there, there.store.users(), SyncRequest())


@pytest.mark.parametrize(("way", "threshold"), [("pages", 10**9), ("bulk", 1)])
def test_a_sync_of_prepared_orders_has_the_figures_they_were_made_with(
    tmp_path: Path, templates: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, way: str, threshold: int
) -> None:
    monkeypatch.setattr(bulk, "BULK_FROM", threshold)
    prepared = Prepared(PreparedOrders(ORDERS, NOW, templates))
    with serving(prepared) as url, runtime(url, tmp_path) as there:
        user = add_user(there, throughput.MERCHANT)

        (report,) = sync(there).users

        assert (report.status, report.warnings) == ("completed", [])
        assert prepared.asked["file"] == (way == "bulk")
        user = get_user(there.store, user.id)
        first = NOW.date() - timedelta(days=89)
        table = metrics_table(there.store, user, since=first, until=NOW.date())
        totals = {**table.totals.values, "recordsSynced": report.records_synced}
    assert throughput.differences(totals, ORDERS, prepared.orders.total()) == []


def test_an_idle_merchant_costs_one_request_of_each_source_and_few_trips_to_the_store(
    tmp_path: Path, templates: list[dict[str, Any]]
) -> None:
    prepared = Prepared(PreparedOrders(5, NOW, templates))
    with serving(prepared) as url, runtime(url, tmp_path) as there:
        for number in range(2):
            add_user(there, idle.merchant(number))
        sync(there)
        prepared.asked.clear()
        statements: list[str] = []
        assert isinstance(there.store, SqliteStore)
        there.store._database._connection().set_trace_callback(statements.append)

        report = sync(there)

    assert (report.status, [user.days_written for user in report.users]) == ("completed", [0, 0])
    assert prepared.asked == {"shopify": 2, "meta": 2, "shiprocket": 2}
    begun = Counter(statement.split(" ", 1)[0] for statement in statements)
    assert begun["SELECT"] <= 2 * READS + 1  # and one for the list of merchants
    assert begun["COMMIT"] <= 2 * COMMITS
    assert statements.count("PRAGMA synchronous = FULL") <= 2 * DURABLE


PAGE = """Words.
<!-- speed -->
as it was
<!-- end -->
More words.
"""


@pytest.mark.parametrize(
    ("told", "code", "kept"),
    [
        pytest.param({"benchmark": "speed"}, 0, False, id="good"),
        pytest.param({"benchmark": "speed", "wrong": 2}, 1, True, id="a wrong figure"),
        pytest.param({"benchmark": "memory"}, 1, True, id="no place for it"),
    ],
)
def test_figures_go_into_their_place_on_the_page_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], code: int, kept: bool
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    line = json.dumps({**told, "rows": [{"store": "sqlite", "orders": 20000}], **measure.machine()})
    monkeypatch.setattr("sys.stdin", StringIO(f"a table\n{line}\n"))

    assert figures.main([str(page)]) == code

    written = page.read_text()
    assert ("as it was" in written) == kept
    assert ("| store | orders |\n| --- | ---: |\n| sqlite | 20,000 |" in written) == (not kept)
    assert written.startswith("Words.\n<!-- speed -->\n")
    assert written.endswith("\n<!-- end -->\nMore words.\n")


@pytest.mark.skipif(
    "PROFITSYNC_TEST_BENCHMARKS" not in os.environ, reason="takes long: PROFITSYNC_TEST_BENCHMARKS=1"
)
@pytest.mark.parametrize(
    ("benchmark", "arguments"),
    [
        (throughput, "--orders 3100"),
        (idle, "--merchants 3 --workers 2"),
        (growth, "--orders 200,400 --stored 500,1000"),
    ],
)
def test_a_benchmark_runs_with_a_small_size(
    benchmark: ModuleType, arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.main(arguments.split()) == 0

    assert '"rows"' in capsys.readouterr().out
