"""The store for many machines: MongoDB, a standalone server or a replica set."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from pymongo import DESCENDING, DeleteMany, IndexModel, UpdateOne

from profitsync.domain.access import ApiKey
from profitsync.domain.costs import ProductCost
from profitsync.domain.days import DayRange
from profitsync.domain.hints import Hint
from profitsync.domain.merchants import SOURCES, Job, SourceState, User
from profitsync.domain.rows import DayMetrics
from profitsync.stores.documents import (
    Document,
    from_document,
    metrics_document,
    metrics_of,
    midnight,
    to_document,
    user_document,
    user_of,
)
from profitsync.stores.keys import duplicate, folded
from profitsync.stores.mongo_database import MongoDatabase, TakenError
from profitsync.stores.mongo_facts import FACT_INDEXES, LISTED_DAYS, MongoFacts, between, natural_key
from profitsync.stores.slips import Form

INDEXES = {
    **FACT_INDEXES,
    "users": [IndexModel("emailKey", unique=True), IndexModel("shopKey", unique=True)],
    "productcosts": [IndexModel(["userId", "_id"])],
    "dailymetrics": [IndexModel(["userId", "date"], unique=True)],
    "syncjobs": [
        IndexModel("jobId", unique=True),
        IndexModel(["userId", ("createdAt", DESCENDING)]),
        IndexModel(["userId", "status", ("createdAt", DESCENDING)]),
        IndexModel([("createdAt", DESCENDING)]),
    ],
    "dirtydays": [IndexModel("userId")],
    "sourcestates": [IndexModel("userId")],
    "incidents": [IndexModel("userId")],
    "hints": [IndexModel(["userId", "notedAt"])],
    "apikeys": [IndexModel("createdAt")],
}
_OF_A_USER = [collection for collection in INDEXES if collection not in ("users", "apikeys")]


class MongoStore(MongoFacts):
    """`Store` on the database that the URL names, else `profitsync`. Connects with the first use."""

    def __init__(self, url: str) -> None:
        super().__init__(MongoDatabase(url))
        self._url = url

    def prepare(self) -> None:
        self._database.create_indexes(INDEXES)

    def ping(self) -> None:
        self._database.ping()

    def close(self) -> None:
        self._database.close()

    @property
    def order_form(self) -> Form:
        return "bson"

    def address(self) -> str:
        return self._url

    # --- users

    def add_user(self, user: User) -> None:
        try:
            self._database.insert("users", _with_keys(user))
        except TakenError:
            raise duplicate(user, email=self._email_taken(user)) from None

    def save_user(self, user: User) -> None:
        try:
            known = self._database.replace("users", _with_keys(user))
        except TakenError:
            raise duplicate(user, email=self._email_taken(user)) from None
        if not known:
            raise KeyError(user.id)

    def _email_taken(self, user: User) -> bool:
        return bool(self._database.find("users", {"emailKey": folded(user.email), "_id": {"$ne": user.id}}))

    def find_user(self, ref: str) -> User | None:
        for condition in ({"_id": ref}, {"emailKey": folded(ref)}, {"shopKey": folded(ref)}):
            if found := self._database.find("users", condition):
                return user_of(found[0])
        return None

    def users(self) -> list[User]:
        return [user_of(one) for one in self._database.find("users", {}, sort=[("createdAt", 1), ("_id", 1)])]

    def remove_user(self, user_id: str) -> None:
        for collection in _OF_A_USER:
            self._database.delete(collection, {"userId": user_id})
        self._database.delete("users", {"_id": user_id})  # last: an interrupted removal can be done again

    # --- product costs

    def costs(self, user_id: str) -> list[ProductCost]:
        documents = self._database.find("productcosts", {"userId": user_id}, sort=[("_id", 1)])
        return [from_document(document, ProductCost) for document in documents]

    def put_costs(self, user_id: str, costs: Sequence[ProductCost], *, durable: bool = True) -> None:  # noqa: ARG002 - it always is
        self._database.put("productcosts", [_of(user_id, cost.id, to_document(cost)) for cost in costs])

    def delete_costs(self, user_id: str, ids: Collection[str]) -> None:
        self._database.delete("productcosts", {"_id": {"$in": [natural_key(user_id, one) for one in ids]}})

    # --- days waiting for recalculation

    def mark_dirty(self, user_id: str, source: str, days: Collection[date], *, durable: bool = True) -> None:  # noqa: ARG002
        documents = [
            _of(user_id, f"{source}:{day.isoformat()}", {"source": source, "date": midnight(day)}) for day in days
        ]
        writes = [UpdateOne({"_id": one["_id"]}, {"$setOnInsert": one}, upsert=True) for one in documents]
        self._database.write("dirtydays", writes)

    def dirty_days(self, user_id: str) -> dict[str, set[date]]:
        found: dict[str, set[date]] = {}
        for document in self._database.find("dirtydays", {"userId": user_id}):
            found.setdefault(document["source"], set()).add(document["date"].date())
        return found

    def clear_dirty(self, user_id: str, source: str, days: Collection[date]) -> None:
        ids = [natural_key(user_id, source, day.isoformat()) for day in days]
        self._database.delete("dirtydays", {"_id": {"$in": ids}})

    # --- figures

    def metrics(self, user_id: str, days: DayRange) -> list[DayMetrics]:
        query: Document = {"userId": user_id, "date": between(days)}
        if len(days) <= LISTED_DAYS:
            query = {"_id": {"$in": [natural_key(user_id, day.isoformat()) for day in days.days()]}}
        return [metrics_of(one) for one in self._database.find("dailymetrics", query, sort=[("date", 1)])]

    def put_metrics(self, user_id: str, rows: Sequence[DayMetrics], *, durable: bool = True) -> None:  # noqa: ARG002
        documents = [_of(user_id, row.day.isoformat(), metrics_document(row)) for row in rows]
        self._database.put("dailymetrics", documents)

    # --- how far each source was read

    def source_states(self, user_id: str) -> dict[str, SourceState]:
        keys = [natural_key(user_id, source) for source in SOURCES]
        documents = self._database.find("sourcestates", {"_id": {"$in": keys}}, sort=[("source", 1)])
        return {document["source"]: from_document(document, SourceState) for document in documents}

    def save_source_state(self, user_id: str, state: SourceState) -> None:
        self.save_source_states(user_id, [state])

    def save_source_states(self, user_id: str, states: Sequence[SourceState]) -> None:
        self._database.put("sourcestates", [_of(user_id, one.source, to_document(one)) for one in states])

    # --- jobs

    def put_job(self, job: Job) -> None:
        self._database.put("syncjobs", [{"_id": job.job_id, **to_document(job)}])

    def job(self, job_id: str) -> Job | None:
        found = self._database.find("syncjobs", {"jobId": job_id})
        return from_document(found[0], Job) if found else None

    def jobs(self, user_id: str | None = None, limit: int = 50, status: str | None = None) -> list[Job]:
        conditions = {"userId": user_id, "status": status}
        query = {name: value for name, value in conditions.items() if value is not None}
        newest_first = [("createdAt", DESCENDING), ("jobId", DESCENDING)]
        return [
            from_document(one, Job)
            for one in self._database.find("syncjobs", query, sort=newest_first, limit=limit)
        ]

    # --- incidents

    def open_incident(self, user_id: str, now: datetime, text: str) -> bool:
        incident = {"_id": user_id, "userId": user_id, "openedAt": now, "text": text}
        try:
            self._database.insert("incidents", incident)
        except TakenError:
            return False
        return True

    def close_incident(self, user_id: str) -> bool:
        return self._database.delete("incidents", {"_id": user_id}) > 0

    # --- records to be read again

    def put_hint(self, hint: Hint) -> None:
        document = to_document(hint)
        self._database.put("hints", [{"_id": natural_key(hint.user_id, hint.kind, hint.record), **document}])

    def hinted_users(self) -> list[str]:
        return sorted({one["userId"] for one in self._database.find("hints", {}, only=["userId"])})

    def hints(self, user_id: str, limit: int) -> list[Hint]:
        oldest_first = [("notedAt", 1), ("kind", 1), ("record", 1)]
        found = self._database.find("hints", {"userId": user_id}, sort=oldest_first, limit=limit)
        return [from_document(one, Hint) for one in found]

    def drop_hints(self, hints: Sequence[Hint]) -> None:
        keys = [(natural_key(hint.user_id, hint.kind, hint.record), hint.mark) for hint in hints]
        self._database.write("hints", [DeleteMany({"_id": key, "mark": mark}) for key, mark in keys])

    # --- keys of the server

    def put_api_key(self, key: ApiKey) -> None:
        self._database.put("apikeys", [{"_id": key.id, **to_document(key)}])

    def api_key(self, key_id: str) -> ApiKey | None:
        found = self._database.find("apikeys", {"_id": key_id})
        return from_document(found[0], ApiKey) if found else None

    def api_keys(self) -> list[ApiKey]:
        found = self._database.find("apikeys", {}, sort=[("createdAt", 1), ("_id", 1)])
        return [from_document(one, ApiKey) for one in found]

    def remove_api_key(self, key_id: str) -> None:
        self._database.delete("apikeys", {"_id": key_id})

    # --- leases

    def acquire_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """A lease that is somebody else's does not match, and then its `_id` is taken: the insert fails."""
        free = {"_id": name, "$or": [{"owner": owner}, {"expiresAt": {"$lte": now}}]}
        try:
            self._database.update_or_insert("leases", free, _lease(owner, now, seconds))
        except TakenError:
            return False
        return True

    def renew_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        return self._database.update("leases", {"_id": name, "owner": owner}, _lease(owner, now, seconds))

    def release_lease(self, name: str, owner: str) -> None:
        self._database.delete("leases", {"_id": name, "owner": owner})


def _of(user_id: str, key: str, fields: Document) -> Document:
    return {"_id": natural_key(user_id, key), "userId": user_id, **fields}


def _with_keys(user: User) -> Document:
    """With what must be unique: several merchants may have no shop, so each then stands for itself."""
    shop = folded(user.shopify_store) if user.shopify_store else f"none:{user.id}"
    return {**user_document(user), "emailKey": folded(user.email), "shopKey": shop}


def _lease(owner: str, now: datetime, seconds: float) -> Document:
    return {"owner": owner, "expiresAt": now + timedelta(seconds=seconds)}
