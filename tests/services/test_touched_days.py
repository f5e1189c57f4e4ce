"""Which days are calculated again when a fact changes what it is, or whom it belongs to."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path
from zoneinfo import ZoneInfo

from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.days import ONE_DAY
from profitsync.domain.orders import Order, RefundLine
from profitsync.domain.rows import DayMetrics
from profitsync.services.calculate import calculate_days
from profitsync.services.ingest import Ingest
from profitsync.services.knowledge import day_sources
from tests.records import replace
from tests.services.conftest import Shop, opened_shop
from tests.unit.builders import at, charges, day, line, order, refund, rto_parcel


def _afresh(shop: Shop) -> list[DayMetrics]:
    """All stored days, calculated again from the stored facts."""
    user, states = shop.stored(), shop.store.source_states("u1")
    days = list(shop.rows())
    sources = {one: day_sources(user, states, one) for one in days}
    return [row for batch in calculate_days(shop.store, user, days, sources) for row in batch]


def _stale_rows(shop: Shop) -> list[DayMetrics]:
    """Days whose stored figures are not what their facts say."""
    return [row for row in _afresh(shop) if not row.same_figures(shop.rows()[row.day])]


def test_an_order_marked_as_a_test_makes_the_next_one_the_customers_first(shop: Shop) -> None:
    first = order(line("1"), id="1", name="#1", customer_id="c1")
    second = order(line("2"), id="2", name="#2", customer_id="c1", placed=at(4), updated_at=at(4))
    shop.sources.shop.held = [first, second]
    shop.sync()
    assert shop.row(4).values["returningCustomers"] == 1
    shop.later(hours=1)
    shop.sources.shop.held = [replace(first, test=True, updated_at=shop.clock.now), second]

    shop.sync()

    assert shop.row(2).values["totalOrders"] == 0
    assert shop.row(4).values["newCustomers"] == 1
    assert _stale_rows(shop) == []


def test_an_order_given_to_another_customer_changes_both_histories(shop: Shop) -> None:
    orders = [
        order(line("1"), id="1", name="#1", customer_id="c1"),
        order(line("2"), id="2", name="#2", customer_id="c1", placed=at(3), updated_at=at(3)),
        order(line("3"), id="3", name="#3", customer_id="c2", placed=at(4), updated_at=at(4)),
    ]
    shop.sources.shop.held = orders
    shop.sync()
    shop.later(hours=1)
    shop.sources.shop.held = [replace(orders[0], customer_id="c2", updated_at=shop.clock.now), *orders[1:]]

    shop.sync()

    assert [shop.row(n).values["newCustomers"] for n in (2, 3, 4)] == [1, 1, 0]
    assert _stale_rows(shop) == []


def test_an_order_renamed_takes_its_parcel_along(shop: Shop) -> None:
    sold = order(line("1"), cod=True)
    shop.sources.shop.held = [sold]
    shop.sources.parcels.held = [rto_parcel(charges=charges(freight="80", applied_rto="60"))]
    shop.sync()
    assert shop.row(4).values["rtoReversal"] == D("1000.00")
    shop.later(hours=1)
    shop.sources.shop.held = [replace(sold, name="#2001", updated_at=shop.clock.now)]

    shop.sync()

    assert shop.row(4).values["rtoReversal"] == D("0.00")
    assert _stale_rows(shop) == []


def test_a_parcel_that_finds_its_own_order_leaves_the_other_one_whole(shop: Shop) -> None:
    refunded = refund(RefundLine("1", 1, D(1050), D(50), "RETURN"), on=at(5))
    sold = order(line("1"), cod=True, refunds=(refunded,))
    shop.sources.shop.held = [sold]
    cloned = rto_parcel(back=None, order_name="#1001-C", charges=charges(freight="80", applied_rto="60"))
    shop.sources.parcels.held = [cloned]
    shop.sync()
    assert (shop.row(4).values["rtoReversal"], shop.row(5).values["rtoReversal"]) == (D("1000.00"), D("-1000.00"))
    shop.later(hours=1)
    clone = order(line("9"), id="2", name="#1001-C", cod=True, placed=at(3), updated_at=shop.clock.now)
    shop.sources.shop.held = [sold, clone]

    shop.sync()

    assert (shop.row(4).values["rtoReversal"], shop.row(5).values["rtoReversal"]) == (D("1000.00"), D("0.00"))
    assert _stale_rows(shop) == []


def test_a_cost_changed_at_shopify_counts_for_all_of_today(shop: Shop) -> None:
    shop.sources.shop.held = [order(line("1"), placed=at(6), updated_at=at(6))]
    shop.sources.shop.costs = [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(300), "INR")]
    shop.sync()
    shop.later(days=1)
    shop.sync()
    assert shop.row(6).values["cogs"] == D("300.00")
    shop.sources.shop.held.append(order(line("1"), id="2", name="#2", placed=at(7, 9), updated_at=at(7, 9)))
    shop.clock.now = at(7, 10)
    shop.sync()
    shop.clock.now = at(7, 20)
    shop.sources.shop.costs = [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(350), "INR")]

    shop.sync()

    assert len(shop.store.costs("u1")) == 2
    assert (shop.row(6).values["cogs"], shop.row(7).values["cogs"]) == (D("300.00"), D("350.00"))
    assert _stale_rows(shop) == []


def test_the_cost_of_a_product_sold_this_morning_may_change_in_the_evening(shop: Shop) -> None:
    shop.clock.now = at(5, 10)
    shop.sources.shop.held = [order(line("1"), placed=at(5, 9), updated_at=at(5, 9))]
    shop.sync()
    assert shop.row(5).values["cogs"] == D("400.00")
    shop.sources.shop.costs = [UnitCostSnapshot("v1", "p1", "s1", "Product 1", D(350), "INR")]
    shop.later(hours=1)
    shop.sources.shop.held.append(order(line("2"), id="2", name="#2", placed=at(2), updated_at=at(5, 11)))

    shop.sync()

    assert shop.row(5).values["cogs"] == D("350.00")
    assert _stale_rows(shop) == []


def test_days_of_every_kind_of_change_are_those_of_a_calculation_afresh(shop: Shop) -> None:
    shop.sources.shop.held = [
        order(line("1"), id=str(n), name=f"#{n}", customer_id=f"c{n % 3}", placed=at(1 + n % 5, 9), cod=n % 2 == 0,
              updated_at=at(1 + n % 5, 9))
        for n in range(1, 9)
    ]  # fmt: skip
    shop.sync()
    for n, one in enumerate(shop.sources.shop.held):
        shop.later(hours=1)
        shop.sources.shop.held[n] = replace(
            one, customer_id=f"c{(n + 1) % 4}", test=n == 3, processed_at=one.processed_at + ONE_DAY * (n % 2),
            updated_at=shop.clock.now,
        )  # fmt: skip
        shop.sources.parcels.held.append(
            rto_parcel(id=f"9{n}", order_name=one.name, began=3 + n % 2, charges=charges(freight="80"))
        )
        shop.sync()

    assert _stale_rows(shop) == []
    assert sum(row.values["rto"] or 0 for row in shop.rows().values()) == 8


def _marked(shop: Shop, path: Path, batches: list[list[Order]], *, empty: bool) -> set[date]:
    """The days that an ingest of these orders marks; `empty` false: as if others had been there before."""
    with opened_shop(path) as opened:
        ingest = Ingest(opened.store, shop.user, ZoneInfo("Asia/Kolkata"), shop.clock.now)
        if not empty:
            ingest._began_without = dict.fromkeys(ingest._began_without, False)
        for batch in batches:
            ingest.orders(batch)
        latest = {one.id: one for batch in batches for one in batch}
        assert opened.store.orders_by_id("u1", list(latest)) == latest
        return opened.store.dirty_days("u1")["shopify"]


def test_a_first_read_marks_the_days_of_first_orders_without_looking_them_up(shop: Shop, tmp_path: Path) -> None:
    orders = [
        order(line("1"), id=str(number), name=f"#{number}", customer_id=f"c{number % 3}",
              placed=at(2 + number % 4, number), updated_at=at(5, number))
        for number in range(12)
    ]  # fmt: skip
    orders.append(replace(orders[0], processed_at=at(6), updated_at=at(6)))  # moved while the first read went on
    orders.append(replace(orders[1], customer_id="c0", updated_at=at(6)))
    batches = [orders[begin : begin + 5] for begin in range(0, len(orders), 5)]

    marked = [_marked(shop, tmp_path / f"{empty}.db", batches, empty=empty) for empty in (True, False)]

    assert marked[0] == marked[1] == {day(number) for number in (2, 3, 4, 5, 6)}


def test_a_first_read_says_what_it_stored_and_of_an_order_that_comes_again_only_what_is_new(shop: Shop) -> None:
    orders = [order(line("1"), id=number, name=f"#{number}") for number in "123"]
    later = replace(orders[1], updated_at=at(6), tip=D(5))
    ingest = Ingest(shop.store, shop.user, ZoneInfo("Asia/Kolkata"), shop.clock.now)
    noticed: list[str] = []

    changed = [
        [one.id for one in ingest.orders(batch, notice=lambda some: noticed.extend(one.id for one in some))]
        for batch in (orders[:2], [], [orders[0], later, orders[2]])
    ]

    assert changed == [["1", "2"], [], ["3", "2"]]
    assert set(noticed) == {"1", "2", "3"}
    assert shop.store.orders_by_id("u1", ["2"]) == {"2": later}


def test_the_first_orders_mark_the_days_of_parcels_that_were_there_before_them(shop: Shop) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    parcel = rto_parcel(id="9", order_name="#1", began=4, charges=charges(freight="80"))
    Ingest(shop.store, shop.user, zone, shop.clock.now).shipments([parcel])
    of_parcel = shop.store.dirty_days("u1")["shiprocket"]

    Ingest(shop.store, shop.user, zone, shop.clock.now).orders([order(line("1"), id="1", name="#1", placed=at(1))])

    assert day(4) in of_parcel
    assert shop.store.dirty_days("u1")["shopify"] == of_parcel | {day(1), day(2)}


def test_an_order_of_a_known_customer_marks_the_day_of_the_first_one_in_a_later_run(shop: Shop) -> None:
    first = order(line("1"), id="1", name="#1", customer_id="c1")
    second = order(line("2"), id="2", name="#2", customer_id="c1", placed=at(4), updated_at=at(4))
    zone = ZoneInfo("Asia/Kolkata")
    Ingest(shop.store, shop.user, zone, shop.clock.now).orders([first])
    shop.store.clear_dirty("u1", "shopify", [day(2)])

    Ingest(shop.store, shop.user, zone, shop.clock.now).orders([second])

    assert shop.store.dirty_days("u1")["shopify"] == {day(2), day(4)}
