"""Figures of a range: sums of its days, and everything else from those sums."""

from decimal import Decimal as D
from typing import Any

import pytest

from profitsync.domain.customers import CustomerCount
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY
from profitsync.domain.metrics import FIELDS, total_metrics
from profitsync.domain.rows import DayMetrics, Value
from tests.unit.builders import day

KNOWN = {SHOPIFY: "ok", META: "ok", SHIPROCKET: "ok"}
NOBODY = CustomerCount()
ZEROS: dict[str, Value] = {name: D(0) if kind == "money" else 0 for name, kind in FIELDS.items()}


def row(number: int, complete: bool = True, sources: dict[str, str] | None = None, **values: Any) -> DayMetrics:
    given = {name: D(value) if isinstance(value, str) else value for name, value in values.items()}
    return DayMetrics(day(number), ZEROS | given, complete, KNOWN | (sources or {}))


def test_counts_and_money_are_added_up() -> None:
    total = total_metrics(
        day(2), [row(2, revenue="10.10", totalOrders=2), row(3, revenue="-4.05", totalOrders=1)], NOBODY
    )

    assert total.values["revenue"] == D("6.05")
    assert total.values["totalOrders"] == 3
    assert total.day == day(2)


def test_ratios_come_from_the_sums_and_are_no_averages() -> None:
    days = [row(2, adSpend="100", bookedRevenue="1000"), row(3, adSpend="300", bookedRevenue="600")]

    assert total_metrics(day(2), days, NOBODY).values["roas"] == 4  # the mean of 10 and 2 would be 6


def test_a_sum_is_unknown_as_soon_as_one_of_its_days_is() -> None:
    days = [row(2, adSpend="100", bookedRevenue="1000"), row(3, adSpend=None, bookedRevenue="600", netProfit=None)]

    total = total_metrics(day(2), days, NOBODY).values

    assert total["adSpend"] is total["netProfit"] is total["roas"] is None
    assert total["bookedRevenue"] == 1600


def test_customers_are_recounted_and_not_added_up() -> None:
    days = [row(2, newCustomers=1, totalCustomers=1), row(3, returningCustomers=1, totalCustomers=1)]

    total = total_metrics(day(2), days, CustomerCount(new=1)).values

    assert (total["newCustomers"], total["returningCustomers"], total["totalCustomers"]) == (1, 0, 1)
    assert total["returningRate"] == 0


def test_customers_that_could_not_be_counted_are_unknown() -> None:
    total = total_metrics(day(2), [row(2, adSpend="100")], None).values

    assert total["newCustomers"] is total["returningRate"] is total["cac"] is None


def test_reach_of_one_day_is_given_and_of_more_days_is_not() -> None:
    assert total_metrics(day(2), [row(2, reach=900)], NOBODY).values["reach"] == 900
    assert total_metrics(day(2), [row(2, reach=900), row(3, reach=0)], NOBODY).values["reach"] is None


@pytest.mark.parametrize(
    ("rates", "shown"),
    [((None, D(80)), D(80)), ((D(80), D(80)), D(80)), ((D(80), D(81)), None), ((None, None), None)],
)
def test_a_range_shows_the_exchange_rate_that_all_its_days_share(
    rates: tuple[D | None, ...], shown: D | None
) -> None:
    days = [row(2 + number, adFxRate=rate) for number, rate in enumerate(rates)]

    assert total_metrics(day(2), days, NOBODY).values["adFxRate"] == shown


def test_one_day_in_another_time_zone_flags_the_range() -> None:
    days = [row(2, adTimezoneMismatch=False), row(3, adTimezoneMismatch=True)]

    assert total_metrics(day(2), days, NOBODY).values["adTimezoneMismatch"] is True


def test_a_range_is_complete_only_if_all_its_days_are() -> None:
    assert total_metrics(day(2), [row(2), row(3)], NOBODY).complete
    assert not total_metrics(day(2), [row(2), row(3, complete=False)], NOBODY).complete


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        (("ok", "stale"), "stale"),
        (("stale", "missing"), "missing"),
        (("off", "ok"), "ok"),
        (("off", "off"), "off"),
    ],
)
def test_a_source_is_as_good_as_on_its_worst_day(states: tuple[str, str], worst: str) -> None:
    days = [row(2 + number, sources={META: state}) for number, state in enumerate(states)]

    assert total_metrics(day(2), days, NOBODY).sources[META] == worst


def test_ratios_of_ads_that_are_off_all_the_time_are_not_defined() -> None:
    assert (
        total_metrics(day(2), [row(2, sources={META: "off"}, netProfit="5")], NOBODY).values["breakEvenRoas"]
        is None
    )


def test_a_range_has_every_field_of_a_day() -> None:
    assert list(total_metrics(day(2), [row(2)], NOBODY).values) == list(FIELDS)
