"""The embedded store: one SQLite file for one machine."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

import msgspec

from profitsync.domain.access import ApiKey
from profitsync.domain.costs import ProductCost
from profitsync.domain.days import DayRange
from profitsync.domain.hints import Hint
from profitsync.domain.merchants import Job, SourceState, User
from profitsync.domain.rows import DayMetrics
from profitsync.stores.keys import duplicate, folded
from profitsync.stores.slips import Form
from profitsync.stores.sqlite_database import BUSY_SECONDS, SqliteDatabase, micros, to_json
from profitsync.stores.sqlite_facts import SqliteFacts
from profitsync.stores.sqlite_schema import OF_A_USER

R = TypeVar("R")

_DELETE_OF_USER = "DELETE FROM {t} WHERE user_id = ?"
_HINTED = "SELECT DISTINCT user_id FROM hints ORDER BY user_id"
_JOBS = "SELECT body FROM syncjobs {where} ORDER BY created_at DESC, job_id DESC LIMIT ?"


class SqliteStore(SqliteFacts):
    """`Store` on the file at `path`, opened with the first use. Safe between threads and processes."""

    def __init__(self, path: str, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__(SqliteDatabase(path, busy_seconds))

    def prepare(self) -> None:
        self._database.prepare()

    def ping(self) -> None:
        self._database.ping()

    def close(self) -> None:
        self._database.close()

    @property
    def order_form(self) -> Form:
        return "json"

    def address(self) -> str:
        return f"sqlite:///{self._database.path.absolute()}"

    # --- users

    def add_user(self, user: User) -> None:
        with self._database.transaction() as connection:
            self._refuse_duplicate(user)
            connection.execute(
                "INSERT INTO users (id, email_key, shop_key, created_at, body) VALUES (?, ?, ?, ?, ?)",
                (user.id, folded(user.email), _shop_key(user), micros(user.created_at), to_json(user)),
            )

    def save_user(self, user: User) -> None:
        with self._database.transaction() as connection:
            self._refuse_duplicate(user)
            changed = connection.execute(
                "UPDATE users SET email_key = ?, shop_key = ?, created_at = ?, body = ? WHERE id = ?",
                (folded(user.email), _shop_key(user), micros(user.created_at), to_json(user), user.id),
            ).rowcount
        if not changed:
            raise KeyError(user.id)

    def _refuse_duplicate(self, user: User) -> None:
        taken = self._database.query(
            "SELECT email_key = ?1 FROM users WHERE id <> ?3 AND (email_key = ?1 OR shop_key = ?2)",
            folded(user.email), _shop_key(user), user.id,
        )  # fmt: skip
        if taken:
            raise duplicate(user, email=any(same for (same,) in taken))

    def find_user(self, ref: str) -> User | None:
        found = self._many(
            User,
            "SELECT body FROM users WHERE id = ?1 OR email_key = ?2 OR shop_key = ?2 ORDER BY id <> ?1",
            ref, folded(ref),
        )  # fmt: skip
        return found[0] if found else None

    def users(self) -> list[User]:
        return self._many(User, "SELECT body FROM users ORDER BY created_at, id")

    def remove_user(self, user_id: str) -> None:
        with self._database.transaction() as connection:
            for table in OF_A_USER:
                connection.execute(_DELETE_OF_USER.format(t=table), (user_id,))
            connection.execute("DELETE FROM users WHERE id = ?", (user_id,))

    # --- product costs

    def costs(self, user_id: str) -> list[ProductCost]:
        return self._many(ProductCost, "SELECT body FROM productcosts WHERE user_id = ? ORDER BY id", user_id)

    def put_costs(self, user_id: str, costs: Sequence[ProductCost], *, durable: bool = True) -> None:
        rows = [(user_id, cost.id, to_json(cost)) for cost in costs]
        with self._database.transaction(durable=durable) as connection:
            connection.executemany("REPLACE INTO productcosts (user_id, id, body) VALUES (?, ?, ?)", rows)

    def delete_costs(self, user_id: str, ids: Collection[str]) -> None:
        rows = [(user_id, cost_id) for cost_id in ids]
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM productcosts WHERE user_id = ? AND id = ?", rows)

    # --- days waiting for recalculation

    def mark_dirty(self, user_id: str, source: str, days: Collection[date], *, durable: bool = True) -> None:
        rows = [(user_id, source, day.isoformat()) for day in days]
        with self._database.transaction(durable=durable) as connection:
            connection.executemany("INSERT OR IGNORE INTO dirtydays (user_id, source, day) VALUES (?, ?, ?)", rows)

    def dirty_days(self, user_id: str) -> dict[str, set[date]]:
        found: dict[str, set[date]] = {}
        for source, day in self._database.query("SELECT source, day FROM dirtydays WHERE user_id = ?", user_id):
            found.setdefault(source, set()).add(date.fromisoformat(day))
        return found

    def clear_dirty(self, user_id: str, source: str, days: Collection[date]) -> None:
        rows = [(user_id, source, day.isoformat()) for day in days]
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM dirtydays WHERE user_id = ? AND source = ? AND day = ?", rows)

    # --- figures

    def metrics(self, user_id: str, days: DayRange) -> list[DayMetrics]:
        return self._many(
            DayMetrics,
            "SELECT body FROM dailymetrics WHERE user_id = ? AND day BETWEEN ? AND ? ORDER BY day",
            user_id, days.first.isoformat(), days.last.isoformat(),
        )  # fmt: skip

    def put_metrics(self, user_id: str, rows: Sequence[DayMetrics], *, durable: bool = True) -> None:
        values = [(user_id, row.day.isoformat(), to_json(row)) for row in rows]
        with self._database.transaction(durable=durable) as connection:
            connection.executemany("REPLACE INTO dailymetrics (user_id, day, body) VALUES (?, ?, ?)", values)

    # --- how far each source was read

    def source_states(self, user_id: str) -> dict[str, SourceState]:
        sql = "SELECT body FROM sourcestates WHERE user_id = ? ORDER BY source"
        return {state.source: state for state in self._many(SourceState, sql, user_id)}

    def save_source_state(self, user_id: str, state: SourceState) -> None:
        self.save_source_states(user_id, [state])

    def save_source_states(self, user_id: str, states: Sequence[SourceState]) -> None:
        rows = [(user_id, state.source, to_json(state)) for state in states]
        with self._database.transaction() as connection:
            connection.executemany("REPLACE INTO sourcestates (user_id, source, body) VALUES (?, ?, ?)", rows)

    # --- jobs

    def put_job(self, job: Job) -> None:
        # That a run has begun is on the disk before anything the run writes.
        self._database.write(
            "REPLACE INTO syncjobs (job_id, user_id, status, created_at, body) VALUES (?, ?, ?, ?, ?)",
            job.job_id, job.user_id, job.status, micros(job.created_at), to_json(job),
            durable=job.status != "running",
        )  # fmt: skip

    def job(self, job_id: str) -> Job | None:
        found = self._many(Job, "SELECT body FROM syncjobs WHERE job_id = ?", job_id)
        return found[0] if found else None

    def jobs(self, user_id: str | None = None, limit: int = 50, status: str | None = None) -> list[Job]:
        conditions = {"user_id = ?": user_id, "status = ?": status}
        given = {sql: value for sql, value in conditions.items() if value is not None}
        where = "WHERE " + " AND ".join(given) if given else ""
        return self._many(Job, _JOBS.format(where=where), *given.values(), limit)

    # --- incidents

    def open_incident(self, user_id: str, now: datetime, text: str) -> bool:
        sql = "INSERT OR IGNORE INTO incidents (user_id, opened_at, text) VALUES (?, ?, ?)"
        return bool(self._database.write(sql, user_id, micros(now), text))

    def close_incident(self, user_id: str) -> bool:
        return bool(self._database.write("DELETE FROM incidents WHERE user_id = ?", user_id))

    # --- records to be read again

    def put_hint(self, hint: Hint) -> None:
        self._database.write(
            "REPLACE INTO hints (user_id, kind, record, mark, noted_at, body) VALUES (?, ?, ?, ?, ?, ?)",
            hint.user_id, hint.kind, hint.record, hint.mark, micros(hint.noted_at), to_json(hint),
        )  # fmt: skip

    def hinted_users(self) -> list[str]:
        return [user_id for (user_id,) in self._database.query(_HINTED)]

    def hints(self, user_id: str, limit: int) -> list[Hint]:
        sql = "SELECT body FROM hints WHERE user_id = ? ORDER BY noted_at, kind, record LIMIT ?"
        return self._many(Hint, sql, user_id, limit)

    def drop_hints(self, hints: Sequence[Hint]) -> None:
        rows = [(hint.user_id, hint.kind, hint.record, hint.mark) for hint in hints]
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM hints WHERE user_id = ? AND kind = ? AND record = ? AND mark = ?", rows
            )

    # --- keys of the server

    def put_api_key(self, key: ApiKey) -> None:
        self._database.write(
            "REPLACE INTO apikeys (id, created_at, body) VALUES (?, ?, ?)",
            key.id, micros(key.created_at), to_json(key),
        )  # fmt: skip

    def api_key(self, key_id: str) -> ApiKey | None:
        found = self._many(ApiKey, "SELECT body FROM apikeys WHERE id = ?", key_id)
        return found[0] if found else None

    def api_keys(self) -> list[ApiKey]:
        return self._many(ApiKey, "SELECT body FROM apikeys ORDER BY created_at, id")

    def remove_api_key(self, key_id: str) -> None:
        self._database.write("DELETE FROM apikeys WHERE id = ?", key_id)

    # --- leases: their holders do not survive a power cut either, so none waits for the disk

    def acquire_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        return bool(
            self._database.write(
                """INSERT INTO leases (name, owner, expires_at) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
                WHERE owner = excluded.owner OR expires_at <= ?""",
                name, owner, _expiry(now, seconds), micros(now), durable=False,
            )
        )  # fmt: skip

    def renew_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        sql = "UPDATE leases SET expires_at = ? WHERE name = ? AND owner = ?"
        return bool(self._database.write(sql, _expiry(now, seconds), name, owner, durable=False))

    def release_lease(self, name: str, owner: str) -> None:
        self._database.write("DELETE FROM leases WHERE name = ? AND owner = ?", name, owner, durable=False)

    def _many(self, kind: type[R], sql: str, *values: object) -> list[R]:
        return [msgspec.json.decode(body, type=kind) for (body,) in self._database.query(sql, *values)]


def _shop_key(user: User) -> str | None:
    return folded(user.shopify_store) if user.shopify_store else None


def _expiry(now: datetime, seconds: float) -> int:
    return micros(now + timedelta(seconds=seconds))
