"""Figures as files: CSV for programs, a workbook for people. A file appears whole or not at all."""

import csv
import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from profitsync.domain.merchants import SOURCES
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import Value
from profitsync.errors import ProfitsyncError, UsageError
from profitsync.services.tables import MetricsTable

SUFFIXES = (".csv", ".xlsx")
_STEERING = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of a formula


class ExportError(ProfitsyncError):
    """The file could not be written; nothing is left of it."""


def export_table(table: MetricsTable, email: str, path: Path, fields: Sequence[str] = (), *, force: bool) -> None:
    """Write `table` to `path`, by its suffix; `fields` instead of all of them.

    A file that exists is replaced only with `force`, and only once the new one is whole. Raises `UsageError` for
    a path that cannot be, `ExportError` when writing fails, `ConfigurationError` for a workbook without the
    extra `xlsx`.
    """
    check_path(path, force=force)
    if path.suffix.lower() == ".csv":
        _whole(path, lambda draft: _csv_file(draft, table, fields))
    else:
        from profitsync.services.workbook import write_workbook

        _whole(path, lambda draft: write_workbook(draft, table, email, fields))


def check_path(path: Path, *, force: bool) -> None:
    """Raise `UsageError` for a path that nothing can be written to."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--output {path}: must end in {' or '.join(SUFFIXES)}")
    if path.is_dir():
        raise UsageError(f"--output {path}: is a directory")
    if not path.parent.is_dir():
        raise UsageError(f"--output {path}: there is no directory {path.parent}; make it first")
    if path.exists() and not force:
        raise UsageError(f"--output {path}: exists already; --force replaces it")


def write_csv(out: TextIO, table: MetricsTable, fields: Sequence[str] = ()) -> None:
    """A line per row, digit for digit.

    Sums of a range are not in it: ratios and customers cannot be added up from lines, --json gives them.
    """
    names = fields or list(FIELDS)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["date", *names, "complete", *SOURCES])
    for row in table.rows:
        figures = (plain(row.values.get(name)) for name in names)
        states = (row.sources.get(source, "") for source in SOURCES)
        writer.writerow([row.day.isoformat(), *figures, plain(row.complete), *states])


def plain(value: Value) -> str:
    """A value as in a CSV: no grouping, empty for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def harmless(text: str) -> str:
    """Free text for a CSV: what a spreadsheet would run as a formula is quoted with an apostrophe."""
    return f"'{text}" if text.startswith(_STEERING) else text


def _csv_file(path: Path, table: MetricsTable, fields: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        write_csv(out, table, fields)


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a draft beside `path`, and put it in its place once it is on the disk."""
    draft = path.with_name(f".{path.name}-{token_hex(4)}.part")
    try:
        write(draft)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    except OSError as error:
        raise ExportError(f"--output {path}: cannot be written: {error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)
