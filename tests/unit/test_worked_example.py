"""The worked example of docs/metrics.md, cell by cell, from plain facts."""

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from profitsync.domain.ads import AdDay
from profitsync.domain.costs import CostBook, CostSource
from profitsync.domain.customers import count_customers
from profitsync.domain.days import DayRange
from profitsync.domain.ledger import movements
from profitsync.domain.merchants import SOURCES, CustomerHistory, MerchantSettings
from profitsync.domain.metrics import day_metrics, total_metrics
from profitsync.domain.orders import Order, RefundLine, ShippingCharge
from profitsync.domain.rows import DayMetrics, Value
from profitsync.domain.shipments import FirstSeen, Shipment
from profitsync.domain.tally import Tallies
from tests.unit.builders import INDIA, at, charges, cost, day, line, order, parcel, refund
from tests.worked_example import COLUMNS, EXPECTED

SETTINGS = MerchantSettings()
COSTS = CostBook([cost("400", "p1"), cost("600", "p2")])

ORDER_A = order(
    line("1", "1050", 2, discount="210", tax="90"),
    customer_id="X",
    refunds=(refund(RefundLine("1", 1, D(945), D(45), "RETURN")),),
)
ORDER_B = order(
    line("2", "1575", tax="75"),
    id="1002", name="#1002", cod=True, customer_id="Y", shipping=(ShippingCharge(D(105), D(5)),),
)  # fmt: skip
ORDER_C = order(
    line("3", "1050", tax="50"),
    id="1003", name="#1003", placed=datetime(2026, 11, 2, 19, tzinfo=UTC), customer_id="Z", customer_orders=2,
)  # fmt: skip
PARCELS = {
    "1001": parcel("DELIVERED", delivered_at=at(4), charges=charges(freight="80")),
    "1002": parcel(
        "RTO DELIVERED", id="9002", order_name="1002", rto_initiated_at=at(4), rto_delivered_at=at(5),
        seen=FirstSeen(ndr=at(3), rto=at(4)), cod=True,
        charges=charges(freight="114.40", cod="47", charged_rto="96", billed="163.40"),
    ),
    "1003": parcel(
        "IN TRANSIT", id="9003", order_name="#1003", created_at=at(3, 10), charges=charges(freight="80")
    ),
}  # fmt: skip
ADS = [(2, 600, 20_000, 300), (4, 300, 12_000, 150), (5, 200, 8_000, 80)]
HISTORIES = {
    "X": CustomerHistory("X", ORDER_A.processed_at, 1, None, None),
    "Y": CustomerHistory("Y", ORDER_B.processed_at, 1, None, None),
    "Z": CustomerHistory("Z", ORDER_C.processed_at, 1, None, 2),  # one more order, in August, is not known here
}


def _rows() -> list[DayMetrics]:
    tallies = Tallies({day(number) for number in (2, 3, 4, 5)}, INDIA)
    cases: list[tuple[Order, Shipment]] = [(one, PARCELS[one.id]) for one in (ORDER_A, ORDER_B, ORDER_C)]
    for one, shipment in cases:
        tallies.add_order(one, COSTS)
        tallies.add_movements(movements(one, [shipment], COSTS, SETTINGS, INDIA), converted=True)
        tallies.add_shipment(shipment, SETTINGS.cod_fee_in_freight)
    for number, spend, views, clicks in ADS:
        tallies.add_ad_day(AdDay("1", day(number), "INR", D(spend), views, None, clicks))
    for one_day, tally in tallies.by_day.items():
        tally.customers = count_customers(tally.customer_ids, HISTORIES, DayRange(one_day, one_day), INDIA)
    known = dict.fromkeys(SOURCES, "ok")
    return [
        day_metrics(tally, known, SETTINGS, currency="INR", timezone="Asia/Kolkata")
        for tally in tallies.by_day.values()
    ]


def _columns() -> dict[str, dict[str, Value]]:
    rows = _rows()
    total = total_metrics(day(2), rows, count_customers("XYZ", HISTORIES, DayRange(day(2), day(5)), INDIA))
    return dict(zip(COLUMNS, [row.values for row in [*rows, total]], strict=True))


@pytest.mark.parametrize("field", EXPECTED)
def test_every_cell_of_the_worked_example(field: str) -> None:
    columns = _columns()

    assert [columns[name][field] for name in COLUMNS] == [
        None if cell is None else D(cell) for cell in EXPECTED[field]
    ]


def test_the_days_are_complete() -> None:
    assert all(row.complete for row in _rows())


def test_costs_of_the_example_are_a_persons() -> None:
    assert {one.source for one in COSTS.costs} == {CostSource.MANUAL}
