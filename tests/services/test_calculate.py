"""How a range is cut to be calculated: the figures do not depend on it, the memory does."""

from collections.abc import Iterable
from datetime import date

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.merchants import SOURCES
from profitsync.domain.rows import DayMetrics
from profitsync.services import calculate
from profitsync.services.calculate import LONGEST_PIECE, calculate_days
from tests.services.conftest import Shop
from tests.services.synced import UNTIL, Synced
from tests.unit.builders import at, cod_order, day, line, order, parcel, rto_parcel

DAYS = list(DayRange(date(2026, 9, 27), UNTIL).days())


def batches(merchant: Synced, days: Iterable[date] = DAYS) -> list[list[DayMetrics]]:
    sources = {one: dict.fromkeys(SOURCES, "ok") for one in days}
    return list(calculate_days(merchant.store, merchant.user, days, sources))


def test_figures_are_the_same_however_the_days_are_cut(generated: Synced, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [row for rows in batches(generated) for row in rows]
    monkeypatch.setattr(calculate, "FIRST_PIECE", 1)
    monkeypatch.setattr(calculate, "MOST_FACTS", 1)

    alone = batches(generated)

    assert [len(rows) for rows in alone].count(1) > len(DAYS) / 2
    assert [row for rows in alone for row in rows] == usual
    assert sum(int(row.values["totalOrders"] or 0) for row in usual) > 100


def test_a_piece_needs_no_other_piece(generated: Synced) -> None:
    days = DAYS[10:15]

    alone = batches(generated, days)

    assert [row for rows in alone for row in rows] == [
        row for rows in batches(generated) for row in rows if row.day in days
    ]


def test_the_busier_the_days_the_fewer_are_calculated_at_once(
    generated: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = [len(rows) for rows in batches(generated)]
    monkeypatch.setattr(calculate, "MOST_FACTS", 60)

    busy = [len(rows) for rows in batches(generated)]

    assert quiet == [2, 4, 8, 16, len(DAYS) - 30]
    assert max(busy) < 8
    assert sum(busy) == len(DAYS)


def test_a_long_quiet_range_is_not_calculated_at_once(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), placed=at(2))]
    shop.sync()
    year = list(DayRange(date(2026, 1, 1), date(2026, 12, 31)).days())

    lengths = [len(rows) for rows in batches(Synced(shop.runtime, shop.stored()), year)]

    assert max(lengths) == LONGEST_PIECE
    assert sum(lengths) == 365


def test_an_order_is_read_for_the_day_its_clone_arrived_after_the_first_parcel_had_turned_back(
    shop: Shop,
) -> None:
    clone = parcel("DELIVERED", id="9002", order_name="#1001-C", created_at=at(4), delivered_at=at(5))
    shop.sources.shop.held = [cod_order()]
    shop.sources.parcels.held = [rto_parcel(began=3, back=None), clone]
    shop.sync()

    (rows,) = batches(Synced(shop.runtime, shop.stored()), [day(5)])

    assert rows[0].values["rtoReversal"] == -1100
    assert rows[0].values["rtoReversal"] == shop.row(5).values["rtoReversal"]
