"""Whatever an API answers: facts that both stores hold digit for digit, or an error of the source. Nothing else.

More by hand: PROFITSYNC_HOSTILE_ANSWERS=20000 PROFITSYNC_HOSTILE_SEED=7 python -m pytest THIS_FILE
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import bson
import pytest
from hypothesis import given

from profitsync.domain.ads import AdDay
from profitsync.domain.costs import CostBook
from profitsync.domain.days import shop_day
from profitsync.domain.ledger import movements
from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.money import rounded
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.services.ingest import index_order, index_shipment
from profitsync.sources.errors import SourceError
from profitsync.sources.gate import Gate
from profitsync.sources.http import HttpClient
from profitsync.sources.meta import MetaSource
from profitsync.sources.protocol import Notebook, TokenCache
from profitsync.sources.shiprocket import ShiprocketSource
from profitsync.sources.shopify import ShopifySource, StaticToken
from profitsync.sources.shopify.bulk_job import BulkJob
from profitsync.sources.shopify.bulk_spool import BulkSpool
from profitsync.stores.documents import CODEC, from_document, to_document
from profitsync.stores.slips import whole
from profitsync.stores.sqlite import SqliteStore
from tests.records import field_names, is_record
from tests.sources import meta_samples as meta
from tests.sources import shiprocket_samples as shiprocket
from tests.sources import shopify_samples as shopify
from tests.sources.hostile import SEED, Raw, Wire, changed, dice, encoded, leaves, seeded, with_value, worst_case

NOW = shopify.NOW
ENDS_OF_THE_WORLD = tuple(ZoneInfo(name) for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"))
U = "u1"

ORDERS = {
    "Orders": shopify.orders_answer(
        shopify.order(refunds=[shopify.ref("Refund", 900)], edited=True, subtotalPriceSet=shopify.bag("1890.0"),
                      presentmentCurrencyCode="INR", cancelledAt="2026-11-06T08:00:00Z"),
        shopify.order(451),
        counted=2,
    ),
    "OrderDetails": shopify.nodes_answer(
        shopify.details(refunds=[shopify.refund(orderAdjustments=shopify.page(shopify.adjustment()))],
                        fulfillments=[shopify.fulfillment(shopify.fulfilled())])
    ),
    "OrderAgreements": shopify.nodes_answer(
        {**shopify.ref("Order", 450), "agreements": shopify.page(shopify.agreement(shopify.sale()))}
    ),
}  # fmt: skip
for _answer in ORDERS.values():
    _answer["extensions"] = {
        "cost": {
            "requestedQueryCost": 101, "actualQueryCost": 46,
            "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1954, "restoreRate": 100.0},
        }
    }  # fmt: skip
COSTS = {
    "UnitCosts": shopify.nodes_answer(
        {**shopify.ref("ProductVariant", 1), "sku": "S", "inventoryItem": {"unitCost": shopify.coded("400.0")},
         "product": {**shopify.ref("Product", 2), "title": "Kurta"}}
    )
}  # fmt: skip
BULK = {
    "order": {name: value for name, value in shopify.order().items() if name not in ("lineItems", "shippingLines")}
    | {"__typename": "Order"},
    "line": {**shopify.line(), "__typename": "LineItem", "__parentId": "gid://shopify/Order/450"},
    "shipping": {**shopify.shipping_line(), "__typename": "ShippingLine", "__parentId": "gid://shopify/Order/450"},
}  # fmt: skip
ADS = {
    "insights": meta.page(meta.row(), meta.row("2026-11-03")),
    "act_123": {"currency": "INR", "timezone_name": "Asia/Kolkata", "name": "Kapda", "account_status": 1},
}
PARCELS = {
    "orders": shiprocket.page(
        shiprocket.order(), shiprocket.order(2, shipments=[shiprocket.parcel(2), shiprocket.parcel(3)])
    ),
    "shipments": shiprocket.page(
        {
            "id": 698100002,
            "order_id": 700100002,
            "created_at": "3rd Nov 2026 01:00 PM",
            "charges": shiprocket.BILL,
        },
        {
            "id": 698100003,
            "order_id": 700100002,
            "created_at": "3rd Nov 2026 01:00 PM",
            "charges": shiprocket.BILL,
        },
    ),
    "all": shiprocket.page({"id": 1, "shipment_id": 698100001}),
}


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = SqliteStore(str(tmp_path_factory.mktemp("hostile") / "store.db"))
    store.prepare()
    yield store
    store.close()


def client(name: str, answers: Mapping[str, bytes], headers: Mapping[str, str] | None = None) -> HttpClient:
    pauses: list[float] = []
    return HttpClient(
        name, sleep=pauses.append, rng=dice(), clock=lambda: NOW, session=Wire(answers, headers)
    )  # fmt: skip


def shop(answers: Mapping[str, bytes], **headers: str) -> ShopifySource:
    http = client("Shopify", answers, headers)
    return ShopifySource(http, base_url=shopify.BASE, version="2026-10", credentials=StaticToken(shopify.TOKEN))


def ads(answers: Mapping[str, bytes]) -> MetaSource:
    notes: dict[str, str | None] = {}
    return MetaSource(
        client("Meta", answers), base_url=meta.BASE, version="v26.0", account_ids=["123"], token=meta.TOKEN,
        clock=lambda: NOW, sleep=lambda _s: None, gate=Gate(),
        notebook=Notebook(notes.get, lambda name, text: notes.update({name: text})),
    )  # fmt: skip


def courier(answers: Mapping[str, bytes]) -> ShiprocketSource:
    notes: dict[str, str | None] = {}
    until = NOW + timedelta(days=5)
    return ShiprocketSource(
        client("Shiprocket", answers), base_url=shiprocket.BASE, email="a@b.example", password="p",
        cache=TokenCache(load=lambda: (shiprocket.KEPT, until), save=lambda _t, _u: None),
        notebook=Notebook(notes.get, lambda name, text: notes.update({name: text})), clock=lambda: NOW,
    )  # fmt: skip


def numbers(value: Any) -> Iterator[Decimal | int]:
    """Every number in a fact."""
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        yield value
    elif is_record(value):
        for name in field_names(value):
            yield from numbers(getattr(value, name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from numbers(one)


def hold(store: SqliteStore, facts: Sequence[Order | Shipment]) -> None:
    """They are sound, and SQLite gives each back as it is."""
    are_sound(facts)
    for fact in facts:
        holds_in_sqlite(store, fact)


def are_sound(facts: Sequence[Any]) -> None:
    """Their numbers lie within bounds, and MongoDB gives each back as it is."""
    for number in numbers(facts):
        assert math.isfinite(number), number
        assert -(10**18) < number < 10**18, number
    for fact in facts:
        holds_in_mongodb(fact)


def holds_in_mongodb(fact: Any) -> None:
    """As the driver writes it and reads it back."""
    options: Any = CODEC
    found = bson.decode(bson.encode(to_document(fact), codec_options=options), options)
    assert without_micros(from_document(found, type(fact))) == without_micros(fact)


def without_micros(value: Any) -> Any:
    """BSON keeps milliseconds, which is documented."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if is_record(value):
        return tuple(without_micros(getattr(value, name)) for name in field_names(value))
    if isinstance(value, tuple):
        return tuple(without_micros(one) for one in value)
    return value


def holds_in_sqlite(store: SqliteStore, fact: Order | Shipment) -> None:
    """Found again by its id and by each key."""
    zone = ENDS_OF_THE_WORLD[0]
    indexed = index_order(fact, zone) if isinstance(fact, Order) else index_shipment(fact, zone)
    kind = "orders" if isinstance(fact, Order) else "shipments"
    getattr(store, f"put_{kind}")(U, [indexed])
    try:
        assert getattr(store, f"{kind}_by_id")(U, [fact.id]) == {fact.id: fact}
        for key in indexed.keys:
            assert fact in getattr(store, f"{kind}_by_key")(U, [key])
    finally:
        store.delete_orders(U, [fact.id])


def books(order: Order, parcels: Sequence[Shipment] = ()) -> None:
    """What it adds to its days can be computed and shown in each zone."""
    for zone in ENDS_OF_THE_WORLD:
        for one in movements(order, parcels, CostBook(()), MerchantSettings(), zone):
            assert all(rounded(amount).is_finite() for amount in one.money.values())


AMOUNTS = (
    "0", "-0.01", "0.005", "1234567.89", "9007199254740993", "0.1000000000000000055511151231257827", "1e3", "1E-7",
    "-9999999999999.99", "9999999999999.999999999999", "10000000000000", "1e400", "1e-400", "NaN", "1_0",
    "12345678901234567890.12",
)  # fmt: skip


def _money_of(name: str) -> bool:
    return name in ("amount", "spend", "price", "cod_charges", "freight_charges", "billing_amount") or (
        name.startswith(("applied_weight_amount", "charged_weight_amount"))
    )


def _read_orders(answers: dict[str, bytes]) -> list[Any]:
    return [order for batch in shop(answers).orders(shopify.WINDOW) for order in batch]


def _read_ads(answers: dict[str, bytes]) -> list[Any]:
    return ads(answers).days(date(2026, 11, 1), date(2026, 11, 5))


def _read_parcels(answers: dict[str, bytes]) -> list[Any]:
    return [one for batch in courier(answers).created(shiprocket.FIRST, shiprocket.LAST) for one in batch]


EVERY_AMOUNT = [
    pytest.param(read, good, path, id=f"{read.__name__}-{'-'.join(map(str, path))}")
    for read, good in ((_read_orders, ORDERS), (_read_ads, ADS), (_read_parcels, PARCELS))
    for path in leaves(good, _money_of)
    if path[:3] != ("orders", "data", 1)  # of a split order, whose bill speaks of no single parcel
]


@pytest.mark.parametrize(("read", "good", "path"), EVERY_AMOUNT[:: 1 if SEED else 12])
def test_an_amount_arrives_digit_for_digit_or_not_at_all(
    read: Callable[[dict[str, bytes]], list[Any]], good: dict[str, Any], path: Any
) -> None:
    def found(value: Any) -> list[Fraction]:
        changed = with_value(good, path, value)
        return [Fraction(one) for one in numbers(read({name: encoded(one) for name, one in changed.items()}))]

    before = found("1")
    taken = 0
    for text in AMOUNTS:
        for value in (text, Raw(text)):
            try:
                after = found(value)
            except SourceError:
                continue
            taken += 1
            step = Fraction(text) - 1
            # Amounts are added up, taken off, or counted for each of two units; nothing else becomes of them.
            assert {(b - a) / step for a, b in zip(before, after, strict=True)} <= {-2, -1, 0, 1, 2}, text
            assert after != before or text == "1", text
    assert taken >= 10


@worst_case
@seeded()
@given(answers=changed(ORDERS))
def test_orders_that_are_not_as_promised_become_whole_facts_or_an_error(
    sqlite: SqliteStore, answers: dict[str, bytes]
) -> None:
    try:
        orders = [whole(order) for batch in shop(answers).orders(shopify.WINDOW) for order in batch]
    except SourceError:
        return
    hold(sqlite, orders)
    for order in orders:
        books(order)


@worst_case
@seeded()
@given(answers=changed(COSTS))
def test_costs_per_item_that_are_not_as_promised_become_costs_or_an_error(answers: dict[str, bytes]) -> None:
    try:
        costs = shop(answers).unit_costs(["1"])
    except SourceError:
        return
    are_sound(costs)


@worst_case
@seeded()
@given(rows=changed(BULK))
def test_rows_of_a_bulk_file_that_are_not_as_promised_become_whole_facts_or_an_error(
    sqlite: SqliteStore, rows: dict[str, bytes]
) -> None:
    job = BulkJob("gid://shopify/BulkOperation/1", "COMPLETED", NOW, "3", "1")
    source = shop({})
    try:
        with closing(BulkSpool()) as spool:
            spool.fill(list(rows.values()), job)
            nodes = [source._list.order(raw) for batch in spool.orders(10) for raw in batch]
        orders = [source._mapped(node, None, None) for node in nodes]
    except SourceError:
        return
    hold(sqlite, orders)


@worst_case
@seeded()
@given(answers=changed(ADS))
def test_ad_days_that_are_not_as_promised_become_whole_facts_or_an_error(
    sqlite: SqliteStore, answers: dict[str, bytes]
) -> None:
    source = ads(answers)
    try:
        source.accounts()
        rows = source.days(date(2026, 11, 1), date(2026, 11, 5))
    except SourceError:
        return
    are_sound(rows)
    assert all(isinstance(row, AdDay) for row in rows)
    assert len({row.day for row in rows}) == len(rows)
    sqlite.put_ad_days(U, rows)


@worst_case
@seeded()
@given(answers=changed(PARCELS))
def test_parcels_that_are_not_as_promised_become_whole_facts_or_an_error(
    sqlite: SqliteStore, answers: dict[str, bytes]
) -> None:
    source = courier(answers)
    try:
        parcels = [one for batch in source.created(shiprocket.FIRST, shiprocket.LAST) for one in batch]
        attempts = source.failed_attempts(shiprocket.FIRST, shiprocket.LAST)
    except SourceError:
        return
    hold(sqlite, parcels)
    for parcel in parcels:
        assert all(shop_day(parcel.created_at, zone) for zone in ENDS_OF_THE_WORLD)
    assert all(isinstance(one, str) and len(one) < 100 for one in attempts)
