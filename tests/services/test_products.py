"""Profit per product: every column ties to the figures of the range, to the last cent."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from profitsync.domain.money import known_sum
from profitsync.errors import UsageError
from profitsync.services.metrics import metrics_table
from profitsync.services.products import TIED, UNITS, ProductRow, ProductTable, common_title, product_table
from tests.records import replace
from tests.services.conftest import Shop
from tests.services.synced import UNTIL, Synced, example
from tests.unit.builders import at, day, line, order, refund


def table(shop: Shop, first: int = 2, last: int = 5, **options: str) -> ProductTable:
    return product_table(shop.store, shop.stored(), since=day(first), until=day(last), **options)


def named(rows: ProductTable, title: str) -> ProductRow:
    (row,) = (one for one in rows.products if one.title == title)
    return row


@pytest.mark.parametrize(("back", "length"), [(0, 36), (9, 8), (20, 1)])
def test_the_columns_tie_to_the_stored_figures_of_the_range(generated: Synced, back: int, length: int) -> None:
    until = UNTIL - timedelta(days=back)
    since = until - timedelta(days=length - 1)

    products = product_table(generated.store, generated.user, since=since, until=until)

    stored = metrics_table(generated.store, generated.user, since=since, until=until).totals.values
    rows = [*products.products, products.apart, products.rounding]
    assert {name: known_sum(row.values[name] for row in rows) for name in TIED} == {
        name: stored[name] for name in TIED
    }
    assert {name: products.totals.values[name] for name in TIED} == {name: stored[name] for name in TIED}
    assert all(abs(D(products.rounding.values[name] or 0)) < D("0.5") for name in TIED)
    assert products.notes == ()


def test_a_products_row_adds_up_on_paper(generated: Synced) -> None:
    products = product_table(generated.store, generated.user, since=date(2026, 10, 1), until=UNTIL).products

    for row in products:
        value = {name: D(row.values[name] or 0) for name in TIED}
        assert value["grossSales"] - value["discounts"] - value["returns"] == value["netSales"]
        assert value["revenue"] - value["cogs"] == value["grossProfit"]
    assert len(products) > 10


def test_the_worked_example_product_by_product(shop: Shop) -> None:
    example(shop)

    products = table(shop)

    (a, b, c) = (named(products, f"Product {number}").values for number in (1, 2, 3))
    assert (a["units"], a["unitsReturned"], a["netSales"], a["cogs"]) == (2, 1, D("900.00"), D("400.00"))
    assert (b["grossSales"], b["rtoReversal"], b["cogs"], b["grossProfit"]) == (D(1500), D(1500), D(0), D(0))
    assert (c["cogs"], c["estimatedCogs"], c["grossProfitMargin"]) == (D(400), D(400), D("60.00"))
    assert (products.apart.values["shippingCharged"], products.apart.values["rtoReversal"]) == (D(100), D(100))
    assert products.totals.values["grossProfit"] == D("1100.00")


def test_money_refunded_without_goods_is_of_no_product(shop: Shop) -> None:
    shop.sources.shop.held = [order(line(), refunds=(refund(on=at(3), amount=D(50)),))]
    shop.sync()

    products = table(shop)

    assert named(products, "Product 1").values["returns"] == D(0)
    assert products.apart.values["returns"] == D(50)


@pytest.mark.parametrize(
    ("titles", "common"),
    [
        ({"Sheet - Single"}, "Sheet - Single"),
        ({"Sheet - Single", "Sheet - Double"}, "Sheet"),
        ({"Sheet - Block - Single", "Sheet - Block - Double"}, "Sheet - Block"),
        ({"New name", "Old name"}, "New name"),
        ({"Sheet", "Sheet - Double"}, "Sheet"),
    ],
)
def test_variants_of_a_product_have_one_name(titles: set[str], common: str) -> None:
    assert common_title(titles) == common


def test_variants_are_one_product_without_a_sku_of_its_own(shop: Shop) -> None:
    lines = [replace(line(str(number), product_id="p"), title=f"Sheet - {number}") for number in (1, 2)]
    shop.sources.shop.held = [order(*lines)]
    shop.sync()

    (row,) = table(shop).products

    assert (row.title, row.product_id, row.sku, row.values["units"]) == ("Sheet", "p", None, 2)


def test_an_item_given_away_counts_its_units(shop: Shop) -> None:
    shop.sources.shop.held = [order(line(price="0", quantity=3, tax="0"))]
    shop.sync()

    assert named(table(shop), "Product 1").values["units"] == 3


@pytest.mark.parametrize(
    ("sort", "first"), [("grossProfit", "Product 3"), ("units", "Product 1"), ("title", "Product 1")]
)
def test_the_best_come_first(shop: Shop, sort: str, first: str) -> None:
    example(shop)

    assert table(shop, sort=sort).products[0].title == first


def test_an_unknown_column_is_refused_with_the_one_meant(shop: Shop) -> None:
    example(shop)

    with pytest.raises(
        UsageError, match="--sort 'grosProfit': must be title or a column; did you mean grossProfit"
    ):
        table(shop, sort="grosProfit")


def test_money_without_a_rate_leaves_totals_unknown_and_says_so(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), id="1"), order(line("2"), id="2", name="#2", currency="USD")]
    shop.sync()

    products = table(shop)

    assert [row.title for row in products.products] == ["Product 1"]
    assert products.totals.values["grossSales"] is None
    assert products.rounding.values["grossSales"] is None
    assert any("orders in USD are left out" in note for note in products.notes)


def test_days_never_synced_are_told(shop: Shop) -> None:
    example(shop)

    products = product_table(shop.store, shop.stored(), since=day(4), until=day(5) + timedelta(days=2))

    assert products.complete is False
    assert products.notes[0].startswith("2 of 4 days were never synced")
    assert set(UNITS) <= products.totals.values.keys()
