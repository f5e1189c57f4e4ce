"""The figures of one day, from sums that are given."""

from collections import Counter
from decimal import Decimal as D

import pytest

from profitsync.domain.ads import AdDay
from profitsync.domain.carriers import Bucket
from profitsync.domain.customers import CustomerCount
from profitsync.domain.metrics import FIELDS
from tests.unit.day_rows import ad, figures, tally

# --- formulas


def test_sales_and_profit_follow_from_the_sums() -> None:
    values = figures().values

    assert values["netSales"] == 3000  # 3,500 − 200 − 300
    assert values["totalSales"] == 3270
    assert values["bookedRevenue"] == 3400
    assert values["revenue"] == 2600  # 3,000 + 100 − 500
    assert values["grossProfit"] == 1200
    assert values["netProfit"] == D("405.60")  # less 600 and 194.40


def test_margins_are_parts_of_revenue() -> None:
    values = figures().values

    assert values["grossProfitMargin"] == D("46.15")
    assert values["netProfitMargin"] == D("15.60")


@pytest.mark.parametrize("reversal", ["3100", "3500"])
def test_margins_are_not_defined_without_positive_revenue(reversal: str) -> None:
    values = figures(tally({"rto_reversal": reversal})).values

    assert values["grossProfitMargin"] is None
    assert values["netProfitMargin"] is None


def test_advertising_ratios_use_booked_revenue_and_our_own_counts() -> None:
    values = figures().values

    assert values["roas"] == D("5.67")
    assert values["poas"] == D("0.68")
    assert values["cpp"] == 300
    assert values["cac"] == 600
    assert values["aov"] == 1700
    assert values["breakEvenRoas"] == D("3.38")  # 3,400 over 405.60 + 600


def test_click_ratios_use_link_clicks() -> None:
    values = figures().values

    assert (values["cpc"], values["ctr"], values["cpm"]) == (2, D("1.50"), 30)


def test_ratios_over_zero_are_not_defined() -> None:
    idle = tally(
        orders=0, customers=CustomerCount(), ads=[ad("0", impressions=0, link_clicks=0)], shipping_cost="0"
    )

    values = figures(idle).values

    for name in (
        "roas",
        "poas",
        "cpc",
        "ctr",
        "cpm",
        "cpp",
        "cac",
        "aov",
        "returningRate",
        "deliveryRate",
        "rtoRate",
        "settledDeliveryRate",
        "settledRtoRate",
    ):
        assert values[name] is None, name


def test_spent_and_sold_nothing_is_a_roas_of_zero() -> None:
    assert figures(tally({"booked": "0"}, ads=[ad()])).values["roas"] == 0


def test_break_even_is_not_defined_where_nothing_is_left_before_ads() -> None:
    assert figures(tally({"cogs": "9000"}, ads=[ad()])).values["breakEvenRoas"] is None


def test_transaction_fees_lower_the_net_profit_only() -> None:
    values = figures(tally({"fees": "5.60"}, ads=[ad()])).values

    assert values["transactionFees"] == D("5.60")
    assert values["grossProfit"] == 1200
    assert values["netProfit"] == 400


def test_tips_are_in_no_other_figure_and_duties_only_in_total_sales() -> None:
    with_extras = figures(tally({"tips": "50", "duties": "30"}, ads=[ad()])).values

    plain = figures().values
    changed = {name for name in FIELDS if with_extras[name] != plain[name]}
    assert changed == {"tips", "duties", "totalSales"}
    assert with_extras["totalSales"] == 3300


def test_total_sales_as_basis_puts_tax_into_booked_revenue_revenue_and_reversal() -> None:
    values = figures(basis="total_sales").values

    assert values["bookedRevenue"] == 3570
    assert values["rtoReversal"] == 525
    assert values["revenue"] == 2745  # 3,270 − 525
    assert values["grossProfit"] == 1345


def test_shipment_counts_add_up_and_rates_come_from_them() -> None:
    counts = {
        Bucket.DELIVERED: 4, Bucket.RTO: 2, Bucket.LOST: 1, Bucket.IN_TRANSIT: 5, Bucket.PICKUP_PENDING: 3,
        Bucket.NDR_OPEN: 2, Bucket.OTHER: 3,
    }  # fmt: skip

    values = figures(tally(buckets=counts, ndr=6)).values

    assert values["totalShipments"] == 20
    assert (values["delivered"], values["rto"], values["lost"], values["inTransit"]) == (4, 2, 1, 5)
    assert (values["pickupPending"], values["ndrOpen"], values["other"], values["ndr"]) == (3, 2, 3, 6)
    assert (values["deliveryRate"], values["rtoRate"]) == (20, 10)
    assert (values["settledDeliveryRate"], values["settledRtoRate"]) == (D("57.14"), D("28.57"))


def test_parcels_by_what_is_known_of_them_are_shown_beside_the_cost() -> None:
    by_cost = Counter({"billed": 4, "estimated": 3, "unknown": 2, "none": 1})

    values = figures(tally(shipments_by_cost=by_cost, shipments_without_cost=2, unknown_statuses=1)).values

    names = ("shipmentsBilled", "shipmentsEstimated", "shipmentsWithoutCost", "unknownStatuses")
    assert [values[name] for name in names] == [4, 3, 2, 1]


def test_customers_new_and_returning() -> None:
    values = figures(tally(customers=CustomerCount(1, 2), anonymous_orders=1)).values

    assert (values["newCustomers"], values["returningCustomers"], values["totalCustomers"]) == (1, 2, 3)
    assert values["returningRate"] == D("66.67")
    assert values["anonymousOrders"] == 1


# --- rounding


def test_sums_are_rounded_once_and_composed_figures_add_up_on_paper() -> None:
    values = figures(
        tally({"gross_sales": "10.005", "discounts": "0.005", "returns": "0.004", "shipping": "0"})
    ).values

    assert (values["grossSales"], values["discounts"], values["returns"]) == (D("10.01"), D("0.01"), D("0.00"))
    assert values["netSales"] == D("10.00")


def test_no_figure_is_a_negative_zero() -> None:
    values = figures(tally(dict.fromkeys(("returns", "rto_reversal", "taxes"), "-0.001"))).values

    assert [str(values[name]) for name in ("returns", "rtoReversal", "taxes")] == ["0.00"] * 3


# --- advertising


def test_a_day_without_a_row_is_a_day_without_spend() -> None:
    row = figures(tally(ads=[]))

    assert [row.values[name] for name in ("adSpend", "impressions", "reach", "linkClicks")] == [0, 0, 0, 0]
    assert row.values["roas"] is None
    assert row.complete


def test_spend_in_another_currency_is_converted_with_the_rate_of_its_day() -> None:
    assert figures(tally(ads=[ad("7.50", currency="USD", fx_rate=D("83.2"))])).values["adSpend"] == 624


def test_without_a_rate_foreign_spend_is_not_known() -> None:
    row = figures(tally(ads=[ad(currency="USD")]))

    for name in (
        "adSpend",
        "netProfit",
        "netProfitMargin",
        "roas",
        "poas",
        "breakEvenRoas",
        "cpc",
        "cpm",
        "cpp",
        "cac",
    ):
        assert row.values[name] is None, name
    assert row.values["grossProfit"] == 1200
    assert row.values["ctr"] == D("1.50")
    assert not row.complete


def test_one_account_without_a_rate_makes_the_whole_spend_unknown() -> None:
    assert figures(tally(ads=[ad(), ad(account_id="2", currency="USD")])).values["adSpend"] is None


def test_reach_is_never_added_up() -> None:
    assert figures().values["reach"] == 9_000
    assert figures(tally(ads=[ad(), ad(account_id="2")])).values["reach"] is None


@pytest.mark.parametrize(
    ("ads", "rate"),
    [
        ([], None),
        ([ad()], None),
        ([ad(currency="USD", fx_rate=D("83.2"))], D("83.2")),
        ([ad(), ad(account_id="2", currency="USD", fx_rate=D("83.2"))], D("83.2")),
        ([ad(currency="USD", fx_rate=D(83)), ad(account_id="2", currency="EUR", fx_rate=D(97))], None),
        ([ad(currency="USD")], None),
        ([ad(currency="USD"), ad(account_id="2", currency="EUR", fx_rate=D(97))], None),
    ],
    ids=["no row", "same currency", "another", "both", "two others", "no rate", "one without a rate"],
)
def test_the_rate_of_a_day_is_shown_where_there_is_only_one(ads: list[AdDay], rate: D | None) -> None:
    assert figures(tally(ads=ads)).values["adFxRate"] == rate


@pytest.mark.parametrize(
    ("zone", "differs"),
    [("Asia/Kolkata", False), ("Asia/Calcutta", False), ("America/New_York", True), (None, False)],
)
def test_an_account_in_another_time_zone_is_flagged(zone: str | None, differs: bool) -> None:
    assert figures(tally(ads=[ad(timezone=zone)])).values["adTimezoneMismatch"] is differs


def test_every_field_of_the_contract_is_there() -> None:
    wanted = """
        totalOrders revenue cogs adSpend shippingCost grossProfit grossProfitMargin netProfit netProfitMargin roas
        poas aov cpp cpc ctr cpm reach impressions linkClicks newCustomers returningCustomers totalCustomers
        returningRate totalShipments delivered inTransit rto ndr deliveryRate rtoRate grossSales discounts returns
        netSales shippingCharged taxes totalSales bookedRevenue rtoReversal estimatedCogs cac breakEvenRoas
        settledDeliveryRate settledRtoRate pickupPending ndrOpen lost other cancelledOrders anonymousOrders
        transactionFees productsWithoutCost shipmentsWithoutCost
        shipmentsBilled shipmentsEstimated unknownStatuses"""

    assert set(wanted.split()) <= set(figures().values)


def test_the_same_sums_give_the_same_row() -> None:
    assert figures().same_figures(figures())
