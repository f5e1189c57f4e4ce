"""Days that are longer or shorter, shops at the ends of the calendar, and clocks that go wrong."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from profitsync.domain.days import day_start
from profitsync.domain.orders import Order, RefundLine
from profitsync.domain.rows import DayMetrics
from profitsync.sources.errors import RetriableError
from profitsync.sources.protocol import AdAccount
from profitsync.stores.sqlite import SqliteStore
from tests.records import replace
from tests.services.conftest import Shop, ad, opened_shop
from tests.services.fakes import FakeSources
from tests.unit.builders import at, charges, line, order, parcel, refund

HOUR = timedelta(hours=1)
LONDON, NEW_YORK = "Europe/London", "America/New_York"


def placed(instant: datetime, number: int) -> Order:
    return order(line("1"), placed=instant, id=str(number), name=f"#{number}")


def every_hour(first: datetime, last: datetime) -> Iterator[Order]:
    """An order at half past each hour."""
    number = 0
    while first < last:
        yield placed(first + HOUR / 2, number)
        first, number = first + HOUR, number + 1


CHANGES = [
    pytest.param(LONDON, date(2026, 3, 29), 23, id="London, spring"),
    pytest.param(LONDON, date(2026, 10, 25), 25, id="London, autumn"),
    pytest.param(NEW_YORK, date(2026, 3, 8), 23, id="New York, spring"),
    pytest.param(NEW_YORK, date(2026, 11, 1), 25, id="New York, autumn"),
]


@pytest.mark.parametrize(("name", "changed", "hours"), CHANGES)
def test_a_day_on_which_clocks_change_has_the_orders_of_its_own_hours(
    shop: Shop, name: str, changed: date, hours: int
) -> None:
    zone = ZoneInfo(name)
    begin, end = (day_start(changed + timedelta(days=n), zone) for n in (-1, 2))
    shop.sources.shop.timezone = name
    shop.sources.shop.held = list(every_hour(begin, end))
    shop.clock.now = end + HOUR

    shop.sync()

    def orders() -> list[Any]:
        return [shop.rows()[changed + timedelta(days=n)].values["totalOrders"] for n in (-1, 0, 1)]

    assert orders() == [24, hours, 24]
    shop.later(hours=1)
    shop.sync(since=changed, until=changed)  # by date, the day is the same
    assert orders() == [24, hours, 24]


@pytest.mark.parametrize(
    ("name", "today"), [("Pacific/Kiritimati", date(2026, 11, 6)), ("Pacific/Pago_Pago", date(2026, 11, 4))]
)
def test_at_one_moment_shops_at_the_two_ends_of_the_calendar_are_two_days_apart(
    shop: Shop, name: str, today: date
) -> None:
    shop.clock.now = datetime(2026, 11, 5, 10, 30, tzinfo=UTC)
    shop.sources.shop.timezone = name
    shop.sources.ads.described = [AdAccount("1", "INR", name)]
    shop.sources.ads.held = [replace(ad(1), day=today, timezone=name)]
    shop.sources.shop.held = [placed(shop.clock.now - timedelta(minutes=5), 1)]
    created = shop.clock.now - timedelta(minutes=4)
    shop.sources.parcels.held = [parcel("IN TRANSIT", order_name="#1", created_at=created)]

    shop.sync()

    row = shop.rows()[max(shop.rows())]
    assert row.day == today
    assert [row.values[one] for one in ("totalOrders", "totalShipments", "adSpend")] == [1, 1, D("100.00")]
    assert set(row.sources.values()) == {"ok"}


def test_a_leap_day_is_a_day_like_others(shop: Shop) -> None:
    leap = date(2028, 2, 29)
    zone = ZoneInfo("Asia/Kolkata")
    begin = day_start(leap, zone)
    shop.clock.now = begin + timedelta(days=1, hours=1)
    ends = (begin - HOUR, begin, begin + 24 * HOUR - timedelta(seconds=1), begin + 24 * HOUR)
    shop.sources.shop.held = [placed(instant, number) for number, instant in enumerate(ends)]

    shop.sync()

    days = [leap + timedelta(days=n) for n in (-1, 0, 1)]
    assert [shop.rows()[day].values["totalOrders"] for day in days] == [1, 2, 1]
    shop.clock.now = day_start(date(2029, 2, 28), zone) + HOUR
    assert shop.sync(since=leap, until=leap).exit_code == 0
    assert shop.rows()[leap].values["totalOrders"] == 2


def _all_kinds(sources: FakeSources) -> None:
    """Sales, a refund, an RTO and ads on both sides of many a midnight."""
    back = refund(RefundLine("1", 1, D(1050), D(50), "RETURN"), on=at(4, 3))
    sources.shop.held = [
        placed(at(2, 2), 1),
        replace(placed(at(2, 22), 2), refunds=(back,), updated_at=at(4, 3)),
        placed(at(3, 9), 3),
        placed(at(5, 4), 4),
    ]
    sources.parcels.held = [
        parcel("DELIVERED", id="1", order_name="#1", created_at=at(2, 3), delivered_at=at(4, 1),
               charges=charges(freight="80")),
        parcel("RTO DELIVERED", id="2", order_name="#3", created_at=at(3, 10), rto_initiated_at=at(4, 2),
               rto_delivered_at=at(5, 3), charges=charges(freight="80", applied_rto="70")),
    ]  # fmt: skip
    sources.ads.held = [ad(number) for number in (1, 2, 3, 4, 5)]


def _figures(shop: Shop) -> dict[date, DayMetrics]:
    return {day: replace(row, updated_at=None) for day, row in shop.rows().items()}


@pytest.mark.parametrize(
    ("name", "killed"),
    [
        (NEW_YORK, None),
        ("Pacific/Kiritimati", None),
        (NEW_YORK, "put_shipments"),
        ("Pacific/Kiritimati", "save_user"),
    ],
)
def test_a_shop_that_moves_to_another_time_zone_has_the_figures_of_one_that_was_always_there(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, killed: str | None
) -> None:
    _all_kinds(shop.sources)
    shop.sync()
    before = _figures(shop)
    shop.sources.shop.timezone = name
    shop.later(hours=1)
    if killed:
        with monkeypatch.context() as patch:
            patch.setattr(SqliteStore, killed, _die)
            with pytest.raises(SystemExit):
                shop.sync()
        shop.later(minutes=3)

    shop.sync()

    shop.later(hours=1)
    shop.sync()  # only now: where it is tomorrow already, that day had to be heard of first
    with opened_shop(tmp_path / "always.db", shop.sources) as always:
        always.clock.now = shop.clock.now
        always.sync()
        wanted = _figures(always)
    found = _figures(shop)
    assert {day: found[day] for day in wanted if day in before} == {d: wanted[d] for d in wanted if d in before}
    assert found.keys() >= wanted.keys()
    assert found != before


def _die(*_: object) -> None:
    raise SystemExit


@pytest.mark.parametrize("fast", [timedelta(hours=2), timedelta(days=3), timedelta(days=400)], ids=str)
def test_what_changed_before_a_clock_was_set_right_is_read_afterwards(shop: Shop, fast: timedelta) -> None:
    shop.sources.shop.held = [placed(at(5, 17), 1)]
    parcels = shop.sources.parcels
    parcels.held = [parcel("IN TRANSIT", order_name="#1", created_at=at(5, 17))]
    true = shop.clock.now
    shop.clock.now = true + fast
    shop.sync()
    shop.sources.shop.held.append(placed(true + timedelta(minutes=10), 2))
    shop.clock.now = true + timedelta(hours=1)

    report = shop.sync()

    assert report.exit_code == 0
    assert shop.row(5).values["totalOrders"] == 2
    assert parcels.asked[-1][0] == "failed"
    assert "created" in [kind for kind, *_ in parcels.asked[-3:]]
    assert any("clock" in warning for warning in report.users[0].warnings)
    shop.later(hours=1)
    shop.sync()
    assert shop.sources.shop.windows[-1].updated_from > true  # and then goes on as ever


def test_what_a_fast_clock_believed_to_be_past_is_read_by_the_shops_clock(shop: Shop) -> None:
    """Two hours fast, then right again three hours later: the cursor never lies in the future."""
    shop.sources.shop.held = [placed(at(5, 1), 1)]
    true = at(5, 2)
    shop.clock.now = true + timedelta(hours=2)
    shop.sources.shop.clock_ahead = timedelta(hours=2)
    first = shop.sync()
    shop.sources.shop.held.append(placed(true + timedelta(minutes=30), 2))
    shop.clock.now, shop.sources.shop.clock_ahead = true + timedelta(hours=3), timedelta(0)

    second = shop.sync()

    assert shop.row(5).values["totalOrders"] == 2
    assert any("120 minutes ahead" in warning for warning in first.users[0].warnings)
    assert second.users[0].warnings == []


def test_a_clock_that_was_set_back_a_little_makes_no_run_read_everything(shop: Shop) -> None:
    shop.sync()
    shop.later(minutes=-2)

    report = shop.sync()

    assert report.users[0].warnings == []
    assert shop.sources.shop.windows[-1].updated_from > at(5, 17)


def test_a_failed_run_after_a_clock_was_set_right_leaves_it_to_the_next(shop: Shop) -> None:
    true = shop.clock.now
    shop.later(days=3)
    shop.sync()
    shop.clock.now = true + HOUR
    shop.sources.shop.held = [placed(true, 1)]
    shop.sources.shop.failure = RetriableError("server fault")
    shop.sync()
    shop.sources.shop.failure = None
    shop.later(hours=1)

    shop.sync()

    assert shop.row(5).values["totalOrders"] == 1


def test_a_sync_that_runs_over_midnight_leaves_the_new_day_to_the_next(shop: Shop, tmp_path: Path) -> None:
    midnight = day_start(date(2026, 11, 6), ZoneInfo("Asia/Kolkata"))
    shop.clock.now = midnight - timedelta(seconds=50)
    shop.sources.shop.held = [placed(midnight - HOUR, 1)]
    shop.sources.shop.meanwhile = lambda: shop.later(seconds=100)

    assert shop.sync().exit_code == 0

    assert (max(shop.rows()), shop.row(5).values["totalOrders"]) == (date(2026, 11, 5), 1)
    shop.sources.shop.meanwhile = lambda: None
    late, early = (placed(midnight + timedelta(seconds=n), 10 + n) for n in (-1, 1))
    shop.sources.shop.held += [late, early]
    shop.clock.now = midnight + HOUR
    shop.sync()
    assert [shop.row(n).values["totalOrders"] for n in (5, 6)] == [2, 1]
    with opened_shop(tmp_path / "alone.db", shop.sources) as alone:
        alone.clock.now = shop.clock.now
        alone.sync()
        wanted = _figures(alone)
    found = _figures(shop)
    assert {day: found[day] for day in wanted} == wanted
