"""Reading ahead of what is being stored."""

import itertools
import threading
from collections.abc import Iterator

import pytest

from profitsync.services.ahead import ENOUGH, PATIENCE, read_ahead
from profitsync.sources.errors import RetriableError


def pages(*sizes: int) -> Iterator[list[int]]:
    """Pages of so many records, numbered through."""
    number = 0
    for size in sizes:
        yield list(range(number, number + size))
        number += size


def test_what_comes_quickly_is_handed_out_together_and_in_order() -> None:
    found = list(read_ahead(pages(*[50] * 45), clock=lambda: 0.0))

    assert [len(batch) for batch in found] == [ENOUGH, ENOUGH, 250]
    assert [record for batch in found for record in batch] == list(range(2 * ENOUGH + 250))


def test_what_comes_slowly_is_handed_out_at_once() -> None:
    times = itertools.count(0.0, PATIENCE)

    found = list(read_ahead(pages(50, 50, 50), clock=lambda: next(times)))

    assert [len(batch) for batch in found] == [50, 50, 50]


@pytest.mark.parametrize("sizes", [(), (0,), (0, 0, 0)], ids=["no page", "an empty page", "empty pages"])
def test_nothing_is_no_batch(sizes: tuple[int, ...]) -> None:
    assert list(read_ahead(pages(*sizes))) == []


def test_an_empty_page_between_others_ends_nothing() -> None:
    assert [record for batch in read_ahead(pages(2, 0, 1)) for record in batch] == [0, 1, 2]


def test_an_error_comes_after_all_that_was_read_before_it() -> None:
    def breaking() -> Iterator[list[int]]:
        yield from pages(50, 50)
        raise RetriableError("the line broke")

    reading = read_ahead(breaking())

    assert next(reading) == list(range(100))
    with pytest.raises(RetriableError, match="the line broke"):
        next(reading)


def test_the_next_records_are_fetched_while_some_are_being_stored() -> None:
    fetched = threading.Event()

    def source() -> Iterator[list[int]]:
        yield list(range(ENOUGH))
        fetched.set()
        yield [ENOUGH]

    for _ in read_ahead(source()):
        assert fetched.wait(10)  # without reading ahead the second page is asked for only after this block


def test_whoever_stops_early_ends_the_source() -> None:
    closed: list[str] = []

    def source() -> Iterator[list[int]]:
        try:
            while True:
                yield [0] * ENOUGH
        finally:
            closed.append("closed")

    reading = read_ahead(source())
    next(reading)
    reading.close()  # type: ignore[attr-defined]

    assert closed == ["closed"]
