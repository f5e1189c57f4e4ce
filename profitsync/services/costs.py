"""Product costs as a person states them: planning what a statement changes, writing it, finding gaps.

A new cost never changes past days by itself: where a product already has a person's cost, another one
without a date begins today. See docs/metrics.md, cost of goods.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import uuid4
from zoneinfo import ZoneInfo

from profitsync.domain.costs import CostBook, CostSource, ProductCost, cost_key
from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.merchants import User
from profitsync.errors import UsageError
from profitsync.stores.protocol import Store

PERSON = (CostSource.MANUAL, CostSource.IMPORTED)
_ALL_DAYS = DayRange(date(1970, 1, 1), date(9999, 12, 31))
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_ID = re.compile(r"(?:gid://shopify/(?P<kind>Product|ProductVariant)/)?(?P<digits>[0-9]{1,20})")


class Effect(StrEnum):
    """What a statement does to the stored entries."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person says one unit costs, in shop currency.

    `valid_from` None: no date was said, unless `always`: then it is the cost of all days before a dated one.
    """

    cost: Decimal
    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None
    product_name: str = ""
    valid_from: date | None = None
    line: int | None = None  # in its file
    always: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry to write, and what writing it means.

    `before` is the cost that it replaces or follows. `new_period`: it begins today beside that older cost.
    """

    entry: ProductCost
    effect: Effect
    new_period: bool = False
    before: ProductCost | None = None


def cost_id(
    source: CostSource,
    product_id: str | None = None,
    variant_id: str | None = None,
    sku: str | None = None,
    valid_from: date | None = None,
) -> str:
    """The natural key of an entry. Manual and imported share one: whoever speaks last replaces the other."""
    origin = "person" if source in PERSON else str(source)
    return "|".join((origin, variant_id or "", sku or "", product_id or "", str(valid_from or "")))


def estimate_id(product_id: str | None, variant_id: str | None, sku: str | None) -> str:
    """The natural key of what is sold without a cost: its variant alone where there is one."""
    return cost_id(CostSource.ESTIMATED, product_id, variant_id, None if variant_id else sku)


def shop_today(user: User, now: datetime) -> date:
    """Today in the shop's zone; in UTC while the zone is not known yet."""
    return shop_day(now, ZoneInfo(user.timezone or "UTC"))


def plan(
    existing: Iterable[ProductCost],
    statements: Sequence[Statement],
    *,
    source: CostSource,
    today: date,
    now: datetime,
    correct: bool = False,
) -> list[Planned]:
    """What the statements change, in order; nothing is written.

    Without a date, a first cost is valid always and a different later one from today on; with `correct`
    it replaces the one in force instead, in its own period.
    """
    by_key: dict[tuple[str, str], list[ProductCost]] = {}
    names: dict[tuple[str, str], str] = {}  # as the shop calls what was sold
    for cost in existing:
        names.setdefault(cost_key(cost), cost.product_name)
        if cost.source in PERSON:
            by_key.setdefault(cost_key(cost), []).append(cost)
    planned = []
    for statement in statements:
        wanted = _entry(statement, source, now)
        entries = by_key.setdefault(cost_key(wanted), [])
        dated = statement.always or statement.valid_from is not None
        one = _plan_one(entries, wanted, today, dated=dated, correct=correct or dated)
        if not one.entry.product_name and one.effect is Effect.NEW:
            one = replace(one, entry=replace(one.entry, product_name=names.get(cost_key(one.entry), "")))
        planned.append(one)
        entries[:] = [*(entry for entry in entries if entry.id != one.entry.id), one.entry]
    return planned


def write(store: Store, user: User, planned: Sequence[Planned]) -> None:
    """Store what is new or changed."""
    changed = {one.entry.id: one.entry for one in planned if one.effect is not Effect.UNCHANGED}
    if changed:
        store.put_costs(user.id, list(changed.values()))


def recalculate_from(store: Store, user: User, starts: Iterable[date | None]) -> int:
    """Mark the stored days from the earliest start on (None: all) for the next sync; how many they are."""
    given = list(starts)
    if not given:
        return 0
    first = _ALL_DAYS.first if None in given else min(day for day in given if day)
    days = {row.day for row in store.metrics(user.id, DayRange(first, _ALL_DAYS.last))}
    if days:
        # A name of its own: a sync that is calculating right now must not clear what it has not seen.
        store.mark_dirty(user.id, f"costs:{uuid4().hex}", days)
    return len(days)


def missing(costs: Iterable[ProductCost], today: date) -> list[ProductCost]:
    """Products with nothing but an estimate, by name."""
    entries = list(costs)
    book = CostBook(entries)
    unknown = (
        cost
        for cost in entries
        if cost.source is CostSource.ESTIMATED
        and book.known_cost(cost.product_id, cost.variant_id, cost.sku, today) is None
    )
    return sorted(unknown, key=lambda cost: (cost.product_name.casefold(), cost.id))


def select(costs: Iterable[ProductCost], key: tuple[str, str], valid_from: date | None) -> list[ProductCost]:
    """The entries a person made for one product, variant or SKU: all periods, or the one of `valid_from`."""
    return [
        cost
        for cost in costs
        if cost.source in PERSON
        and cost_key(cost) == key
        and (valid_from is None or cost.valid_from == valid_from)
    ]


def about(
    costs: Iterable[ProductCost], product_id: str | None, variant_id: str | None, sku: str | None
) -> list[ProductCost]:
    """The entries that name these ids; all where nothing is said."""
    wanted = {"product_id": product_id, "variant_id": variant_id, "sku": sku}
    given = {name: value for name, value in wanted.items() if value is not None}
    return [cost for cost in costs if all(getattr(cost, name) == value for name, value in given.items())]


def parse_amount(text: str) -> Decimal:
    """A cost in shop currency: 0 or more, at most four decimals. Raises `UsageError`."""
    if not _AMOUNT.fullmatch(text.strip()):
        raise UsageError(f"cost {text.strip()!r} must be a number such as 123.45, with at most four decimals")
    return Decimal(text.strip())


def parse_id(text: str, kind: str) -> str:
    """The digits of a Shopify id given as digits or gid; `kind` is Product or ProductVariant.

    Raises `UsageError`.
    """
    found = _ID.fullmatch(text.strip())
    if found is None or found["kind"] not in (None, kind):
        hint = ""
        if re.fullmatch(r"[\d.,]+[eE]\+?\d+", text.strip()):
            hint = "; a spreadsheet has shortened it: format the column as text"
        raise UsageError(f"id {text.strip()!r} must be digits or gid://shopify/{kind}/…{hint}")
    return found["digits"]


def _entry(statement: Statement, source: CostSource, now: datetime) -> ProductCost:
    return ProductCost(
        id=cost_id(
            source,
            product_id=statement.product_id,
            variant_id=statement.variant_id,
            sku=statement.sku,
            valid_from=statement.valid_from,
        ),
        source=source,
        cost=statement.cost,
        product_id=statement.product_id,
        variant_id=statement.variant_id,
        sku=statement.sku,
        product_name=statement.product_name,
        valid_from=statement.valid_from,
        created_at=now,
        updated_at=now,
    )


def _plan_one(
    entries: Sequence[ProductCost], wanted: ProductCost, today: date, *, dated: bool, correct: bool
) -> Planned:
    same_start = (entry for entry in entries if entry.valid_from == wanted.valid_from)
    current = next(same_start, None) if dated else _in_force(entries, today)
    if current is None:
        return Planned(wanted, Effect.NEW)
    named = wanted.product_name or current.product_name
    if current.cost == wanted.cost:
        effect = Effect.UNCHANGED if named == current.product_name else Effect.CHANGED
        return Planned(replace(current, product_name=named, updated_at=wanted.updated_at), effect, before=current)
    if correct or current.valid_from == today:
        replaced = replace(
            current, cost=wanted.cost, source=wanted.source, product_name=named, updated_at=wanted.updated_at
        )
        return Planned(replaced, Effect.CHANGED, before=current)
    period = replace(
        wanted,
        id=cost_id(
            wanted.source,
            product_id=wanted.product_id,
            variant_id=wanted.variant_id,
            sku=wanted.sku,
            valid_from=today,
        ),
        valid_from=today,
        product_name=named,
    )
    return Planned(period, Effect.CHANGED, new_period=True, before=current)


def _in_force(entries: Iterable[ProductCost], today: date) -> ProductCost | None:
    begun = [entry for entry in entries if entry.valid_from is None or entry.valid_from <= today]
    return max(begun, key=lambda entry: entry.valid_from or date.min, default=None)
