"""Lists of Shiprocket: windows of days, the end of paging, and the list of failed attempts."""

from datetime import date, timedelta
from typing import Any

import pytest
import responses

from profitsync.domain.shipments import Shipment
from profitsync.sources.errors import (
    BadResponseError,
)
from profitsync.sources.shiprocket import client
from tests.sources.shiprocket_samples import (
    FIRST,
    LAST,
    NDR,
    NOW,
    SHIPMENTS,
    Courier,
    Json,
    order,
    page,
)

TODAY = NOW.date()


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def courier(wire: responses.RequestsMock) -> Courier:
    return Courier(wire)


def read(courier: Courier, since: date = FIRST, until: date = LAST) -> list[Shipment]:
    return [shipment for batch in courier.source().created(since, until) for shipment in batch]


def numbers(shipments: list[Shipment]) -> list[int]:
    return [int(shipment.order_id) - 700100000 for shipment in shipments]


# --- windows


def test_orders_are_asked_by_day_oldest_first(courier: Courier) -> None:
    courier.lists(page(order()))

    read(courier)

    assert courier.sent() == [
        {"sort": "ASC", "sort_by": "id", "from": "2026-11-01", "to": "2026-11-10", "page": "1", "per_page": "100"}
    ]


def test_a_long_range_is_read_in_windows_that_meet(courier: Courier) -> None:
    courier.lists(page(), page(), page())

    read(courier, date(2026, 9, 1), date(2026, 10, 31))

    assert [(sent["from"], sent["to"]) for sent in courier.sent()] == [
        ("2026-09-01", "2026-09-30"),
        ("2026-10-01", "2026-10-30"),
        ("2026-10-31", "2026-10-31"),
    ]


@pytest.mark.parametrize(
    ("created_at", "kept"),
    [
        ("31 Oct 2026, 12:00 AM", True),
        ("30 Oct 2026, 11:59 PM", False),
        ("11 Nov 2026, 11:59 PM", True),
        ("12 Nov 2026, 12:00 AM", False),
    ],
)
def test_orders_outside_the_asked_days_are_left_out(courier: Courier, created_at: str, kept: bool) -> None:
    courier.lists(page(order(1, created_at=created_at)))

    assert bool(read(courier)) is kept


def test_an_ignored_filter_is_mentioned_once(courier: Courier) -> None:
    courier.lists(page(order(1), order(2, created_at="3 Jan 2022, 09:55 AM"), more=True))
    courier.lists(page(order(3, created_at="3 Jan 2022, 09:55 AM"), number=2))
    source = courier.source()

    assert numbers([one for batch in source.created(FIRST, LAST) for one in batch]) == [1]
    assert source.warnings == ["asked for orders of 2026-11-01 to 2026-11-10, left out 2 of other days"]


def test_changes_are_asked_by_day_of_change_whatever_the_orders_age(courier: Courier) -> None:
    courier.lists(page(order(1, created_at="3 Jan 2022, 09:55 AM")))

    found = [s for batch in courier.source().updated(TODAY - timedelta(days=2), TODAY) for s in batch]

    assert numbers(found) == [1]
    (asked,) = courier.sent()
    assert (asked["updated_from"], asked["updated_to"]) == ("2026-11-21", "2026-11-23")
    assert "from" not in asked


def test_changes_go_back_thirty_days_in_two_windows(courier: Courier) -> None:
    courier.lists(page(), page())

    list(courier.source().updated(TODAY - timedelta(days=30), TODAY))

    assert [(sent["updated_from"], sent["updated_to"]) for sent in courier.sent()] == [
        ("2026-10-24", "2026-11-22"),
        ("2026-11-23", "2026-11-23"),
    ]


def test_changes_further_back_are_refused_and_not_cut_off(courier: Courier) -> None:
    with pytest.raises(BadResponseError, match="2026-10-24"):
        list(courier.source().updated(TODAY - timedelta(days=31), TODAY))

    assert courier.sent() == []


@pytest.mark.parametrize("total", [10_000, 10_001], ids=["the ceiling, which may hide more", "more"])
def test_a_query_that_matches_too_much_is_cut_in_two(courier: Courier, total: int) -> None:
    courier.lists(page(order(1), total=total))
    courier.lists(
        page(order(2, created_at="3 Nov 2026, 12:05 AM")), page(order(3, created_at="7 Nov 2026, 12:05 AM"))
    )

    assert numbers(read(courier)) == [2, 3]
    assert [(sent["from"], sent["to"]) for sent in courier.sent()] == [
        ("2026-11-01", "2026-11-10"),
        ("2026-11-01", "2026-11-05"),
        ("2026-11-06", "2026-11-10"),
    ]


def test_a_single_day_that_matches_too_much_is_an_error(courier: Courier) -> None:
    courier.lists(page(order(1), total=10_001))

    with pytest.raises(BadResponseError, match="10000"):
        read(courier, date(2026, 11, 3), date(2026, 11, 3))


def test_a_query_that_does_not_tell_its_size_is_cut_in_two_at_the_ceiling(
    courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_RECORDS", 2)
    courier.lists(*(page(order(n), total=None, more=True, number=n) for n in (1, 2, 3)))
    courier.lists(page(order(1), total=None), page(order(3, created_at="7 Nov 2026, 12:05 AM"), total=None))

    assert numbers(read(courier))[2:] == [1, 3]
    assert [sent["to"][-2:] for sent in courier.sent()] == ["10", "10", "10", "05", "10"]


def test_a_single_day_beyond_the_ceiling_is_read_as_long_as_it_gives_all(
    courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_RECORDS", 2)
    courier.lists(*(page(order(n), total=3, pages=3, number=n) for n in (1, 2, 3)))

    assert numbers(read(courier, date(2026, 11, 3), date(2026, 11, 3))) == [1, 2, 3]


def test_a_single_day_that_ends_at_the_ceiling_is_an_error(
    courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_RECORDS", 2)
    courier.lists(*(page(order(n), total=2, pages=2, number=n) for n in (1, 2)))

    with pytest.raises(BadResponseError, match="ended after 2 of 2 records of one day"):
        read(courier, date(2026, 11, 3), date(2026, 11, 3))


# --- paging: pages, the orders found, the pages asked for

PAGING = [
    pytest.param([page(order(1), order(2))], [1, 2], 1, id="one page"),
    pytest.param([page()], [], 1, id="nothing"),
    pytest.param([page(order(1), pages=2), page(order(2), number=2, pages=2)], [1, 2], 2, id="by number of pages"),
    pytest.param([page(order(1), pages=None, more=True), page(order(2), number=2, pages=None)], [1, 2], 2,
                 id="by next alone"),
    pytest.param([page(order(1), pages=1, more=True), page(order(2), number=2)], [1, 2], 2,
                 id="next against the number of pages"),
    pytest.param([page(order(1), pages=None, more=True), page(number=2, pages=None, more=True)], [1], 2,
                 id="an empty page ends it"),
    pytest.param([page(order(1), more=True, total=2), page(order(2), number=2), page()], [1, 2], 2,
                 id="a total that fits"),
    pytest.param([page(order(1), more=True, total=3), page(number=2, total=3)], [1], 2,
                 id="an empty last page ends it, whatever the total"),
    pytest.param([page(order(1), more=True), page(order(1), number=2, more=True)], [1], 2,
                 id="a page repeated for ever ends it"),
    pytest.param([page(order(1), order(2), pages=2), page(order(2), order(3), number=2, pages=2)], [1, 2, 3], 2,
                 id="overlapping pages"),
    pytest.param([page(order(1), links=[])], [1], 1, id="links as an empty PHP array"),
    pytest.param([page(order(1), links={})], [1], 1, id="links as an empty object"),
    pytest.param([page(order(1), links=None)], [1], 1, id="links as null"),
    pytest.param([page(order(1), links={"next": None})], [1], 1, id="a next that is null"),
    pytest.param([page(order(1), links=[], pages=2), page(order(2), number=2, links=[], pages=2)], [1, 2], 2,
                 id="links as an empty PHP array against the number of pages"),
    pytest.param([page(*(order(n) for n in range(40)), pages=3, total=90, per_page=40),
                  page(*(order(n) for n in range(40, 80)), number=2, pages=3, total=90, per_page=40),
                  page(*(order(n) for n in range(80, 90)), number=3, pages=3, total=90, per_page=40)],
                 [*range(90)], 3, id="pages clamped below the size asked for"),
    pytest.param([page(*(order(n) for n in range(40)), pages=None, more=True, per_page=40),
                  page(order(40), number=2, pages=None)], [*range(41)], 2,
                 id="a clamped page with nothing but a next"),
    pytest.param([page(order(1), pages=2), page(order(2), number=2, pages=2, more=True),
                  page(order(2), number=3, pages=2, more=True)], [1, 2], 3, id="the last page repeated"),
    pytest.param([page(order(1), links=None, current_page="1", total_pages="2"), page(order(2))], [1, 2], 2,
                 id="numbers as texts"),
    pytest.param([page(order(1)) | {"meta": []}], [1], 1, id="no paging told"),
    pytest.param([{"data": [order(n) for n in range(100)]}, {"data": [order(100)]}], [*range(101)], 2,
                 id="no paging told, but the page is full"),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "found", "asked"), PAGING)
def test_paging_ends_when_nothing_new_is_promised(
    courier: Courier, answers: list[Json], found: list[int], asked: int
) -> None:
    courier.lists(*answers)

    assert numbers(read(courier)) == found
    assert [sent["page"] for sent in courier.sent()] == [str(number + 1) for number in range(asked)]


def test_a_list_that_ends_before_its_total_is_mentioned(courier: Courier) -> None:
    courier.lists(page(order(1), more=True, total=3), page(order(1), number=2, more=True, total=3))
    source = courier.source()

    assert len(list(source.created(FIRST, LAST))) == 1
    assert source.warnings == ["/orders said it has 3 records and ended after 1"]


@pytest.mark.parametrize(("total", "per_page"), [(101, 100), (11, 10)], ids=["usual pages", "clamped pages"])
def test_a_list_that_lacks_a_whole_page_at_its_end_is_no_answer(
    courier: Courier, total: int, per_page: int
) -> None:
    courier.lists(*(page(order(1), number=n, more=True, total=total, per_page=per_page) for n in (1, 2)))

    with pytest.raises(BadResponseError, match=f"/orders ended after 1 of {total} records"):
        read(courier)


def test_the_next_link_is_not_followed_since_it_may_have_lost_the_filters(courier: Courier) -> None:
    courier.lists(page(order(1), more=True), page(order(2), number=2))

    read(courier)

    first, second = courier.sent()
    assert second == first | {"page": "2"}


def test_a_list_without_end_is_an_error(courier: Courier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 3)
    courier.lists(*(page(order(number), more=True) for number in range(5)))

    with pytest.raises(BadResponseError, match="did not end within 3 pages"):
        read(courier)


# --- failed attempts


def attempt(number: int, shipment: Any) -> Json:
    return {"id": number, "shipment_id": shipment, "status": "UNDELIVERED", "status_code": 36, "attempts": 1}


def test_failed_attempts_are_shipment_ids(courier: Courier) -> None:
    courier.lists(
        page(attempt(1, 51), attempt(2, "52"), more=True),
        page(attempt(3, 51), attempt(4, None), number=2),
        url=NDR,
    )

    source = courier.source()

    assert source.failed_attempts(FIRST, LAST) == {"51", "52"}
    assert courier.sent(NDR)[0] == {"from": "2026-11-01", "to": "2026-11-10", "page": "1", "per_page": "100"}
    assert source.warnings == ["1 failed delivery attempts name no shipment and are not counted"]


def test_failed_attempts_beyond_the_ceiling_are_asked_for_in_halves(courier: Courier) -> None:
    courier.lists(page(attempt(1, 51), total=10_001), url=NDR)
    courier.lists(page(attempt(1, 51)), page(attempt(2, 52)), url=NDR)

    assert courier.source().failed_attempts(FIRST, LAST) == {"51", "52"}


def test_an_ndr_list_whose_numbers_disagree_is_read_by_its_next_link(courier: Courier) -> None:
    courier.lists(
        page(attempt(1, 51), attempt(2, 52), pages=1, total=3, more=True),
        page(attempt(3, 53), number=2, pages=1, total=3),
        url=NDR,
    )

    assert courier.source().failed_attempts(FIRST, LAST) == {"51", "52", "53"}


def test_an_ndr_list_that_promises_more_for_ever_ends_with_a_warning(courier: Courier) -> None:
    courier.lists(page(attempt(1, 51), attempt(2, 52), pages=1, total=3, more=True), url=NDR)
    courier.lists(page(number=2, pages=1, total=3, more=True), url=NDR)
    source = courier.source()

    assert source.failed_attempts(FIRST, LAST) == {"51", "52"}
    assert source.warnings == ["/ndr/all ended after 2 records, though it promised more"]
    assert len(courier.sent(NDR)) == 4


def test_no_failed_attempts_is_an_empty_set_but_a_failure_is_not(courier: Courier) -> None:
    courier.lists(page(), url=NDR)
    courier.lists({"message": "no"}, url=NDR, status=400)
    source = courier.source()

    assert source.failed_attempts(FIRST, LAST) == set()
    with pytest.raises(BadResponseError):
        source.failed_attempts(FIRST, LAST)


def test_requests_are_counted(courier: Courier) -> None:
    courier.kept = None
    courier.lets_in()
    courier.lists(page(order()))
    source = courier.source()

    list(source.created(FIRST, LAST))

    assert source.requests == 2
    assert courier.sent(SHIPMENTS) == []
