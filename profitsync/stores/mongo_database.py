"""The connection to MongoDB: how we read and write, and what we say when we cannot.

Writes wait for a majority of the replica set, reads ask the primary: what a run has written it sees again.
Nothing needs a transaction or more than one document at a time, so a standalone server will do.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bson.raw_bson import RawBSONDocument
from pymongo import DeleteMany, IndexModel, MongoClient, ReadPreference, ReplaceOne, UpdateOne, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
)

from profitsync.errors import StoreUnavailableError
from profitsync.stores.documents import CODEC, Document
from profitsync.stores.keys import BATCH, chunks

DEFAULT_DATABASE = "profitsync"
# Milliseconds; the URL may say otherwise.
_OPTIONS = {"serverSelectionTimeoutMS": 5_000, "connectTimeoutMS": 5_000, "socketTimeoutMS": 60_000}
_MAJORITY = WriteConcern("majority", wtimeout=30_000)
_REFUSALS = {  # codes of the server, and of Atlas in front of it
    13: "the database user lacks the permission",
    18: "the server refuses the user name or password",
    8000: "the server refuses the user name or password",
}

Write = ReplaceOne[Document] | UpdateOne | DeleteMany
Order = Sequence[tuple[str, int]]


class TakenError(Exception):
    """Another document holds a value that must be unique."""


class MongoDatabase:
    """Finds and writes documents. Every failure is a `StoreUnavailableError` that tells no secret of the URL."""

    def __init__(self, url: str) -> None:
        """Does not connect yet. Raises `StoreUnavailableError` when pymongo cannot read the URL."""
        given = {name.lower() for name in parse_qs(urlsplit(url).query)}
        options: dict[str, Any] = {name: value for name, value in _OPTIONS.items() if name.lower() not in given}
        try:
            self._client: MongoClient[Document] = MongoClient(url, connect=False, appname="profitsync", **options)
            self._database = self._client.get_default_database(
                DEFAULT_DATABASE, CODEC, ReadPreference.PRIMARY, _MAJORITY
            )
        except (PyMongoError, ValueError):  # their texts may quote the URL
            raise _unavailable("is not an address that MongoDB's driver understands") from None

    def close(self) -> None:
        self._client.close()

    def ping(self) -> None:
        with self.errors():
            self._database.command("ping")

    def create_indexes(self, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
        """Those that exist already stay as they are."""
        with self.errors():
            for collection, models in indexes.items():
                self._database[collection].create_indexes(list(models))

    def find(
        self, collection: str, query: Document, *, sort: Order = (), limit: int = 0, only: Collection[str] = ()
    ) -> list[Document]:
        """Every matching document; `only` these fields of it."""
        with self.errors():
            cursor = self._database[collection].find(query, _only(only), limit=limit)
            return list(cursor.sort(sort) if sort else cursor)

    def batches(
        self, collection: str, query: Document, *, size: int = BATCH, only: Collection[str] = ()
    ) -> Iterator[list[Document]]:
        """Matching documents, `size` at a time, each once."""
        with self.errors():
            cursor = self._database[collection].find(query, _only(only), batch_size=size)
        with cursor:
            while True:
                with self.errors():
                    batch = list(islice(cursor, size))
                if not batch:
                    return
                yield batch

    def count(self, collection: str, query: Document) -> int:
        """How many documents match. The plain command, which a single server or replica set answers exactly."""
        with self.errors():
            return int(self._database.command("count", collection, query=query)["n"])

    def put(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert or replace by `_id`."""
        self._replace(collection, {one["_id"]: one for one in documents})

    def put_many(self, collection: str, documents: Mapping[str, RawBSONDocument]) -> None:
        """The same, where most are new and nothing but `_id` is unique: to insert is half the server's work."""
        left = self.add_many(collection, documents)
        self._replace(collection, {key: documents[key] for key in left})

    def add_many(self, collection: str, documents: Mapping[str, RawBSONDocument]) -> set[str]:
        """Insert what can be; the `_id`s of the rest: there already, or to replace them will say what is wrong."""
        with self.errors():
            try:
                self._database[collection].insert_many(documents.values(), ordered=False)
            except BulkWriteError as error:
                keys = list(documents)
                left = {keys[one["index"]] for one in error.details["writeErrors"]}
                unconfirmed = error.details["writeConcernErrors"]
            else:
                return set()
        if unconfirmed:  # by a majority of the servers; to write them once more asks for that again
            self._replace(collection, {key: one for key, one in documents.items() if key not in left})
        return left

    def _replace(self, collection: str, documents: Mapping[str, Document | RawBSONDocument]) -> None:
        self.write(collection, [ReplaceOne({"_id": key}, one, upsert=True) for key, one in documents.items()])

    def write(self, collection: str, writes: Sequence[Write]) -> None:
        """All writes, in any order. Doing them again after a failure completes them."""
        with self.errors():
            for chunk in chunks(writes):
                self._database[collection].bulk_write(chunk, ordered=False)

    def insert(self, collection: str, document: Document) -> None:
        """Raise `TakenError` when a unique field of it is."""
        with self.errors(), _taken():
            self._database[collection].insert_one(document)

    def replace(self, collection: str, document: Document) -> bool:
        """Replace by `_id`; False when there is none. Raise `TakenError` when a unique field of it is."""
        with self.errors(), _taken():
            return self._database[collection].replace_one({"_id": document["_id"]}, document).matched_count > 0

    def update(self, collection: str, query: Document, change: Document) -> bool:
        """Change one matching document, atomically; False when none matches."""
        with self.errors():
            return self._database[collection].update_one(query, {"$set": change}).matched_count > 0

    def update_or_insert(self, collection: str, query: Document, change: Document) -> None:
        """The same, or a new document of the query's plain fields. Raise `TakenError` when its `_id` is."""
        with self.errors(), _taken():
            self._database[collection].update_one(query, {"$set": change}, upsert=True)

    def delete(self, collection: str, query: Document) -> int:
        """How many there were."""
        with self.errors():
            return self._database[collection].delete_many(query).deleted_count

    @contextmanager
    def errors(self) -> Iterator[None]:
        """The driver's errors as one line that names the variable."""
        try:
            yield
        except PyMongoError as error:
            raise _unavailable(self._reason(error)) from None

    def _reason(self, error: PyMongoError) -> str:
        if isinstance(error, InvalidOperation):
            return "is closed already"
        if isinstance(error, ConnectionFailure):
            hosts = ", ".join(
                f"{host}:{port}" for host, port in self._client.topology_description.server_descriptions()
            )
            return f"no MongoDB server answers at {hosts} ({type(error).__name__})"
        if isinstance(error, OperationFailure):
            details = error.details or {}
            return _REFUSALS.get(error.code or 0) or f"the server refuses: {details.get('codeName') or error.code}"
        if isinstance(error, ConfigurationError):
            return "the server's addresses cannot be found, or it is too old"
        return f"MongoDB failed ({type(error).__name__})"


def _unavailable(reason: str) -> StoreUnavailableError:
    return StoreUnavailableError(f"PROFITSYNC_DATABASE_URL: {reason}")


def _only(fields: Collection[str]) -> dict[str, bool] | None:
    """Without `_id` unless it is asked for, so that an index which holds the fields can answer alone."""
    return {"_id": "_id" in fields, **dict.fromkeys(fields, True)} if fields else None


@contextmanager
def _taken() -> Iterator[None]:
    try:
        yield
    except DuplicateKeyError:
        raise TakenError from None
