"""The worked example as the three APIs show it on 5 November."""

from datetime import date
from typing import Any

import pytest

from profitsync.sandbox.render_meta import account_node, insights_row
from profitsync.sandbox.render_shiprocket import ndr_item, order_item
from profitsync.sandbox.render_shopify import order_node, shop_node, variant_node
from profitsync.sandbox.world import MetaWorld, ShiprocketWorld, ShopifyWorld, World
from profitsync.sandbox.worlds.example import example


@pytest.fixture
def world() -> World:
    return example()


@pytest.fixture
def shop(world: World) -> ShopifyWorld:
    assert world.shopify is not None
    return world.shopify


@pytest.fixture
def ads(world: World) -> MetaWorld:
    assert world.meta is not None
    return world.meta


@pytest.fixture
def carrier(world: World) -> ShiprocketWorld:
    assert world.shiprocket is not None
    return world.shiprocket


@pytest.mark.parametrize(
    ("name", "total", "tax", "received", "refunded", "outstanding"),
    [
        ("1001", "1890.0", "90.0", "1890.0", "945.0", "0.0"),
        ("1002", "1680.0", "80.0", "0.0", "0.0", "1680.0"),
        ("1003", "1050.0", "50.0", "1050.0", "0.0", "0.0"),
    ],
)
def test_totals_of_the_orders(
    shop: ShopifyWorld, name: str, total: str, tax: str, received: str, refunded: str, outstanding: str
) -> None:
    node = order_node(shop.orders[name], shop)

    assert _amounts(node, "totalPriceSet", "totalTaxSet") == [total, tax]
    assert _amounts(node, "totalReceivedSet", "totalRefundedSet") == [received, refunded]
    assert _amounts(node, "totalOutstandingSet") == [outstanding]


def test_one_unit_of_a_is_refunded_and_restocked(shop: ShopifyWorld) -> None:
    node = order_node(shop.orders["1001"], shop)
    back = node["refunds"][0]["refundLineItems"][0]

    assert (back["quantity"], back["restockType"], back["restocked"]) == (1, "RETURN", True)
    assert _amounts(back, "subtotalSet", "totalTaxSet") == ["945.0", "45.0"]
    assert _amounts(node, "currentTotalPriceSet", "currentSubtotalPriceSet") == ["945.0", "945.0"]
    assert [one["reason"] for one in node["agreements"]] == ["ORDER", "REFUND"]


def test_c_is_placed_on_the_2nd_in_utc_and_its_customer_is_returning(shop: ShopifyWorld) -> None:
    node = order_node(shop.orders["1003"], shop)

    assert node["processedAt"] == "2026-11-02T19:00:00Z"
    assert node["customer"]["numberOfOrders"] == "2"
    assert node["customerJourneySummary"]["customerOrderIndex"] == 2


def test_p3_has_no_cost(shop: ShopifyWorld) -> None:
    costs = [variant_node(one, shop)["inventoryItem"]["unitCost"] for one in shop.variants.values()]

    assert [cost and cost["amount"] for cost in costs] == ["400.0", "600.0", None]
    assert shop_node(shop)["ianaTimezone"] == "Asia/Kolkata"


def test_the_3rd_has_no_ad_row(ads: MetaWorld) -> None:
    rows = [insights_row(ads, day, draft) for day, draft in ads.days.items()]

    assert [row["date_start"][-2:] for row in rows] == ["02", "04", "05"]
    assert [(row["spend"], row["impressions"], row["inline_link_clicks"]) for row in rows] == [
        ("600", "20000", "300"),
        ("300", "12000", "150"),
        ("200", "8000", "80"),
    ]
    assert account_node(ads)["timezone_offset_hours_utc"] == 5.5


def test_a_day_without_link_clicks_lacks_the_field(ads: MetaWorld) -> None:
    quiet = ads.days[date(2026, 11, 5)]
    quiet.link_clicks = quiet.clicks = 0
    row = insights_row(ads, date(2026, 11, 5), quiet)

    assert not {"inline_link_clicks", "cpc", "outbound_clicks", "actions", "purchase_roas"} & set(row)
    assert row["clicks"] == "0"


def test_b_came_back_and_is_billed(carrier: ShiprocketWorld) -> None:
    item = order_item(carrier.orders[700100202])
    parcel, charges = item["shipments"][0], item["awb_data"]["charges"]

    assert (item["status"], item["status_code"], parcel["status"], item["cod"]) == ("RTO DELIVERED", 16, 10, 1)
    assert (parcel["rto_initiated_date"], parcel["rto_delivered_date"]) == (
        "2026-11-04 17:00:00",
        "2026-11-05 12:00:00",
    )
    assert float(charges["billing_amount"]) == 163.4
    assert ndr_item(carrier.ndr[0])["shipment_id"] == parcel["id"]


def test_registering_takes_every_credential(world: World) -> None:
    assert world.user_json() == {
        "email": "example@sandbox.example",
        "shopifyStore": "worked-example.myshopify.com",
        "shopifyAccessToken": "sandbox-shopify-example",
        "metaAccessToken": "sandbox-meta-example",
        "metaAdAccountId": "1002003004",
        "shiprocketEmail": "api@worked-example.example",
        "shiprocketPassword": "sandbox-shiprocket-example",
    }


def test_a_shop_without_token_registers_with_client_credentials(world: World, shop: ShopifyWorld) -> None:
    shop.access_token, shop.client_id, shop.client_secret = None, "client", "hidden"

    assert world.user_json()["shopifyClientId"] == "client"
    assert "shopifyAccessToken" not in world.user_json()


def test_no_credential_shows_in_a_repr(world: World) -> None:
    assert "sandbox-" not in repr(world)


def _amounts(node: Any, *names: str) -> list[str]:
    return [node[name]["shopMoney"]["amount"] for name in names]
