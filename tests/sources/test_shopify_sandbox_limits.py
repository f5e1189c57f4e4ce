"""The source against a real server that is slow, poor, short, forgetful or wrong; its time passes by waiting."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from profitsync.sandbox.cost import BucketSize
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import ShopifyWorld, World
from profitsync.sources.errors import BadResponseError, CredentialsError, RetriableError, SourceError
from profitsync.sources.findings import Level
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import OrderWindow, Placed, TokenCache
from profitsync.sources.shopify import ClientCredentials, Credentials, ShopifySource, StaticToken
from profitsync.stores.slips import whole
from tests.sources.test_shopify_sandbox import HOST, NOW, START, TOKEN, WINDOW, fill, placed, refunded

EVERYTHING = Placed(START, NOW)
REFUSED = "the bucket of query points is too empty"  # in the log, at each refusal


@dataclass
class Stand:
    """A sandbox and a source that share a clock, which only pauses move."""

    world: ShopifyWorld
    sandbox: Sandbox
    now: datetime = NOW

    def source(self, credentials: Credentials | None = None, version: str = "2026-10") -> ShopifySource:
        return ShopifySource(
            self.http(), base_url=self.base_url, version=version, credentials=credentials or StaticToken(TOKEN)
        )

    def app(self) -> ClientCredentials:
        cache = TokenCache(load=lambda: None, save=lambda _token, _until: None)
        return ClientCredentials(
            self.http(), base_url=self.base_url, client_id="id-1", client_secret="secret-1", cache=cache,
            clock=lambda: self.now,
        )  # fmt: skip

    @property
    def base_url(self) -> str:
        return f"{self.sandbox.url}/shopify/{HOST}"

    def http(self) -> HttpClient:
        return HttpClient(
            "Shopify",
            sleep=self.pass_,
            rng=random.Random(1),  # noqa: S311 - jitter
            clock=lambda: self.now,
        )

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def fails(self, faults: str) -> None:
        self.sandbox.faults = Faults.parse(faults)


@pytest.fixture
def stand() -> Iterator[Stand]:
    """120 orders in a poor shop: 700 points, 35 per second."""
    world = ShopifyWorld(
        HOST, "INR", "Asia/Kolkata", True, access_token=TOKEN, client_id="id-1", client_secret="secret-1"
    )
    sandbox = Sandbox([World("kapda", shopify=world)], bucket=BucketSize(700, 35), clock=lambda: NOW)
    stand = Stand(world, sandbox)
    sandbox.clock = lambda: stand.now
    fill(world, *(placed(number) for number in range(1, 121)))
    with sandbox:
        yield stand


def read(source: ShopifySource, window: OrderWindow = WINDOW) -> set[str]:
    return {order.id for batch in source.orders(window) for order in batch}


def test_a_poor_shop_is_read_without_a_single_refusal_and_to_the_last_point(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """400 orders, every second one refunded: lists, details and their costs."""
    fill(stand.world, *((refunded if number % 2 else placed)(number) for number in range(1, 401)))
    begun = stand.now
    source = stand.source()

    found = read(source)

    given = 700 + 35 * (stand.now - begun).total_seconds()
    assert len(found) == 400
    assert REFUSED not in caplog.text
    assert given > 700
    assert given - source.points < 360  # what is left would not have paid for one more page


def test_two_programs_on_one_shop_get_through_although_they_are_refused_at_times(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    fill(stand.world, *(placed(number) for number in range(1, 301)))
    seen: tuple[set[str], set[str]] = (set(), set())

    for mine, yours in zip(stand.source().orders(WINDOW), stand.source().orders(WINDOW), strict=True):
        seen[0].update(order.id for order in mine)
        seen[1].update(order.id for order in yours)

    assert REFUSED in caplog.text
    assert len(seen[0]) == len(seen[1]) == 300


def test_a_token_that_ends_in_the_middle_of_a_sync_is_renewed(stand: Stand) -> None:
    batches = stand.source(stand.app()).orders(WINDOW)
    next(batches)
    stand.pass_(24 * 3600)

    rest = list(batches)

    assert sum(len(batch) for batch in rest) == 70
    granted = [record for record in stand.sandbox.requests if "access_token" in record.operation]
    assert len(granted) == 2
    assert {record.status for record in stand.sandbox.requests} == {200}


def test_a_token_that_shopify_takes_back_in_the_middle_of_a_sync_is_renewed_once(stand: Stand) -> None:
    stand.fails("shopify:credentials@2/Orders")

    assert len(read(stand.source(stand.app()))) == 120
    assert [record.status for record in stand.sandbox.requests].count(401) == 1


def test_a_pasted_token_that_is_taken_back_ends_the_read(stand: Stand) -> None:
    stand.fails("shopify:credentials@2/Orders")

    with pytest.raises(CredentialsError, match="revoked"):
        read(stand.source())


PASSING = [
    pytest.param("shopify:throttled@2/Orders", id="THROTTLED"),
    pytest.param("shopify:429=3@2", id="429 with a pause"),
    pytest.param("shopify:429=none@2", id="429 without one"),
    pytest.param("shopify:internal-error@1", id="server fault"),
    pytest.param("shopify:540-html@2", id="a gateway's page"),
    pytest.param("shopify:max-cost=200", id="MAX_COST_EXCEEDED"),
    pytest.param("shopify:time-out=20", id="large pages time out"),
    pytest.param("shopify:504-htmlx2", id="504"),
    pytest.param("shopify:short-page@1/Orders", id="a page that came short once"),
    pytest.param("shopify:empty-page@2/Orders", id="an empty page in the middle"),
    pytest.param("shopify:access-denied=orders.nodes.customerJourneySummary", id="an optional field denied"),
]


@pytest.mark.parametrize("faults", PASSING)
def test_what_passes_loses_no_order(stand: Stand, faults: str) -> None:
    stand.fails(faults)

    assert len(read(stand.source())) == 120


LASTING = [
    pytest.param("shopify:throttled", RetriableError, "too empty", id="THROTTLED"),
    pytest.param("shopify:max-cost=5", BadResponseError, "more points", id="MAX_COST_EXCEEDED"),
    pytest.param("shopify:time-out=0", RetriableError, "HTTP 504", id="time-outs"),
    pytest.param(
        "shopify:short-page=2/Orders", BadResponseError, "came with 114 orders .* counts 120", id="short"
    ),
    pytest.param("shopify:search-warning", BadResponseError, "'updated_at' was not understood", id="search"),
    pytest.param("shopify:string-errors", BadResponseError, "Something went wrong", id="errors as text"),
    pytest.param("shopify:map-errors", BadResponseError, "query", id="errors as object"),
    pytest.param("shopify:partly-null", BadResponseError, "unexpected shape", id="partly null"),
    pytest.param("shopify:not-found", BadResponseError, "does not exist", id="RESOURCE_NOT_FOUND"),
    pytest.param("shopify:code=undefinedField", BadResponseError, "undefinedField", id="undefinedField"),
    pytest.param("shopify:code=SHOP_INACTIVE", CredentialsError, "frozen or closed", id="SHOP_INACTIVE"),
    pytest.param(
        "shopify:access-denied=orders.nodes.lineItems", CredentialsError, "lineItems is denied", id="denied"
    ),
    pytest.param("shopify:402", CredentialsError, "frozen", id="402"),
    pytest.param("shopify:403", CredentialsError, "may not read", id="403"),
    pytest.param("shopify:404-html", CredentialsError, "no such shop", id="404"),
    pytest.param("shopify:423", CredentialsError, "locked", id="423"),
    pytest.param("shopify:430", BadResponseError, "malicious", id="430"),
    pytest.param("shopify:530", RetriableError, "HTTP 530", id="530"),
    pytest.param("shopify:redirect", BadResponseError, "answers as renamed.myshopify.com", id="redirect"),
]


@pytest.mark.parametrize(("faults", "error", "words"), LASTING)
def test_what_lasts_is_an_error_named_by_its_consequence(
    stand: Stand, faults: str, error: type[SourceError], words: str
) -> None:
    stand.fails(faults)

    with pytest.raises(error, match=words):
        read(stand.source())


def test_a_retired_version_is_answered_by_an_older_one_and_warned_about(stand: Stand) -> None:
    source = stand.source(version="2025-10")

    assert len(read(source)) == 120
    assert [text[:40] for text in source.warnings] == ["answered with API version 2026-01, not 2"]


def test_an_app_without_any_scope_has_a_token_and_reads_nothing(stand: Stand) -> None:
    stand.world.scopes.clear()
    source = stand.source(stand.app())

    assert source.shop().currency == "INR"
    with pytest.raises(CredentialsError, match="no access scopes at all"):
        read(source)
    assert [one.level for one in source.check() if one.topic == "scopes"] == [Level.PROBLEM]


def test_without_the_scope_for_products_orders_are_read_without_them(stand: Stand) -> None:
    stand.world.scopes.remove("read_products")
    source = stand.source()

    [order, *_] = [whole(order) for batch in source.orders(WINDOW) for order in batch]

    assert (order.lines[0].product_id, order.lines[0].sku) == (None, "K0")
    assert "costs are found by SKU only" in source.warnings[0]


def test_the_wall_hides_old_orders_and_a_check_says_so(stand: Stand) -> None:
    stand.world.scopes.remove("read_all_orders")
    stand.now = START + timedelta(days=62)
    source = stand.source()

    assert source.hidden_before(START) == stand.now - timedelta(days=60) + timedelta(hours=1)
    assert len(read(source)) == 120 - 48  # one an hour since the start
    assert "older than 60 days" in next(one.text for one in source.check() if one.topic == "history")


def test_deleted_orders_are_missing_from_counts_ids_and_by_id(stand: Stand) -> None:
    del stand.world.orders["7"]
    source = stand.source()

    orders, gone = source.orders_by_id(["6", "7", "8"])

    assert source.counts([EVERYTHING, Placed(START, START + timedelta(hours=8))]) == [119, 6]
    assert len(source.ids(EVERYTHING)) == 119
    assert [order.id for order in orders] == ["6", "8"]
    assert gone == {"7"}


def test_a_short_list_of_ids_is_no_proof_of_deletion(stand: Stand) -> None:
    stand.fails("shopify:short-page/OrderIds")

    with pytest.raises(BadResponseError, match="119 orders where Shopify counts 120"):
        stand.source().ids(EVERYTHING)


def test_an_order_whose_subtotal_differs_is_named(stand: Stand) -> None:
    fill(stand.world, replace(placed(5), subtotal=Decimal(250)))
    source = stand.source()

    gaps = {
        order.id: gap for batch in source.orders(WINDOW) for order in batch if (gap := whole(order).subtotal_gap)
    }

    assert gaps == {"5": Decimal(40)}
    assert source.warnings == [
        "order #5: its lines come to 210.0 INR, its subtotal to 250.0 INR; the lines are counted"
    ]


def test_the_check_compares_the_clocks(stand: Stand) -> None:
    stand.sandbox.clock = lambda: stand.now - timedelta(minutes=10)

    source = stand.source()

    [clock] = [one for one in source.check() if one.topic == "clock"]

    assert source.clock_ahead == timedelta(minutes=10)
    assert (clock.level, clock.text[:42]) == (Level.WARNING, "this machine is 600 s ahead of Shopify; se")
