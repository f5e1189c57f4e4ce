"""What a source knows of a day, and how reads change that."""

from datetime import UTC, datetime

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SourceState, User
from profitsync.services.knowledge import after_failure, after_success, day_sources
from tests.unit.builders import day

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
USER = User("u1", "a@example.com", NOW, NOW, secrets={"shopifyAccessToken": "t", "metaAccessToken": "t"})


def span(first: int, last: int) -> DayRange:
    return DayRange(day(first), day(last))


def test_a_source_without_credentials_is_off() -> None:
    assert day_sources(USER, {}, day(2))[SHIPROCKET] == "off"


def test_a_configured_source_that_was_never_read_is_missing() -> None:
    sources = day_sources(USER, {SHOPIFY: SourceState(SHOPIFY)}, day(2))

    assert sources[SHOPIFY] == sources[META] == "missing"


def test_a_day_that_was_read_is_ok_and_its_neighbours_are_missing() -> None:
    states = {SHOPIFY: after_success(SourceState(SHOPIFY), span(2, 4), NOW)}

    found = [day_sources(USER, states, day(number))[SHOPIFY] for number in (1, 2, 4, 5)]
    assert found == ["missing", "ok", "ok", "missing"]


def test_a_failure_makes_known_days_stale_and_unknown_ones_no_better() -> None:
    state = after_failure(after_success(SourceState(META), span(2, 4), NOW), span(4, 6), "meta: 500")

    assert [day_sources(USER, {META: state}, day(number))[META] for number in (3, 4, 5)] == [
        "ok",
        "stale",
        "missing",
    ]
    assert state.error == "meta: 500"


def test_a_later_success_heals_what_it_read_again() -> None:
    failed = after_failure(after_success(SourceState(META), span(2, 6), NOW), span(3, 6), "meta: 500")

    healed = after_success(failed, span(5, 8), NOW)

    assert [day_sources(USER, {META: healed}, day(number))[META] for number in (2, 3, 5, 8)] == [
        "ok",
        "stale",
        "ok",
        "ok",
    ]
    assert healed.error is None
    assert healed.last_success_at == NOW


def test_reads_of_neighbouring_days_are_kept_as_one_range() -> None:
    state = after_success(after_success(SourceState(META), span(2, 4), NOW), span(5, 6), NOW)

    assert state.covered == (span(2, 6),)


@pytest.mark.parametrize(
    ("read_again", "caught_up", "stale"),
    [
        pytest.param(span(4, 6), False, [], id="all of it"),
        pytest.param(span(5, 5), False, [span(4, 4), span(6, 6)], id="its middle"),
        pytest.param(span(1, 4), False, [span(5, 6)], id="its beginning"),
        pytest.param(span(8, 9), False, [span(4, 6)], id="other days"),
        pytest.param(span(8, 9), True, [], id="every change since"),
    ],
)
def test_days_stay_stale_until_they_are_read_again(
    read_again: DayRange, caught_up: bool, stale: list[DayRange]
) -> None:
    failed = after_failure(after_success(SourceState(META), span(1, 9), NOW), span(4, 6), "meta: 500")

    assert after_success(failed, read_again, NOW, caught_up=caught_up).stale == tuple(stale)


def test_a_failure_moves_neither_cursor_nor_coverage_nor_tokens() -> None:
    before = SourceState(META, cursor=NOW, covered=(span(1, 9),), last_success_at=NOW, tokens={"session": "t"})

    after = after_failure(before, span(9, 9), "meta: 500")

    assert (after.cursor, after.covered, after.last_success_at) == (NOW, (span(1, 9),), NOW)
    assert after.tokens == {"session": "t"}
