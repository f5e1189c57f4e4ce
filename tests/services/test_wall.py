"""An app that sees only sixty days: what it cannot see stays unknown, and is never taken for nothing."""

from datetime import date

import pytest

from profitsync.sources.errors import CredentialsError
from tests.services.conftest import Shop
from tests.unit.builders import at, day, line, order

WALL = at(6, month=9)  # sixty days before 5 November; noon, so that day is seen in part only
FIRST_SEEN = date(2026, 9, 7)


def test_days_behind_the_wall_stay_unknown_after_a_first_sync(shop: Shop) -> None:
    shop.sources.shop.wall = WALL
    shop.sources.shop.held = [order(line()), order(line(), id="1", name="#1", placed=at(1, month=9))]

    report = shop.sync()

    rows = shop.rows()
    assert rows[date(2026, 9, 6)].sources["shopify"] == "missing"
    assert rows[date(2026, 9, 6)].values["revenue"] is None
    assert rows[FIRST_SEEN].sources["shopify"] == "ok"
    assert rows[FIRST_SEEN].values["revenue"] == 0
    assert rows[day(2)].values["totalOrders"] == 1
    assert report.status == "completed"
    [unknown, unseen] = [text for text in report.users[0].warnings if "read_all_orders" in text]
    assert "before 2026-09-07 stay unknown" in unknown
    assert "orders created before 2026-09-06 are not seen" in unseen


def test_days_wholly_behind_the_wall_are_refused_and_their_figures_stay(shop: Shop) -> None:
    shop.sources.shop.held = [order(line(), placed=at(1, month=9))]
    shop.sync()
    before = shop.rows()[date(2026, 9, 1)].values
    shop.sources.shop.wall = WALL

    report = shop.sync(since=date(2026, 8, 20), until=date(2026, 9, 2))

    source = report.users[0].sources["shopify"]
    assert (report.status, source.status) == ("partial", "failed")
    assert "before 2026-09-06 cannot be read" in (source.error or "")
    assert shop.rows()[date(2026, 9, 1)].values["grossSales"] == before["grossSales"] > 0  # type: ignore[operator]


def test_of_days_asked_for_those_behind_the_wall_are_left_out(shop: Shop) -> None:
    shop.sources.shop.wall = WALL

    shop.sync(since=date(2026, 9, 1), until=date(2026, 9, 10))

    known = {when for when, row in shop.rows().items() if row.sources["shopify"] == "ok"}
    assert known == {date(2026, 9, number) for number in range(7, 11)}


def test_recent_days_are_known_but_what_older_orders_did_on_them_is_warned_of(shop: Shop) -> None:
    shop.sources.shop.wall = WALL

    report = shop.sync(since=date(2026, 10, 1), until=date(2026, 10, 3))

    [warning] = [text for text in report.users[0].warnings if "read_all_orders" in text]
    assert "refunds, cancellations and returns of orders created before" in warning
    assert shop.rows()[date(2026, 10, 1)].sources["shopify"] == "ok"


def test_an_hourly_sync_does_not_repeat_the_warning(shop: Shop) -> None:
    shop.sources.shop.wall = WALL
    shop.sync()
    shop.later(hours=1)

    assert shop.sync().users[0].warnings == []


def test_after_a_long_silence_the_days_that_slipped_behind_the_wall_stay_unknown(shop: Shop) -> None:
    shop.sync()
    shop.later(days=70)
    shop.sources.shop.wall = at(15)

    shop.sync()

    assert shop.row(10).sources["shopify"] == "missing"
    assert shop.row(16).sources["shopify"] == "ok"


@pytest.mark.parametrize("request_", [{}, {"since": day(1), "until": day(3)}])
def test_an_app_that_may_read_nothing_fails_before_it_reads(
    shop: Shop, request_: dict[str, date], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_since: object) -> None:
        raise CredentialsError("Shopify: the app has no access scopes at all")

    monkeypatch.setattr(shop.sources.shop, "hidden_before", refuse)

    report = shop.sync(**request_)

    assert "no access scopes" in (report.users[0].sources["shopify"].error or "")
    assert shop.sources.shop.windows == []
