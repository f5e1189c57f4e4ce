"""A day opened up: what its figures are made of adds up to each of them, whatever happened that day."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.merchants import FeeRate, MerchantSettings, TransactionFees
from profitsync.domain.money import rounded
from profitsync.domain.rows import Value
from profitsync.errors import UsageError
from profitsync.sandbox.worlds.retail import from_csv
from profitsync.services.explain import explain_day
from profitsync.services.explanation import Entry, by_effect
from tests.sandbox.retail_expected import real_csv
from tests.sandbox.retail_sample import write_first_real_days, write_random_year
from tests.services.conftest import Shop, ad, opened_shop
from tests.services.explained import contradictions
from tests.services.synced import UNTIL, Synced, example, synced
from tests.unit.builders import charges, day, line, order, parcel

REAL = real_csv()


@pytest.fixture(scope="module")
def worked_example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Synced once; only to be read."""
    with opened_shop(tmp_path_factory.mktemp("worked-example") / "test.db") as shop:
        example(shop)
        yield shop


def amounts(shop: Shop, number: int, field: str) -> dict[tuple[str, str | None], Value]:
    """What each event of a day adds to a figure, rounded."""
    found: dict[tuple[str, str | None], Value] = {}
    for entry in explain_day(shop.store, shop.stored(), day(number)).entries_of(field):
        found[entry.topic, entry.order] = rounded(D(entry.adds(field) or 0))
    return found


def test_the_entries_of_every_generated_day_add_up_to_every_figure(generated: Synced) -> None:
    days = list(DayRange(UNTIL - timedelta(days=39), UNTIL).days())
    explained = [explain_day(generated.store, generated.user, one) for one in days]

    assert [text for one in explained for text in contradictions(one)] == []
    topics = {entry.topic for one in explained for entry in one.entries}
    assert topics >= {
        "sale",
        "refund",
        "cancellation",
        "rto",
        "rtoReceived",
        "forward",
        "return",
        "ads",
        "customer",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"revenue_basis": "total_sales"},
        {"transaction_fees": TransactionFees("rates", (FeeRate("*", D("1.77"), D(3)),))},
        {"cod_fee_in_freight": False, "estimated_cost_ratio": D("0.333")},
    ],
    ids=["revenue-with-tax", "fees", "other-costs"],
)
def test_other_settings_add_up_as_well(generated: Synced, changes: dict[str, Any]) -> None:
    user = replace(generated.user, settings=MerchantSettings(**changes))
    days = [UNTIL - timedelta(days=back) for back in range(8)]
    explained = [explain_day(generated.store, user, one) for one in days]

    contradicted = [text for one in explained for text in contradictions(one) if ": stored " not in text]
    assert contradicted == []
    assert any(one.differences() for one in explained), "the settings change the figures"


def _random_year(folder: Path) -> Path:
    return write_random_year(folder / "random.csv", seed=5, invoices=120)


def _first_real_days(folder: Path) -> Path:
    assert REAL is not None
    return write_first_real_days(folder / "days.csv", REAL)


@pytest.mark.parametrize("make", [_random_year, *([_first_real_days] if REAL else [])])
def test_the_entries_of_retail_days_add_up_too(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """The whole real year is `python -m benchmarks.explained_days`."""
    years = DayRange(date(2010, 12, 1), date(2011, 12, 31))
    with synced(tmp_path, from_csv(make(tmp_path)), years.first, years.last) as shop:
        rows = [row for row in shop.store.metrics(shop.user.id, years) if row.values["grossSales"]]
        found = [text for row in rows for text in contradictions(explain_day(shop.store, shop.user, row.day))]

    assert len(rows) >= 3
    assert found == []


@pytest.mark.parametrize(
    ("number", "field", "expected"),
    [
        (2, "revenue", {("sale", "#1001"): D("1800.00"), ("sale", "#1002"): D("100.00")}),
        (4, "rtoReversal", {("rto", "#1002"): D("100.00")}),
        (5, "cogs", {("refund", "#1001"): D(-400), ("rtoReceived", "#1002"): D(-600)}),
        (2, "shippingCost", {("forward", "#1001"): D(80), ("forward", "1002"): D("114.40")}),
        (4, "shippingCost", {("return", "1002"): D(49)}),
        (4, "adSpend", {("ads", None): D(300)}),
        (2, "newCustomers", {("customer", "#1001"): 1, ("customer", "#1002"): 1}),
        (3, "returningCustomers", {("customer", "#1003"): 1}),
        (3, "productsWithoutCost", {("withoutCost", "#1003"): 1}),
        (2, "ndr", {("forward", "1002"): 1}),
    ],
)
def test_the_worked_example_event_by_event(
    worked_example: Shop, number: int, field: str, expected: dict[tuple[str, str | None], Value]
) -> None:
    assert amounts(worked_example, number, field) == expected


def test_a_parcels_two_legs_on_one_day_are_counted_once(shop: Shop) -> None:
    back = parcel("RTO INITIATED", created_at=shop.clock.now, charges=charges(freight="80", charged_rto="60"))
    shop.sources.parcels.held = [back]
    shop.sync()

    explained = explain_day(shop.store, shop.stored(), day(5))

    assert [(one.topic, one.adds("shippingCost")) for one in explained.entries] == [
        ("forward", D(80)),
        ("return", D(60)),
    ]
    assert list(contradictions(explained)) == []
    assert explained.sum_of("rto") == 1


def test_a_source_never_read_leaves_its_figures_unknown(shop: Shop) -> None:
    shop.sources.shop.held = [order(line())]
    shop.sync(sources=("shopify",))

    explained = explain_day(shop.store, shop.stored(), day(2))

    assert (explained.now.values["adSpend"], explained.now.values["netProfit"]) == (None, None)
    assert explained.now.values["revenue"] == D("1000.00")
    assert list(contradictions(explained)) == []


def test_an_order_in_a_currency_without_a_rate_adds_what_nobody_knows(shop: Shop) -> None:
    shop.sources.shop.held = [order(line(), currency="USD")]
    shop.sync()

    explained = explain_day(shop.store, shop.stored(), day(2))

    assert explained.now.values["revenue"] is None
    assert [entry.converted for entry in explained.entries_of("grossSales")] == [False]
    assert explained.sum_of("grossSales") is None


def test_figures_older_than_the_facts_are_told(shop: Shop) -> None:
    example(shop)
    (row,) = shop.store.metrics(shop.user.id, DayRange(day(4), day(4)))
    shop.store.put_metrics(shop.user.id, [replace(row, values=row.values | {"adSpend": D("299.00")})])
    shop.store.mark_dirty(shop.user.id, "meta", {day(4)})

    explained = explain_day(shop.store, shop.stored(), day(4))

    assert explained.differences() == {"adSpend": (D("299.00"), D("300.00"))}
    assert explained.waiting == ("meta",)
    assert list(contradictions(explained)) == ["2026-11-04 adSpend: stored 299.00, explained 300.00"]


def test_a_day_without_stored_figures_is_explained_from_the_facts_alone(shop: Shop) -> None:
    shop.sources.ads.held = [ad(4)]
    shop.sync()

    explained = explain_day(shop.store, shop.stored(), day(4) - timedelta(days=3000))

    assert (explained.stored, explained.differences(), explained.entries) == (None, {}, ())


def test_opened_shop_that_was_never_asked_has_no_days(shop: Shop) -> None:
    with pytest.raises(UsageError, match="was never synced"):
        explain_day(shop.store, shop.stored(), day(4))


def test_entries_are_ranked_by_what_they_change_and_the_unknown_comes_first() -> None:
    entries = [Entry("sale", {"netProfit": amount}) for amount in (D(5), D(-80), None, D(7))]

    assert [entry.adds("netProfit") for entry in by_effect(entries)] == [None, D(-80), D(7), D(5)]
