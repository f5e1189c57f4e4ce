"""`metrics show`: the documented JSON, CSV with every field, and a table off a terminal."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from profitsync.domain.merchants import User
from profitsync.domain.metrics import FIELDS
from profitsync.stores.protocol import Store
from tests.cli.conftest import Result, Run
from tests.cli.samples import EMAIL, a_user, figures

REQUIRED = (
    "totalOrders", "revenue", "cogs", "adSpend", "shippingCost", "grossProfit", "grossProfitMargin",
    "netProfit", "netProfitMargin", "roas", "poas", "aov", "cpp", "cpc", "ctr", "cpm", "reach",
    "impressions", "linkClicks", "newCustomers", "returningCustomers", "totalCustomers",
    "returningRate", "totalShipments", "delivered", "inTransit", "rto", "ndr", "deliveryRate",
    "rtoRate", "grossSales", "discounts", "returns", "netSales", "shippingCharged", "taxes",
    "totalSales", "bookedRevenue", "rtoReversal", "estimatedCogs", "cac", "breakEvenRoas",
    "settledDeliveryRate", "settledRtoRate", "pickupPending", "ndrOpen", "lost", "other",
    "cancelledOrders", "anonymousOrders", "transactionFees", "productsWithoutCost",
    "shipmentsWithoutCost", "shipmentsBilled", "shipmentsEstimated", "unknownStatuses",
)  # fmt: skip


@pytest.fixture(autouse=True)
def user(store: Store) -> User:
    merchant = a_user(store)
    figures(store, merchant)
    return merchant


def show(run: Run, *flags: str) -> Result:
    return run("metrics", "show", "--user", EMAIL, "--since", "2026-11-02", "--until", "2026-11-05", *flags)


def test_json_has_the_documented_shape(run: Run) -> None:
    shown = show(run, "--json").json()

    assert list(shown) == ["userId", "currency", "timezone", "since", "until", "by", "rows", "totals"]
    assert (shown["since"], shown["until"], shown["by"]) == ("2026-11-02", "2026-11-05", "day")
    assert [row["date"] for row in shown["rows"]] == ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"]
    for row in (*shown["rows"], shown["totals"]):
        assert set(REQUIRED) <= row.keys()
        assert set(FIELDS) | {"date", "complete", "sources"} == row.keys()


def test_a_day_stored_before_a_field_was_added_shows_it_as_not_known(run: Run, store: Store, user: User) -> None:
    (row, *_) = figures(store, user)
    del row.values["adFxRate"]
    store.put_metrics(user.id, [row])

    assert show(run, "--json").json()["rows"][0]["adFxRate"] is None


def test_money_is_an_exact_json_number(run: Run, store: Store, user: User) -> None:
    (row, *_) = figures(store, user)
    row.values["revenue"] = Decimal("123456789012345678.10")
    store.put_metrics(user.id, [row])

    text = show(run, "--json").out

    assert json.loads(text, parse_float=Decimal)["rows"][0]["revenue"] == Decimal("123456789012345678.10")


def test_what_is_not_known_is_null(run: Run) -> None:
    row: dict[str, Any] = show(run, "--json").json()["rows"][0]

    assert (row["impressions"], row["poas"]) == (None, None)


def test_totals_are_sums(run: Run) -> None:
    totals = show(run, "--json").json()["totals"]

    assert (totals["totalOrders"], totals["revenue"], totals["netProfit"]) == (10, 10000, -690.80)


@pytest.mark.parametrize(("by", "dates"), [("week", ["2026-11-02"]), ("month", ["2026-11-01"])])
def test_periods_begin_on_monday_and_on_the_first(by: str, dates: list[str], run: Run) -> None:
    assert [row["date"] for row in show(run, "--json", "--by", by).json()["rows"]] == dates


def test_csv_has_a_line_per_day_and_every_field(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(show(run, "--csv").out)))

    assert list(rows[0]) == ["date", *FIELDS, "complete", "shopify", "meta", "shiprocket"]
    assert len(rows) == 4
    assert (rows[3]["netProfit"], rows[3]["impressions"], rows[3]["complete"]) == ("-1949.00", "", "true")


def test_csv_of_chosen_fields(run: Run) -> None:
    assert show(run, "--csv", "--columns", "netProfit,revenue").out.splitlines()[0].split(",")[:3] == [
        "date",
        "netProfit",
        "revenue",
    ]


def test_the_table_ends_with_totals(run: Run) -> None:
    lines = show(run).out.splitlines()

    assert lines[0] == f"{EMAIL}: 2026-11-02 to 2026-11-05, by day, in INR"
    assert lines[7].split()[:3] == ["Total", "10", "10,000.00"]
    assert "\x1b" not in "".join(lines)


def test_columns_tell_the_width(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    assert max(map(len, show(run).out.splitlines()[1:7])) <= 60


def test_the_period_before_is_added_to_the_json_and_unknown_where_nothing_is_stored(run: Run) -> None:
    result = show(run, "--json", "--compare", "previous")
    comparison = result.json()["comparison"]
    later = run("metrics", "show", "--user", EMAIL, "--since", "2026-11-04", "--until", "2026-11-05",
                "--json", "--compare", "previous").json()  # fmt: skip

    assert list(comparison) == ["since", "until", "totals", "change", "changePercent"]
    assert (comparison["since"], comparison["until"]) == ("2026-10-29", "2026-11-01")
    assert set(comparison["change"].values()) == set(comparison["changePercent"].values()) == {None}
    assert "previous period: no figures are stored for 2026-10-29 to 2026-11-01" in result.err
    assert (later["comparison"]["change"]["revenue"], later["comparison"]["totals"]["revenue"]) == (4000, 3000)
    assert later["comparison"]["changePercent"]["revenue"] == 133.33
    assert "comparison" not in show(run, "--json").json()


def test_days_that_were_never_synced_are_told(run: Run) -> None:
    result = run("metrics", "show", "--user", EMAIL, "--since", "2026-11-01", "--until", "2026-11-05", "--json")

    assert result.err == "figures begin on 2026-11-02; earlier days were never synced\n"
    assert result.json()["totals"]["complete"] is False


def test_the_last_thirty_days_are_the_default(run: Run) -> None:
    from datetime import date

    shown = run("metrics", "show", "--user", EMAIL, "--json").json()

    assert (date.fromisoformat(shown["until"]) - date.fromisoformat(shown["since"])).days == 29


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--since 2.11.2026", "--since '2.11.2026': must be a day such as 2026-11-02"),
        ("--since 2026-11-05 --until 2026-11-02", "--until 2026-11-02: is before --since 2026-11-05"),
        ("--until 2026-11-02", "--until: needs --since"),
        ("--days 3 --since 2026-11-02", "--days: goes without --since and --until"),
        ("--days 0", "--days 0: must be from 1"),
        ("--by year", "--by 'year': must be one of day, week, month"),
        ("--json --csv", "--json and --csv: give one or the other"),
        ("--columns netProft", "--columns: netProft is not a known field; did you mean netProfit?"),
        ("--columns ,", "--columns: name at least one field"),
        ("--columns shiping", "--columns: shiping is not a known field; did you mean shipping?"),
        ("--compare last", "--compare 'last': must be previous"),
        ("--compare previous --csv", "--compare and --csv: a CSV holds rows"),
    ],
)
def test_bad_flags_are_one_line(flags: str, message: str, run: Run) -> None:
    result = run("metrics", "show", "--user", EMAIL, *flags.split())

    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.errors[0].startswith(message)


def test_an_unknown_merchant_is_usage(run: Run) -> None:
    assert run("metrics", "show", "--user", "nobody").code == 2
