"""The rows of a bulk file: joined whatever their order, checked against what was counted, kept out of memory."""

import random
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
import responses

from profitsync.sources.errors import RetriableError, SourceError
from profitsync.sources.http import HttpClient
from profitsync.sources.shopify import bulk_rows
from profitsync.sources.shopify.bulk_file import BulkFile
from profitsync.sources.shopify.bulk_job import BulkJob, BulkLostError
from profitsync.sources.shopify.bulk_rows import lines
from profitsync.sources.shopify.bulk_spool import BulkSpool
from tests.sources.shopify_samples import NOW


def row(kind: str, number: int, parent: int | None = None, **fields: Any) -> bytes:
    made = {"__typename": kind, "id": f"gid://shopify/{kind}/{number}", **fields}
    if parent is not None:
        made["__parentId"] = f"gid://shopify/Order/{parent}"
    return msgspec.json.encode(made).replace(b"/", b"\\/")


def placed(number: int, updated: int = 1) -> bytes:
    return row("Order", number, name=f"#{number}", updatedAt=f"2026-11-{updated:02d}T00:00:00Z")


def job(objects: int, roots: int) -> BulkJob:
    return BulkJob("gid://shopify/BulkOperation/1", "COMPLETED", NOW, str(objects), str(roots))


FILE = [placed(1, updated=3), row("LineItem", 12, 1), row("LineItem", 11, 1), row("ShippingLine", 5, 1), placed(2)]


def read(rows: Iterator[bytes] | list[bytes], objects: int = 5, roots: int = 2, size: int = 9) -> list[Any]:
    with closing(BulkSpool()) as spool:
        spool.fill(rows, job(objects, roots))
        return [[msgspec.json.decode(raw) for raw in batch] for batch in spool.orders(size)]


def numbers(connection: Any) -> list[str]:
    return [node["id"].rpartition("/")[2] for node in connection["nodes"]]


def test_rows_in_any_order_become_the_same_whole_orders() -> None:
    wanted = read(FILE)
    ((second, first),) = wanted

    assert (second["name"], first["name"]) == ("#2", "#1")  # by their last change, as pages come
    assert numbers(first["lineItems"]) == ["11", "12"]
    assert numbers(first["shippingLines"]) == ["5"]
    assert first["lineItems"]["pageInfo"] == {"hasNextPage": False, "endCursor": None}
    assert numbers(second["lineItems"]) == []
    assert all(read(list(mixed)) == wanted for mixed in permutations(FILE))


def test_orders_come_in_batches() -> None:
    assert [len(batch) for batch in read([placed(n) for n in range(1, 6)], 5, 5, size=2)] == [2, 2, 1]


BROKEN = [
    pytest.param([*FILE[:4], FILE[4][:-9]], 5, 2, RetriableError, "cut", id="row cut"),
    pytest.param([b"<!DOCTYPE html>"], 5, 2, RetriableError, "none", id="html"),
    pytest.param([b"[1]"], 5, 2, RetriableError, "none", id="no object"),
    pytest.param([b'{"__typename": "Order", "id": "7"}'], 1, 1, RetriableError, "none", id="no global id"),
    pytest.param(FILE[:4], 5, 2, BulkLostError, "4 rows, 1 of them orders; 5 and 2", id="row missing"),
    pytest.param([*FILE, row("LineItem", 13, 1)], 5, 2, BulkLostError, "6 rows", id="row too many"),
    pytest.param([], 5, 2, BulkLostError, "0 rows", id="empty"),
    pytest.param(FILE, 5, 3, BulkLostError, "2 of them orders", id="orders counted otherwise"),
    pytest.param([*FILE, FILE[4]], 6, 3, BulkLostError, "twice", id="order twice"),
    pytest.param([*FILE, FILE[1]], 6, 2, BulkLostError, "twice", id="line twice"),
    pytest.param([*FILE, row("LineItem", 13, 9)], 6, 2, BulkLostError, "without their order", id="orphan"),
    pytest.param([*FILE, row("Refund", 3, 1)], 6, 2, BulkLostError, "unexpected type", id="unknown child"),
    pytest.param([*FILE, row("LineItem", 2**63, 1)], 6, 2, BulkLostError, "too large", id="number beyond SQLite"),
    pytest.param([*FILE, row("Customer", 3)], 6, 3, BulkLostError, "unexpected type", id="unknown root"),
    pytest.param([b'{"__typename": "Order"}'], 1, 1, BulkLostError, "without an id", id="order without id"),
]


@pytest.mark.parametrize(("rows", "objects", "roots", "error", "words"), BROKEN)
def test_a_file_that_is_not_whole_is_never_read(
    rows: list[bytes], objects: int, roots: int, error: type[SourceError], words: str
) -> None:
    with pytest.raises(error, match=words):
        read(rows, objects, roots)


def test_a_full_disk_loses_the_operation_not_the_sync() -> None:
    with closing(BulkSpool()) as spool:
        spool._db.execute("PRAGMA max_page_count = 8")

        with pytest.raises(BulkLostError, match="full"):
            spool.fill([placed(n) for n in range(1, 2000)], job(1999, 1999))


@pytest.fixture
def http() -> HttpClient:
    """Nothing may be asked: `responses` refuses."""
    return HttpClient("Shopify", sleep=lambda _: None, rng=random.Random(1), clock=lambda: NOW)  # noqa: S311


def test_objects_counted_but_no_file_is_a_loss(http: HttpClient, wire: responses.RequestsMock) -> None:
    with pytest.raises(BulkLostError, match="5 objects and gives no file"):
        list(BulkFile(http, job(5, 2), lambda: None).orders())


def test_nothing_counted_and_no_file_is_empty(http: HttpClient, wire: responses.RequestsMock) -> None:
    file = BulkFile(http, job(0, 0), lambda: None)

    assert (list(file.orders()), file.roots) == ([], 0)


CHUNKS = [
    pytest.param([b"a\nb\n"], [b"a", b"b"], id="whole"),
    pytest.param([b"a\nb", b"c", b"\nd"], [b"a", b"bc", b"d"], id="across chunks, no last newline"),
    pytest.param([b"a\r\n\n", b"", b"\nb"], [b"a\r", b"b"], id="empty lines"),
    pytest.param([], [], id="nothing"),
]


@pytest.mark.parametrize(("chunks", "wanted"), CHUNKS)
def test_a_stream_is_cut_into_lines(chunks: list[bytes], wanted: list[bytes]) -> None:
    assert list(lines(chunks)) == wanted


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_rows, "LONGEST_ROW", 100)

    with pytest.raises(RetriableError, match="not made of rows"):
        list(lines([b"x" * 60, b"x" * 60]))


def test_memory_and_disk_hold_no_more_than_a_few_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    size, count = 8000, 1000
    dice = random.Random(5)  # noqa: S311 - a shuffle
    order = dice.sample(range(1, count + 1), count)
    rows = (row("Order", number, name="x" * size, updatedAt="2026") for number in order)
    tracemalloc.start()
    try:
        with closing(BulkSpool()) as spool:
            spool.fill(rows, job(count, count))
            found = sum(len(batch) for batch in spool.orders(10))
            left = list(tmp_path.iterdir())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (found, left) == (count, [])  # the file is there, its name is not
    assert peak < size * count / 2
