"""Parcels whose state nobody has explained, and old ones that may still change."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from profitsync.domain.merchants import MerchantSettings
from profitsync.services.calculate import calculate_days
from profitsync.services.carrier_states import UnknownStates
from profitsync.services.plans import SHIPMENTS_REREAD, WAITING
from profitsync.sources.errors import RetriableError
from tests.records import replace
from tests.services.conftest import Shop
from tests.unit.builders import at, charges, day, parcel

TODAY = day(5)


def test_without_an_unknown_state_there_is_nothing_to_say() -> None:
    states = UnknownStates()

    states.notice([parcel("DELIVERED"), parcel("FULFILLED", id="2")])

    assert states.warnings() == []


def test_every_unknown_state_is_named_once_with_its_number_of_parcels() -> None:
    states = UnknownStates()

    states.notice([parcel("Held_At Customs", id=str(number)) for number in range(3)])
    states.notice([parcel("HELD AT CUSTOMS", id="2"), parcel("", id="8", status_code=999), parcel("", id="9")])

    (warning,) = states.warnings()
    assert warning == (
        "5 parcels have a status that is not known and count as `other`: "
        "HELD AT CUSTOMS (3), no status (1), shipment status 999 (1)"
    )


def test_a_parcel_that_moved_on_within_the_run_is_no_matter_any_more() -> None:
    states = UnknownStates()

    states.notice([parcel("HELD AT CUSTOMS")])
    states.notice([parcel("IN TRANSIT")])

    assert states.warnings() == []


def test_a_text_without_end_is_cut() -> None:
    states = UnknownStates()

    states.notice([parcel("X" * 500)])

    assert len(states.warnings()[0]) < 150


@pytest.mark.parametrize("failure", [None, RetriableError("Shiprocket: server fault")], ids=["read", "broken off"])
def test_a_sync_names_them_once_in_its_job(shop: Shop, failure: RetriableError | None) -> None:
    shop.sources.parcels.held = [parcel("HELD AT CUSTOMS", charges=charges(freight="80"))]
    shop.sources.parcels.attempts_failure = failure

    shop.sync()

    (job,) = shop.store.jobs("u1")
    assert job.warnings == (
        "shiprocket: 1 parcel has a status that is not known and counts as `other`: HELD AT CUSTOMS (1)",
    )


# --- old parcels that may still change


def _first_day_asked(shop: Shop, kind: str = "created") -> date:
    return [since for asked, since, _ in shop.sources.parcels.asked if asked == kind][-1]


OLD = [
    pytest.param("IN TRANSIT", None, True, id="on its way"),
    pytest.param("DELIVERED", None, True, id="delivered, not billed"),
    pytest.param("RTO INITIATED", "163.40", True, id="billed, but not back yet"),
    pytest.param("DELIVERED", "94", False, id="delivered and billed"),
    pytest.param("RTO DELIVERED", "163.40", False, id="back and billed"),
    pytest.param("CANCELED", None, False, id="cancelled"),
]


@pytest.mark.parametrize(("state", "billed", "again"), OLD)
def test_the_daily_re_read_goes_back_to_the_oldest_parcel_that_may_still_change(
    shop: Shop, state: str, billed: str | None, again: bool
) -> None:
    bill = charges(freight="80", **({"billed": billed} if billed else {}))
    shop.sources.parcels.held = [
        parcel(state, created_at=at(20, month=8), shipped_at=None if state == "CANCELED" else at(21, month=8),
               rto_delivered_at=at(30, month=8) if state == "RTO DELIVERED" else None, charges=bill)
    ]  # fmt: skip
    shop.sync()
    shop.later(hours=25)

    shop.sync()

    today = TODAY + timedelta(days=1)
    oldest = date(2026, 8, 20) - WAITING if again else today - SHIPMENTS_REREAD
    assert _first_day_asked(shop) == oldest
    assert _first_day_asked(shop, "failed") == oldest


def test_a_bill_that_comes_after_three_months_restates_its_day(shop: Shop) -> None:
    old = parcel("DELIVERED", created_at=at(20, month=8), charges=charges(freight="80"))
    shop.sources.parcels.held = [old]
    shop.sync()
    shop.later(hours=25)
    shop.sources.parcels.held = [replace(old, charges=charges(billed="96"))]

    shop.sync()

    values = shop.rows()[date(2026, 8, 20)].values
    assert (values["shippingCost"], values["shipmentsBilled"], values["shipmentsEstimated"]) == (D("96.00"), 1, 0)


def test_a_parcel_open_for_more_than_half_a_year_is_given_up(shop: Shop) -> None:
    shop.sources.parcels.held = [parcel("IN TRANSIT", created_at=at(1, month=4))]
    shop.sync(since=date(2026, 4, 1), until=date(2026, 4, 2))
    shop.sync()
    shop.later(hours=25)

    shop.sync()

    assert _first_day_asked(shop) == TODAY + timedelta(days=1) - SHIPMENTS_REREAD


# --- rupees in a shop of another currency


@pytest.mark.parametrize(
    ("rates", "cost", "without", "complete"),
    [({"INR": D("0.012")}, D("0.96"), 0, True), ({}, D("0.00"), 1, False)],
    ids=["a rate", "no rate"],
)
def test_rupees_are_never_added_to_another_currency(
    shop: Shop, rates: dict[str, D], cost: D, without: int, complete: bool
) -> None:
    shop.sources.parcels.held = [parcel("DELIVERED", charges=charges(billed="80"))]
    shop.sync()
    abroad = replace(shop.stored(), currency="USD", settings=MerchantSettings(fx_rates=rates))

    ((row,),) = calculate_days(shop.store, abroad, [day(2)], {day(2): shop.row(2).sources})

    assert (row.values["shippingCost"], row.values["shipmentsWithoutCost"]) == (cost, without)
    assert row.complete is complete
