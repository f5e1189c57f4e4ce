"""The bucket of query points, and lists that grow and shrink: pure arithmetic, then the client that follows it."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from profitsync.sources.errors import BadResponseError, ThrottledError, TooSlowError
from profitsync.sources.http import HttpClient
from profitsync.sources.shopify import ShopifySource, StaticToken, queries
from profitsync.sources.shopify.answers import Cost, ThrottleStatus
from profitsync.sources.shopify.pacing import Fit, Pacer
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import BASE, NOW, TOKEN, URL, WINDOW, Json, Shop, error_answer, order

STANDARD = (2000.0, 100.0)


def cost(requested: float | None, actual: float | None, available: float, rate: float = 100) -> Cost:
    return Cost(requested, actual, ThrottleStatus(2000.0, available, rate))


PAUSES = [
    pytest.param(500, 500, 0.0, 0.0, id="just enough"),
    pytest.param(500, 499, 0.0, 0.01, id="one point short"),
    pytest.param(500, 0, 0.0, 5.0, id="empty"),
    pytest.param(500, -100, 0.0, 6.0, id="overdrawn"),
    pytest.param(500, 0, 2.0, 3.0, id="filled a little meanwhile"),
    pytest.param(500, 0, 60.0, 0.0, id="filled long since"),
    pytest.param(500, 0, -60.0, 5.0, id="a clock set back"),
    pytest.param(2500, 1900, 0.0, 1.0, id="more than the bucket holds waits for a full one"),
    pytest.param(100, 99.7, 0.0, 0.003, id="a fraction of a point"),
]


@pytest.mark.parametrize(("requested", "available", "passed", "pause"), PAUSES)
def test_a_query_waits_until_the_bucket_holds_what_it_asks_for(
    requested: float, available: float, passed: float, pause: float
) -> None:
    pacer = Pacer()
    pacer.learn("Orders", 50, cost(requested, 10, available), NOW)

    assert pacer.pause("Orders", 50, NOW + timedelta(seconds=passed)) == pytest.approx(pause)


ESTIMATES = [
    pytest.param("Orders", 50, 300, id="seen before"),
    pytest.param("Orders", 16, 300, id="fewer elements than seen: no more than that"),
    pytest.param("Orders", 100, 1000, id="more elements than seen: the most of all"),
    pytest.param("Details", 5, 1000, id="never seen: the most of all"),
]


@pytest.mark.parametrize(("document", "size", "points"), ESTIMATES)
def test_an_unknown_cost_is_taken_on_the_safe_side(document: str, size: int, points: float) -> None:
    pacer = Pacer()
    pacer.learn("Orders", 50, cost(300, 10, 0), NOW)

    assert pacer.pause(document, size, NOW) == points / 100


def test_the_dearest_answer_of_a_query_is_remembered() -> None:
    """The first page of a list is counted too, which costs more."""
    pacer = Pacer()
    for requested in (440, 430):
        pacer.learn("Orders", 50, cost(requested, 10, 0), NOW)

    assert pacer.pause("Orders", 50, NOW) == 4.4


SILENT = [
    pytest.param(None, id="no cost at all"),
    pytest.param(Cost(500, 10), id="no status"),
    pytest.param(cost(500, 10, 0, rate=0), id="a bucket that never fills"),
]


@pytest.mark.parametrize("told", SILENT)
def test_without_a_usable_status_nothing_is_waited_for(told: Cost | None) -> None:
    pacer = Pacer()
    pacer.learn("Orders", 50, told, NOW)

    assert pacer.pause("Orders", 50, NOW) == 0


def test_points_taken_are_added_up_and_refusals_take_none() -> None:
    pacer = Pacer()
    for actual in (120, None, 30.5):
        pacer.learn("Orders", 50, cost(500, actual, 0), NOW)

    assert pacer.spent == 150.5


def test_a_list_shrinks_by_thirds_to_single_elements() -> None:
    fit = Fit(50)

    steps = [(fit.shrink(for_good=False), fit.size) for _ in range(4)]

    assert steps == [(True, 16), (True, 5), (True, 1), (False, 1)]


@pytest.mark.parametrize(("for_good", "size"), [(False, 50), (True, 16)])
def test_a_list_grows_back_unless_its_cost_forbids_it(for_good: bool, size: int) -> None:
    fit = Fit(50)
    fit.shrink(for_good=for_good)

    for _ in range(20):
        fit.succeeded()

    assert fit.size == size


def test_each_time_a_list_had_to_shrink_it_grows_more_slowly() -> None:
    fit, needed = Fit(50), []
    for _ in range(3):
        fit.shrink(for_good=False)
        small, successes = fit.size, 0
        while fit.size == small:
            fit.succeeded()
            successes += 1
        needed.append(successes)

    assert needed == [4, 8, 16]


# --- the client


def with_cost(body: Json, requested: float, available: float) -> Json:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 100}
    told = {"requestedQueryCost": requested, "actualQueryCost": 20, "throttleStatus": status}
    return {**body, "extensions": {"cost": told}}


def test_the_next_page_waits_for_its_points_and_nothing_is_refused(shop: Shop) -> None:
    first = samples.orders_answer(order(1), cursor="c1")
    shop.answers(with_cost(first, 400, 150), with_cost(samples.orders_answer(order(2)), 400, 1900))
    shopify = shop.source()

    list(shopify.orders(WINDOW))

    assert shop.pauses == [2.5]
    assert shopify.points == 40


def test_a_bucket_that_another_program_empties_is_waited_for_as_long_as_it_says(shop: Shop) -> None:
    """Our knowledge was good when it was given; the refusal tells better."""
    page = samples.orders_answer(order(1), cursor="c1")
    refusal = with_cost(error_answer("THROTTLED"), 400, 100)
    shop.answers(with_cost(page, 400, 1900), refusal, refusal, samples.orders_answer(order(2)))

    [_, [second]] = shop.source().orders(WINDOW)

    assert second.id == "2"
    assert shop.pauses == [3.0, 3.0]


def test_a_bucket_that_hardly_fills_is_not_waited_for_for_ever(shop: Shop) -> None:
    poor = with_cost(samples.orders_answer(order(1), cursor="c1"), 400, 0)
    poor["extensions"]["cost"]["throttleStatus"]["restoreRate"] = 1
    shop.answers(poor)

    with pytest.raises(ThrottledError, match="fills too slowly"):
        list(shop.source().orders(WINDOW))

    assert shop.pauses == []


def sizes(shop: Shop) -> list[int]:
    return [asked["first"] for asked in shop.asked]


def test_a_page_that_costs_too_much_is_asked_for_in_smaller_ones_for_good(shop: Shop) -> None:
    pages = [samples.orders_answer(order(n), cursor=f"c{n}") for n in range(4)]
    shop.answers(error_answer("MAX_COST_EXCEEDED"), *pages, samples.orders_answer(order(9)))

    list(shop.source().orders(WINDOW))

    assert sizes(shop) == [50, 16, 16, 16, 16, 16]
    assert shop.pauses == []


def test_a_page_that_takes_too_long_is_asked_for_in_smaller_ones_which_grow_again(
    wire: responses.RequestsMock, shop: Shop
) -> None:
    wire.post(URL, status=504)
    wire.post(URL, body=requests.ReadTimeout())
    shop.answers(*(samples.orders_answer(order(n), cursor=f"c{n}") for n in range(16)), samples.orders_answer())

    list(shop.source().orders(WINDOW))

    assert sizes(shop)[:3] == [50, 16, 5]
    assert sizes(shop)[3:] == [5] * 7 + [10] * 8 + [20]
    assert [asked["after"] for asked in shop.asked][:4] == [None, None, None, "c0"]
    assert len(shop.pauses) == 2


def test_an_order_that_takes_too_long_alone_is_told_as_that(wire: responses.RequestsMock, shop: Shop) -> None:
    wire.post(URL, body=requests.ReadTimeout())

    with pytest.raises(TooSlowError, match="no answer in time"):
        list(shop.source().orders(WINDOW))

    assert sizes(shop) == [50, 16, 5, 1, 1, 1]


def test_details_are_asked_for_in_smaller_batches_too_and_none_is_left_out(shop: Shop) -> None:
    touched = [order(n, cancelledAt="2026-11-03T00:00:00Z") for n in range(7)]
    shop.answers(
        samples.orders_answer(*touched),
        error_answer("MAX_COST_EXCEEDED"),
        samples.nodes_answer(*(samples.details(n) for n in range(5))),
        samples.nodes_answer(*(samples.details(n) for n in range(5, 7))),
    )

    [batch] = shop.source().orders(WINDOW)

    assert [len(asked["ids"]) for asked in shop.asked[1:]] == [7, 5, 2]
    assert len(batch) == 7


def test_a_query_that_cannot_be_split_and_costs_too_much_is_an_error(shop: Shop) -> None:
    shop.answers(error_answer("MAX_COST_EXCEEDED"))

    with pytest.raises(BadResponseError, match="more points"):
        shop.source().shop()


# --- a whole sync under a standard bucket


class BucketServer:
    """A shop of `orders` orders whose pages ask for 347 points and take 250, paid from a standard bucket."""

    def __init__(self, mock: responses.RequestsMock, orders: int, requested: int = 347, actual: int = 250) -> None:
        self.now = datetime(2026, 11, 23, 10, tzinfo=UTC)
        self.refused = self.spent = 0
        self._orders, self._requested, self._actual = orders, requested, actual
        self._level, self._capacity, self._rate, self._at = STANDARD[0], *STANDARD, self.now
        self.begun_at = self.now
        mock.add_callback(responses.POST, URL, self._answer, content_type="application/json")

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def restored(self) -> float:
        """Points there were in all: the full bucket, and what came back since."""
        return self._capacity + self._rate * (self.now - self.begun_at).total_seconds()

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        variables = json.loads(request.body or "")["variables"]
        self._level = min(self._capacity, self._level + self._rate * (self.now - self._at).total_seconds())
        self._at = self.now
        if self._level < self._requested:
            self.refused += 1
            return 200, {}, json.dumps(with_cost(error_answer("THROTTLED"), self._requested, self._level))
        self._level -= self._actual
        self.spent += self._actual
        start = int(variables["after"] or 0)
        end = min(start + variables["first"], self._orders)
        more = str(end) if end < self._orders else None
        counted = self._orders if variables["count"] else None
        body = samples.orders_answer(*(order(n) for n in range(start, end)), cursor=more, counted=counted)
        answer = with_cost(body, self._requested, int(self._level))
        answer["extensions"]["cost"]["actualQueryCost"] = self._actual
        return 200, {}, json.dumps(answer)


def test_two_thousand_orders_are_never_refused_and_use_what_the_bucket_gives(wire: responses.RequestsMock) -> None:
    server = BucketServer(wire, 2000)
    http = HttpClient(
        "Shopify",
        sleep=server.sleep,
        rng=random.Random(1),  # noqa: S311 - jitter
        clock=lambda: server.now,
    )
    shopify = ShopifySource(http, base_url=BASE, version="2026-10", credentials=StaticToken(TOKEN))

    read = sum(len(batch) for batch in shopify.orders(WINDOW))

    assert read == 2000
    assert server.refused == 0
    assert shopify.points == server.spent == 250 * 2000 / queries.PAGE
    assert server.spent >= 0.9 * server.restored
