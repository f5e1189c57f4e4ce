"""A bulk operation's file, read while it comes: whole, scattered, or broken off."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from profitsync.sources.errors import RetriableError
from profitsync.sources.retries import FIRST_PAUSE, Retries
from profitsync.sources.shopify import bulk_file
from profitsync.sources.shopify.bulk_file import BulkFile
from profitsync.sources.shopify.bulk_job import BulkJob, BulkLostError
from tests.sources.shopify_samples import NOW
from tests.sources.test_shopify_bulk_rows import placed, row

Family = list[bytes]


class Answer:
    """One answer to a download: rows, and then perhaps the end of the connection."""

    def __init__(self, rows: list[bytes], *, breaks: bool = False, status: int = 200) -> None:
        self.status_code = status
        self._rows = rows
        self._breaks = breaks

    def iter_content(self, _size: int) -> Iterator[bytes]:
        yield from (one + b"\n" for one in self._rows)
        if self._breaks:
            raise RetriableError("the connection broke")


class NoJitter(random.Random):
    """Every pause is the shortest that it may be."""

    def uniform(self, a: float, _b: float) -> float:
        return a


class Http:
    """Answers one download after the other."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.waits: list[float] = []
        self.retries = Retries(self.waits.append, NoJitter())

    @contextmanager
    def download(self, _url: str) -> Iterator[Answer]:
        yield self.answers.pop(0)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_file, "AT_ONCE", 2)
    monkeypatch.setattr(bulk_file, "HELD_BACK", 3)
    monkeypatch.setattr("profitsync.sources.shopify.bulk_rows.ROWS_AT_ONCE", 2)


def family(number: int) -> Family:
    return [placed(number), row("LineItem", 10 * number + 1, number), row("LineItem", 10 * number, number)]


FAMILIES = [family(number) for number in range(1, 9)]
ROWS = [one for some in FAMILIES for one in some]


def opened(http: Http, rows: int = len(ROWS), roots: int = len(FAMILIES)) -> BulkFile:
    job = BulkJob(
        "gid://shopify/BulkOperation/1", "COMPLETED", NOW, str(rows), str(roots), url="http://files.example/x"
    )
    return BulkFile(http, job, breathe=lambda: None)  # type: ignore[arg-type]


def told(batches: Iterator[list[msgspec.Raw]] | list[list[msgspec.Raw]]) -> list[tuple[str, list[str]]]:
    """Each order's name, and the numbers of its lines."""
    orders = [msgspec.json.decode(raw) for batch in batches for raw in batch]
    return [(one["name"], [line["id"].rpartition("/")[2] for line in one["lineItems"]["nodes"]]) for one in orders]


WANTED = [(f"#{number}", [str(10 * number), str(10 * number + 1)]) for number in range(1, 9)]


def test_orders_are_handed_on_as_they_come() -> None:
    file = opened(Http(Answer(ROWS)))

    batches = list(file.orders())

    assert (told(batches), file.roots) == (WANTED, 8)
    assert [len(batch) for batch in batches] == [2, 2, 2, 2]


def test_a_file_that_breaks_off_goes_on_where_it_did() -> None:
    http = Http(Answer(ROWS[:17], breaks=True), Answer(ROWS[:3], breaks=True), Answer(ROWS))

    assert told(opened(http).orders()) == WANTED
    assert http.waits == [FIRST_PAUSE, 2 * FIRST_PAUSE]  # after the first failure, and after the second


def test_a_file_that_cannot_be_had_is_lost_and_what_came_of_it_is_whole() -> None:
    http = Http(*[Answer(ROWS[:17], breaks=True)] * 3)
    found: list[list[msgspec.Raw]] = []

    with pytest.raises(BulkLostError, match="cannot be had"):
        found.extend(opened(http).orders())

    assert told(found) == WANTED[: len(told(found))]
    assert found


def test_rows_that_are_scattered_from_the_beginning_are_put_together_without_a_second_download() -> None:
    rows = [*ROWS[1:3], *ROWS[4:], ROWS[3], ROWS[0]]
    http = Http(Answer(rows))
    file = opened(http)

    assert (sorted(told(file.orders())), file.roots, http.answers) == (WANTED, 8, [])


def test_orders_handed_on_before_a_line_stood_apart_come_once_more() -> None:
    """The third order's line comes at the very end."""
    rows = [*ROWS[:7], *ROWS[8:], ROWS[7]]
    http = Http(Answer(rows), Answer(rows))

    found = told(opened(http).orders())

    assert sorted(found[-8:]) == WANTED
    assert found[:-8] == [*WANTED[:2], ("#3", ["30"]), *WANTED[3:]][: len(found) - 8]


LOST = [
    pytest.param(Answer(ROWS[:-1]), "23 rows, 8 of them orders; 24 and 8", id="a row too few"),
    pytest.param(Answer([*ROWS[:-3], *ROWS[:3]]), "twice", id="an order twice"),
    pytest.param(Answer([*ROWS[:-1], ROWS[-2]]), "twice", id="a line twice"),
    pytest.param(Answer([], status=404), "not there", id="gone"),
    pytest.param(Answer([*ROWS[:-1], row("LineItem", 5, 99)]), "without their order", id="a line of no order"),
]


@pytest.mark.parametrize(("answer", "words"), LOST)
def test_a_file_that_is_not_all_that_was_counted_is_lost(answer: Answer, words: str) -> None:
    with pytest.raises(BulkLostError, match=words):
        list(opened(Http(answer, answer)).orders())
