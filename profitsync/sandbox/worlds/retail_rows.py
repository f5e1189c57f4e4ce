"""Reads order lines from CSV and says exactly what is wrong with a malformed file."""

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from io import TextIOWrapper
from pathlib import Path
from sys import intern
from typing import NamedTuple, TextIO

from profitsync.errors import UsageError

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
NEEDED = tuple(name for name in COLUMNS if name not in ("Description", "Country"))
DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
GZIP_MAGIC = b"\x1f\x8b"
MOST_PROBLEMS = 10


class Row(NamedTuple):
    """One order line as written; `at` is local time without a zone."""

    number: int  # line of the file
    invoice: str
    stock_code: str
    title: str
    quantity: int
    at: datetime
    price: Decimal
    customer_id: str | None


class _BadCellError(ValueError):
    """What is wrong with one cell, and what would be right."""


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, gzipped or plain, in the file's order.

    Raises `UsageError` naming line, column and remedy of the first malformed rows.
    """
    problems: list[str] = []
    with _opened(path) as file:
        reader = csv.reader(file, strict=True)
        parser = _Parser(path, next(reader, []))
        for cells in reader:
            if not cells:
                continue
            try:
                yield parser.row(reader.line_num, cells)
            except _BadCellError as error:
                problems.append(f"{path}: line {reader.line_num}: {error}")
                if len(problems) == MOST_PROBLEMS:
                    break
    if problems:
        raise UsageError("\n".join(problems))


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file as text. Every failure of reading it becomes a `UsageError`."""
    try:
        with path.open("rb") as probe:
            packed = probe.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        with gzip.open(path) if packed else path.open("rb") as raw:
            yield TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise UsageError(f"{path}: is not CSV: {error}") from None


class _Parser:
    """Turns cells into rows. Equal texts become one object: half a million rows hold few different ones."""

    def __init__(self, path: Path, header: list[str]) -> None:
        names = [name.strip() for name in header]
        if missing := [name for name in NEEDED if name not in names]:
            raise UsageError(
                f"{path}: line 1: no column {', '.join(missing)}; the header must name {','.join(COLUMNS)}"
            )
        self._width = len(names)
        self._places = {name: names.index(name) for name in COLUMNS if name in names}
        self._dates: dict[str, datetime] = {}
        self._prices: dict[str, Decimal] = {}

    def row(self, number: int, cells: list[str]) -> Row:
        if len(cells) != self._width:
            raise _BadCellError(
                f"{len(cells)} cells where the header has {self._width}; quote cells that hold a comma"
            )
        places = self._places
        invoice = cells[places["InvoiceNo"]].strip()
        stock_code = cells[places["StockCode"]].strip()
        for name, text in (("InvoiceNo", invoice), ("StockCode", stock_code)):
            if not text:
                raise _BadCellError(f"column {name}: is empty; every line needs one")
        title = cells[places["Description"]].strip() if "Description" in places else ""
        customer = cells[places["CustomerID"]].strip().removesuffix(".0")
        if customer and not customer.isdecimal():
            raise _BadCellError(f"column CustomerID: {customer!r} must be digits, or empty for a guest")
        return Row(
            number=number,
            invoice=intern(invoice),
            stock_code=intern(stock_code),
            title=intern(title or stock_code),
            quantity=_integer(cells[places["Quantity"]]),
            at=self._date(cells[places["InvoiceDate"]]),
            price=self._price(cells[places["UnitPrice"]]),
            customer_id=intern(customer) if customer else None,
        )

    def _date(self, text: str) -> datetime:
        if (known := self._dates.get(text)) is None:
            try:
                known = datetime.strptime(text.strip(), DATE_FORMAT)  # noqa: DTZ007 - the zone is the shop's
            except ValueError:
                raise _BadCellError(
                    f"column InvoiceDate: {text!r} must be a local time such as 2010-12-01 08:26:00"
                ) from None
            self._dates[text] = known
        return known

    def _price(self, text: str) -> Decimal:
        if (known := self._prices.get(text)) is None:
            try:
                known = Decimal(text.strip())
            except InvalidOperation:
                known = Decimal("NaN")
            if not known.is_finite():
                raise _BadCellError(f"column UnitPrice: {text!r} must be a number such as 2.55")
            self._prices[text] = known
        return known


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _BadCellError(f"column Quantity: {text!r} must be a whole number such as 6 or -1") from None
