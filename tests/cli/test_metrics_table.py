"""The table for people: whole numbers at every width, losses and gaps visible without colour."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from profitsync.cli.metrics_table import print_metrics
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics, Value
from profitsync.services.tables import MetricsTable

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
    lines = shown(table(row(), row(1, netProfit=Decimal("-1949.00"))), width).splitlines()[1:6]

    assert all(len(line.rstrip()) <= width for line in lines)
    assert "…" not in "".join(lines)
    assert [line.split()[0] for line in lines[1:]] == ["2026-11-02", "2026-11-03", "----------", "Total"]
    assert len({len(re.findall(r"\S+", line)) for line in (lines[1], lines[2], lines[4])}) == 1


def test_eighty_columns_hold_the_whole_sum_of_the_profit() -> None:
    heading = shown(table(row()), 80).splitlines()[1]

    for name in ("Day", "Orders", "Revenue", "COGS", "Ad spend", "Shipping", "Net profit"):
        assert name in heading


def test_paise_are_shown_where_they_fit_and_said_to_be_rounded_where_not() -> None:
    wide, narrow = shown(table(row()), 120), shown(table(row()), 80)

    assert "123,456.75" in wide
    assert "rounded to whole" not in wide
    assert ("123,456.75" in narrow) or ("123,457" in narrow and "rounded to whole INR" in narrow)


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

    assert "2026-11-02*" in text
    assert "2026-11-04 " in text
    assert "* meta stale (last read failed, older figures): 2026-11-02 to 2026-11-03" in text
    assert "* shiprocket missing (never read, what needs it is n/a): 2026-11-05" in text


def test_days_open_for_other_reasons_are_explained_too() -> None:
    text = shown(table(row(0, shipmentsWithoutCost=2)), 120)

    assert "* 2 parcels without a known cost: 2026-11-02" in text


def test_estimated_costs_are_owned_up_to() -> None:
    text = shown(table(row(), estimatedCogs=Decimal("400.00")), 120)

    assert "COGS holds 400.00 of estimated costs" in text


def test_months_are_labelled_as_months() -> None:
    text = shown(table(row(), by="month"), 120)

    assert re.search(r"^2026-11 ", text, re.MULTILINE)


def test_chosen_columns_are_shown_in_their_order_whatever_the_width() -> None:
    heading = shown(
        table(row()), 40, ("netProfit", "grossSales", "settledDeliveryRate", "totalOrders")
    ).splitlines()[1]

    assert heading.split() == ["Day", "Net", "profit", "grossSales", "settledDeliveryRate", "Orders"]


def test_fees_stand_in_the_sum_when_there_are_any() -> None:
    assert "Fees" not in shown(table(row()), 120)
    assert "Fees" in shown(table(row(), transactionFees=Decimal("12.50")), 120)
