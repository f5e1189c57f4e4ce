"""The source against a real server on loopback: what the company holds is what comes out."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from profitsync.domain.carriers import Bucket, bucket, parcel_cost, unknown_status
from profitsync.domain.shipments import Charges, Shipment
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import (
    ChargesDraft,
    ItemDraft,
    NdrDraft,
    ParcelDraft,
    ShiprocketOrderDraft,
    ShiprocketWorld,
    World,
)
from profitsync.sandbox.worlds.example import example
from profitsync.sources.errors import BadResponseError, CredentialsError, RetriableError, SourceError
from profitsync.sources.findings import Level
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, TokenCache
from profitsync.sources.shiprocket import ShiprocketSource
from tests.records import replace

START = datetime(2026, 9, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
FIRST, LAST = date(2026, 9, 19), TODAY
BUSY, PASSWORD = "busy@shop.example", "pa55"


def booked(number: int, parcels: int = 1) -> ShiprocketOrderDraft:
    at = START + timedelta(hours=number * 2)
    return ShiprocketOrderDraft(
        id=1000 + number,
        channel_order_id=f"#{number}",
        created_at=at,
        updated_at=at,
        status="DELIVERED",
        status_code=7,
        cod=False,
        total=Decimal(100),
        items=(ItemDraft("Tee", "TEE", 1, Decimal(100)),),
        parcels=[
            ParcelDraft(
                id=number * 10 + place,
                created_at=at + timedelta(hours=1 + place),
                status=7,
                status_text="DELIVERED",
                awb=f"AWB{number}{place}",
                shipped_at=at + timedelta(days=1),
                charges=ChargesDraft(applied=Decimal("80.5"), billed=Decimal("81.1") + place),
            )
            for place in range(parcels)
        ],
    )


@pytest.fixture
def busy() -> ShiprocketWorld:
    """Several pages of orders over more than one window, some of them split or without a parcel."""
    orders = {1000 + number: booked(number, parcels=(1, 1, 1, 2, 0)[number % 5]) for number in range(1, 501)}
    failed = [NdrDraft(number, number * 10, "", START + timedelta(hours=number)) for number in range(1, 251)]
    return ShiprocketWorld(BUSY, PASSWORD, 7, orders=orders, ndr=failed)


@pytest.fixture
def sandbox(busy: ShiprocketWorld) -> Iterator[Sandbox]:
    with Sandbox([example(), World("busy", shiprocket=busy)], clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def kept() -> dict[str, tuple[str, datetime]]:
    return {}


Connect = Callable[..., ShiprocketSource]


@pytest.fixture
def connect(sandbox: Sandbox, kept: dict[str, tuple[str, datetime]]) -> Connect:
    def build(email: str = BUSY, password: str = PASSWORD) -> ShiprocketSource:
        http = HttpClient("Shiprocket", sleep=lambda _: None, rng=random.Random(1), clock=lambda: NOW)  # noqa: S311
        return ShiprocketSource(
            http,
            base_url=sandbox.environment()["PROFITSYNC_SHIPROCKET_URL"],
            email=email,
            password=password,
            cache=TokenCache(
                load=lambda: kept.get(email), save=lambda token, until: kept.update({email: (token, until)})
            ),
            notebook=Notebook(load=lambda _: None, save=lambda *_: None),
            clock=lambda: NOW,
        )

    return build


def read(source: ShiprocketSource) -> list[Shipment]:
    return [shipment for batch in source.created(FIRST, LAST) for shipment in batch]


def test_the_worked_examples_parcels_come_out(connect: Connect) -> None:
    found = read(connect("api@worked-example.example", "sandbox-shiprocket-example"))

    assert [(one.order_name, bucket(one)) for one in found] == [
        ("#1001", Bucket.DELIVERED),
        ("#1002", Bucket.RTO),
        ("#1003", Bucket.IN_TRANSIT),
    ]
    costs = [parcel_cost(one, cod_fee_in_freight=True) for one in found]
    assert [(cost.forward, cost.rto, cost.kind) for cost in costs] == [
        (Decimal(80), Decimal(0), "estimated"),
        (Decimal("114.40"), Decimal("49.00"), "billed"),
        (Decimal(80), Decimal(0), "estimated"),
    ]


def test_every_parcel_comes_out_once_with_its_own_bill(connect: Connect, busy: ShiprocketWorld) -> None:
    expected = {
        str(parcel.id): parcel.charges.billed
        for order in busy.orders.values()
        for parcel in order.parcels
        if parcel.charges
    }

    found = read(connect())

    assert len(found) == len(expected) == 500
    assert {one.id: one.charges.billed for one in found} == expected


def test_an_hours_changes_take_one_request(connect: Connect, busy: ShiprocketWorld) -> None:
    read(connect())
    changed = busy.orders[1010]
    changed.updated_at = NOW
    changed.parcels[0].status, changed.status = 10, "RTO DELIVERED"
    source = connect()

    found = [one for batch in source.updated(TODAY, TODAY) for one in batch]

    assert [(one.id, bucket(one)) for one in found] == [("100", Bucket.RTO)]
    assert source.requests == 1


def test_all_failed_attempts_come_out(connect: Connect) -> None:
    assert connect().failed_attempts(FIRST, LAST) == {str(number * 10) for number in range(1, 251)}


def test_a_token_is_used_by_later_runs_until_it_is_revoked(connect: Connect, busy: ShiprocketWorld) -> None:
    connect().failed_attempts(LAST, LAST)
    second = connect()
    second.failed_attempts(LAST, LAST)
    busy.password = "changed"
    third = connect(password="changed")
    third.failed_attempts(LAST, LAST)

    assert (second.requests, third.requests) == (1, 3)


def test_a_wrong_password_costs_one_login_a_run(connect: Connect) -> None:
    source = connect(password="wrong")

    for _ in range(2):
        with pytest.raises(CredentialsError):
            read(source)

    assert source.requests == 1


ODDITIES = ["clamped=40", "null-pages", "list-links", "repeated-page", "odd-dates"]


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_answer_of_another_shape_says_the_same(sandbox: Sandbox, connect: Connect, oddity: str) -> None:
    usual = connect()
    expected = [in_minutes(one) for one in read(usual)], usual.failed_attempts(FIRST, LAST)
    sandbox.faults.add(f"shiprocket:{oddity}")
    odd = connect()

    found = [in_minutes(one) for one in read(odd)], odd.failed_attempts(FIRST, LAST)

    assert found == expected
    assert odd.warnings == []
    assert len(found[0]) == 500


def in_minutes(shipment: Shipment) -> Shipment:
    """Some shapes of a date leave the seconds out."""
    at = [shipment.created_at, shipment.shipped_at, shipment.changed_at]
    created, shipped, changed = (one.replace(second=0) if one else None for one in at)
    return replace(shipment, created_at=created or START, shipped_at=shipped, changed_at=changed)


def test_states_nobody_knows_and_bills_nobody_told_come_out_as_such(sandbox: Sandbox, connect: Connect) -> None:
    for oddity in ("odd-status=HELD+AT+CUSTOMSx1", "no-charges"):
        sandbox.faults.add(f"shiprocket:{oddity}/orders")

    found = read(connect())

    assert {unknown_status(one) for one in found} == {None, "HELD AT CUSTOMS"}
    assert {one.charges for one in found if one.status == "HELD AT CUSTOMS"} != {Charges()}
    assert Charges() in {one.charges for one in found}


def test_a_parcel_is_found_by_its_awb(connect: Connect) -> None:
    assert [one.id for one in connect().found("AWB31")] == ["30", "31"]


def test_a_good_user_passes_the_check(connect: Connect) -> None:
    findings = connect().check()

    assert {one.level for one in findings} == {Level.OK}
    assert [one.topic for one in findings] == ["token", "orders", "shipments", "failed deliveries", "clock"]


PASSING = [
    "500x2",
    "502-htmlx1",
    "429=2x2",
    "truncatedx1",
    "cutx1",
    "empty-page@2",
    "500x2/auth",
    "credentials@2/orders",
    "revoked@2/orders",
    "failure-inside-200=503x2",
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_loses_no_parcel(sandbox: Sandbox, connect: Connect, fault: str) -> None:
    connect().failed_attempts(LAST, LAST)
    sandbox.faults.add(f"shiprocket:{fault}")

    assert len(read(connect())) == 500


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("credentials/orders", CredentialsError),
        ("403/orders", CredentialsError),
        ("403-html/orders", CredentialsError),
        ("400@2/orders", BadResponseError),
        ("422/orders", BadResponseError),
        ("failure-inside-200=empty/orders", BadResponseError),
        ("failure-inside-200", BadResponseError),
        ("400", BadResponseError),
        ("503", RetriableError),
        ("reset", RetriableError),
        ("empty-page/orders", RetriableError),
    ],
)
def test_a_lasting_fault_has_its_consequence(
    sandbox: Sandbox, connect: Connect, fault: str, kind: type[SourceError]
) -> None:
    connect().failed_attempts(LAST, LAST)
    sandbox.faults.add(f"shiprocket:{fault}")

    with pytest.raises(kind):
        read(connect())
