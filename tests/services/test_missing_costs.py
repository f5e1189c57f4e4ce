"""Products without a cost: the more of the revenue rests on a guess, the earlier they stand."""

from decimal import Decimal as D

from profitsync.domain.costs import CostSource, ProductCost
from profitsync.services.missing_costs import missing_costs
from tests.records import replace
from tests.services.conftest import Shop
from tests.unit.builders import at, day, line, order


def found(shop: Shop, days: int = 90) -> list[tuple[str, int, D]]:
    shown = missing_costs(shop.store, shop.stored(), day(5), days)
    return [(one.estimate.product_name, one.units, one.revenue) for one in shown]


def test_the_most_revenue_comes_first_without_tax_and_after_discounts(shop: Shop) -> None:
    shop.sources.shop.held = [
        order(line("1"), line("2", price="2100", quantity=2, discount="210")),
        order(line("1"), id="1002", name="#1002", placed=at(4)),
    ]
    shop.sync()

    assert found(shop) == [("Product 2", 2, D("3800.00")), ("Product 1", 2, D("2000.00"))]


def test_only_sales_of_the_days_asked_for_count(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1")), order(line("1"), id="1002", name="#1002", placed=at(5, 9))]
    shop.sync()

    assert found(shop, days=1) == [("Product 1", 1, D("1000.00"))]


def test_a_product_with_a_cost_is_not_missing(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), line("2"))]
    shop.sync()
    shop.store.put_costs("u1", [ProductCost("x", CostSource.MANUAL, D(0), variant_id="v2")])

    assert found(shop) == [("Product 1", 1, D("1000.00"))]


def test_sales_in_a_currency_without_a_rate_and_tests_put_nothing_at_stake(shop: Shop) -> None:
    shop.sources.shop.held = [
        order(line("1"), line("2")),
        order(line("1"), id="1002", name="#1002", currency="USD"),
        replace(order(line("1"), id="1003", name="#1003"), test=True),
    ]
    shop.sync()

    assert found(shop) == [("Product 1", 1, D("1000.00")), ("Product 2", 1, D("1000.00"))]
