"""Answers of the simulated Shiprocket that differ from the usual, as real ones were seen to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from profitsync.sandbox.shiprocket_oddities import SHAPES
from profitsync.sandbox.world import ChargesDraft
from tests.sandbox.conftest import Serve
from tests.sandbox.small import Caller, carrier, merchant, parcel_order

START = datetime(2026, 11, 3, 6, 35, 20, tzinfo=UTC)  # 12:05:20 in India
ORDERS = 25


@pytest.fixture
def tea(serve: Serve) -> Caller:
    orders = [parcel_order(number, START + timedelta(hours=number)) for number in range(1, ORDERS + 1)]
    for order in orders:
        (parcel,) = order.parcels
        order.parcels = [replace(parcel, shipped_at=order.created_at, charges=ChargesDraft(freight=Decimal(80)))]
    return serve(merchant(shiprocket=carrier(*orders)))


def answer(tea: Caller, fault: str, path: str = "/orders", **query: str | int) -> Any:
    token = tea.login().json()["token"]
    tea.sandbox.faults.add(f"shiprocket:{fault}")
    return tea.shiprocket(path, token, sort="ASC", **query).json()


def test_a_page_can_be_clamped_below_the_size_asked_for(tea: Caller) -> None:
    first = answer(tea, "clamped=10", per_page=100)

    assert len(first["data"]) == 10
    paging = first["meta"]["pagination"]
    assert (paging["per_page"], paging["total_pages"], paging["total"]) == (10, 3, ORDERS)


def test_the_number_of_pages_can_be_null_with_only_a_next(tea: Caller) -> None:
    first = answer(tea, "null-pages", per_page=20)["meta"]["pagination"]
    last = answer(tea, "null-pages", per_page=20, page=2)["meta"]["pagination"]

    assert (first["total_pages"], list(first["links"])) == (None, ["next"])
    assert (last["total_pages"], last["links"]) == (None, {})


def test_empty_links_can_be_a_list(tea: Caller) -> None:
    assert answer(tea, "list-links", per_page=100)["meta"]["pagination"]["links"] == []


def test_the_last_page_can_come_again_and_promise_more(tea: Caller) -> None:
    last, again = (answer(tea, "repeated-page", per_page=20, page=page) for page in (2, 3))

    assert again["data"] == last["data"]
    assert again["meta"]["pagination"]["links"]["next"].endswith("/orders?page=4")


def test_dates_can_come_in_every_shape(tea: Caller) -> None:
    rows = answer(tea, "odd-dates", per_page=100)["data"]

    shown = [row["created_at"] for row in rows[: len(SHAPES)]]
    assert shown == [
        "03 Nov 2026 01:05 PM",
        "3rd Nov 2026 02:05 PM",
        "2026-11-03 15:05:20",
        "03-11-2026 16:05:20",
        "03 11 2026 17:05:20",
        {"date": "2026-11-03 18:05:20.000000", "timezone_type": 3, "timezone": "Asia/Kolkata"},
        "3 Nov 2026, 07:05 PM",
    ]
    assert {row["shipments"][0]["pickup_scheduled_date"] for row in rows[:2]} == {"03/11/2026", "03 Nov 2026"}


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [("HELD+AT+CUSTOMS", "HELD AT CUSTOMS", 7), ("999", "", 999)],
    ids=["text", "number"],
)
def test_every_third_record_can_have_an_unknown_status(tea: Caller, value: str, text: str, number: int) -> None:
    rows = answer(tea, f"odd-status={value}", per_page=100)["data"]

    odd = [row for row in rows if row["id"] % 3 == 0]
    assert {(row["status"], row["shipments"][0]["status"]) for row in odd} == {(text, number)}
    assert {row["status"] for row in rows if row not in odd} == {"DELIVERED"}
    assert len(odd) == 8


def test_charges_can_be_absent_or_placeholders(tea: Caller) -> None:
    rows = answer(tea, "no-charges", per_page=100)["data"]

    told = [row["awb_data"]["charges"] for row in rows if "awb_data" in row]
    assert len(told) == 13
    assert {value for charges in told for value in charges.values()} == {"", "N/A", "-", None}


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("", {"message": "Not Found", "status": 404}),
        ("=500", {"message": "Not Found", "status": 500}),
        ("=empty", {}),
    ],
    ids=["usual", "another status", "nothing"],
)
def test_a_failure_can_hide_inside_a_200(tea: Caller, value: str, body: dict[str, Any]) -> None:
    assert answer(tea, f"failure-inside-200{value}") == body


@pytest.mark.parametrize("path", ["/orders", "/shipments", "/ndr/all"])
def test_a_module_can_be_closed(tea: Caller, path: str) -> None:
    assert answer(tea, f"403{path}", path)["status_code"] == 403
