"""What a row says when something is not known, not read, or not connected."""

from decimal import Decimal as D
from typing import Any

import pytest

from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY
from profitsync.domain.metrics import FIELDS, unknown_day
from tests.unit.builders import day
from tests.unit.day_rows import KNOWN, ad, figures, tally


def test_everything_known_is_complete() -> None:
    row = figures()

    assert row.complete
    assert row.sources == KNOWN
    shipped = {"deliveryRate", "rtoRate", "settledDeliveryRate", "settledRtoRate"}
    assert {name for name in FIELDS if row.values[name] is None} == shipped | {"adFxRate"}


@pytest.mark.parametrize("source", [SHOPIFY, META, SHIPROCKET])
def test_a_stale_source_keeps_its_values_and_makes_the_day_incomplete(source: str) -> None:
    row = figures(None, basis="net", **{source: "stale"})

    assert row.values == figures().values
    assert not row.complete


def test_ads_never_read_leave_their_fields_and_everything_built_on_them_unknown() -> None:
    row = figures(tally(), meta="missing")

    blank = {name for name in FIELDS if row.values[name] is None}
    assert blank >= {
        "adSpend", "impressions", "reach", "linkClicks", "netProfit", "netProfitMargin", "roas", "poas",
        "breakEvenRoas", "cpc", "ctr", "cpm", "cpp", "cac",
    }  # fmt: skip
    assert row.values["grossProfit"] == 1200
    assert row.values["shippingCost"] == D("194.40")
    assert not row.complete


def test_shipments_never_read_leave_revenue_to_the_shop_alone() -> None:
    row = figures(tally({"rto_reversal": "0"}, ads=[ad()], shipping_cost="0"), shiprocket="missing")

    for name in (
        "shippingCost",
        "rtoReversal",
        "netProfit",
        "netProfitMargin",
        "poas",
        "totalShipments",
        "delivered",
        "ndr",
        "deliveryRate",
        "shipmentsWithoutCost",
        "shipmentsBilled",
        "shipmentsEstimated",
        "unknownStatuses",
    ):
        assert row.values[name] is None, name
    assert row.values["revenue"] == 3100
    assert row.values["cogs"] == 1400
    assert row.values["grossProfit"] == 1700
    assert row.values["roas"] == D("5.67")
    assert not row.complete


def test_orders_never_read_leave_only_ads_and_parcels() -> None:
    row = figures(tally(ads=[ad()]), shopify="missing")

    for name in (
        "totalOrders",
        "grossSales",
        "revenue",
        "cogs",
        "netProfit",
        "rtoReversal",
        "newCustomers",
        "aov",
        "roas",
        "cpp",
        "transactionFees",
        "productsWithoutCost",
    ):
        assert row.values[name] is None, name
    assert row.values["adSpend"] == 600
    assert row.values["cpc"] == 2
    assert row.values["shippingCost"] == D("194.40")


def test_ads_switched_off_cost_nothing_and_have_no_ratios() -> None:
    row = figures(tally(), meta="off")

    assert row.values["adSpend"] == row.values["impressions"] == 0
    assert row.values["netProfit"] == D("1005.60")
    for name in ("roas", "poas", "breakEvenRoas", "cpc", "cpp", "cac", "ctr", "cpm"):
        assert row.values[name] is None, name
    assert row.complete


def test_shipments_switched_off_cost_nothing_and_have_no_rates() -> None:
    row = figures(tally({"rto_reversal": "0"}, ads=[ad()], shipping_cost="0"), shiprocket="off")

    assert row.values["shippingCost"] == row.values["rtoReversal"] == row.values["totalShipments"] == 0
    assert row.values["netProfit"] == 1100
    assert row.values["deliveryRate"] is None
    assert row.complete


def test_orders_switched_off_count_as_zero() -> None:
    empty = tally(
        dict.fromkeys(("gross_sales", "discounts", "returns", "shipping", "taxes", "booked", "cogs"), "0"),
        orders=0,
        ads=[ad()],
    )

    row = figures(empty, shopify="off")

    assert row.values["revenue"] == row.values["rtoReversal"] == 0
    assert row.values["netProfit"] == D("-794.40")
    assert row.values["aov"] is None
    assert row.complete


def test_an_order_without_an_exchange_rate_leaves_the_shops_money_unknown_and_its_counts_known() -> None:
    row = figures(tally(unconverted_orders=1, ads=[ad()]))

    for name in ("grossSales", "revenue", "bookedRevenue", "rtoReversal", "cogs", "netProfit", "aov", "roas"):
        assert row.values[name] is None, name
    assert row.values["totalOrders"] == 2
    assert row.values["shippingCost"] == D("194.40")
    assert not row.complete


@pytest.mark.parametrize("doubt", [{"shipments_without_cost": 1}, {"rto_cost_open": True}])
def test_a_parcel_without_a_cost_makes_the_day_incomplete(doubt: dict[str, Any]) -> None:
    assert not figures(tally(ads=[ad()], **doubt)).complete


def test_estimated_costs_do_not_make_a_day_incomplete() -> None:
    guessed = figures(tally({"estimated_cogs": "400"}, ads=[ad()], products_without_cost={"p1", "p2"}))

    assert guessed.values["estimatedCogs"] == 400
    assert guessed.values["productsWithoutCost"] == 2
    assert guessed.complete


def test_a_day_never_calculated_is_unknown_in_every_field() -> None:
    row = unknown_day(day(2), KNOWN)

    assert set(row.values) == set(FIELDS)
    assert set(row.values.values()) == {None}
    assert not row.complete
