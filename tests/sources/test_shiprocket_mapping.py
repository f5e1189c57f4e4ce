"""From Shiprocket's records to facts: numbers and texts mixed, blanks that are not zero, split orders."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import responses

from profitsync.domain.carriers import Bucket, bucket
from profitsync.domain.parcel_costs import parcel_cost
from profitsync.domain.shipments import Charges, Shipment, ShipmentLine
from profitsync.sources.errors import BadResponseError
from tests.sources.shiprocket_samples import BILL, FIRST, LAST, SHIPMENTS, Courier, Json, order, page, parcel


@pytest.fixture
def courier(wire: responses.RequestsMock) -> Courier:
    return Courier(wire)


def read(courier: Courier, *orders: Json) -> list[Shipment]:
    courier.lists(page(*orders))
    return [shipment for batch in courier.source().created(FIRST, LAST) for shipment in batch]


def test_an_order_with_one_parcel_becomes_a_shipment(courier: Courier) -> None:
    assert read(courier, order()) == [
        Shipment(
            id="698100001",
            order_id="700100001",
            order_name="#1001",
            created_at=datetime(2026, 11, 2, 18, 35, tzinfo=UTC),
            status="RTO DELIVERED",
            status_code=10,
            order_status_code=16,
            awb="143000000001",
            courier="Some Surface",
            cod=True,
            is_return=False,
            shipped_at=datetime(2026, 11, 4, 12, 50, tzinfo=UTC),
            rto_delivered_at=datetime(2026, 11, 14, 6, 30, tzinfo=UTC),
            changed_at=datetime(2026, 11, 14, 6, 35, tzinfo=UTC),
            lines=(ShipmentLine("TEE-M", 2, Decimal("649.50")),),
            charges=Charges(
                freight=Decimal("112.00"),
                cod=Decimal(45),
                applied=Decimal("112.00"),
                applied_rto=Decimal("88.00"),
                charged_rto=Decimal("88.00"),
                applied_weight=Decimal("0.500"),
            ),
        )
    ]


def test_an_order_without_a_shipment_yields_nothing(courier: Courier) -> None:
    courier.lists(page(order(1, shipments=[], status="NEW"), order(2, shipments=None)))

    assert list(courier.source().created(FIRST, LAST)) == []


FIELDS = [
    pytest.param({"id": "700"}, "order_id", "700", id="order id as a text"),
    pytest.param({"channel_order_id": 1042}, "order_name", "1042", id="order name as a number"),
    pytest.param({"channel_order_id": "#1042-C"}, "order_name", "#1042-C", id="order name stays raw"),
    pytest.param({"status_code": "16"}, "order_status_code", 16, id="order status as a text"),
    pytest.param({"payment_method": "COD"}, "cod", True, id="COD in capitals"),
    pytest.param({"payment_method": "Prepaid"}, "cod", False, id="prepaid"),
    pytest.param({"payment_method": None, "cod": "1"}, "cod", True, id="COD by flag"),
    pytest.param({"is_return": "1"}, "is_return", True, id="return as a text"),
    pytest.param({"is_return": True}, "is_return", True, id="return as a truth value"),
    pytest.param({"is_return": None}, "is_return", False, id="return not said"),
    pytest.param({"shipments": [parcel(id="77")]}, "id", "77", id="shipment id as a text"),
    pytest.param({"shipments": parcel(id=77)}, "id", "77", id="one shipment as an object"),
    pytest.param({"shipments": [parcel(awb=None)]}, "awb", "", id="no AWB"),
    pytest.param({"shipments": [parcel(awb="")]}, "awb", "", id="blank AWB"),
    pytest.param({"shipments": [parcel(awb=143)]}, "awb", "143", id="AWB as a number"),
    pytest.param({"shipments": [parcel(status="9")]}, "status_code", 9, id="shipment status as a digit text"),
    pytest.param({"status": "", "shipments": [parcel(status=9)]}, "status", "", id="no text at all"),
    pytest.param({"status": 16}, "status", "", id="a number is no text"),
    pytest.param({"status": "", "shipments": [parcel(status="Lost")]}, "status", "Lost", id="the shipment's text"),
    pytest.param({"products": None}, "lines", (), id="no products"),
    pytest.param({"products": [{"channel_sku": "A", "quantity": "3"}]}, "lines", (ShipmentLine("A", 3),),
                 id="quantity as a text"),
    pytest.param({"products": [{"channel_sku": "A", "quantity": 1}, {"quantity": 1}]}, "lines", (),
                 id="contents half known are unknown"),
    pytest.param({"awb_data": None}, "charges", Charges(), id="no charges told"),
    pytest.param({"awb_data": []}, "charges", Charges(), id="an empty PHP array"),
    pytest.param({"awb_data": {"charges": []}}, "charges", Charges(), id="an empty PHP array inside"),
    pytest.param({"shipments": [parcel(created_at="5 Nov 2026, 10:00 AM")]}, "created_at",
                 datetime(2026, 11, 5, 4, 30, tzinfo=UTC), id="the shipment's own creation"),
    pytest.param({"shipments": [parcel(rto_initiated_date="2026-11-09 00:30:00")]}, "rto_initiated_at",
                 datetime(2026, 11, 8, 19, 0, tzinfo=UTC), id="an RTO near midnight"),
    pytest.param({"shipments": [parcel(delivered_date="0000-00-00 00:00:00")]}, "delivered_at", None,
                 id="a date of zeros"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "name", "value"), FIELDS)
def test_fields_are_read_in_every_shape(courier: Courier, given: Json, name: str, value: Any) -> None:
    (found,) = read(courier, order(**given))

    assert getattr(found, name) == value


AMOUNTS = [
    ("94.00", Decimal("94.00")),
    (94, Decimal(94)),
    (114.4, Decimal("114.4")),
    ("0.00", Decimal(0)),
    ("-2.25", Decimal("-2.25")),
    ("", None),
    (" ", None),
    ("N/A", None),
    ("NA", None),
    ("-", None),
    (None, None),
]


@pytest.mark.parametrize(("raw", "amount"), AMOUNTS, ids=[repr(raw) for raw, _ in AMOUNTS])
def test_a_blank_charge_is_unknown_and_a_zero_is_zero(courier: Courier, raw: Any, amount: Decimal | None) -> None:
    (found,) = read(courier, order(awb_data={"charges": {"billing_amount": raw, "cod_charges": raw}}))

    assert found.charges == Charges(billed=amount, cod=amount)


def test_every_part_of_the_bill_has_its_place(courier: Courier) -> None:
    bill = {
        "freight_charges": "1",
        "cod_charges": "2",
        "applied_weight_amount": "3",
        "charged_weight_amount": "4",
        "applied_weight_amount_rto": "5",
        "charged_weight_amount_rto": "6",
        "billing_amount": "7",
    }

    (found,) = read(courier, order(awb_data={"charges": bill}))

    assert found.charges == Charges(*(Decimal(number) for number in range(1, 8)))


WEIGHTS = [
    ("0.500", Decimal("0.500")),
    (1, Decimal(1)),
    ("", None),
    ("N/A", None),
    ("half a kilo", None),
    (None, None),
]


@pytest.mark.parametrize(("raw", "kg"), WEIGHTS, ids=[repr(raw) for raw, _ in WEIGHTS])
def test_what_explains_a_bill_is_kept_and_never_in_the_way(courier: Courier, raw: Any, kg: Decimal | None) -> None:
    bill = {"applied_weight": raw, "charged_weight": raw, "zone": "z_e"}

    (found,) = read(courier, order(awb_data={"charges": bill}))

    assert found.charges == Charges(applied_weight=kg, charged_weight=kg)
    assert found.zone == "z_e"


BAD_ORDERS = [
    pytest.param(order(created_at=None), "creation date", id="order without a date"),
    pytest.param(order(created_at="soon"), "order 700100001, created_at: .*'soon'",
                 id="order with an unreadable date"),
    pytest.param(order(updated_at="soon"), "order 700100001, updated_at: .*'soon'", id="unreadable change"),
    pytest.param(order(shipments=[parcel(id=None)]), "without an id", id="shipment without an id"),
    pytest.param(order(shipments=[parcel(shipped_date="soon")]), "shipment 698100001, shipped_date: .*'soon'",
                 id="unreadable dispatch"),
    pytest.param(order(shipments=[parcel(delivered_date="31/31/2026")]), "delivered_date: .*'31/31/2026'",
                 id="unreadable delivery"),
    pytest.param(order(shipments=[parcel(rto_initiated_date="x")]), "rto_initiated_date: .*'x'",
                 id="unreadable RTO"),
    pytest.param(order(shipments=[parcel(rto_delivered_date="x")]), "rto_delivered_date: .*'x'",
                 id="unreadable end of an RTO"),
    pytest.param(order(awb_data={"charges": {"billing_amount": "much"}}),
                 "order 700100001, billing_amount: .*'much'", id="a bill in words"),
    pytest.param(order(products=[{"channel_sku": "A", "quantity": 1, "price": "dear"}]),
                 "order 700100001, price: .*'dear'", id="a price in words"),
    pytest.param(order(awb_data={"charges": {"billing_amount": "NaN"}}), "NaN", id="a bill that is no number"),
    pytest.param({"channel_order_id": "#1"}, "id", id="order without an id"),
    pytest.param(order(shipments="none"), "shape", id="shipments as a word"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "said"), BAD_ORDERS)
def test_a_record_that_cannot_be_read_is_an_error(courier: Courier, bad: Json, said: str) -> None:
    with pytest.raises(BadResponseError, match=said):
        read(courier, bad)


def test_the_worked_example_costs_what_it_was_billed(courier: Courier) -> None:
    bill = BILL | {
        "applied_weight_amount": "114.40",
        "cod_charges": 47,
        "charged_weight_amount_rto": "96.00",
        "billing_amount": "163.40",
    }

    (found,) = read(courier, order(awb_data={"charges": bill}))
    cost = parcel_cost(found, cod_fee_in_freight=True)

    assert bucket(found) is Bucket.RTO
    assert (cost.forward, cost.rto, cost.kind) == (Decimal("114.40"), Decimal("49.00"), "billed")


# --- orders with several parcels

SPLIT = order(5, shipments=[parcel(51, status=7), parcel(52, status=18, shipped_date=None)], status="SHIPPED")


def listed(number: int, order_number: int = 5, **other: Any) -> Json:
    """An element of `GET /shipments`."""
    return {
        "id": 698100000 + number,
        "order_id": 700100000 + order_number,
        "status": "DELIVERED",
        "created_at": "4th Nov 2026 07:11 PM",
        "charges": {"freight_charges": str(number), "billing_amount": ""},
    } | other


def test_each_parcel_of_a_split_order_has_its_own_status_and_charges(courier: Courier) -> None:
    courier.lists(page(listed(51), listed(52), listed(90, order_number=9)), url=SHIPMENTS)

    first, second = read(courier, SPLIT)

    assert (first.status, first.status_code, bucket(first)) == ("", 7, Bucket.DELIVERED)
    assert (second.status, second.status_code, bucket(second)) == ("", 18, Bucket.IN_TRANSIT)
    assert [one.charges.freight for one in (first, second)] == [Decimal(51), Decimal(52)]
    assert first.created_at == datetime(2026, 11, 4, 13, 41, tzinfo=UTC)
    assert first.lines == second.lines == ()
    assert first.order_id == second.order_id == "700100005"


def test_the_bill_of_a_split_order_is_given_to_none_of_its_parcels(courier: Courier) -> None:
    courier.lists(page(listed(51)), url=SHIPMENTS)

    _, second = read(courier, SPLIT)

    assert second.charges == Charges()
    assert second.created_at == datetime(2026, 11, 2, 18, 35, tzinfo=UTC)
    assert parcel_cost(second, cod_fee_in_freight=True).kind == "unknown"


def test_parcels_are_looked_up_from_their_orders_creation_to_their_dispatch(courier: Courier) -> None:
    courier.lists(page(listed(51), listed(52)), url=SHIPMENTS)
    sent_off = order(5, shipments=[parcel(51), parcel(52, shipped_date="2026-11-06 09:00:00")])

    read(courier, sent_off)

    (asked,) = courier.sent(SHIPMENTS)
    assert (asked["from"], asked["to"]) == ("2026-11-03", "2026-11-06")


def test_parcels_not_yet_dispatched_are_looked_up_until_today(courier: Courier) -> None:
    courier.lists(page(), url=SHIPMENTS)

    read(courier, SPLIT)

    (asked,) = courier.sent(SHIPMENTS)
    assert (asked["from"], asked["to"]) == ("2026-11-03", "2026-11-23")


def test_the_list_of_shipments_is_asked_only_when_an_order_is_split(courier: Courier) -> None:
    read(courier, order(1), order(2))

    assert courier.sent(SHIPMENTS) == []


def test_a_user_who_may_not_list_shipments_leaves_split_charges_unknown(courier: Courier) -> None:
    courier.lists({"message": "Unauthorized", "status_code": 403}, url=SHIPMENTS, status=403)
    courier.lists(page(SPLIT, order(1)))
    source = courier.source()

    found = [one for batch in source.created(FIRST, LAST) for one in batch]

    assert [one.charges == Charges() for one in found] == [False, True, True]
    (warning,) = source.warnings
    assert warning.startswith("/shipments is forbidden for this API user; allow it")
    assert warning.endswith("what the parcels of 1 split orders cost stays unknown")


def test_a_list_of_shipments_beyond_the_ceiling_is_read_in_halves(courier: Courier) -> None:
    courier.lists(page(listed(51), total=10_001), page(listed(51)), page(listed(52)), url=SHIPMENTS)

    first, second = read(courier, SPLIT)

    assert [one.charges.freight for one in (first, second)] == [Decimal(51), Decimal(52)]


def test_a_split_parcel_with_an_unreadable_date_is_named(courier: Courier) -> None:
    courier.lists(page(listed(51, created_at="soon")), url=SHIPMENTS)

    with pytest.raises(BadResponseError, match=r"shipment 698100051, created_at: .*'soon'"):
        read(courier, SPLIT)


# --- what a raw bill comes to: `awb_data.charges` as it came, status, cost there, cost back, kind

RTO_BILL = {"applied_weight_amount": "114.40", "cod_charges": 47, "charged_weight_amount_rto": "96.00"}
BILLS = [
    pytest.param("DELIVERED", {"applied_weight_amount": "94.00", "freight_charges": "94.00", "cod_charges": "47",
                               "applied_weight_amount_rto": "0.00", "billing_amount": "94"}, "94", "0", "billed",
                 id="delivered COD: the freight holds the fee"),
    pytest.param("DELIVERED", {"freight_charges": "94.00", "cod_charges": 47, "billing_amount": ""}, "94.00", "0",
                 "estimated", id="delivered COD, not billed yet: 94 and not 141"),
    pytest.param("RTO DELIVERED", RTO_BILL | {"billing_amount": "163.40"}, "114.40", "49.00", "billed",
                 id="RTO, billed"),
    pytest.param("RTO DELIVERED", RTO_BILL, "114.40", "49.00", "estimated", id="RTO: the fee is paid back"),
    pytest.param("RTO DELIVERED", BILL, "112.00", "43.00", "estimated", id="RTO, nothing measured yet"),
    pytest.param("RTO DELIVERED", RTO_BILL | {"billing_amount": "165.65"}, "114.40", "51.25", "billed",
                 id="RTO, the bill differs from the estimate"),
    pytest.param("DELIVERED", {"charged_weight_amount": "130.00", "applied_weight_amount": "94.00"}, "130.00", "0",
                 "estimated", id="measured weight before entered weight"),
    pytest.param("DELIVERED", {"charged_weight_amount": "-", "applied_weight_amount": "N/A",
                               "freight_charges": "94"}, "94", "0", "estimated", id="placeholders passed over"),
    pytest.param("DELIVERED", {"charged_weight_amount": "", "applied_weight_amount": "-", "freight_charges": "N/A",
                               "billing_amount": ""}, None, "0", "unknown", id="only placeholders"),
    pytest.param("DELIVERED", {}, None, "0", "unknown", id="no charges at all"),
    pytest.param("DELIVERED", {"billing_amount": 0}, "0", "0", "billed", id="a bill of zero is a bill"),
    pytest.param("RTO INITIATED", {"freight_charges": "94", "cod_charges": "", "applied_weight_amount_rto": "60"},
                 "94", None, "unknown", id="RTO of a COD parcel whose fee is blank"),
    pytest.param("CANCELED", {"freight_charges": "94.00", "cod_charges": 47}, "0", "0", "none", id="cancelled"),
    pytest.param("CANCELED", {"billing_amount": "31.50"}, "31.50", "0", "billed", id="cancelled after the pickup"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "bill", "there", "back", "kind"), BILLS)
def test_a_raw_bill_comes_to(
    courier: Courier, status: str, bill: Json, there: str | None, back: str | None, kind: str
) -> None:
    (found,) = read(courier, order(status=status, awb_data={"charges": bill}))

    cost = parcel_cost(found, cod_fee_in_freight=True)

    assert (cost.forward, cost.rto) == tuple(None if one is None else Decimal(one) for one in (there, back))
    assert cost.kind == kind
