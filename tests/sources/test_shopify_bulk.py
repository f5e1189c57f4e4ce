"""Large windows by bulk operation, against a server on loopback: the same orders as by pages, come what may."""

import logging
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from profitsync.domain.orders import Order
from profitsync.sandbox.bulk import BulkStyle
from profitsync.sandbox.bulk_job import BulkJob
from profitsync.sandbox.faults import Fault, Faults
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import FeeDraft, ShopifyWorld, World
from profitsync.sources.errors import RetriableError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, OrderWindow
from profitsync.sources.shopify import BulkOptions, ShopifySource, StaticToken, queries
from profitsync.sources.shopify.bulk_job import NOTE
from profitsync.sources.shopify.bulk_query import BulkQuery
from profitsync.sources.shopify.optional import Selection
from profitsync.stores.slips import whole
from tests.sandbox.small import Clock
from tests.sources.test_shopify_sandbox import HOST, NOW, START, TOKEN, WINDOW, D, fill, placed, refunded

PAGE, ORDERS = 10, 12  # small, to be quick: an operation is thought of when the first page is full
JITTER = random.Random(1)  # noqa: S311
START_BULK, FILE, PAGES = "StartBulk ", "/admin/bulk/", "Orders "


@dataclass
class Shop:
    """A sandbox shop, and one profitsync with its notes."""

    sandbox: Sandbox
    world: ShopifyWorld
    clock: Clock
    notes: dict[str, str] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)
    last: ShopifySource | None = None

    def source(
        self,
        threshold: int | None = ORDERS,
        version: str = "2026-10",
        sleep: Callable[[float], None] | None = None,
        fees: bool = False,
    ) -> ShopifySource:
        def save(name: str, text: str | None) -> None:
            self.notes.pop(name, None)
            if text is not None:
                self.notes[name] = text

        bulk = None if threshold is None else BulkOptions(Notebook(self.notes.get, save), threshold)
        return ShopifySource(
            HttpClient("Shopify", sleep=sleep or self.pauses.append, rng=JITTER, clock=self.clock),
            base_url=f"{self.sandbox.url}/shopify/{HOST}",
            version=version,
            credentials=StaticToken(TOKEN),
            bulk=bulk,
            fees=fees,
        )

    def read(self, window: OrderWindow = WINDOW, version: str = "2026-10") -> dict[str, Order]:
        self.last = self.source(version=version)
        found = {order.id: whole(order) for batch in self.last.orders(window) for order in batch}
        self.last.stored()
        return found

    def by_pages(self, window: OrderWindow = WINDOW) -> dict[str, Order]:
        self.sandbox.faults.clear()
        return {order.id: whole(order) for batch in self.source(None).orders(window) for order in batch}

    def asked(self, operation: str) -> int:
        return sum(record.operation.startswith(operation) for record in self.sandbox.requests)

    @property
    def warnings(self) -> str:
        assert self.last is not None
        return "\n".join(self.last.warnings)

    @property
    def jobs(self) -> list[BulkJob]:
        return list(self.sandbox._shopify._shops[HOST].bulk.jobs.values())


Open = Callable[..., Shop]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", PAGE)


def world() -> ShopifyWorld:
    shop = ShopifyWorld(HOST, "INR", "Asia/Kolkata", True, access_token=TOKEN)
    fill(shop, *(placed(number, lines=2) for number in range(1, ORDERS)), refunded(ORDERS, lines=3))
    return shop


@pytest.fixture(scope="module")
def wanted() -> dict[str, Order]:
    """The orders of `world` as pages give them."""
    shop = world()
    with Sandbox([World("kapda", shopify=shop)], clock=Clock(NOW)) as sandbox:
        return Shop(sandbox, shop, Clock(NOW)).by_pages()


@pytest.fixture
def open_shop() -> Iterator[Open]:
    opened: list[Sandbox] = []

    def start(**style: object) -> Shop:
        shop, clock = world(), Clock(NOW)
        sandbox = Sandbox([World("kapda", shopify=shop)], clock=clock, bulk=BulkStyle(**style))  # type: ignore[arg-type]
        opened.append(sandbox.__enter__())
        return Shop(sandbox, shop, clock)

    yield start
    for sandbox in opened:
        sandbox.__exit__(None, None, None)


@pytest.fixture
def shop(open_shop: Open) -> Shop:
    return open_shop()


class During(Faults):
    """No fault: something happens when an operation is asked for the `number`th time, before the answer."""

    def __init__(self, operation: str, act: Callable[[], None], number: int = 1) -> None:
        super().__init__()
        self._operation, self._act, self._left = operation, act, number

    def strike(self, api: str, operation: str) -> Fault | None:
        if operation.startswith(self._operation):
            self._left -= 1
            if self._left == 0:
                self._act()
        return None


@pytest.mark.parametrize("seed", [pytest.param(3, id="shuffled rows"), pytest.param(None, id="rows in order")])
def test_a_large_window_comes_by_bulk_operation_as_it_would_by_pages(open_shop: Open, seed: int | None) -> None:
    shop = open_shop(seed=seed)

    orders = shop.read()

    assert (shop.asked(START_BULK), shop.asked(FILE), shop.warnings) == (1, 1, "")
    assert len(orders) == ORDERS
    assert list(orders.values()) == list(shop.by_pages().values())
    assert shop.notes == {}


def test_a_window_below_the_threshold_costs_no_more_than_before(shop: Shop) -> None:
    source = shop.source(threshold=ORDERS + 1)

    found = [order.id for batch in source.orders(WINDOW) for order in batch]

    assert len(found) == ORDERS
    assert [record.operation.split()[0] for record in shop.sandbox.requests] == [
        "Orders",
        "Orders",
        "OrderDetails",
    ]


def test_parts_that_may_not_be_read_are_not_asked_for(shop: Shop) -> None:
    shop.world.scopes.remove("read_products")

    orders = shop.read()

    assert (shop.asked(START_BULK), len(shop.jobs)) == (1, 1)
    assert ("product {" in shop.jobs[0].text, "@include" in shop.jobs[0].text) == (False, False)
    assert "products" in shop.warnings
    assert orders == shop.by_pages()


def test_fees_are_asked_for_where_they_are_counted(shop: Shop) -> None:
    paid = placed(1)
    fill(shop.world, replace(paid, payments=(replace(paid.payments[0], fees=(FeeDraft("1", D("5.2")),)),)))

    orders = {order.id: whole(order) for batch in shop.source(fees=True).orders(WINDOW) for order in batch}

    assert orders["1"].payments[0].fee == D("5.2")
    assert "fees {" in shop.jobs[0].text


# fault; how often an operation was begun, its file was fetched, and what is said when pages were used after all
TROUBLES = [
    pytest.param("shopify:bulk=invalid", 1, 0, "INVALID", id="INVALID"),
    pytest.param("shopify:bulk=limit-reached", 1, 0, "LIMIT_REACHED", id="LIMIT_REACHED"),
    pytest.param("shopify:bulk=in-progress", 1, 0, "OPERATION_IN_PROGRESS", id="OPERATION_IN_PROGRESS"),
    pytest.param(
        "shopify:access-denied=bulkOperationRunQuery/StartBulk", 1, 0, "access to .* denied", id="ACCESS_DENIED"
    ),
    pytest.param("shopify:503/StartBulk", 3, 0, "server fault", id="start 5xx"),
    pytest.param("shopify:bulk=failedx1", 2, 1, "", id="FAILED with partial data once"),
    pytest.param("shopify:bulk=failed", 2, 0, "whole file", id="FAILED with partial data always"),
    pytest.param("shopify:bulk=canceledx1", 2, 1, "", id="CANCELED once"),
    pytest.param("shopify:bulk=canceled", 2, 0, "whole file", id="CANCELED always"),
    pytest.param("shopify:bulk=expiredx1", 2, 1, "", id="EXPIRED once"),
    pytest.param("shopify:bulk=no-filex1", 2, 1, "", id="objects counted but no file once"),
    pytest.param("shopify:bulk=no-file", 2, 0, "whole file", id="objects counted but no file always"),
    pytest.param("shopify:bulk=lost-filex1", 2, 2, "", id="url expired once"),
    pytest.param("shopify:bulk=missing-rowsx1", 2, 2, "", id="rows missing once"),
    pytest.param("shopify:bulk=missing-rows", 2, 2, "whole file", id="rows missing always"),
    pytest.param("shopify:bulk=left-outx1", 2, 2, "", id="an order missing and not counted once"),
    pytest.param("shopify:bulk=left-out", 2, 2, "whole file", id="an order missing and not counted always"),
    pytest.param("shopify:bulk=half-filex1", 2, 4, "", id="file truncated once"),
    pytest.param("shopify:bulk=html", 2, 6, "whole file", id="html always"),
    pytest.param("shopify:cutx1/.jsonl", 1, 2, "", id="download cut once"),
    pytest.param("shopify:truncatedx2/.jsonl", 1, 3, "", id="download truncated twice"),
    pytest.param("shopify:hangupx1/.jsonl", 1, 2, "", id="connection closed once"),
    pytest.param("shopify:502-htmlx2/.jsonl", 1, 3, "", id="gateway twice"),
    pytest.param("shopify:503/.jsonl", 2, 6, "whole file", id="5xx always"),
]


@pytest.mark.parametrize(("fault", "starts", "files", "words"), TROUBLES)
def test_no_trouble_with_bulk_operations_costs_an_order(
    shop: Shop, wanted: dict[str, Order], fault: str, starts: int, files: int, words: str
) -> None:
    shop.sandbox.faults.add(fault)

    orders = shop.read()

    assert (shop.asked(START_BULK), shop.asked(FILE)) == (starts, files)
    assert shop.asked(PAGES) == 2  # all pages, or the first before and what changed meanwhile after
    assert re.search(words, shop.warnings)
    assert bool(shop.warnings) == bool(words)
    assert orders == wanted
    assert shop.notes == {}


def test_nothing_matched_is_a_result_too(shop: Shop) -> None:
    shop.sandbox.faults = During("StartBulk", shop.world.orders.clear)

    assert shop.read() == {}
    assert (shop.asked(START_BULK), shop.asked(FILE), shop.warnings) == (1, 0, "")


def test_what_changes_while_the_operation_runs_is_read_afterwards(shop: Shop) -> None:
    changed = replace(refunded(7), updated_at=NOW + timedelta(minutes=1))
    new = replace(placed(500), updated_at=NOW + timedelta(minutes=2))
    shop.sandbox.faults = During("PollBulk", lambda: fill(shop.world, changed, new), number=2)

    orders = shop.read(OrderWindow(START, updated_before=NOW))

    assert len(orders["7"].refunds) == 1
    assert "500" in orders
    assert orders == shop.by_pages()


def test_no_order_goes_back_to_what_it_was_when_the_operation_began(shop: Shop) -> None:
    """A later state may have been stored by the runs in between."""
    begin(shop)
    shop.clock.pass_(hours=2)
    fill(shop.world, replace(refunded(7), updated_at=shop.clock.now))

    batches = list(shop.source().orders(WINDOW))

    assert shop.asked(START_BULK) == 1
    assert [len(whole(order).refunds) for batch in batches for order in batch if order.id == "7"] == [1]


def test_an_order_that_vanishes_while_the_operation_runs_is_left_out(shop: Shop) -> None:
    shop.sandbox.faults = During("/admin/bulk", lambda: shop.world.orders.__delitem__(str(ORDERS)))

    assert str(ORDERS) not in shop.read()


# --- waiting


def test_a_run_waits_ever_longer_but_not_for_ever_and_the_next_one_goes_on(shop: Shop) -> None:
    shop.sandbox.faults.add("shopify:bulk=endless")
    with pytest.raises(RetriableError, match=r"still RUNNING after 15 minutes; the next run .* goes on with it"):
        shop.read()
    assert shop.pauses[:6] == [1, 2, 4, 8, 16, 30]
    assert sum(shop.pauses) <= 930
    assert NOTE in shop.notes

    shop.clock.pass_(hours=1)
    shop.jobs[0].fate = ""

    assert shop.read() == shop.by_pages()
    assert shop.asked(START_BULK) == 1
    assert shop.notes == {}


def test_an_operation_that_runs_for_a_day_is_given_up(shop: Shop) -> None:
    shop.sandbox.faults.add("shopify:bulk=endless")
    with pytest.raises(RetriableError):
        shop.read()
    shop.clock.pass_(hours=24)

    orders = shop.read()

    assert "24 hours" in shop.warnings
    assert [job.status for job in shop.jobs] == ["CANCELING"]
    assert orders == shop.by_pages()
    assert shop.notes == {}


# --- going on with what an earlier run began


def begin(shop: Shop, window: OrderWindow = WINDOW) -> None:
    """A run that is killed after its first look."""

    def die(_seconds: float) -> None:
        raise KeyboardInterrupt

    source = shop.source(sleep=die)
    with pytest.raises(KeyboardInterrupt):
        list(source.orders(window))
    assert (len(shop.jobs), NOTE in shop.notes) == (1, True)


TO = START + timedelta(days=9)
LATER = timedelta(hours=4)
RESUMED = [
    pytest.param(WINDOW, WINDOW, 0, True, id="same window"),
    pytest.param(
        WINDOW, OrderWindow(START, updated_before=NOW + timedelta(hours=4)), 3, True, id="another upper bound"
    ),
    pytest.param(WINDOW, OrderWindow(START + timedelta(hours=2)), 0, True, id="begins later"),
    pytest.param(WINDOW, OrderWindow(START - timedelta(hours=2)), 0, False, id="begins earlier"),
    pytest.param(WINDOW, OrderWindow(START, processed_before=TO), 0, True, id="ends earlier"),
    pytest.param(OrderWindow(START, processed_before=TO), WINDOW, 0, False, id="ends later"),
    pytest.param(WINDOW, WINDOW, 167, True, id="file six days old"),
    pytest.param(WINDOW, WINDOW, 168, False, id="file seven days old"),
]


@pytest.mark.parametrize(("before", "window", "hours", "reused"), RESUMED)
def test_a_killed_run_is_gone_on_with_if_it_asked_for_enough(
    shop: Shop, before: OrderWindow, window: OrderWindow, hours: int, reused: bool
) -> None:
    begin(shop, before)
    shop.jobs[0].status = "COMPLETED"  # while nobody looked
    list(shop.jobs[0].work)
    shop.jobs[0].complete(1)
    shop.jobs[0].completed_at = NOW
    shop.clock.pass_(hours=hours)
    late = replace(refunded(9), updated_at=shop.clock.now)
    fill(shop.world, late)
    shop.last = shop.source(threshold=1)

    orders = {order.id: order for batch in shop.last.orders(window) for order in batch}
    kept_until_stored = set(shop.notes)
    shop.last.stored()

    assert kept_until_stored == {"bulk"}
    assert shop.asked(START_BULK) == (1 if reused else 2)
    assert shop.warnings == ""
    assert orders == shop.by_pages(window)
    assert shop.notes == {}


def test_a_running_operation_that_does_not_fit_is_cancelled(shop: Shop) -> None:
    begin(shop, OrderWindow(START, processed_before=TO))

    orders = shop.read()

    assert [job.status for job in shop.jobs] == ["CANCELING", "COMPLETED"]
    assert orders == shop.by_pages()


def test_an_operation_begun_by_another_version_is_not_used(shop: Shop) -> None:
    begin(shop)

    shop.read(version="2026-07")

    assert [job.status for job in shop.jobs] == ["CANCELING", "COMPLETED"]


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("no JSON", id="not JSON"),
        pytest.param('{"job": "gid://shopify/BulkOperation/9"}', id="of another profitsync"),
    ],
)
def test_a_note_that_cannot_be_read_is_no_hindrance(shop: Shop, note: str) -> None:
    shop.notes[NOTE] = note

    assert len(shop.read()) == ORDERS
    assert (shop.asked(START_BULK), shop.warnings, shop.notes) == (1, "", {})


def test_a_noted_operation_that_is_gone_is_done_again(shop: Shop) -> None:
    begin(shop)
    shop.jobs[0].file.close()
    shop.sandbox._shopify._shops[HOST].bulk.jobs.clear()

    assert shop.read() == shop.by_pages()
    assert (shop.asked(START_BULK), shop.warnings) == (2, "")


def test_a_small_window_leaves_the_noted_operation_to_its_own(shop: Shop) -> None:
    """An hourly run between two tries of a long backfill."""
    begin(shop)

    shop.read(OrderWindow(START + timedelta(hours=4)))

    assert NOTE in shop.notes
    assert shop.asked("CancelBulk") == 0


# --- what nobody noted

OURS = BulkQuery(Selection(fees=False), "2026-10").document(WINDOW)
LEFTOVERS = [
    pytest.param(OURS, 24, 2, "CANCELING", "", id="ours and older than anybody waits"),
    pytest.param(OURS, 23, 1, "RUNNING", "OPERATION_IN_PROGRESS", id="perhaps another process waits for it"),
    pytest.param(
        "{ orders { edges { node { id } } } }", 48, 1, "RUNNING", "OPERATION_IN_PROGRESS", id="somebody else's"
    ),
]


@pytest.mark.parametrize(("document", "hours", "starts", "status", "words"), LEFTOVERS)
def test_only_forgotten_operations_of_ours_are_cancelled_to_make_room(
    open_shop: Open, document: str, hours: int, starts: int, status: str, words: str
) -> None:
    shop = open_shop(most=1)
    begun = "mutation M($q: String!) { bulkOperationRunQuery(query: $q) { userErrors { code } } }"
    shop.source(None)._client.ask(begun, {"q": document}, dict)
    shop.clock.pass_(hours=hours)
    # Shopify frees the slot once the operation has ended
    freed = During("StartBulk", lambda: setattr(shop.jobs[0], "status", "CANCELED"), number=2)
    shop.sandbox.faults = freed

    orders = shop.read()

    assert shop.asked(START_BULK) == starts
    assert shop.jobs[0].status == ("CANCELED" if status == "CANCELING" else status)
    assert words in shop.warnings
    assert orders == shop.by_pages()


# --- secrets


@pytest.mark.parametrize("fault", ["shopify:cut/.jsonl", "shopify:bulk=lost-file", "shopify:bulk=missing-rows"])
def test_the_address_of_the_file_is_told_to_nobody(
    shop: Shop, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "profitsync")
    shop.sandbox.faults.add(fault)

    shop.read()

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("profitsync")]
    told = "\n".join([*ours, shop.warnings, *shop.notes.values()])
    assert "bulk operation came to nothing" in told
    assert not any(job.signature in told for job in shop.jobs)
    assert all(job.signature not in repr(job) for job in shop.jobs)
