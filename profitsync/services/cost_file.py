"""Product costs as CSV. Read: every bad line is found, with its number and the reason. Written: reads back.

A `validFrom` may also be `always`: the cost of all days before the first dated one. Left empty, it means "as
of today" where the product has a cost already.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from profitsync.domain.costs import ProductCost
from profitsync.errors import UsageError
from profitsync.services.costs import PERSON, Statement, parse_amount, parse_id
from profitsync.services.problems import closest

COLUMNS = ("productId", "variantId", "sku", "productName", "cost", "validFrom")
ALWAYS = "always"
_DELIMITERS = (",", ";", "\t")
_BY_FOLDED_NAME = {name.casefold(): name for name in COLUMNS}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used. `number` is as an editor counts, the header being line 1."""

    number: int
    reason: str


@dataclass(slots=True)
class CostFile:
    """What a file says: good statements, bad lines, columns nobody knows."""

    statements: list[Statement] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()


def read_cost_file(content: bytes, origin: str) -> CostFile:
    """Parse a CSV with a header; comma, semicolon or tab, with or without a byte order mark.

    Raises `UsageError` when the file as a whole cannot be used.
    """
    header, rows = _rows(content, origin)
    columns, ignored = _columns(header, origin)
    result = CostFile(ignored_columns=ignored)
    seen: dict[tuple[str | date | None, ...], Statement] = {}
    for number, row in rows:
        try:
            statement = _statement(number, row, columns, len(header))
            _refuse_contradiction(seen, statement)
        except UsageError as error:
            result.bad.append(BadLine(number, str(error)))
        else:
            result.statements.append(statement)
    if not result.statements and not result.bad:
        raise UsageError(f"{origin}: holds no costs, only a header")
    return result


def stated(costs: Iterable[ProductCost]) -> list[ProductCost]:
    """The costs that people stated, by name."""
    said = (cost for cost in costs if cost.source in PERSON)
    return sorted(said, key=lambda one: (one.product_name.casefold(), one.id))


def cost_file(costs: Iterable[ProductCost]) -> str:
    """What people stated of the costs, as a CSV that `read_cost_file` reads back; importing it changes nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cost in stated(costs):
        since = cost.valid_from.isoformat() if cost.valid_from else ALWAYS
        keys = (cost.product_id or "", cost.variant_id or "", cost.sku or "")
        writer.writerow([*keys, cost.product_name, f"{cost.cost:f}", since])
    return text.getvalue()


def _rows(content: bytes, origin: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{origin}: line {line} is not UTF-8; save it as “CSV UTF-8”") from None
    rows = _numbered(text, origin)
    first = next(rows, None)
    if first is None:
        raise UsageError(f"{origin}: is empty; the first line must name the columns: {','.join(COLUMNS)}")
    return first[1], rows


def _numbered(text: str, origin: str) -> Iterator[tuple[int, list[str]]]:
    """Non-empty rows with the number of the line each begins on."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begins, [cell.strip() for cell in row]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{origin}: line {begins} is not CSV: {error}") from None


def _columns(header: list[str], origin: str) -> tuple[dict[str, int], tuple[str, ...]]:
    columns: dict[str, int] = {}
    ignored: list[str] = []
    problems: list[str] = []
    for position, heading in enumerate(header):
        name = _BY_FOLDED_NAME.get(heading.replace("_", "").replace(" ", "").casefold())
        if name in columns:
            problems.append(f"{origin}: the column {name} is there twice")
        elif name:
            columns[name] = position
        elif meant := closest(heading, COLUMNS):
            problems.append(f"{origin}: the column {heading!r} is not known; did you mean {meant}?")
        else:
            ignored.append(heading)
    if not problems:
        if "cost" not in columns:
            problems.append(f"{origin}: the header has no column cost")
        if not columns.keys() & {"productId", "variantId", "sku"}:
            problems.append(f"{origin}: the header has no column productId, variantId or sku")
    if problems:
        raise UsageError("\n".join(problems))
    return columns, tuple(ignored)


def _statement(number: int, row: list[str], columns: dict[str, int], width: int) -> Statement:
    if len(row) != width:
        raise UsageError(f"has {len(row)} fields where the header has {width}")
    cells = {name: row[position] for name, position in columns.items()}
    product, variant, sku = (cells.get(name, "") for name in ("productId", "variantId", "sku"))
    if not (product or variant or sku):
        raise UsageError("names no productId, variantId or sku")
    if not cells["cost"]:
        raise UsageError("has no cost; a product that costs nothing has 0")
    start = cells.get("validFrom", "")
    always = start.casefold() == ALWAYS
    return Statement(
        cost=parse_amount(cells["cost"]),
        product_id=parse_id(product, "Product") if product else None,
        variant_id=parse_id(variant, "ProductVariant") if variant else None,
        sku=sku or None,
        product_name=cells.get("productName", ""),
        valid_from=None if always else _day(start),
        always=always,
        line=number,
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or text != day.isoformat():
        raise UsageError(f"validFrom {text!r} must be a day such as 2026-04-01, or always")
    return day


def _refuse_contradiction(seen: dict[tuple[str | date | None, ...], Statement], statement: Statement) -> None:
    """Two lines about the same thing may repeat each other, but not say different costs."""
    start = ALWAYS if statement.always else statement.valid_from
    key = (statement.variant_id or statement.sku or statement.product_id, statement.variant_id,
           statement.sku, start)  # fmt: skip
    earlier = seen.setdefault(key, statement)
    if earlier.cost != statement.cost:
        raise UsageError(f"says another cost ({statement.cost}) than line {earlier.line} ({earlier.cost})")
