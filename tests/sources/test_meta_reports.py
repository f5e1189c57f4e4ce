"""Asynchronous reports: every status, every race, and an end to all waiting."""

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses

from profitsync.sources.errors import BadResponseError, RetriableError, SourceError
from profitsync.sources.meta.failures import BadParameterError, TooMuchDataError
from profitsync.sources.meta.reports import PATIENCE
from tests.sources.meta_samples import BASE, DAY, INSIGHTS, TOKEN, Ads, Json, error, page, row

RUN = f"{BASE}/v26.0/602"
SECOND_RUN = f"{BASE}/v26.0/603"


@pytest.fixture
def ads() -> Any:
    """Plain queries are always too heavy; two reports can be asked for, 602 and 603."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get(INSIGHTS, json=error(1, 99), status=500)
        wire.post(INSIGHTS, json={"report_run_id": "602"})
        wire.post(INSIGHTS, json={"report_run_id": 603})
        yield Ads(wire)


def told(status: str, percent: int = 0, **more: Any) -> Json:
    return {"id": "602", "account_id": "123", "async_status": status, "async_percent_completion": percent, **more}


DONE = told("Job Completed", 100)
LARGE = told("Job Failed", 20, error_code=-3, error_subcode=1504045)
FAILED = told("Job Failed", 20, error_code=-2, error_subcode=2490547, error_message="x")


def serve(ads: Ads, run: str, *polls: Json, results: tuple[Json, ...] = (page(row()),)) -> None:
    for url, answers in ((run, polls), (f"{run}/insights", results)):
        for answer in answers:
            ads.wire.get(url, json=answer, status=400 if "error" in answer else 200)


def asked(ads: Ads, method: str, path: str) -> int:
    return sum(c.request.method == method and str(c.request.url).split("?")[0] == path for c in ads.wire.calls)


WORKING = [
    pytest.param([told("Job Not Started"), told("Job Started"), told("Job Running", 40), DONE], id="every step"),
    pytest.param([told("Job Running", 100), DONE], id="100 % with Job Running"),
    pytest.param([told("Job Completed", 97), DONE], id="completed below 100 %"),
    pytest.param([told("Job Queued"), DONE], id="a status nobody documented"),
    pytest.param([error(100, 33), error(100, 33), DONE], id="not found right after it was asked for"),
    pytest.param([error(2), DONE], id="a passing fault of a poll"),
    pytest.param([{"async_status": "Job Started"}, DONE], id="no percentage"),
]


@pytest.mark.parametrize("polls", WORKING)
def test_a_report_is_read_once_it_is_complete_in_words_and_numbers(ads: Ads, polls: list[Json]) -> None:
    serve(ads, RUN, *polls)

    (found,) = ads.source().days(DAY, DAY)

    assert found.day == DAY
    assert asked(ads, "GET", RUN) == len(polls)
    assert (asked(ads, "POST", INSIGHTS), asked(ads, "GET", f"{RUN}/insights")) == (1, 1)


RACES = [
    pytest.param((error(2601, 1815107, is_transient=True), page(row())), id="2601 read before completion"),
    pytest.param((error(100), page(row())), id="100 cannot include in summary"),
    pytest.param((page(row(), more=True), error(100), page(row(), more=True), page()), id="100 on a later page"),
]


@pytest.mark.parametrize("results", RACES)
def test_a_complete_report_that_refuses_to_be_read_is_polled_and_read_again(
    ads: Ads, results: tuple[Json, ...]
) -> None:
    serve(ads, RUN, DONE, results=results)

    assert len(ads.source().days(DAY, DAY)) == 1
    assert asked(ads, "GET", RUN) == 2
    assert asked(ads, "POST", INSIGHTS) == 1


LOST = [
    pytest.param([FAILED], id="failed"),
    pytest.param([told("Job Failed")], id="failed without a code"),
    pytest.param([told("Job Skipped")], id="skipped"),
    pytest.param([error(100, 33)] * 4, id="never found"),
]


@pytest.mark.parametrize("polls", LOST)
def test_a_lost_report_is_asked_for_once_more(ads: Ads, polls: list[Json]) -> None:
    serve(ads, RUN, *polls)
    serve(ads, SECOND_RUN, DONE)

    assert len(ads.source().days(DAY, DAY)) == 1
    assert asked(ads, "POST", INSIGHTS) == 2
    assert asked(ads, "GET", RUN) == len(polls)


HOPELESS = [
    pytest.param([LARGE], TooMuchDataError, "not even 2026-11-02 alone", id="one day is too large"),
    pytest.param([FAILED], TooMuchDataError, "ever completed; not even 2026-11-02", id="failed again and again"),
    pytest.param([told("Job Running", 40)], RetriableError, "the next run waits on", id="takes too long"),
]


@pytest.mark.parametrize(("polls", "kind", "reason"), HOPELESS)
def test_what_cannot_be_had_is_an_error_and_no_empty_list(
    ads: Ads, polls: list[Json], kind: type[SourceError], reason: str
) -> None:
    serve(ads, RUN, *polls)
    serve(ads, SECOND_RUN, *polls)

    with pytest.raises(kind, match=reason):
        ads.source().days(DAY, DAY)

    assert sum(ads.pauses) <= PATIENCE


def test_a_report_that_keeps_refusing_to_be_read_is_given_up(ads: Ads) -> None:
    serve(ads, RUN, DONE, results=(error(100),))

    with pytest.raises(BadParameterError):
        ads.source().days(DAY, DAY)

    assert asked(ads, "GET", f"{RUN}/insights") == 3


def test_a_report_is_asked_for_as_a_form_without_the_token_in_it(ads: Ads) -> None:
    serve(ads, RUN, DONE)

    ads.source().days(DAY, DAY)

    (request,) = [call.request for call in ads.wire.calls if call.request.method == "POST"]
    form = {name: value for name, (value,) in parse_qs(str(request.body)).items()}
    assert (form["level"], form["time_increment"]) == ("account", "1")
    assert json.loads(form["time_range"]) == {"since": "2026-11-02", "until": "2026-11-02"}
    assert "spend" in json.loads(form["fields"])
    assert TOKEN not in str(request.body) + str(request.url)


def test_an_id_that_is_no_number_is_refused(ads: Ads) -> None:
    ads.wire.replace(responses.POST, INSIGHTS, json={"report_run_id": "../me"})

    with pytest.raises(BadResponseError, match="no number"):
        ads.source().days(DAY, DAY)


def test_polls_come_slower_and_slower(ads: Ads) -> None:
    serve(ads, RUN, *[told("Job Running", 40)] * 6, DONE)

    ads.source().days(DAY, DAY)

    assert ads.pauses == [5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0]


def test_the_rest_of_a_range_is_one_report_not_a_query_for_every_day(ads: Ads) -> None:
    serve(ads, RUN, DONE, results=(page(row("2026-11-01")),))

    found = ads.source().days(date(2026, 11, 1), date(2026, 11, 23))

    queries = sum(call.request.method == "GET" and INSIGHTS in str(call.request.url) for call in ads.wire.calls)
    assert (len(found), queries, asked(ads, "POST", INSIGHTS)) == (1, 6, 1)  # 23 days, 12, 6, 3, 2, 1, all of them


def test_once_even_a_day_was_too_heavy_reports_are_asked_for_at_once(ads: Ads) -> None:
    serve(ads, RUN, DONE, results=(page(),))
    serve(ads, SECOND_RUN, DONE, results=(page(),))
    ads.source().days(DAY, DAY + timedelta(days=1))
    before = len(ads.wire.calls)
    ads.now += timedelta(hours=1)

    ads.source().days(DAY, DAY + timedelta(days=1))

    assert [str(c.request.method) for c in ads.wire.calls][before:] == ["POST", "GET", "GET"]


def test_a_single_day_that_fails_is_no_reason_to_distrust_queries(ads: Ads) -> None:
    serve(ads, RUN, DONE, results=(page(),))
    ads.source().days(DAY, DAY)
    ads.wire.replace(responses.GET, INSIGHTS, json=page())

    ads.source().days(DAY, DAY)

    assert asked(ads, "POST", INSIGHTS) == 1


def test_a_report_that_is_too_large_is_asked_for_in_halves(ads: Ads) -> None:
    serve(ads, RUN, LARGE)
    serve(ads, SECOND_RUN, DONE, results=(page(row("2026-11-02")), page(row("2026-11-04"))))

    found = ads.source().days(date(2026, 11, 2), date(2026, 11, 4))

    posts = [parse_qs(str(c.request.body)) for c in ads.wire.calls if c.request.method == "POST"]
    ranges = [json.loads(form["time_range"][0]) for form in posts]
    assert [(one["since"][-1], one["until"][-1]) for one in ranges] == [("2", "4"), ("2", "3"), ("4", "4")]
    assert [one.day.day for one in found] == [2, 4]


def test_the_next_run_waits_on_for_the_same_report_and_asks_nothing_else(ads: Ads) -> None:
    serve(ads, RUN, told("Job Running", 40))
    with pytest.raises(RetriableError):
        ads.source().days(DAY, DAY)
    before = len(ads.wire.calls)
    ads.wire.replace(responses.GET, RUN, json=DONE)
    ads.now += timedelta(hours=1)

    found = ads.source().days(DAY, DAY)

    assert len(found) == 1
    assert [str(c.request.url).split("?")[0] for c in ads.wire.calls][before:] == [RUN, f"{RUN}/insights"]
    assert ads.notes["report:123"] is None


@pytest.mark.parametrize(
    ("days", "hours"), [pytest.param(1, 0, id="other days"), pytest.param(0, 3, id="figures of hours ago")]
)
def test_a_report_that_does_not_fit_any_more_is_asked_for_anew(ads: Ads, days: int, hours: int) -> None:
    serve(ads, RUN, told("Job Running", 40))
    with pytest.raises(RetriableError):
        ads.source().days(DAY, DAY)
    serve(ads, SECOND_RUN, DONE, results=(page(),))
    ads.now += timedelta(hours=hours)

    ads.source().days(DAY + timedelta(days=days), DAY + timedelta(days=days))

    assert asked(ads, "POST", INSIGHTS) == 2
