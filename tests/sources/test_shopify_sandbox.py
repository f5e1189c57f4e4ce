"""The source against a real server on loopback: what a shop holds is what comes out."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from profitsync.domain.orders import Order
from profitsync.sandbox.cost import BucketSize
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import (
    AdjustmentDraft,
    EditDraft,
    FulfillmentDraft,
    LineDraft,
    OrderDraft,
    RefundDraft,
    RefundLineDraft,
    RefundShippingDraft,
    ShippingDraft,
    ShopifyWorld,
    TransactionDraft,
    VariantDraft,
    World,
)
from profitsync.sources.errors import CredentialsError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import OrderWindow, TokenCache
from profitsync.sources.shopify import ClientCredentials, Credentials, ShopifySource, StaticToken
from profitsync.stores.slips import whole

HOST = "kapda.myshopify.com"
TOKEN = "shpat_sandbox"
START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(days=20)
WINDOW = OrderWindow(START)
D = Decimal


def placed(number: int, *, lines: int = 1) -> OrderDraft:
    at = START + timedelta(hours=number)
    return OrderDraft(
        id=str(number),
        name=f"#{number}",
        created_at=at,
        processed_at=at,
        updated_at=at,
        lines=tuple(
            LineDraft(
                f"{number}{place:04d}", "Kurta", 2, D("105"), sku=f"K{place}", tax=D("10"), tax_rate=D("0.05")
            )
            for place in range(lines)
        ),
        shipping=(ShippingDraft("1", D("50"), tax=D("2.38"), tax_rate=D("0.05")),),
        gateways=("razorpay",),
        customer_id="7",
        customer_orders=2,
        customer_order_index=1,
        payments=(TransactionDraft(f"{number}1", "SALE", D("260"), at, "razorpay"),),
    )


def refunded(number: int, *, lines: int = 1, refunds: int = 1) -> OrderDraft:
    order = placed(number, lines=lines)
    at = order.processed_at + timedelta(days=1)
    back = tuple(
        RefundDraft(
            id=f"{number}{place:02d}",
            at=at + timedelta(hours=place),
            lines=tuple(RefundLineDraft(line.id, 1, D("105"), D("5")) for line in order.lines),
            shipping=(RefundShippingDraft("5", D("50"), D("2.38")),),
            transactions=(TransactionDraft(f"{number}9{place}", "REFUND", D("155"), at, "razorpay"),),
        )
        for place in range(refunds)
    )
    sent = FulfillmentDraft(f"{number}8", order.processed_at, tuple((line.id, 2) for line in order.lines))
    return replace(order, updated_at=at, refunds=back, fulfillments=(sent,))


@pytest.fixture
def world() -> ShopifyWorld:
    return ShopifyWorld(
        HOST, "INR", "Asia/Kolkata", True, access_token=TOKEN, client_id="id-1", client_secret="secret-1"
    )


@pytest.fixture
def sandbox(world: ShopifyWorld) -> Iterator[Sandbox]:
    bucket = BucketSize(capacity=100_000, restore_rate=100)
    with Sandbox([World("kapda", shopify=world)], clock=lambda: NOW, bucket=bucket) as server:
        yield server


def client() -> HttpClient:
    return HttpClient(
        "Shopify",
        sleep=lambda _: None,
        rng=random.Random(1),  # noqa: S311 - jitter
        clock=lambda: NOW,
    )


def source(sandbox: Sandbox, credentials: Credentials | None = None) -> ShopifySource:
    return ShopifySource(
        client(),
        base_url=f"{sandbox.url}/shopify/{HOST}",
        version="2026-10",
        credentials=credentials or StaticToken(TOKEN),
    )


def fill(world: ShopifyWorld, *orders: OrderDraft) -> None:
    world.orders.update({order.id: order for order in orders})


def read(sandbox: Sandbox, window: OrderWindow = WINDOW) -> dict[str, Order]:
    return {order.id: whole(order) for batch in source(sandbox).orders(window) for order in batch}


def test_every_page_of_the_list_is_read(sandbox: Sandbox, world: ShopifyWorld) -> None:
    fill(world, *(placed(number) for number in range(1, 122)))

    orders = read(sandbox)

    assert list(orders) == [str(number) for number in range(1, 122)]
    assert len(sandbox.requests) == 3


def test_a_window_brings_only_what_changed(sandbox: Sandbox, world: ShopifyWorld) -> None:
    fill(world, placed(1), placed(30), replace(placed(2), updated_at=NOW))

    assert list(read(sandbox, OrderWindow(START + timedelta(hours=20)))) == ["30", "2"]
    assert list(read(sandbox, OrderWindow(START, processed_before=START + timedelta(hours=3)))) == ["1", "2"]


def test_long_inner_lists_arrive_whole(sandbox: Sandbox, world: ShopifyWorld) -> None:
    fill(world, refunded(1, lines=600, refunds=2))

    order = read(sandbox)["1"]

    assert [line.sku for line in order.lines] == [f"K{place}" for place in range(600)]
    assert [len(refund.lines) for refund in order.refunds] == [600, 600]
    assert sum(units for _, units in order.fulfilled or ()) == 1200


def test_more_refunds_than_come_at_once_arrive_whole(sandbox: Sandbox, world: ShopifyWorld) -> None:
    fill(world, refunded(1, refunds=25))

    assert len(read(sandbox)["1"].refunds) == 25


def test_lists_without_a_cursor_arrive_whole(sandbox: Sandbox, world: ShopifyWorld) -> None:
    """More transactions and fulfillments than come at once; a fulfillment that was cancelled moved no goods."""
    order = refunded(1, lines=3)
    paid = tuple(replace(order.payments[0], id=str(number)) for number in range(60))
    sent = tuple(
        FulfillmentDraft(str(number), order.processed_at, ((order.lines[number % 3].id, 1),),
                         status="CANCELLED" if number % 2 else "SUCCESS")
        for number in range(50)
    )  # fmt: skip
    fill(world, replace(order, payments=paid, fulfillments=sent))

    whole = read(sandbox)["1"]

    assert len(whole.payments) == 60 + 1  # the refund's own
    assert sum(units for _, units in whole.fulfilled or ()) == 25


def test_many_shipping_lines_and_refunded_ones_arrive_whole(sandbox: Sandbox, world: ShopifyWorld) -> None:
    order = refunded(1)
    charges = tuple(ShippingDraft(str(number), D(number), removed=number == 3) for number in range(1, 9))
    back = replace(
        order.refunds[0],
        shipping=tuple(RefundShippingDraft(str(number), D(number)) for number in range(1, 9)),
        adjustments=tuple(AdjustmentDraft(str(number), D(number)) for number in range(1, 9)),
        transactions=tuple(replace(order.refunds[0].transactions[0], id=str(number)) for number in range(1, 9)),
    )
    fill(world, replace(order, shipping=charges, refunds=(back,)))

    whole = read(sandbox)["1"]

    assert sum(charge.price for charge in whole.shipping) == 36 - 3
    assert sum(charge.price for charge in whole.refunds[0].shipping) == 36
    assert sum(one.amount for one in whole.refunds[0].adjustments) == 36


def test_amounts_days_and_buyers_come_through(sandbox: Sandbox, world: ShopifyWorld) -> None:
    fill(world, refunded(1))

    order = read(sandbox)["1"]

    assert (order.currency, order.taxes_included, order.customer_order_index) == ("INR", True, 1)
    assert (order.lines[0].unit_price, order.lines[0].tax, order.lines[0].tax_rate) == (D(105), D(10), D("0.05"))
    assert (order.shipping[0].price, order.shipping[0].tax) == (D(50), D("2.38"))
    assert (order.refunds[0].amount, order.refunds[0].settled) == (D(155), True)
    assert order.refunds[0].lines[0].line_id == order.lines[0].id
    assert order.payments[0].amount == 260


def test_a_long_edited_order_brings_its_whole_audit_trail(sandbox: Sandbox, world: ShopifyWorld) -> None:
    order = placed(1, lines=30)
    edits = tuple(EditDraft(str(n), START + timedelta(days=2, hours=n), order.lines[0].id, -1) for n in range(8))
    many = replace(order, lines=(replace(order.lines[0], quantity=20), *order.lines[1:]))
    fill(world, replace(many, edited=True, edits=edits))

    sales = read(sandbox)["1"].sales

    assert sales is not None
    assert sum(1 for sale in sales if sale.reason == "ORDER" and sale.line_type == "PRODUCT") == 30
    assert [sale.quantity for sale in sales if sale.reason == "ORDER_EDIT"] == [-1] * 8


def test_an_adjusted_refund_of_goods_brings_its_sign(sandbox: Sandbox, world: ShopifyWorld) -> None:
    order = refunded(1)
    adjusted = replace(order.refunds[0], adjustments=(AdjustmentDraft("3", D("21"), D("1")),))
    fill(world, replace(order, refunds=(adjusted,)))

    sales = read(sandbox)["1"].sales

    [found] = [sale for sale in sales or () if sale.line_type == "ADJUSTMENT"]
    assert (found.amount, found.tax, found.refund_id) == (D(21), D(1), order.refunds[0].id)


def test_unit_costs_of_known_variants_are_told(sandbox: Sandbox, world: ShopifyWorld) -> None:
    known = VariantDraft("5", "50", "Kurta", D("105"), START, START, unit_cost=D("40.5"))
    world.variants["5"] = known
    world.variants["6"] = replace(known, id="6", unit_cost=None)

    costs = source(sandbox).unit_costs(["5", "6", "7"])

    assert [(one.variant_id, one.amount) for one in costs] == [("5", D("40.5")), ("6", None)]


@pytest.mark.parametrize("scope", ["read_orders", "read_customers"])
def test_a_missing_scope_is_named(sandbox: Sandbox, world: ShopifyWorld, scope: str) -> None:
    fill(world, placed(1))
    world.scopes.remove(scope)

    with pytest.raises(CredentialsError, match=f"the app lacks {scope}; add that"):
        read(sandbox)


def test_an_app_trades_its_secret_for_a_token(sandbox: Sandbox, world: ShopifyWorld) -> None:
    kept: list[tuple[str, datetime]] = [("gone", NOW + timedelta(hours=1))]
    cache = TokenCache(load=lambda: kept[-1], save=lambda token, until: kept.append((token, until)))
    app = ClientCredentials(
        client(),
        base_url=f"{sandbox.url}/shopify/{HOST}",
        client_id="id-1",
        client_secret="secret-1",
        cache=cache,
        clock=lambda: NOW,
    )

    assert source(sandbox, app).shop().currency == "INR"
    assert len(kept) == 2


def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(CredentialsError, match="token was refused"):
        source(sandbox, StaticToken("shpat_wrong")).shop()
