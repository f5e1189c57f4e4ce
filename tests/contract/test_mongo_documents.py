"""What other programs find in MongoDB: names, types, unique fields."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest
from bson.decimal128 import Decimal128
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from profitsync.bootstrap import open_store
from profitsync.errors import ConfigurationError
from profitsync.services.plans import INDIA
from profitsync.stores.documents import UnstorableNumberError
from profitsync.stores.mongo import INDEXES, MongoStore
from profitsync.stores.protocol import Store
from profitsync.stores.slips import slip_of
from tests.contract.samples import (
    days,
    fill,
    full_ad_day,
    full_cost,
    full_job,
    full_order,
    full_row,
    full_shipment,
    full_user,
    indexed,
    order,
    plain_user,
)


@pytest.fixture
def store(mongodb_url: str) -> Iterator[Store]:
    opened = open_store(mongodb_url)
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def raw(mongodb_url: str) -> Iterator[Database[dict[str, Any]]]:
    """The database as another program sees it."""
    with MongoClient[dict[str, Any]](mongodb_url, tz_aware=True) as client:
        yield client.get_default_database()


def only(raw: Database[dict[str, Any]], collection: str) -> dict[str, Any]:
    (document,) = raw[collection].find()
    return document


def test_a_day_of_metrics_is_flat_with_its_date_at_midnight(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.put_metrics("u1", [full_row()])

    assert only(raw, "dailymetrics") == {
        "_id": "u1:2026-11-02", "userId": "u1", "date": datetime(2026, 11, 2, tzinfo=UTC),
        "revenue": Decimal128("3400.00"), "totalOrders": 2, "roas": None, "poas": Decimal128("-6.50"),
        "adZoneDiffers": True, "complete": True, "sources": {"shopify": "ok", "meta": "stale"},
        "updatedAt": full_row().updated_at,
    }  # fmt: skip


def test_an_order_has_camel_case_names_and_decimal_money(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.put_orders("u1", [indexed(full_order(), 2, keys=("1001",))])

    document = only(raw, "orders")

    assert (document["_id"], document["userId"], document["keys"]) == ("u1:1001", "u1", ["1001"])
    assert document["days"] == [datetime(2026, 11, 2, tzinfo=UTC)]
    assert document["lines"][0]["unitPrice"] == Decimal128("1234567890.123456789012345678901234")
    assert document["refunds"][0]["happenedAt"] == full_order().refunds[0].happened_at
    assert not [name for name in names_in(document) if "_" in name.removeprefix("_")]


def names_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(part)


def test_a_user_has_its_credentials_under_their_own_names(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.add_user(full_user())

    document = only(raw, "users")

    assert document["_id"] == "u1"
    assert document["shopifyAccessToken"] == "gAAAA-1"
    assert document["metaAdAccountId"] == "12345"
    assert document["settings"]["fxRates"] == {"USD": Decimal128("83.2150")}
    assert "secrets" not in document


def test_beside_its_fields_a_fact_is_written_out(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.put_orders("u1", [indexed(full_order(), 2)])
    store.put_shipments("u1", [indexed(full_shipment(), 2)])

    for collection, fact in (("orders", full_order()), ("shipments", full_shipment())):
        assert msgspec.json.decode(only(raw, collection)["written"], type=type(fact)) == fact


def test_facts_that_are_not_written_out_are_read_from_their_fields(
    store: Store, raw: Database[dict[str, Any]]
) -> None:
    """As versions before stored them."""
    store.put_orders("u1", [indexed(full_order(), 2, keys=("1001",)), indexed(order(2), 2)])
    store.put_shipments("u1", [indexed(full_shipment(), 2, keys=("1001",))])
    for collection in ("orders", "shipments"):
        raw[collection].update_one({"keys": "1001"}, {"$unset": {"written": 1}})
    both = {full_order().id: full_order(), "2": order(2)}

    assert store.orders_by_id("u1", list(both)) == both
    assert {one.id: one for some in store.orders_touching("u1", days(2, 2)) for one in some} == both
    assert store.orders_by_key("u1", ["1001"]) == [full_order()]
    assert store.shipments_by_key("u1", ["1001"]) == [full_shipment()]


def test_an_order_that_comes_written_down_has_the_same_document(
    store: Store, raw: Database[dict[str, Any]]
) -> None:
    documents = []
    for one in (full_order(), slip_of(full_order(), INDIA), slip_of(full_order(), INDIA, "bson")):
        store.put_orders("u1", [indexed(one, 2, keys=("1001",))])
        documents.append(only(raw, "orders"))

    assert documents[0] == documents[1] == documents[2]


def test_other_records_are_found_by_their_contract_names(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.put_job(full_job())
    store.put_costs("u1", [full_cost()])
    store.put_ad_days("u1", [full_ad_day()])
    store.put_shipments("u1", [indexed(full_shipment(), 2)])

    assert only(raw, "syncjobs")["jobId"] == "j1"
    assert only(raw, "productcosts")["validFrom"] == "2026-11-01"
    assert only(raw, "adinsights")["date"] == datetime(2026, 11, 2, tzinfo=UTC)
    assert only(raw, "shipments")["charges"]["appliedRto"] == Decimal128("3.3")


@pytest.mark.parametrize(
    ("collection", "fields"),
    [
        ("dailymetrics", ["userId", "date"]),
        ("syncjobs", ["jobId"]),
        ("users", ["emailKey"]),
        ("users", ["shopKey"]),
    ],
)
def test_natural_keys_are_unique(
    store: Store, raw: Database[dict[str, Any]], collection: str, fields: list[str]
) -> None:
    unique = [list(index["key"]) for index in raw[collection].list_indexes() if index.get("unique")]

    assert fields in unique


def test_a_number_beyond_34_digits_is_refused_and_not_rounded(store: Store) -> None:
    with pytest.raises(UnstorableNumberError, match="34 digits"):
        store.put_orders("u1", [indexed(order(1, tip=D("1." + "1" * 34)), 2)])

    assert store.orders_by_id("u1", ["1"]) == {}


@pytest.mark.parametrize(
    "text", ["0", "-0.00", "1E+6111", "9.99E-6170", "-123456789012345678901234567890.1234", "NaN"]
)
def test_every_other_number_comes_back_digit_for_digit(
    store: Store, raw: Database[dict[str, Any]], text: str
) -> None:
    store.put_orders("u1", [indexed(order(1, tip=D(text)), 2)])
    raw["orders"].update_one({}, {"$unset": {"written": 1}})  # else it is read from there

    assert str(store.orders_by_id("u1", ["1"])["1"].tip) == str(D(text))


def test_our_numbers_are_those_of_the_driver(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.put_orders("u1", [indexed(order(1, tip=D("-12.50"), total=D("1E+3")), 2)])

    document = only(raw, "orders")
    assert (document["tip"], document["total"]) == (Decimal128("-12.50"), Decimal128("1E+3"))


@pytest.mark.parametrize("number", [120, 99.5, "12.50"], ids=["whole", "double", "text"])
def test_an_amount_that_somebody_wrote_by_hand_is_read(
    store: Store, raw: Database[dict[str, Any]], number: object
) -> None:
    store.put_costs("u1", [full_cost()])
    raw["productcosts"].update_one({}, {"$set": {"cost": number}})

    (found,) = store.costs("u1")

    assert found.cost == D(str(number))
    assert isinstance(found.cost, D)


def test_what_no_majority_has_confirmed_is_written_once_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unconfirmed(*_: Any, **__: Any) -> None:
        raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "timed out"}]})

    with monkeypatch.context() as slow:
        slow.setattr(Collection, "insert_many", unconfirmed)
        store.put_orders("u1", [indexed(order(number), 2) for number in (1, 2)])
        assert store.add_orders("u1", [indexed(order(3), 2)]) == set()

    assert store.orders_by_id("u1", ["1", "2", "3"]).keys() == {"1", "2", "3"}


def test_a_removed_user_leaves_no_document_in_any_collection(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.add_user(full_user())
    fill(store, "u1")

    def filled() -> set[str]:
        return {name for name in raw.list_collection_names() if raw[name].find_one()}

    assert filled() == set(INDEXES) - {"apikeys"}
    store.remove_user("u1")
    assert filled() == set()


def test_fields_of_other_programs_are_left_aside(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.add_user(plain_user(1))
    raw["users"].update_one({}, {"$set": {"__v": 0, "name": "Asha"}})

    assert store.users() == [plain_user(1)]


def test_fields_of_the_future_are_absent_in_old_documents(store: Store, raw: Database[dict[str, Any]]) -> None:
    store.add_user(plain_user(1))
    raw["users"].update_one({}, {"$unset": {"settings": 1, "isActive": 1, "lastSyncAt": 1}})

    assert store.users() == [plain_user(1)]


def test_without_a_name_in_the_url_the_database_is_profitsync() -> None:
    store = MongoStore("mongodb://127.0.0.1:1/?appName=x")

    assert store._database._database.name == "profitsync"
    store.close()


@pytest.mark.parametrize(
    "url", ["mongodb://me:se:cr3t@h/x", "mongodb://h:port/x", "mongodb://", "mongodb://me:s/cr3t@h"]
)
def test_a_malformed_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)

    assert str(caught.value).startswith("PROFITSYNC_DATABASE_URL: ")
    assert "cr3t" not in str(caught.value)
