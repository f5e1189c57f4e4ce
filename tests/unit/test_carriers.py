"""What a parcel's status means and what the parcel costs: docs/metrics.md, shipping."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from profitsync.domain.carrier_codes import CUSTOMER_RETURN_ORDERS, ORDER_STATUSES, SHIPMENT_STATUSES
from profitsync.domain.carriers import (
    Bucket,
    ParcelCost,
    bucket,
    merge_seen,
    needs_reread,
    parcel_cost,
    rto_is_back,
    status_name,
    unknown_status,
)
from profitsync.domain.shipments import Charges, Shipment
from tests.records import replace

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=3)
PARCEL = Shipment(id="1", order_id="9", order_name="#1001", created_at=NOW - timedelta(days=9), awb="143")


def parcel(status: str = "", code: int | None = None, order_code: int | None = None) -> Shipment:
    return replace(PARCEL, status=status, status_code=code, order_status_code=order_code)


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def charges(**parts: str | None) -> Charges:
    return Charges(**{name: money(text) for name, text in parts.items()})


# Every published id, by the bucket it belongs to. All parcels of these tests have an AWB.
SHIPMENT_IDS = {
    Bucket.PICKUP_PENDING: [
        1, 2, 3, 4, 5, 11, 13, 15, 19, 20, 27, 52, 59, 60, 61, 62, 63, 67, 68, 71, 72, 79, 80, 81, 83,
    ],
    Bucket.IN_TRANSIT: [6, 17, 18, 22, 38, 39, 42, 48, 49, 50, 51, 54, 55, 56, 57, 82],
    Bucket.DELIVERED: [7, 23],
    Bucket.NDR_OPEN: [21, 77],
    Bucket.RTO: [9, 10, 14, 40, 41, 46, 75, 78],
    Bucket.LEFT_OUT: [8, 16, 45],
    Bucket.LOST: [12, 24, 25, 44, 76],
    Bucket.OTHER: [26, 43, 47],
}  # fmt: skip
ORDER_IDS = {
    Bucket.PICKUP_PENDING: [
        1, 2, 3, 4, 10, 11, 12, 13, 14, 34, 35, 62, 69, 70, 71, 72, 73, 74, 75, 76, 80, 81, 82, 83,
    ],
    Bucket.IN_TRANSIT: [6, 19, 20, 37, 43, 44, 51, 58, 59, 60, 61, 64, 65, 66, 67],
    Bucket.DELIVERED: [7, 38],
    Bucket.NDR_OPEN: [36, 89],
    Bucket.RTO: [9, 15, 16, 17, 45, 46, 55, 87, 90],
    Bucket.LEFT_OUT: [5, 8, 18, 54, *range(21, 33), *range(47, 51), 68],
    Bucket.LOST: [33, 39, 40, 53, 88],
    Bucket.OTHER: [41, 42, 52, 57],
}  # fmt: skip


def numbered(table: dict[Bucket, list[int]], names: dict[int, str]) -> list[object]:
    return [
        pytest.param(code, where, id=f"{code}-{names.get(code, 'unlisted')}")
        for where, codes in table.items()
        for code in codes
    ]


@pytest.mark.parametrize(("code", "where"), numbered(SHIPMENT_IDS, SHIPMENT_STATUSES))
def test_a_shipment_code_is_read_in_its_own_numbering(code: int, where: Bucket) -> None:
    assert bucket(parcel(code=code)) is where


@pytest.mark.parametrize(("code", "where"), numbered(ORDER_IDS, ORDER_STATUSES))
def test_an_order_code_is_read_in_its_own_numbering(code: int, where: Bucket) -> None:
    assert bucket(parcel(order_code=code)) is where


@pytest.mark.parametrize(
    ("table", "names"), [(SHIPMENT_IDS, SHIPMENT_STATUSES), (ORDER_IDS, ORDER_STATUSES)], ids=["shipment", "order"]
)
def test_no_published_id_is_missing_above(table: dict[Bucket, list[int]], names: dict[int, str]) -> None:
    assert sorted(code for codes in table.values() for code in codes) == sorted(names)


TEXTS = [
    ("Delivered", Bucket.DELIVERED),
    ("PARTIAL_DELIVERED", Bucket.DELIVERED),
    ("Partially Delivered", Bucket.DELIVERED),
    ("UNDELIVERED", Bucket.NDR_OPEN),
    ("UNDELIVERED-1st Attempt", Bucket.NDR_OPEN),
    ("Undelivered 2", Bucket.NDR_OPEN),
    ("UNDELIVERED_3RD_ATTEMPT", Bucket.NDR_OPEN),
    ("Undelivered - Return Requested", Bucket.NDR_OPEN),
    ("Issue Related To The Recipient", Bucket.NDR_OPEN),
    ("RTO DELIVERED", Bucket.RTO),
    ("rto-delivered", Bucket.RTO),
    ("RTO_NDR", Bucket.RTO),
    ("RTO_OFD", Bucket.RTO),
    ("RTO IN INTRANSIT", Bucket.RTO),
    ("RTO Undelivered", Bucket.RTO),
    ("RTO Lost", Bucket.RTO),
    ("RTO_LOCK", Bucket.RTO),
    ("Rto Initiated", Bucket.RTO),
    ("RTO Acknowledged", Bucket.RTO),
    ("RTO CANCELLED", Bucket.RTO),
    ("REACHED BACK AT SELLER CITY", Bucket.RTO),
    ("REACHED_BACK_AT_THE_SELLER_CITY", Bucket.RTO),
    ("Return to origin initiated", Bucket.RTO),
    ("RETURNED", Bucket.RTO),
    ("RETURN DELIVERED", Bucket.LEFT_OUT),
    ("RETURN UNDELIVERED", Bucket.LEFT_OUT),
    ("RETURN_IN_TRANSIT", Bucket.LEFT_OUT),
    ("Return Cancelled", Bucket.LEFT_OUT),
    ("Return_Pickup Queued", Bucket.LEFT_OUT),
    ("CANCELED", Bucket.LEFT_OUT),
    ("Cancellation Requested", Bucket.LEFT_OUT),
    ("CANCELLED_BEFORE_DISPATCHED", Bucket.LEFT_OUT),
    ("LOST", Bucket.LOST),
    ("Lost In Transit", Bucket.LOST),
    ("DISPOSED OFF", Bucket.LOST),
    ("Damaged", Bucket.LOST),
    ("  in   transit ", Bucket.IN_TRANSIT),
    ("IN-TRANSIT", Bucket.IN_TRANSIT),
    ("OUT FOR DELIVERY", Bucket.IN_TRANSIT),
    ("Out For Pickup", Bucket.PICKUP_PENDING),
    ("PICKUP EXCEPTION", Bucket.PICKUP_PENDING),
    ("PICKED UP", Bucket.IN_TRANSIT),
    ("FULFILLED", Bucket.OTHER),
    ("SELF FULFILLED", Bucket.OTHER),
    ("ARCHIVED", Bucket.OTHER),
    ("QC FAILED", Bucket.OTHER),
    ("NOT DELIVERED", Bucket.OTHER),
    ("TO BE DELIVERED", Bucket.OTHER),
    ("PORTO DEPOT", Bucket.OTHER),
    ("SOMETHING NEW", Bucket.OTHER),
    ("", Bucket.OTHER),
]


@pytest.mark.parametrize(("text", "where"), TEXTS, ids=[text.strip() or "nothing" for text, _ in TEXTS])
def test_a_status_text_is_tested_for_return_and_rto_before_delivered(text: str, where: Bucket) -> None:
    assert bucket(parcel(text)) is where


def named(table: dict[Bucket, list[int]], names: dict[int, str]) -> list[object]:
    return [
        pytest.param(names[code], where, id=f"{code}-{names[code]}")
        for where, codes in table.items()
        for code in codes
    ]


@pytest.mark.parametrize(
    ("text", "where"), [*named(SHIPMENT_IDS, SHIPMENT_STATUSES), *named(ORDER_IDS, ORDER_STATUSES)]
)
def test_every_name_as_a_text_lands_where_its_id_does(text: str, where: Bucket) -> None:
    spellings = (text, text.title(), text.replace(" ", "_"), text.replace(" ", "-").lower(), f" {text}  ")

    assert {bucket(parcel(spelling)) for spelling in spellings} == {where}
    assert {unknown_status(parcel(spelling)) for spelling in spellings} == {None}


IDS_OF_ANOTHER_CLASS = [
    pytest.param(code, id=f"{code}-{SHIPMENT_STATUSES[code]} or {ORDER_STATUSES[code]}")
    for code in sorted(SHIPMENT_STATUSES.keys() & ORDER_STATUSES.keys() - CUSTOMER_RETURN_ORDERS)
    if bucket(parcel(code=code)) is not bucket(parcel(order_code=code))
]


@pytest.mark.parametrize("code", IDS_OF_ANOTHER_CLASS)
def test_a_number_that_means_two_things_is_read_by_whose_it_is(code: int) -> None:
    assert bucket(parcel(code=code, order_code=code)) is bucket(parcel(code=code))
    assert bucket(parcel(SHIPMENT_STATUSES[code], order_code=code)) is bucket(parcel(code=code))


# --- what nobody has explained

UNKNOWN = [
    pytest.param(parcel("Held_at-Customs"), "HELD AT CUSTOMS", id="text"),
    pytest.param(parcel("NOT DELIVERED"), "NOT DELIVERED", id="text with a known word in it"),
    pytest.param(parcel("IN TRANSIT TO HUB"), "IN TRANSIT TO HUB", id="text that begins like a known one"),
    pytest.param(parcel(code=999), "shipment status 999", id="shipment number"),
    pytest.param(parcel(code=28), "shipment status 28", id="shipment number missing from the published ones"),
    pytest.param(parcel(code=0, order_code=7), "shipment status 0", id="shipment number before the order's"),
    pytest.param(parcel(order_code=85), "order status 85", id="order number missing from the published ones"),
    pytest.param(parcel(), "no status", id="nothing at all"),
    pytest.param(parcel("N/A"), "no status", id="a placeholder"),
]


@pytest.mark.parametrize(("shipment", "name"), UNKNOWN)
def test_an_unknown_status_is_counted_as_other_and_can_be_named(shipment: Shipment, name: str) -> None:
    assert bucket(shipment) is Bucket.OTHER
    assert unknown_status(shipment) == name


def test_an_unknown_status_of_a_customer_return_is_no_matter() -> None:
    assert unknown_status(replace(parcel("SOMETHING NEW"), is_return=True)) is None
    assert unknown_status(parcel("RETURN SOMETHING")) is None


def test_the_text_decides_over_both_numbers() -> None:
    assert bucket(parcel("DELIVERED", code=9, order_code=15)) is Bucket.DELIVERED


def test_the_shipment_number_decides_over_the_order_number() -> None:
    assert bucket(parcel(code=5, order_code=5)) is Bucket.PICKUP_PENDING


@pytest.mark.parametrize("text", ["NA", "n/a", " "])
def test_a_placeholder_is_no_text(text: str) -> None:
    assert bucket(parcel(text, code=7)) is Bucket.DELIVERED


def test_an_unknown_shipment_number_does_not_fall_back_to_the_order_number() -> None:
    assert bucket(parcel(code=999, order_code=7)) is Bucket.OTHER


def test_a_customer_return_is_left_out_whatever_its_status() -> None:
    assert bucket(replace(parcel("DELIVERED"), is_return=True)) is Bucket.LEFT_OUT
    assert all(bucket(parcel("DELIVERED", order_code=code)) is Bucket.LEFT_OUT for code in CUSTOMER_RETURN_ORDERS)


def test_customer_returns_have_exactly_the_published_order_ids() -> None:
    assert {*range(21, 33), *range(47, 51), 68} == CUSTOMER_RETURN_ORDERS


@pytest.mark.parametrize("text", ["NEW", "INVOICED", "READY TO SHIP", "PENDING", "UNFULFILLABLE"])
def test_a_new_parcel_counts_only_once_it_has_a_courier(text: str) -> None:
    assert bucket(replace(parcel(text), awb="")) is Bucket.LEFT_OUT
    assert bucket(parcel(text)) is Bucket.PICKUP_PENDING


def test_a_parcel_on_its_way_counts_even_if_its_awb_is_not_shown() -> None:
    assert bucket(replace(parcel("IN TRANSIT"), awb="")) is Bucket.IN_TRANSIT
    assert bucket(replace(parcel("PICKUP SCHEDULED"), awb="")) is Bucket.PICKUP_PENDING


def test_the_name_that_decided_can_be_reported() -> None:
    assert status_name(parcel("Some_new-State")) == "SOME NEW STATE"
    assert status_name(parcel(code=41)) == "RTO OFD"


# --- what a parcel costs

PARTS = {"freight": "80", "applied": "90", "charged": "100", "cod": "30", "applied_rto": "60", "charged_rto": "70"}
COSTS = [
    ("billed", "DELIVERED", {"applied": "94", "cod": "47", "billed": "94.00"}, "94", "0", "billed"),
    (
        "rto, billed",
        "RTO DELIVERED",
        {"applied": "114.40", "cod": "47", "applied_rto": "96", "billed": "163.40"},
        "114.40", "49.00", "billed",
    ),
    (
        "rto, not billed: the COD fee is paid back",
        "RTO DELIVERED",
        {"applied": "114.40", "cod": "47", "applied_rto": "96"},
        "114.40", "49.00", "estimated",
    ),
    ("rto, billed, forward unknown", "RTO DELIVERED", {"billed": "150"}, "150", "0", "billed"),
    ("measured weight first", "DELIVERED", PARTS, "100", "0", "estimated"),
    ("then booked weight", "DELIVERED", PARTS | {"charged": None}, "90", "0", "estimated"),
    ("then freight", "DELIVERED", PARTS | {"charged": None, "applied": None}, "80", "0", "estimated"),
    ("measured return first", "RTO INITIATED", PARTS, "100", "40", "estimated"),
    ("then booked return", "RTO INITIATED", PARTS | {"charged_rto": None}, "100", "30", "estimated"),
    ("in transit, return charges do not count", "IN TRANSIT", PARTS, "100", "0", "estimated"),
    ("nothing known", "IN TRANSIT", {}, None, "0", "unknown"),
    ("a return of unknown cost", "RTO INITIATED", {"applied": "90", "cod": "30"}, "90", None, "unknown"),
    ("a forward way of unknown cost", "RTO INITIATED", {"applied_rto": "90", "cod": "30"}, None, "60", "unknown"),
    ("charge of zero is known", "DELIVERED", {"charged": "0", "applied": "90"}, "0", "0", "estimated"),
    ("cancelled", "CANCELLED", PARTS, "0", "0", "none"),
    ("cancelled, but billed", "CANCELLED", PARTS | {"billed": "12.50"}, "12.50", "0", "billed"),
    ("customer's return", "RETURN DELIVERED", PARTS, "100", "0", "estimated"),
    ("customer's return, billed", "RETURN DELIVERED", PARTS | {"billed": "61"}, "61", "0", "billed"),
    ("customer's return, nothing known", "RETURN DELIVERED", {}, None, "0", "unknown"),
    ("customer's return, cancelled", "RETURN CANCELLED", PARTS, "0", "0", "none"),
    ("lost, not billed", "LOST", PARTS, "100", "0", "estimated"),
    ("lost, billed", "LOST", PARTS | {"billed": "0"}, "0", "0", "billed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "parts", "forward", "rto", "kind"), [row[1:] for row in COSTS], ids=[row[0] for row in COSTS]
)
def test_a_parcel_costs(
    status: str, parts: dict[str, str | None], forward: str | None, rto: str | None, kind: str
) -> None:
    shipment = replace(parcel(status), charges=charges(**parts), cod=True)

    assert parcel_cost(shipment, cod_fee_in_freight=True) == ParcelCost(money(forward), money(rto), kind)


@pytest.mark.parametrize("status", ["NEW", "RETURN PENDING"])
def test_a_parcel_without_a_courier_costs_nothing_yet(status: str) -> None:
    waiting = replace(parcel(status), awb="", charges=charges(**PARTS))

    assert parcel_cost(waiting, cod_fee_in_freight=True) == ParcelCost(Decimal(0), Decimal(0), "none")


def test_a_cod_fee_outside_the_freight_is_added_and_paid_back_on_rto() -> None:
    there = replace(parcel("DELIVERED"), charges=charges(**PARTS), cod=True)
    back = replace(there, status="RTO DELIVERED")

    assert parcel_cost(there, cod_fee_in_freight=False) == ParcelCost(Decimal(130), Decimal(0), "estimated")
    assert parcel_cost(back, cod_fee_in_freight=False) == ParcelCost(Decimal(130), Decimal(40), "estimated")


def test_a_bill_is_never_changed_by_where_the_cod_fee_stands() -> None:
    shipment = replace(parcel("RTO DELIVERED"), charges=charges(**PARTS, billed="163.40"), cod=True)

    for inside in (True, False):
        cost = parcel_cost(shipment, cod_fee_in_freight=inside)
        assert cost.forward is not None
        assert cost.rto is not None
        assert cost.forward + cost.rto == Decimal("163.40")


def test_a_prepaid_parcel_without_a_cod_figure_has_no_cod_fee() -> None:
    prepaid = replace(parcel("RTO DELIVERED"), charges=charges(applied="80", applied_rto="60"))

    assert parcel_cost(prepaid, cod_fee_in_freight=True) == ParcelCost(Decimal(80), Decimal(60), "estimated")


def test_a_cod_parcel_without_a_cod_figure_has_an_unknown_return_cost() -> None:
    shipment = replace(parcel("RTO DELIVERED"), charges=charges(applied="80", applied_rto="60"), cod=True)

    assert parcel_cost(shipment, cod_fee_in_freight=True) == ParcelCost(Decimal(80), None, "unknown")


def test_a_cost_in_another_currency_is_converted_part_by_part() -> None:
    back = replace(parcel("RTO DELIVERED"), charges=charges(**PARTS), cod=True)
    half_known = replace(parcel("RTO DELIVERED"), charges=charges(applied="80"), cod=True)

    in_shop = [parcel_cost(one, cod_fee_in_freight=True).at_rate(Decimal("0.5")) for one in (back, half_known)]

    assert in_shop[0] == ParcelCost(Decimal(50), Decimal(20), "estimated")
    assert in_shop[1] == ParcelCost(Decimal(40), None, "unknown")


def test_without_a_rate_a_cost_is_unknown_but_nothing_stays_nothing() -> None:
    there = replace(parcel("DELIVERED"), charges=charges(billed="94"))

    assert parcel_cost(there, cod_fee_in_freight=True).at_rate(None) == ParcelCost(None, None, "unknown")
    assert parcel_cost(parcel("CANCELED"), cod_fee_in_freight=True).at_rate(None).kind == "none"


# --- what may still change

REREAD = [
    ("IN TRANSIT", "94", None, True),
    ("DELIVERED", None, None, True),
    ("DELIVERED", "94", None, False),
    ("RTO INITIATED", "94", None, True),
    ("RTO DELIVERED", "94", None, False),
    ("RTO ACKNOWLEDGED", "94", None, False),
    ("LOST", "94", None, False),
    ("LOST", None, None, True),
    ("NEW", None, None, True),
    ("CANCELLED", None, None, False),
    ("CANCELLATION REQUESTED", None, None, True),
    ("CANCELLED", None, EARLIER, True),
    ("RETURN DELIVERED", None, None, True),
    ("SOMETHING NEW", "94", None, True),
]


@pytest.mark.parametrize(("status", "billed", "shipped_at", "again"), REREAD)
def test_a_parcel_is_read_again_until_it_is_final_and_billed(
    status: str, billed: str | None, shipped_at: datetime | None, again: bool
) -> None:
    shipment = replace(parcel(status), charges=charges(billed=billed), shipped_at=shipped_at)

    assert needs_reread(shipment) is again


def test_an_rto_is_back_by_its_status_or_its_date() -> None:
    assert rto_is_back(parcel("RTO_DELIVERED"))
    assert rto_is_back(parcel(code=14))
    assert rto_is_back(replace(parcel("RTO IN INTRANSIT"), rto_delivered_at=NOW))
    assert not rto_is_back(parcel("REACHED BACK AT SELLER CITY"))
    assert not rto_is_back(parcel("DELIVERED"))


# --- when a state was first seen


def test_a_new_state_is_seen_now() -> None:
    assert merge_seen(None, parcel("UNDELIVERED"), NOW).seen.ndr == NOW
    assert merge_seen(None, parcel("RTO INITIATED"), NOW).seen.rto == NOW
    assert merge_seen(None, parcel("DELIVERED"), NOW).seen.delivered == NOW
    assert merge_seen(None, parcel("LOST"), NOW).seen.lost == NOW
    assert merge_seen(None, parcel("RTO ACKNOWLEDGED"), NOW).seen.rto_delivered == NOW


def test_a_parcel_never_read_before_is_in_its_state_since_its_last_change() -> None:
    lost = replace(parcel("LOST"), changed_at=EARLIER)

    assert merge_seen(None, lost, NOW).seen.lost == EARLIER


def test_a_parcel_read_before_changed_its_state_now() -> None:
    lost = replace(parcel("LOST"), changed_at=EARLIER)

    assert merge_seen(parcel("IN TRANSIT"), lost, NOW).seen.lost == NOW


def test_what_was_seen_once_is_kept_for_ever() -> None:
    failed = merge_seen(None, parcel("UNDELIVERED"), EARLIER)
    turned = merge_seen(failed, parcel("RTO INITIATED"), EARLIER + timedelta(days=1))
    arrived = merge_seen(turned, parcel("DELIVERED"), NOW)

    assert arrived.seen.ndr == EARLIER
    assert arrived.seen.rto == EARLIER + timedelta(days=1)
    assert arrived.seen.delivered == NOW
    assert arrived.status == "DELIVERED"


def test_seeing_the_same_state_again_changes_nothing() -> None:
    before = merge_seen(None, parcel("RTO INITIATED"), EARLIER)

    assert merge_seen(before, parcel("RTO INITIATED"), NOW) == before


def test_a_failed_attempt_told_elsewhere_counts() -> None:
    assert merge_seen(None, parcel("DELIVERED"), NOW, failed_attempt=True).seen.ndr == NOW
    assert merge_seen(None, parcel("RTO NDR"), NOW).seen.ndr is None


def test_an_rto_did_not_begin_after_it_was_back() -> None:
    back = replace(parcel("RTO DELIVERED"), rto_delivered_at=EARLIER)

    assert merge_seen(None, back, NOW).seen.rto == EARLIER
    assert merge_seen(None, replace(back, rto_delivered_at=NOW + timedelta(days=1)), NOW).seen.rto == NOW
