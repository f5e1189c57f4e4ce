"""Costs per item as dated snapshots, payment fees of past orders, and the points a read takes."""

from decimal import Decimal as D

import pytest

from profitsync.domain.costs import CostSource, UnitCostSnapshot
from profitsync.domain.merchants import MerchantSettings, TransactionFees
from profitsync.services.autocosts import AutoCosts
from profitsync.services.shapes import sync_shape
from profitsync.sources.errors import CredentialsError
from tests.records import replace
from tests.services.conftest import Shop
from tests.unit.builders import at, day, line, order, payment


def costs(amount: str, currency: str = "INR") -> list[UnitCostSnapshot]:
    return [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(amount), currency)]


def a_day_later(shop: Shop, number: int) -> None:
    """Another order, and the costs due again."""
    shop.later(days=1)
    placed = at(number, 1)
    shop.sources.shop.held.append(order(line(), id=str(number), name=f"#{number}", placed=placed))


@pytest.fixture
def priced(shop: Shop) -> Shop:
    """An order of 2 November whose product costs 300."""
    shop.sources.shop.held = [order(line())]
    shop.sources.shop.costs = costs("300")
    shop.sync()
    return shop


def test_a_changed_cost_counts_from_the_day_it_was_seen_on(priced: Shop) -> None:
    a_day_later(priced, 6)
    priced.sources.shop.costs = costs("320")

    priced.sync()

    kept = sorted((one.valid_from or day(1), one.cost) for one in priced.store.costs("u1"))
    assert kept == [(day(1), D(300)), (day(6), D(320))]
    assert priced.row(2).values["cogs"] == D("300.00")
    assert priced.row(6).values["cogs"] == D("320.00")


def test_a_cost_that_changes_back_is_a_third_snapshot(priced: Shop) -> None:
    for number, amount in ((6, "320"), (7, "300")):
        a_day_later(priced, number)
        priced.sources.shop.costs = costs(amount)
        priced.sync()

    assert [priced.row(number).values["cogs"] for number in (2, 6, 7)] == [D("300.00"), D("320.00"), D("300.00")]


def test_a_cost_taken_away_in_the_shop_stays_as_last_seen(priced: Shop) -> None:
    a_day_later(priced, 6)
    priced.sources.shop.costs = [replace(costs("1")[0], amount=None, currency=None)]

    priced.sync()

    assert priced.row(6).values["cogs"] == D("300.00")


def test_a_cost_in_another_currency_is_warned_about_and_not_used(shop: Shop) -> None:
    shop.sources.shop.held = [order(line())]
    shop.sources.shop.costs = costs("4", "USD")

    report = shop.sync()

    assert [one.source for one in shop.store.costs("u1")] == [CostSource.ESTIMATED]
    assert any("Product 1 is in USD, not INR; ignored" in text for text in report.users[0].warnings)


def test_without_the_permission_for_costs_estimates_stay(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sources.shop.held = [order(line())]

    def refuse(_ids: object) -> list[UnitCostSnapshot]:
        raise CredentialsError("Shopify: access to unitCost is denied")

    monkeypatch.setattr(shop.sources.shop, "unit_costs", refuse)

    report = shop.sync()

    assert report.status == "completed"
    assert any("estimates are used: Shopify: access to unitCost" in text for text in report.users[0].warnings)


def count_fees(shop: Shop, source: str) -> None:
    settings = MerchantSettings(transaction_fees=TransactionFees(source))
    shop.store.save_user(replace(shop.stored(), settings=settings))


def test_who_begins_to_count_fees_gets_those_of_past_orders(shop: Shop) -> None:
    """They were not asked for until now, so what is stored does not know them."""
    shop.sources.shop.held = [order(line(), payments=(payment("1050"),))]
    shop.sync()
    count_fees(shop, "shopify")
    paid = replace(payment("1050", "shopify_payments"), fee=D(21))
    shop.sources.shop.held = [order(line(), payments=(paid,))]
    shop.later(hours=1)

    shop.sync()
    shop.later(hours=1)
    shop.sync()

    assert shop.row(2).values["transactionFees"] == D("21.00")
    begins = [window.updated_from for window in shop.sources.shop.windows]
    assert begins[1] == begins[0]
    assert begins[2] > begins[1]


def test_who_stops_and_begins_again_gets_the_fees_of_the_time_between(shop: Shop) -> None:
    for source in ("shopify", "none", "shopify"):
        count_fees(shop, source)
        shop.sync()
        shop.later(hours=1)

    begins = [window.updated_from for window in shop.sources.shop.windows]
    assert begins[0] == begins[2] < begins[1]


def test_points_taken_stand_in_the_report_and_in_the_job(shop: Shop) -> None:
    shop.sources.shop.points = 432

    report = shop.sync()

    told = sync_shape(report)["users"][0]["sources"]
    (job,) = shop.store.jobs("u1")
    assert (told["shopify"]["points"], job.sources["shopify"]["points"]) == (432, 432)
    assert "points" not in told["meta"]


@pytest.mark.parametrize("turned", [False, True], ids=["as they changed", "the other way round"])
def test_an_estimate_follows_the_order_that_changed_last_in_whatever_order_they_come(
    shop: Shop, turned: bool
) -> None:
    """The same variant under two spellings of its SKU is one product."""
    orders = [
        order(line("1", price="100", sku="a", tax="0"), id="7", updated_at=at(5, 1)),
        order(line("1", price="300", sku="A", tax="0"), id="8", updated_at=at(5, 2)),
        order(line("1", price="300", sku="a", tax="0"), id="10", updated_at=at(5, 2)),
    ]
    costs = AutoCosts(shop.store, shop.stored(), at(5).date(), at(5, 3), None)

    for one in reversed(orders) if turned else orders:
        costs.notice([one])

    assert [(cost.cost, cost.sku) for cost in shop.store.costs("u1")] == [(D("120.00"), "a")]
