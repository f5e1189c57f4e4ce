"""What is true of the SQLite file alone."""

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from profitsync.errors import StoreUnavailableError
from profitsync.stores import sqlite_facts
from profitsync.stores.sqlite import SqliteStore
from profitsync.stores.sqlite_schema import APPLICATION_ID, STEPS, VERSION, statements
from tests.contract.samples import (
    ALL_DAYS,
    NOW,
    day,
    days,
    fill,
    full_order,
    full_shipment,
    full_user,
    indexed,
    later,
    order,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(str(path), busy_seconds=0)
    opened.prepare()
    yield opened
    opened.close()


def run(path: Path, script: str) -> object:
    """Another program's hand on the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(script).fetchone()


def test_nothing_is_opened_before_it_is_needed(path: Path) -> None:
    SqliteStore(str(path)).close()

    assert not path.exists()


def test_a_new_file_is_for_its_owner_only(store: SqliteStore, path: Path) -> None:
    store.add_user(full_user())

    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["store.db", "store.db-shm", "store.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_readers_and_a_writer_do_not_wait_for_each_other(store: SqliteStore, path: Path) -> None:
    assert run(path, "PRAGMA journal_mode") == ("wal",)

    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM users").fetchone()
        store.add_user(full_user())

    assert store.users() == [full_user()]


def test_a_new_file_is_waited_for_while_another_process_sets_it_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("time.sleep", lambda _seconds: other.execute("COMMIT"))
        store = SqliteStore(str(path))
        store.prepare()

        assert not other.in_transaction
    assert store.users() == []
    store.close()


def test_a_write_waits_for_no_longer_than_the_busy_time(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match=r"store\.db stays locked by another program"):
            store.add_user(full_user())

    assert store.users() == []


def test_a_full_disk_stores_nothing_of_the_batch(store: SqliteStore) -> None:
    store.put_orders("u1", [indexed(order(1), 2)])
    with store._database.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")

    with pytest.raises(StoreUnavailableError, match="the disk is full"):
        store.put_orders("u1", [indexed(order(number), 2) for number in range(2, 500)])

    assert [found.id for batch in store.orders_touching("u1", ALL_DAYS) for found in batch] == ["1"]


def test_a_failed_write_leaves_the_store_usable(store: SqliteStore) -> None:
    with pytest.raises(AttributeError):
        store.put_orders("u1", [indexed(order(1), 2), indexed(None, 2)])
    store.put_orders("u1", [indexed(order(2), 2)])

    assert list(store.orders_by_id("u1", ["1", "2"])) == ["2"]


def test_a_file_of_a_newer_profitsync_is_refused(store: SqliteStore, path: Path) -> None:
    store.close()
    run(path, f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(StoreUnavailableError, match=f"newer profitsync .schema {VERSION + 1}"):
        SqliteStore(str(path)).prepare()


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_file_gains_what_it_lacks_and_keeps_what_it_holds(path: Path, version: int) -> None:
    for step in STEPS[:version]:
        for statement in statements(step):
            run(path, statement)
    run(path, f"PRAGMA application_id = {APPLICATION_ID}")
    run(path, f"PRAGMA user_version = {version}")
    with closing(SqliteStore(str(path))) as older:
        older.add_user(full_user())  # as the older one would, before anybody prepared the file

    with closing(SqliteStore(str(path))) as store:
        store.prepare()
        store.prepare()

        fill(store, "u1")
        assert store.users() == [full_user()]
    assert run(path, "PRAGMA user_version") == (VERSION,)


def test_another_programs_file_is_refused_and_stays_as_it_is(path: Path) -> None:
    run(path, "CREATE TABLE orders (number)")

    with pytest.raises(StoreUnavailableError, match="belongs to another program"):
        SqliteStore(str(path)).prepare()

    assert run(path, "PRAGMA journal_mode") == ("delete",)
    assert run(path, "SELECT count(*) FROM sqlite_master") == (1,)


def test_a_store_that_was_never_prepared_says_what_to_do(path: Path) -> None:
    store = SqliteStore(str(path))
    with pytest.raises(StoreUnavailableError, match="`profitsync init`"):
        store.users()
    store.close()


def test_what_was_written_is_there_after_reopening(store: SqliteStore, path: Path) -> None:
    store.put_orders("u1", [indexed(full_order(), 2)])
    store.close()
    again = SqliteStore(str(path))

    assert again.orders_by_id("u1", ["1001"]) == {"1001": full_order()}
    again.close()


def test_a_removed_user_leaves_no_row_in_any_table(store: SqliteStore) -> None:
    store.add_user(full_user())
    fill(store, "u1")
    tables = [name for (name,) in store._database.query("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def filled() -> set[str]:
        return {name for name in tables if store._database.query(f"SELECT 1 FROM {name}")}  # noqa: S608

    assert filled() == set(tables) - {"leases", "apikeys"}
    store.remove_user("u1")
    assert filled() == set()


def test_no_question_reads_a_whole_table(store: SqliteStore) -> None:
    asked: list[str] = []
    store._database._connection().set_trace_callback(asked.append)
    store.put_orders("u1", [indexed(full_order(), 2, keys=("k",))])
    store.put_shipments("u1", [indexed(full_shipment(), 2, keys=("k",))])
    list(store.orders_touching("u1", days(1, 3)))
    store.orders_by_key("u1", ["k"])
    store.orders_by_key("u1", ["k"], elsewhere=days(1, 3))
    store.orders_indexed_with("u1", ["k"])
    store.customer_histories("u1", ["7"])
    list(store.customer_orders("u1", NOW, later(days=1)))
    store.metrics("u1", ALL_DAYS)
    store.clear_dirty("u1", "shopify", [day(2)])
    store.jobs("u1")
    store.find_user("someone@example.in")
    store.hints("u1", 10)
    store.api_key("k1")
    store.remove_user("u1")
    connection = store._database._connection()
    connection.set_trace_callback(None)

    plans = {
        (sql, step[3])
        for sql in asked
        if sql.startswith(("SELECT", "DELETE", "UPDATE"))
        for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}")
    }
    assert [plan for plan in plans if plan[1].startswith("SCAN") and "json_each" not in plan[1]] == []
    assert len(plans) > 20


@pytest.mark.parametrize("count", [5, 6, 0], ids=["a page begun", "full pages", "none"])
def test_facts_of_a_range_come_page_by_page(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(sqlite_facts, "_IDS", 2)
    store.put_orders("u1", [indexed(order(number), 1, 2) for number in range(count)])

    batches = list(store.orders_touching("u1", ALL_DAYS))

    assert [one.id for batch in batches for one in batch] == [str(number) for number in range(count)]
    assert len(batches) == count // 2 + count % 2


def test_an_order_is_read_whether_or_not_its_defaults_were_written(store: SqliteStore, path: Path) -> None:
    bare = order(1)
    store.put_orders("u1", [indexed(bare, 2)])
    short = str(run(path, "SELECT body FROM orders"))
    whole = json.dumps({name: getattr(bare, name) for name in bare.__struct_fields__}, default=str)

    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE orders SET body = ?", (whole,))

    assert '"edited"' not in short
    assert '"edited": false' in whole
    assert store.orders_by_id("u1", ["1"]) == {"1": bare}
