"""A backfill by bulk operation leaves the same documents as one by pages, and survives being killed."""

import json
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from profitsync.domain.merchants import SHOPIFY
from profitsync.sandbox.bulk import BulkStyle
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.world import (
    AdjustmentDraft,
    EditDraft,
    OrderDraft,
    RefundDraft,
    RefundLineDraft,
    ShopifyWorld,
    World,
)
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.e2e.processes import PATIENCE, OnRequest, die_in_store, kept, let_leases_run_out, opened, process

NOW = datetime.now(UTC).replace(microsecond=0)
START_BULK = "bulkOperationRunQuery"
THRESHOLD = "profitsync.sources.shopify.bulk.BULK_FROM"
# Every window of twenty orders by bulk operation, and no pause between two looks.
_AT_ONCE = """
import os, signal, profitsync.bootstrap, profitsync.sources.shopify.bulk, profitsync.sources.shopify.bulk_file
profitsync.sources.shopify.bulk_file.AT_ONCE = 10
profitsync.sources.shopify.bulk.BULK_FROM = 20
profitsync.bootstrap.pause = lambda seconds: None
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
"""
_SYNC = "\nimport sys\nfrom profitsync.cli import main\nsys.exit(main(sys.argv[1:]))"


@pytest.fixture
def world() -> World:
    """Ten days of a small shop, with everything that is read in a way of its own."""
    whole = generate(until=NOW.astimezone(INDIA).date(), seed=11, now=NOW, days=10, orders_per_day=5)
    shop = whole.shopify
    assert shop is not None
    _make_special(shop)
    return World("kapda", shopify=shop)


def _make_special(shop: ShopifyWorld) -> None:
    """A long order, a test order, and orders edited, refunded with an adjustment, and cancelled."""
    plain = [one for one in shop.orders.values() if one.payments and not (one.refunds or one.edits or one.test)]
    long, test, edited, refunded, cancelled = (one for one in plain[:5])
    first = long.lines[0]
    more = tuple(replace(first, id=f"{first.id}{place:03d}") for place in range(130))
    paid = tuple(replace(long.payments[0], id=f"{long.payments[0].id}{place:02d}") for place in range(40))
    adjusted = replace(_taken_back(refunded, "8001"), adjustments=(AdjustmentDraft("8002", Decimal(5)),))
    changed = (
        replace(long, lines=(*long.lines, *more), payments=paid),
        replace(test, test=True),
        replace(edited, edited=True, edits=(EditDraft("8003", _later(edited), edited.lines[0].id, -1),)),
        replace(refunded, refunds=(adjusted,)),
        replace(cancelled, cancelled_at=_later(cancelled), refunds=(_taken_back(cancelled, "8004"),)),
    )
    shop.orders.update({one.id: replace(one, updated_at=max(one.updated_at, _later(one))) for one in changed})


def _later(order: OrderDraft) -> datetime:
    return order.processed_at + timedelta(hours=1)


def _taken_back(order: OrderDraft, number: str) -> RefundDraft:
    line = order.lines[0]
    return RefundDraft(number, _later(order), lines=(RefundLineDraft(line.id, 1, line.unit_price),))


@pytest.fixture(autouse=True)
def threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(THRESHOLD, 20)


_known: dict[str, Any] = {}


def by_pages(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `world`, the same for every test, comes to in a store of its own."""
    if _known:
        return _known
    url = "sqlite:///by_pages.db"
    with monkeypatch.context() as patch:
        patch.setattr(THRESHOLD, 10**9)
        for command in (("users", "add", "--from", "-"), ("--quiet", "sync", "--all")):
            done = merchant.run("--database-url", url, *command, stdin=json.dumps(merchant.world.user_json()))
            assert done.code == 0, done.err
    _known.update(kept(url, merchant.ref))
    return _known


def asked(merchant: Merchant, operation: str) -> int:
    return sum(operation in record.operation for record in merchant.sandbox.requests)


def notes(database_url: str) -> dict[str, str]:
    with opened(database_url) as store:
        (user,) = store.users()
        return store.source_states(user.id)[SHOPIFY].kept


@pytest.mark.parametrize(
    ("store_url", "seed"),
    [
        pytest.param("sqlite", 7, id="shuffled rows, SQLite"),
        pytest.param("mongodb", None, id="rows in order, MongoDB"),
    ],
    indirect=["store_url"],
)
def test_a_backfill_by_bulk_operation_equals_one_by_pages(
    open_sandbox: OpenSandbox, world: World, database_url: str, seed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = open_sandbox(world, bulk=BulkStyle(seed=seed))

    done = merchant.sync()

    assert done.code == 0, done.err
    assert (asked(merchant, START_BULK), asked(merchant, ".jsonl")) == (1, 1)
    assert kept(database_url, merchant.ref) == by_pages(merchant, monkeypatch)
    assert notes(database_url) == {}


KILLS = [
    pytest.param("import profitsync.bootstrap as b; b.pause = die", id="between two looks"),
    pytest.param("from profitsync.sources.shopify.bulk_file import BulkFile; BulkFile._as_they_come = die",
                 id="while the file arrives"),
    pytest.param(die_in_store("sqlite:///", "add_orders", 2), id="while orders are written"),
]  # fmt: skip


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("instant", KILLS)
def test_a_killed_backfill_is_gone_on_with_by_the_next_run(
    open_sandbox: OpenSandbox, world: World, database_url: str, instant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = open_sandbox(world)
    with process("--quiet", "sync", "--user", merchant.ref, script=_AT_ONCE + instant + _SYNC) as running:
        assert running.wait(PATIENCE) == -signal.SIGKILL
    assert list(notes(database_url)) == ["bulk"]
    let_leases_run_out(database_url)

    again = merchant.sync()

    assert again.code == 0, again.err
    assert asked(merchant, START_BULK) == 1
    assert kept(database_url, merchant.ref) == by_pages(merchant, monkeypatch)
    assert notes(database_url) == {}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_backfill_that_takes_longer_than_a_run_moves_no_cursor(
    open_sandbox: OpenSandbox, world: World, database_url: str
) -> None:
    merchant = open_sandbox(world)
    merchant.sandbox.faults = Faults.parse("shopify:bulk=endless")

    late = merchant.sync()

    assert late.code == 1
    assert "the next run that asks for these days goes on with it" in late.out
    with opened(database_url) as store:
        (user,) = store.users()
        state = store.source_states(user.id)[SHOPIFY]
    assert (state.cursor, state.covered, list(state.kept)) == (None, (), ["bulk"])


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_dry_run_begins_nothing_in_the_shop(open_sandbox: OpenSandbox, world: World) -> None:
    merchant = open_sandbox(world)

    done = merchant.sync("--dry-run")

    assert done.code == 0, done.err
    assert asked(merchant, START_BULK) == 0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_changes_during_a_backfill_is_not_lost_and_the_next_hour_is_an_ordinary_one(
    open_sandbox: OpenSandbox, world: World, database_url: str
) -> None:
    merchant = open_sandbox(world)
    shop = world.shopify
    assert shop is not None
    key = next(iter(shop.orders))

    def change() -> None:
        shop.orders[key] = replace(shop.orders[key], updated_at=NOW + timedelta(seconds=1), gateways=("changed",))

    merchant.sandbox.faults = OnRequest(1, change, "PollBulk")
    assert merchant.sync().code == 0

    again = merchant.sync()

    assert again.code == 0, again.err
    assert asked(merchant, START_BULK) == 1
    assert kept(database_url, merchant.ref)["orders"][key].gateways == ("changed",)
