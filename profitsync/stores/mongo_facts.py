"""Orders, shipments and ad days in MongoDB.

A fact's document is the fact itself plus `userId`, the `days` it may touch and the `keys` it is matched by.
Its `_id` is the merchant's id and its own, with a colon between them. Beside its fields, which are there to be
queried, the fact stands `written`, in JSON: that is what it is read from. Documents of older versions have their
fields alone.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Generic, TypeVar

import msgspec
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel

from profitsync.domain.ads import AdDay
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import CustomerHistory
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.stores.bson_facts import joined, shipment_fields
from profitsync.stores.documents import Document, from_document, midnight, to_document
from profitsync.stores.facts import FactAccess
from profitsync.stores.histories import Glance, fold_histories
from profitsync.stores.keys import GLANCES, chunks
from profitsync.stores.mongo_database import MongoDatabase
from profitsync.stores.protocol import Indexed
from profitsync.stores.slips import fields_of, written

WRITTEN = "written"
LISTED_DAYS = 400  # as many are asked for by their ids, one by one; more as a range
F = TypeVar("F", bound=Order | Shipment)

_GLANCE = ("customerId", "id", "processedAt", "updatedAt", "customerOrderIndex", "customerOrders")
_FOUND_BY = [IndexModel(["userId", "days"]), IndexModel(["userId", "keys"])]
_READ = ("_id", WRITTEN)
FACT_INDEXES = {
    "orders": [
        *_FOUND_BY,
        IndexModel(["userId", "test", *_GLANCE]),  # answers for histories without reading the orders
        IndexModel(["userId", "test", "processedAt", "customerId"]),
    ],
    "shipments": _FOUND_BY,
    "adinsights": [IndexModel(["userId", "date", "accountId"])],
}


class _FactCollection(Generic[F]):
    """One kind of fact."""

    def __init__(
        self, database: MongoDatabase, collection: str, kind: type[F], forms: Callable[[Any], tuple[bytes, bytes]]
    ) -> None:
        """`forms` gives a fact in JSON, and the fields of its document in BSON."""
        self._database = database
        self._collection = collection
        self._kind = kind
        self._forms = forms
        self._decode = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]

    def by_id(self, user_id: str, ids: Collection[str]) -> dict[str, F]:
        wanted = [natural_key(user_id, one) for one in ids]
        found = (fact for chunk in chunks(wanted) for fact in self._find({"_id": {"$in": chunk}}))
        return {fact.id: fact for fact in found}

    def by_key(self, user_id: str, keys: Collection[str], elsewhere: DayRange | None = None) -> list[F]:
        where = {} if elsewhere is None else {"days": {"$not": {"$elemMatch": between(elsewhere)}}}
        queries = ({"userId": user_id, "keys": {"$in": chunk}, **where} for chunk in chunks(list(keys)))
        found = (fact for query in queries for fact in self._find(query))
        return list({fact.id: fact for fact in found}.values())

    def indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]:
        days, found = set[date](), set[str]()
        for chunk in chunks(list(keys)):
            query = {"userId": user_id, "keys": {"$in": chunk}}
            for batch in self._database.batches(self._collection, query, size=GLANCES, only=("days", "keys")):
                days.update(day.date() for document in batch for day in document["days"])
                found.update(key for document in batch for key in document["keys"])
        return days, found

    def touching(self, user_id: str, days: DayRange, without: Collection[str] = ()) -> Iterator[list[F]]:
        """One cursor: the server hands out each document once, even if its days change meanwhile."""
        query = {"userId": user_id, "days": {"$elemMatch": between(days)}}
        begin = len(natural_key(user_id, ""))
        for documents in self._database.batches(self._collection, query, only=_READ):
            yield self._facts([one for one in documents if one["_id"][begin:] not in without])

    def put(self, user_id: str, facts: Sequence[Indexed[Any]]) -> None:
        for documents in self._documents(user_id, facts):
            self._database.put_many(self._collection, documents)

    def add(self, user_id: str, facts: Sequence[Indexed[Any]]) -> set[str]:
        begin = len(natural_key(user_id, ""))
        batches = self._documents(user_id, facts)
        return {key[begin:] for one in batches for key in self._database.add_many(self._collection, one)}

    def _documents(self, user_id: str, facts: Sequence[Indexed[Any]]) -> Iterator[dict[str, RawBSONDocument]]:
        """By `_id`, a batch at a time; of two of one fact the later."""
        latest = {natural_key(user_id, indexed.fact.id): indexed for indexed in facts}
        for chunk in chunks(list(latest.items())):
            yield {key: self._document(user_id, key, indexed) for key, indexed in chunk}

    def _document(self, user_id: str, key: str, indexed: Indexed[Any]) -> RawBSONDocument:
        body, fields = self._forms(indexed.fact)
        head = {
            "_id": key,
            "userId": user_id,
            "days": [midnight(day) for day in indexed.days],
            "keys": indexed.keys,
            WRITTEN: body.decode(),
        }
        return joined(head, fields)

    def delete(self, user_id: str, ids: Collection[str]) -> None:
        for chunk in chunks([natural_key(user_id, one) for one in ids]):
            self._database.delete(self._collection, {"_id": {"$in": chunk}})

    def has_any(self, user_id: str) -> bool:
        return bool(self._database.find(self._collection, {"userId": user_id}, limit=1, only=["_id"]))

    def _find(self, query: Document) -> list[F]:
        return self._facts(self._database.find(self._collection, query, only=_READ))

    def _facts(self, documents: Iterable[Document]) -> list[F]:
        """Each in its turn, but for those that are not written out: they come last."""
        bodies: list[str] = []
        older: list[str] = []
        for one in documents:
            if WRITTEN in one:
                bodies.append(one[WRITTEN])
            else:
                older.append(one["_id"])
        facts: list[F] = self._decode(f"[{','.join(bodies)}]")
        if older:
            found = self._database.find(self._collection, {"_id": {"$in": older}})
            facts += [from_document(document, self._kind) for document in found]
        return facts


class MongoFacts(FactAccess):
    """The part of `MongoStore` that keeps what the sources say."""

    def __init__(self, database: MongoDatabase) -> None:
        super().__init__(
            _FactCollection(database, "orders", Order, lambda order: (written(order), fields_of(order))),
            _FactCollection(
                database, "shipments", Shipment, lambda one: (msgspec.json.encode(one), shipment_fields(one))
            ),
        )
        self._database = database

    def count_orders_placed(self, user_id: str, start: datetime, end: datetime) -> int:
        return self._database.count("orders", _placed(user_id, start, end))

    def orders_placed(self, user_id: str, start: datetime, end: datetime) -> set[str]:
        batches = self._database.batches("orders", _placed(user_id, start, end), size=GLANCES, only=("id",))
        return {document["id"] for batch in batches for document in batch}

    def customer_histories(self, user_id: str, customer_ids: Collection[str]) -> dict[str, CustomerHistory]:
        """Of neighbours in the order of the ids, within bounds, and this condition first.

        MongoDB jumps from one to the next in its index, whatever the bounds and the order. A server that keeps no
        such index passes over most orders by one look at two bounds, and not at each of some thousand ids.
        """
        found: dict[str, CustomerHistory] = {}
        for neighbours in chunks(sorted(customer_ids)):
            among = {"$gte": neighbours[0], "$lte": neighbours[-1], "$in": neighbours}
            query = {"customerId": among, "userId": user_id, "test": False}
            batches = self._database.batches("orders", query, size=GLANCES, only=_GLANCE)
            found |= fold_histories(_glances(document for batch in batches for document in batch))
        return found

    def customer_orders(self, user_id: str, start: datetime, end: datetime) -> Iterator[tuple[str, datetime]]:
        query = {
            "userId": user_id,
            "test": False,
            "processedAt": {"$gte": start, "$lt": end},
            "customerId": {"$ne": None},
        }
        fields = ("customerId", "processedAt")
        for batch in self._database.batches("orders", query, size=GLANCES, only=fields):
            for document in batch:
                yield document["customerId"], document["processedAt"]

    def ad_days(self, user_id: str, days: DayRange, accounts: Collection[str] | None = None) -> list[AdDay]:
        query: Document = {"userId": user_id, "date": between(days)}
        if accounts is not None and len(accounts) * len(days) <= LISTED_DAYS:
            keys = [natural_key(user_id, one, day.isoformat()) for one in accounts for day in days.days()]
            query = {"_id": {"$in": keys}}
        elif accounts is not None:
            query["accountId"] = {"$in": list(accounts)}
        documents = self._database.find("adinsights", query, sort=[("date", 1), ("accountId", 1)])
        return [from_document({**document, "day": document["date"].date()}, AdDay) for document in documents]

    def put_ad_days(self, user_id: str, rows: Sequence[AdDay]) -> None:
        self._database.put("adinsights", [_ad_document(user_id, row) for row in rows])

    def delete_ad_days(self, user_id: str, account_id: str, days: Collection[date]) -> None:
        ids = [natural_key(user_id, account_id, day.isoformat()) for day in days]
        self._database.delete("adinsights", {"_id": {"$in": ids}})


def natural_key(user_id: str, *parts: str) -> str:
    """The `_id` of what is found under a merchant by one or more parts."""
    return ":".join((user_id, *parts))


def between(days: DayRange) -> Document:
    """The condition on a day kept as 00:00Z; both ends count."""
    return {"$gte": midnight(days.first), "$lte": midnight(days.last)}


def _placed(user_id: str, start: datetime, end: datetime) -> Document:
    """With both values of `test`, so that the index of placed orders serves."""
    return {"userId": user_id, "test": {"$in": [False, True]}, "processedAt": {"$gte": start, "$lt": end}}


def _ad_document(user_id: str, row: AdDay) -> Document:
    document = to_document(row)
    day = document.pop("day")
    return {
        "_id": natural_key(user_id, row.account_id, day), "userId": user_id, "date": midnight(row.day), **document
    }  # fmt: skip


def _glances(documents: Iterable[Document]) -> Iterator[Glance]:
    return map(Glance._make, map(itemgetter(*_GLANCE), documents))
