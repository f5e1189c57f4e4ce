"""The wire shapes of single values and records."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from profitsync.sandbox.render_meta import number_text
from profitsync.sandbox.render_shiprocket import charges_object, no_date, order_item, order_show, shipment_item
from profitsync.sandbox.render_shopify import order_node
from profitsync.sandbox.render_values import amount_text
from profitsync.sandbox.world import (
    ChargesDraft,
    Connection,
    EditDraft,
    ItemDraft,
    LineDraft,
    OrderDraft,
    ParcelDraft,
    ShippingDraft,
    ShiprocketOrderDraft,
    ShopifyWorld,
    VariantDraft,
)

AT = datetime(2026, 11, 2, 18, 35, tzinfo=UTC)  # five past midnight on the 3rd in India


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("20", "20.0"),
        ("8.80", "8.8"),
        ("0", "0.0"),
        ("-0.00", "0.0"),
        ("0.295", "0.295"),
        ("1E+3", "1000.0"),
        ("-57.23", "-57.23"),
    ],
)
def test_shopify_amounts_are_trimmed_and_never_exponents(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("4505.80", "4505.8"), ("0", "0"), ("1E+2", "100"), ("1000", "1000")]
)
def test_meta_numbers_are_trimmed_without_a_forced_point(amount: str, text: str) -> None:
    assert number_text(Decimal(amount)) == text


def test_unknown_charges_are_placeholders_never_zero() -> None:
    seen = {str(value) for seed in range(4) for value in charges_object(ChargesDraft(), seed).values()}

    assert {"", "N/A", "-"} <= seen
    assert not {"0", "0.00", "0.0"} & seen


def test_known_charges_are_numbers_and_numeric_strings() -> None:
    charges = ChargesDraft(freight=Decimal("114.4"), cod=Decimal(47))
    seen = [
        charges_object(charges, seed)[name] for seed in range(4) for name in ("freight_charges", "cod_charges")
    ]

    assert {type(value) for value in seen} == {str, float, int}
    assert {float(value) for value in seen} == {114.4, 47.0}


def test_a_missing_date_has_many_spellings() -> None:
    assert {no_date(seed) for seed in range(12)} == {None, "", "NA", "N/A", "0000-00-00 00:00:00"}


def test_dates_are_indian_time_in_the_spelling_of_their_place() -> None:
    booking = _booking()
    item, shown = order_item(booking), order_show(booking)
    listed = shipment_item(booking.parcels[0], booking)

    assert item["created_at"] == item["channel_created_at"] == "3 Nov 2026, 12:05 AM"
    assert item["shipments"][0]["shipped_date"] == "2026-11-03 00:05:00"
    assert item["shipments"][0]["pickup_scheduled_date"] == "03/11/2026"
    assert (shown["created_at"], shown["order_date"]) == ("03 Nov 2026 12:05 AM", "03 Nov 2026")
    assert listed["created_at"] == "3rd Nov 2026 12:05 AM"


def test_the_list_has_shipments_and_strings_where_a_single_order_has_one_and_numbers() -> None:
    booking = _booking()
    item, shown = order_item(booking), order_show(booking)

    assert (item["total"], shown["total"]) == ("1299.00", 1299)
    assert (item["shipments"][0]["status"], shown["shipments"]["status"]) == (7, "DELIVERED")


def test_several_parcels_of_one_order_are_billed_in_the_shipments_list_only() -> None:
    booking = _booking()
    booking.parcels.append(booking.parcels[0])

    assert "awb_data" not in order_item(booking)
    assert "charges" in shipment_item(booking.parcels[0], booking)


def test_prices_without_tax_add_tax_to_the_total() -> None:
    node = order_node(_order(), _shop())

    assert _amount(node["subtotalPriceSet"]) == Decimal(180)
    assert _amount(node["totalPriceSet"]) == Decimal("227.8")  # 180 + 18 tax, 25 + 4.8 shipping
    assert _amount(node["agreements"][0]["sales"][0]["totalAmount"]) == Decimal(198)


def test_an_edit_moves_units_but_not_the_original_total() -> None:
    order = _order()
    order.edits = (EditDraft("1", AT, "71", 1), EditDraft("2", AT, "71", -1))
    node = order_node(order, _shop())

    assert [one["reason"] for one in node["agreements"]] == ["ORDER", "ORDER_EDIT", "ORDER_EDIT"]
    assert [one["sales"][0]["quantity"] for one in node["agreements"]] == [1, 1, -1]
    assert _amount(node["originalTotalPriceSet"]) == Decimal("128.8")
    assert _amount(node["currentTotalPriceSet"]) == Decimal("128.8")
    assert node["lineItems"][0]["currentQuantity"] == 1


def test_a_cancellation_without_a_refund_leaves_nothing_standing() -> None:
    order = _order()
    order.cancelled_at = AT
    node = order_node(order, _shop())

    assert _amount(node["currentTotalPriceSet"]) == _amount(node["totalOutstandingSet"]) == 0
    assert node["lineItems"][0]["currentQuantity"] == 0


def test_a_removed_shipping_line_is_shown_but_not_charged() -> None:
    order = _order()
    order.shipping = (ShippingDraft("1", Decimal(25), removed=True),)
    node = order_node(order, _shop())

    assert node["shippingLines"][0]["isRemoved"] is True
    assert _amount(node["totalPriceSet"]) == Decimal(198)


def test_a_deleted_variant_leaves_null_behind() -> None:
    shop = _shop()
    assert order_node(_order(), shop)["lineItems"][0]["variant"]["sku"] == "S"
    shop.variants.clear()
    line = order_node(_order(), shop)["lineItems"][0]

    assert line["variant"] is None
    assert line["product"] is None


def test_connections_are_told_from_lists() -> None:
    node = order_node(_order(), _shop())
    connections = {name for name in node if isinstance(node[name], Connection)}

    assert connections == {"lineItems", "shippingLines", "agreements"}
    assert {type(node[name]) for name in ("refunds", "transactions", "fulfillments")} == {list}


def test_reading_a_node_twice_gives_the_same_objects() -> None:
    node = order_node(_order(), _shop())

    assert node["agreements"] is node["agreements"]
    assert "agreements" in node
    assert len(node) == len(list(node)) == len(dict(node))


def _order() -> OrderDraft:
    line = LineDraft(
        "71", "Thing", 2, Decimal(100), "S", "81", "91", Decimal(20), True, Decimal(18), Decimal("0.1")
    )
    charge = ShippingDraft("31", Decimal(25), tax=Decimal("4.8"))
    return OrderDraft("1", "#1", AT, AT, AT, lines=(line,), shipping=(charge,))


def _shop() -> ShopifyWorld:
    variant = VariantDraft("91", "81", "Thing", Decimal(100), AT, AT, sku="S")
    return ShopifyWorld("x.myshopify.com", "INR", "Asia/Kolkata", taxes_included=False, variants={"91": variant})


def _booking() -> ShiprocketOrderDraft:
    parcel = ParcelDraft(1, AT, 7, "DELIVERED", "143", "Courier", 1, AT, AT, charges=ChargesDraft())
    items = (ItemDraft("Thing", "S", 1, Decimal(1299)),)
    return ShiprocketOrderDraft(1, "#1", AT, AT, "DELIVERED", 7, False, Decimal(1299), items, [parcel])


def _amount(bag: dict[str, dict[str, str]]) -> Decimal:
    return Decimal(bag["shopMoney"]["amount"])
