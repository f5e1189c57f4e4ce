"""Bridges to what Shopify, Ads Manager and Shiprocket show: each adds up, and what is unknown stays so."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.rows import Value
from profitsync.services.reconcile import ROUNDING, WAITING, Bridge, reconcile
from tests.services.conftest import Shop, ad
from tests.services.synced import UNTIL, Synced, example
from tests.unit.builders import at, day, line, order, parcel


def bridge(shop: Shop, name: str) -> Bridge:
    bridges = reconcile(shop.store, shop.stored(), since=day(2), until=day(5)).bridges
    return next(one for one in bridges if one.name == name)


def steps(of: Bridge) -> dict[str, Value]:
    return {step.label: step.amount for step in (*of.steps, of.result)}


def settings(shop: Shop, **changes: object) -> None:
    changed = MerchantSettings(**changes)  # type: ignore[arg-type]
    shop.store.save_user(replace(shop.stored(), settings=changed))


@pytest.mark.parametrize("since", [date(2026, 10, 1), date(2026, 11, 5)])
def test_every_bridge_of_the_generated_merchant_adds_up(generated: Synced, since: date) -> None:
    bridges = reconcile(generated.store, generated.user, since=since, until=UNTIL).bridges

    assert {one.name: one.difference for one in bridges} == dict.fromkeys(
        ("revenue", "sales", "spend", "shipments", "statuses"), 0
    )
    assert all(D(one.result.amount or 0) > 0 for one in bridges)


def test_the_worked_example_up_to_total_sales(shop: Shop) -> None:
    example(shop)

    assert steps(bridge(shop, "revenue")) == {
        "Revenue": D(1900), "RTO reversal": D(1600), "Taxes": D(175), "Duties": D(0), "Total sales": D(3675),
    }  # fmt: skip
    assert steps(bridge(shop, "sales"))["Returns"] == D(-900)


def test_revenue_that_holds_tax_needs_only_the_reversal(shop: Shop) -> None:
    settings(shop, revenue_basis="total_sales")
    example(shop)

    found = bridge(shop, "revenue")

    assert list(steps(found)) == ["Revenue", "RTO reversal", "Total sales"]
    assert found.difference == 0


def test_spend_is_shown_as_ads_manager_does_with_its_rate(shop: Shop) -> None:
    settings(shop, fx_rates={"USD": D("83.333")})
    dollars = replace(ad(3, "10.01"), currency="USD", timezone="America/New_York")
    shop.sources.ads.held = [dollars, replace(dollars, day=day(4)), ad(5, "7")]
    shop.sync()

    found = bridge(shop, "spend")

    first = found.steps[0]
    assert (first.original, first.currency, first.rate) == (D("20.02"), "USD", D("83.333"))
    assert (first.amount, steps(found)[ROUNDING], steps(found)["Ad spend"]) == (
        D("1668.33"), D("-0.01"), D("1675.32"),
    )  # fmt: skip
    assert found.difference == 0


def test_spend_without_a_rate_is_unknown(shop: Shop) -> None:
    shop.sources.ads.held = [replace(ad(3), currency="USD")]
    shop.sync()

    found = bridge(shop, "spend")

    assert (found.steps[0].amount, found.result.amount, found.difference) == (None, None, None)


def test_parcels_that_count_in_no_figure_are_named(shop: Shop) -> None:
    shop.sources.parcels.held = [
        parcel("DELIVERED"),
        parcel("CANCELED", id="2"),
        parcel("NEW", id="3", awb=""),
        parcel("DELIVERED", id="4", is_return=True),
        parcel("DELIVERED", id="5", created_at=at(1)),
    ]
    shop.sync()

    found = bridge(shop, "shipments")

    assert list(steps(found).values()) == [4, -1, -1, -1, 1]
    assert found.difference == 0


def test_facts_newer_than_the_figures_are_a_step_of_their_own(shop: Shop) -> None:
    shop.sources.parcels.held = [parcel("DELIVERED")]
    shop.sync()
    (row,) = [row for row in shop.rows().values() if row.values["totalShipments"]]
    shop.store.put_metrics(shop.user.id, [replace(row, values=row.values | {"totalShipments": 3})])

    found = bridge(shop, "shipments")

    assert steps(found)[WAITING] == 2
    assert found.difference == 0


def test_parcels_never_read_leave_their_bridges_unknown_and_the_revenue_bridge_whole(shop: Shop) -> None:
    shop.sources.shop.held = [order(line())]
    shop.sync(sources=("shopify",))

    assert bridge(shop, "shipments").difference is None
    assert set(steps(bridge(shop, "statuses")).values()) == {None}
    revenue = bridge(shop, "revenue")
    assert (revenue.difference, revenue.result.amount) == (0, D("1050.00"))
    assert "never read" in revenue.notes[0]


def test_nothing_stored_is_unknown(shop: Shop) -> None:
    bridges = reconcile(shop.store, shop.stored(), since=day(2), until=day(5)).bridges

    assert {one.result.amount for one in bridges} == {None}
