"""What runs for every batch or every day looks nothing up by reading a whole table or collection."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.monitoring import CommandListener, CommandStartedEvent

from profitsync.domain.hints import Hint
from profitsync.stores import mongo_database
from profitsync.stores.documents import CODEC
from profitsync.stores.mongo import MongoStore
from profitsync.stores.protocol import Store
from profitsync.stores.sqlite import SqliteStore
from tests.contract.samples import (
    ALL_DAYS,
    days,
    fill,
    full_ad_day,
    full_cost,
    full_job,
    full_row,
    full_state,
    indexed,
    later,
    order,
    plain_user,
    shipment,
)

U = "u1"
NO_SUCH_COMMAND = 59
HINT = Hint(U, "order", "1", later(), "m")


def _put_orders(store: Store) -> None:
    for name in ("#1", "#2"):  # a new one, then another version of it
        store.put_orders(U, [indexed(order(1, name=name), 2, keys=("1001",))])


def _put_shipments(store: Store) -> None:
    for number in (2, 3):
        store.put_shipments(U, [indexed(shipment(1), number, keys=("1001",))])


# Every method that a run calls, once for a merchant or many times.
OFTEN: dict[str, Callable[[Store], Any]] = {
    "save_user": lambda store: store.save_user(plain_user(1)),
    "find_user": lambda store: store.find_user(U),
    "costs": lambda store: store.costs(U),
    "put_costs": lambda store: store.put_costs(U, [full_cost()]),
    "delete_costs": lambda store: store.delete_costs(U, ["c1"]),
    "orders_by_id": lambda store: store.orders_by_id(U, ["1", "2"]),
    "put_orders": _put_orders,
    "add_orders": lambda store: store.add_orders(U, [indexed(order(number), 2) for number in (1, 9)]),
    "delete_orders": lambda store: store.delete_orders(U, ["9"]),
    "orders_touching": lambda store: list(store.orders_touching(U, days(1, 3))),
    "orders_by_key": lambda store: [
        store.orders_by_key(U, ["1001", "1002"]),
        store.orders_by_key(U, ["1001"], elsewhere=days(1, 3)),
    ],
    "orders_indexed_with": lambda store: store.orders_indexed_with(U, ["1001", "1002"]),
    "has_orders": lambda store: store.has_orders(U),
    "count_orders_placed": lambda store: store.count_orders_placed(U, later(days=-9), later(days=9)),
    "orders_placed": lambda store: list(store.orders_placed(U, later(days=-9), later(days=9))),
    "customer_histories": lambda store: store.customer_histories(U, ["7", "8"]),
    "customer_orders": lambda store: list(store.customer_orders(U, later(days=-9), later(days=9))),
    "shipments_by_id": lambda store: store.shipments_by_id(U, ["1", "2"]),
    "put_shipments": _put_shipments,
    "has_shipments": lambda store: store.has_shipments(U),
    "shipments_touching": lambda store: [
        *store.shipments_touching(U, days(1, 3)),
        *store.shipments_touching(U, days(1, 3), without=["2"]),
    ],
    "shipments_indexed_with": lambda store: store.shipments_indexed_with(U, ["1001"]),
    "shipments_by_key": lambda store: store.shipments_by_key(U, ["1001"]),
    "ad_days": lambda store: [store.ad_days(U, days(1, 3)), store.ad_days(U, days(1, 3), ["12345"])],
    "put_ad_days": lambda store: store.put_ad_days(U, [full_ad_day()]),
    "delete_ad_days": lambda store: store.delete_ad_days(U, "1", list(days(1, 3).days())),
    "mark_dirty": lambda store: store.mark_dirty(U, "shopify", list(days(1, 3).days())),
    "dirty_days": lambda store: store.dirty_days(U),
    "clear_dirty": lambda store: store.clear_dirty(U, "shopify", list(days(1, 2).days())),
    "metrics": lambda store: [store.metrics(U, days(1, 3)), store.metrics(U, ALL_DAYS)],
    "put_metrics": lambda store: store.put_metrics(U, [full_row()]),
    "source_states": lambda store: store.source_states(U),
    "save_source_state": lambda store: store.save_source_state(U, full_state()),
    "save_source_states": lambda store: store.save_source_states(U, [full_state()]),
    "put_job": lambda store: store.put_job(full_job()),
    "job": lambda store: store.job("j1"),
    "jobs": lambda store: [store.jobs(U), store.jobs(U, status="running")],
    "open_incident": lambda store: store.open_incident(U, later(), "away"),
    "close_incident": lambda store: store.close_incident(U),
    "put_hint": lambda store: store.put_hint(HINT),
    "hints": lambda store: store.hints(U, 10),
    "drop_hints": lambda store: store.drop_hints([HINT]),
    "api_key": lambda store: store.api_key("k1"),
    "acquire_lease": lambda store: store.acquire_lease("sync:u1", "me", later(), 60),
    "renew_lease": lambda store: store.renew_lease("sync:u1", "me", later(), 60),
    "release_lease": lambda store: store.release_lease("sync:u1", "me"),
}
# Once in a while, and about everything there is; or of the database itself.
SELDOM = {
    "prepare", "ping", "close", "add_user", "users", "remove_user", "hinted_users", "put_api_key", "api_keys",
    "remove_api_key", "address", "order_form",
}  # fmt: skip


def test_every_method_of_a_store_is_looked_at() -> None:
    methods = {name for name in vars(Store) if not name.startswith("_")}

    assert OFTEN.keys() | SELDOM == methods


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = SqliteStore(str(tmp_path_factory.mktemp("indexes") / "store.db"))
    store.prepare()
    store.add_user(plain_user(1))
    fill(store, U)
    yield store
    store.close()


def plans(store: SqliteStore, method: str) -> list[str]:
    """The steps by which SQLite carries out what a method asks."""
    connection = store._database._connection()
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    OFTEN[method](store)
    connection.set_trace_callback(None)
    asked = [sql for sql in statements if not sql.startswith(("BEGIN", "COMMIT", "PRAGMA", "--"))]
    assert asked
    return [row[-1] for sql in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.parametrize("method", OFTEN)
def test_sqlite_searches_and_does_not_scan(filled: SqliteStore, method: str) -> None:
    steps = plans(filled, method)

    assert [step for step in steps if step.startswith("SCAN") and "json_each" not in step] == []


def test_jobs_left_running_are_found_among_years_of_ended_ones(filled: SqliteStore) -> None:
    assert "SEARCH syncjobs USING INDEX syncjobs_by_status (user_id=? AND status=?)" in plans(filled, "jobs")


class Sent(CommandListener):
    """Every condition sent to MongoDB: the collection, and a command that holds this one alone."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any], dict[str, Any]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        sent, kind = event.command, event.command_name
        if kind == "find":
            alone = {
                name: sent[name] for name in ("find", "filter", "sort", "limit", "projection") if name in sent
            }
            self.seen.append((sent[kind], sent["filter"], alone))
        elif kind == "count":
            self.seen.append((sent[kind], sent["query"], {kind: sent[kind], "query": sent["query"]}))
        elif kind in ("update", "delete"):
            for one in sent[f"{kind}s"]:
                self.seen.append((sent[kind], one["q"], {kind: sent[kind], f"{kind}s": [one]}))

    def succeeded(self, event: object) -> None: ...

    def failed(self, event: object) -> None: ...


@pytest.fixture
def sent(mongodb_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[Any]]]:
    """What each method sends, of a store with something of everything."""
    listener = Sent()
    monkeypatch.setattr(
        mongo_database, "MongoClient", lambda url, **more: MongoClient(url, event_listeners=[listener], **more)
    )
    store = MongoStore(mongodb_url)
    store.prepare()
    store.add_user(plain_user(1))
    fill(store, U)
    found = {}
    for method, call in OFTEN.items():
        listener.seen = []
        call(store)
        found[method] = listener.seen
    yield found
    store.close()


@pytest.fixture
def database(mongodb_url: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongodb_url) as client:
        yield client.get_default_database()


def test_every_condition_sent_to_mongodb_begins_as_an_index_does(
    sent: dict[str, list[Any]], database: Database[dict[str, Any]]
) -> None:
    begins = {
        name: {index["key"][0][0] for index in database[name].index_information().values()}
        for name in database.list_collection_names()
    }

    without = [
        (method, collection, condition)
        for method, some in sent.items()
        for collection, condition, _ in some
        for branch in condition.get("$or", [condition]) if "_id" not in condition
        if not branch.keys() & begins[collection]
    ]  # fmt: skip
    assert without == []
    assert [method for method, some in sent.items() if not some] == ["add_orders", "open_incident"]  # insertions


def test_mongodb_searches_and_does_not_scan(
    sent: dict[str, list[Any]], database: Database[dict[str, Any]]
) -> None:
    scans = []
    for method, some in sent.items():
        for _, condition, alone in some:
            try:
                plan = database.command({"explain": alone, "verbosity": "queryPlanner"}, codec_options=CODEC)
            except OperationFailure as error:
                if error.code != NO_SUCH_COMMAND:
                    raise
                pytest.skip("this server cannot explain its plans")
            scans += [(method, condition) for stage in _stages(plan) if stage == "COLLSCAN"]
    assert scans == []


def _stages(plan: Any) -> Iterator[str]:
    """Every stage of the winning plans in an answer of `explain`."""
    if isinstance(plan, list):
        for one in plan:
            yield from _stages(one)
    elif isinstance(plan, dict):
        for name, value in plan.items():
            if name == "stage":
                yield value
            elif name != "rejectedPlans":
                yield from _stages(value)
