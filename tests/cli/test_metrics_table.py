"""The table for people: whole numbers at every width, losses and gaps visible without colour."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from profitsync.cli.metrics_table import print_metrics
from profitsync.domain.comparison import difference, relative_difference
from profitsync.domain.days import ONE_DAY
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics, Value
from profitsync.services.tables import Comparison, MetricsTable

FIRST = date(2026, 11, 2)
OK = {"shopify": "ok", "meta": "ok", "shiprocket": "ok"}
FIGURES: dict[str, Value] = {
    "totalOrders": 31,
    "revenue": Decimal("123456.75"),
    "cogs": Decimal("49382.70"),
    "adSpend": Decimal("30000.00"),
    "shippingCost": Decimal("4567.05"),
    "netProfit": Decimal("39507.00"),
    "netProfitMargin": Decimal("32.00"),
    "roas": Decimal("4.11"),
}


def row(offset: int = 0, sources: Mapping[str, str] = OK, **values: Value) -> DayMetrics:
    figures = dict.fromkeys(FIELDS) | FIGURES | values
    complete = all(state == "ok" for state in sources.values()) and not figures["shipmentsWithoutCost"]
    return DayMetrics(FIRST + timedelta(days=offset), figures, complete, dict(sources))


def table(*rows: DayMetrics, by: str = "day", **totals: Value) -> MetricsTable:
    sums: dict[str, Value] = {"netProfit": Decimal("1185210.00"), "revenue": Decimal("3703702.50"), **totals}
    total = row(0, OK, **sums)
    return MetricsTable("u1", "INR", "Asia/Kolkata", FIRST, FIRST + timedelta(days=29), by, rows, total)


def shown(given: MetricsTable, width: int, columns: tuple[str, ...] = (), *, colour: bool = False) -> str:
    text = StringIO()
    console = Console(file=text, width=width, force_terminal=True, color_system="standard" if colour else None)
    print_metrics(console, given, "a@b.example", columns)
    return text.getvalue()


def test_an_exchange_rate_is_shown_with_all_its_digits() -> None:
    assert "83.2150" in shown(table(row(adFxRate=Decimal("83.2150"))), 80, ("adFxRate",))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200])
def test_no_number_is_wrapped_or_cut_and_no_line_is_too_long(width: int) -> None:
    text = shown(table(row(), row(1, netProfit=Decimal("-1949.00"))), width).splitlines()
    first = next(number for number, line in enumerate(text) if line.startswith("Day"))
    lines = text[first : first + 5]

    assert all(len(line.rstrip()) <= width for line in lines)
    assert "…" not in "".join(lines)
    assert [line.split()[0] for line in lines[1:]] == ["2026-11-02", "2026-11-03", "----------", "Total"]
    assert len({len(re.findall(r"\S+", line)) for line in (lines[1], lines[2], lines[4])}) == 1


def test_eighty_columns_hold_the_whole_sum_of_the_profit() -> None:
    heading = shown(table(row()), 80).splitlines()[1]

    for name in ("Day", "Orders", "Revenue", "COGS", "Ad spend", "Shipping", "Net profit"):
        assert name in heading


def test_paise_are_shown_where_they_fit_and_said_to_be_rounded_where_not() -> None:
    wide, narrow = shown(table(row()), 120), shown(table(row()), 50)

    assert "1,23,456.75" in wide
    assert "rounded to whole" not in wide
    assert "1,23,457" in narrow
    assert "rounded to whole INR" in narrow


def test_a_wider_terminal_shows_more_columns() -> None:
    heading = {width: shown(table(row()), width).splitlines()[1] for width in (80, 120, 200)}

    assert "ROAS" in heading[120]
    assert "RTO %" in heading[200]
    assert len(heading[80].split()) < len(heading[120].split()) < len(heading[200].split())


def test_a_loss_has_a_minus_sign_and_is_red_only_in_colour() -> None:
    loss = table(row(netProfit=Decimal("-1949.00")))

    assert "-1,949.00" in shown(loss, 120)
    assert "\x1b[" not in shown(loss, 120)
    assert re.search(r"\x1b\[31m *-1,949.00", shown(loss, 120, colour=True))


def test_what_is_not_known_is_na() -> None:
    assert "n/a" in shown(table(row(adSpend=None)), 120)


def test_incomplete_days_are_marked_and_explained() -> None:
    stale = {**OK, "meta": "stale"}
    text = shown(table(row(0, stale), row(1, stale), row(2), row(3, {**OK, "shiprocket": "missing"})), 120)

    assert "2026-11-02~" in text
    assert "2026-11-04 " in text
    assert "2026-11-05*" in text
    assert "~ meta stale (last read failed, older figures): 2026-11-02 to 2026-11-03" in text
    assert "* shiprocket missing (never read, what needs it is n/a): 2026-11-05" in text


def test_days_open_for_other_reasons_are_explained_too() -> None:
    text = shown(table(row(0, shipmentsWithoutCost=2)), 120)

    assert "* 2 parcels without a known cost: 2026-11-02" in text


def test_estimated_costs_are_owned_up_to() -> None:
    text = shown(table(row(), estimatedCogs=Decimal("400.00")), 120)

    assert "COGS holds ₹400.00 of estimated costs" in text


def test_months_are_labelled_as_months() -> None:
    text = shown(table(row(), by="month"), 120)

    assert re.search(r"^2026-11 ", text, re.MULTILINE)


CHOSEN = ("netProfit", "grossSales", "settledDeliveryRate", "totalOrders")


def test_chosen_columns_stand_side_by_side_in_their_order_where_they_fit() -> None:
    heading = shown(table(row()), 80, CHOSEN).splitlines()[1]

    assert re.split(r"\s{2,}", heading.strip()) == ["Day", "Net profit", "Gross sales", "Sett. del. %", "Orders"]


@pytest.mark.parametrize("width", [30, 40, 60, 100])
def test_chosen_columns_are_never_dropped_but_stacked(width: int) -> None:
    lines = shown(table(row()), width, (*CHOSEN, "revenue", "cogs", "taxes", "netProfitMargin")).splitlines()[1:]
    headings = [line for line in lines if line.startswith("Day")]

    shown_fields = [name for line in headings for name in re.split(r"\s{2,}", line.strip())[1:]]
    assert shown_fields == [
        "Net profit", "Gross sales", "Sett. del. %", "Orders", "Revenue", "COGS", "Taxes", "Margin %",
    ]  # fmt: skip
    assert all(len(line) <= width for line in lines)
    assert sum(line.startswith("Total") for line in lines) == len(headings)


def test_what_does_not_fit_is_named() -> None:
    notes = " ".join(shown(table(row()), 80).split())

    assert "No room for Gross profit" in notes
    assert "RTO %" in notes
    assert "No room" not in shown(table(row()), 300)


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("INR", "1,23,456.75"), ("USD", "123,456.75"), ("JPY", "123,457"), ("KWD", "123,456.75")],
)
def test_amounts_are_written_as_the_currency_has_it(currency: str, amount: str) -> None:
    text = shown(replace(table(row()), currency=currency), 120)

    assert f" {amount} " in text
    assert "rounded to whole" not in text


def test_totals_are_compared_with_the_period_before() -> None:
    before = row(0, netProfit=Decimal("-500.00"), revenue=Decimal("3000000.00"), netProfitMargin=Decimal("30.00"))
    given = table(row(), netProfitMargin=Decimal("32.00"), roas=None)
    change = difference(given.totals.values, before.values)
    percent = relative_difference(given.totals.values, before.values)
    compared = replace(given, comparison=Comparison(FIRST - ONE_DAY, FIRST - ONE_DAY, before, change, percent))

    lines = shown(compared, 120).splitlines()

    heads, *_, previous, changed, relative = (re.split(r"\s{2,}", line) for line in lines[1:8])
    at = {name: heads.index(name) for name in heads}
    assert lines[0].endswith("compared with 2026-11-01 to 2026-11-01")
    assert (previous[0], changed[0], relative[0]) == ("Previous", "Change", "Change %")
    assert (changed[at["Revenue"]], relative[at["Revenue"]]) == ("+7,03,702.50", "+23.46")
    assert (changed[at["Net profit"]], relative[at["Net profit"]]) == ("+11,85,710.00", "n/a")
    assert changed[at["Margin %"]] == "+2.00"
    assert changed[at["ROAS"]] == "n/a"
    assert "The change of a rate (%) is told in points." in lines


def test_fees_stand_in_the_sum_when_there_are_any() -> None:
    assert "Fees" not in shown(table(row()), 120)
    assert "Fees" in shown(table(row(), transactionFees=Decimal("12.50")), 120)
