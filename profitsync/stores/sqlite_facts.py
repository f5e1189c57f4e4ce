"""Orders, shipments and ad days in SQLite.

Facts do not wait for the disk, one batch after the other: how far a source was read is saved after them, in
the same log, and that does. After a power cut either both are there, or the next run reads them again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from profitsync.domain.ads import AdDay
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import CustomerHistory
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.stores.facts import FactAccess
from profitsync.stores.histories import fold_rows
from profitsync.stores.keys import GLANCES, chunks
from profitsync.stores.protocol import Indexed
from profitsync.stores.slips import AnyOrder, written
from profitsync.stores.sqlite_database import SqliteDatabase, insert, instant, micros, to_json

F = TypeVar("F", bound=Order | Shipment)

Row = tuple[Any, ...]
_id_of = attrgetter("id")
_SIDES = ("_days", "_keys")
_IDS = 20_000  # ids of a range of days held at once

# "{t}" is a table of facts. A list of ids or keys goes in as one JSON array, so that the statement stays the same;
# the facts found come out as one JSON array, in one step and ready to be decoded.
_LIST = "SELECT '[' || group_concat(body) || ']' FROM {t} WHERE user_id = ?1 AND "
_WITH_KEY = "id IN (SELECT id FROM {t}_keys WHERE user_id = ?1 AND key IN (SELECT value FROM json_each(?2)))"
_SELECT = f"{_LIST} id IN (SELECT value FROM json_each(?2))"  # noqa: S608 - as all of these: our own words
_SELECT_BY_KEY = f"{_LIST} {_WITH_KEY}"
_SELECT_ELSEWHERE = f"""{_SELECT_BY_KEY} AND NOT EXISTS (SELECT 1 FROM {{t}}_days AS d
  WHERE d.user_id = ?1 AND d.id = {{t}}.id AND d.day BETWEEN ?3 AND ?4)"""  # noqa: S608
_DAYS_WITH = f"SELECT DISTINCT day FROM {{t}}_days WHERE user_id = ?1 AND {_WITH_KEY}"  # noqa: S608
_KEYS_WITH = f"SELECT DISTINCT key FROM {{t}}_keys WHERE user_id = ?1 AND {_WITH_KEY}"  # noqa: S608
_IDS_TOUCHING = """SELECT DISTINCT id FROM {t}_days INDEXED BY {t}_by_day
  WHERE user_id = ? AND day BETWEEN ? AND ? AND id > ? ORDER BY id LIMIT ?"""
_KNOWN = "SELECT id FROM {t} WHERE user_id = ? AND id IN (SELECT value FROM json_each(?))"
_ANY = "SELECT 1 FROM {t} WHERE user_id = ? LIMIT 1"
_DELETE = "DELETE FROM {t} WHERE user_id = ? AND id IN (SELECT value FROM json_each(?))"
_PUT_DAYS = "INSERT OR IGNORE INTO {t}_days (user_id, id, day) VALUES {rows}"
_PUT_KEYS = "INSERT OR IGNORE INTO {t}_keys (user_id, id, key) VALUES {rows}"

_PUT_ORDERS = """INSERT INTO orders (user_id, id, customer_id, test, processed_at, updated_at, order_index,
  lifetime_orders, body) VALUES {rows}
  ON CONFLICT (user_id, id) DO UPDATE SET customer_id = excluded.customer_id, test = excluded.test,
  processed_at = excluded.processed_at, updated_at = excluded.updated_at, order_index = excluded.order_index,
  lifetime_orders = excluded.lifetime_orders, body = excluded.body"""
_PUT_SHIPMENTS = """INSERT INTO shipments (user_id, id, body) VALUES {rows}
  ON CONFLICT (user_id, id) DO UPDATE SET body = excluded.body"""
_GLANCES = """SELECT customer_id, id, processed_at, updated_at, order_index, lifetime_orders FROM orders
  WHERE user_id = ? AND customer_id IN (SELECT value FROM json_each(?)) AND customer_id IS NOT NULL AND NOT test"""
_CUSTOMER_ORDERS = """SELECT customer_id, processed_at, id FROM orders
  WHERE user_id = ? AND (processed_at, id) > (?, ?) AND processed_at < ? AND customer_id IS NOT NULL AND NOT test
  ORDER BY processed_at, id LIMIT ?"""
_PLACED = "SELECT {what} FROM orders WHERE user_id = ? AND processed_at >= ? AND processed_at < ?"


class _FactTable(Generic[F]):
    """One kind of fact: its table, and the two side tables it is found by."""

    def __init__(
        self,
        database: SqliteDatabase,
        table: str,
        kind: type[F],
        columns: Callable[[Any], Row],
        put: str,
        written: Callable[[Any], str] = to_json,
    ) -> None:
        """`columns` is what the statement `put` takes between the user id and the body, which `written` makes."""
        self._database = database
        self._table = table
        self._decode = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]
        self._columns = columns
        self._put = put
        self._written = written

    def by_id(self, user_id: str, ids: Iterable[str]) -> dict[str, F]:
        found = (self._select(_SELECT, user_id, to_json(chunk)) for chunk in chunks(list(ids)))
        return {fact.id: fact for facts in found for fact in facts}

    def by_key(self, user_id: str, keys: Collection[str], elsewhere: DayRange | None = None) -> list[F]:
        template = _SELECT_BY_KEY if elsewhere is None else _SELECT_ELSEWHERE
        bounds = () if elsewhere is None else _bounds(elsewhere)
        found = (self._select(template, user_id, to_json(chunk), *bounds) for chunk in chunks(list(keys)))
        return list({fact.id: fact for facts in found for fact in facts}.values())

    def indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]:
        days, found = set[date](), set[str]()
        for chunk in chunks(list(keys)):
            wanted = to_json(chunk)
            days.update(date.fromisoformat(day) for day in self._texts(_DAYS_WITH, user_id, wanted))
            found.update(self._texts(_KEYS_WITH, user_id, wanted))
        return days, found

    def touching(self, user_id: str, days: DayRange, without: Collection[str] = ()) -> Iterator[list[F]]:
        """Pages by id, so that a fact whose days change meanwhile still comes once."""
        sql, after, more = _IDS_TOUCHING.format(t=self._table), "", True
        while more:
            ids = self._database.query(sql, user_id, *_bounds(days), after, _IDS)
            for chunk in chunks([one for (one,) in ids if one not in without]):
                if facts := self._select(_SELECT, user_id, to_json(chunk)):
                    yield facts
            if more := len(ids) == _IDS:
                after = ids[-1][0]

    def put(self, user_id: str, facts: Sequence[Indexed[Any]]) -> None:
        latest = {indexed.fact.id: indexed for indexed in facts}
        columns, written = self._columns, self._written
        rows = [value for one in latest.values() for value in (user_id, *columns(one.fact), written(one.fact))]
        days = [value for i, one in latest.items() for day in one.days for value in (user_id, i, _text(day))]
        keys = [value for i, one in latest.items() for key in one.keys for value in (user_id, i, key)]
        ids = to_json(list(latest))
        with self._database.transaction(durable=False) as connection:
            for side in _SIDES:
                connection.execute(_DELETE.format(t=self._table + side), (user_id, ids))
            insert(connection, self._put, rows)
            insert(connection, _PUT_DAYS.format(t=self._table, rows="{rows}"), days)
            insert(connection, _PUT_KEYS.format(t=self._table, rows="{rows}"), keys)

    def add(self, user_id: str, facts: Sequence[Indexed[Any]]) -> set[str]:
        known = set(self._texts(_KNOWN, user_id, to_json([one.fact.id for one in facts])))
        self.put(user_id, [one for one in facts if one.fact.id not in known])
        return known

    def delete(self, user_id: str, ids: Collection[str]) -> None:
        with self._database.transaction(durable=False) as connection:
            for side in ("", *_SIDES):
                connection.execute(_DELETE.format(t=self._table + side), (user_id, to_json(list(ids))))

    def has_any(self, user_id: str) -> bool:
        return bool(self._database.query(_ANY.format(t=self._table), user_id))

    def _texts(self, template: str, user_id: str, wanted: str) -> list[str]:
        return [text for (text,) in self._database.query(template.format(t=self._table), user_id, wanted)]

    def _select(self, template: str, user_id: str, wanted: str, *bounds: str) -> list[F]:
        """In the order of the ids."""
        ((body,),) = self._database.query(template.format(t=self._table), user_id, wanted, *bounds)
        facts: list[F] = self._decode(body or "[]")
        facts.sort(key=_id_of)
        return facts


class SqliteFacts(FactAccess):
    """The part of `SqliteStore` that keeps what the sources say."""

    def __init__(self, database: SqliteDatabase) -> None:
        super().__init__(
            _FactTable(database, "orders", Order, _order_columns, _PUT_ORDERS, _order_body),
            _FactTable(database, "shipments", Shipment, _shipment_columns, _PUT_SHIPMENTS),
        )
        self._database = database

    def count_orders_placed(self, user_id: str, start: datetime, end: datetime) -> int:
        ((count,),) = self._database.query(_PLACED.format(what="count(*)"), user_id, micros(start), micros(end))
        return int(count)

    def orders_placed(self, user_id: str, start: datetime, end: datetime) -> set[str]:
        rows = self._database.query(_PLACED.format(what="id"), user_id, micros(start), micros(end))
        return {one for (one,) in rows}

    def customer_histories(self, user_id: str, customer_ids: Collection[str]) -> dict[str, CustomerHistory]:
        found: dict[str, CustomerHistory] = {}
        for chunk in chunks(sorted(customer_ids), GLANCES):  # in the order of the index
            rows: list[Any] = self._database.query(_GLANCES, user_id, to_json(chunk))
            found |= fold_rows(rows, instant)
        return found

    def customer_orders(self, user_id: str, start: datetime, end: datetime) -> Iterator[tuple[str, datetime]]:
        place = (micros(start), "")  # "" sorts before every id
        while rows := self._database.query(_CUSTOMER_ORDERS, user_id, *place, micros(end), GLANCES):
            for customer_id, processed_at, _ in rows:
                yield customer_id, instant(processed_at)
            place = (rows[-1][1], rows[-1][2])

    def ad_days(self, user_id: str, days: DayRange, accounts: Collection[str] | None = None) -> list[AdDay]:
        rows = self._database.query(
            "SELECT body FROM adinsights WHERE user_id = ?1 AND day BETWEEN ?2 AND ?3"
            " AND (?4 IS NULL OR account_id IN (SELECT value FROM json_each(?4))) ORDER BY day, account_id",
            user_id, *_bounds(days), None if accounts is None else to_json(list(accounts)),
        )  # fmt: skip
        return [msgspec.json.decode(body, type=AdDay) for (body,) in rows]

    def put_ad_days(self, user_id: str, rows: Sequence[AdDay]) -> None:
        values = [(user_id, row.day.isoformat(), row.account_id, to_json(row)) for row in rows]
        with self._database.transaction() as connection:
            connection.executemany(
                "REPLACE INTO adinsights (user_id, day, account_id, body) VALUES (?, ?, ?, ?)", values
            )

    def delete_ad_days(self, user_id: str, account_id: str, days: Collection[date]) -> None:
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM adinsights WHERE user_id = ? AND account_id = ? AND day = ?",
                [(user_id, account_id, day.isoformat()) for day in days],
            )


def _bounds(days: DayRange) -> tuple[str, str]:
    return days.first.isoformat(), days.last.isoformat()


_text = lru_cache(1_000)(date.isoformat)  # many facts, few days


def _order_columns(order: AnyOrder) -> Row:
    return (
        order.id, order.customer_id, order.test, micros(order.processed_at), micros(order.updated_at),
        order.customer_order_index, order.customer_orders,
    )  # fmt: skip


def _order_body(order: AnyOrder) -> str:
    return written(order).decode()


def _shipment_columns(shipment: Shipment) -> Row:
    return (shipment.id,)
