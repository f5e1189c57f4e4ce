"""The workbook of `metrics export`: typed cells, a totals row, and a sheet that says what the figures are.

Numbers are written as floats, as spreadsheets hold them: exact to 15 digits, so to the cent up to ten trillion.
Rows go to the disk as they are written, so that memory does not grow with the range.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profitsync.domain.merchants import SOURCES
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics, Value
from profitsync.errors import ConfigurationError
from profitsync.services.tables import MetricsTable

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_FORMATS = {
    "money": "#,##0.00",
    "percent": "0.00",  # docs/metrics.md: 35.46 means 35.46 %
    "ratio": "0.00",
    "count": "#,##0",
    "date": "yyyy-mm-dd",
    "text": "@",
    "general": "General",
}
# A format has room for two conditions: amounts below −99,999.99 are grouped by thousands.
_INDIAN_MONEY = "[>=10000000]##\\,##\\,##\\,##0.00;[>=100000]##\\,##\\,##0.00;##,##0.00"
_LABEL_WIDTH, _NARROWEST = 12, 11


def write_workbook(path: Path, table: MetricsTable, email: str, fields: Sequence[str]) -> None:
    """Write `table` to `path`. Raises `ConfigurationError` when the writer is not installed."""
    try:
        from xlsxwriter.exceptions import FileCreateError
        from xlsxwriter.workbook import Workbook
    except ImportError:
        raise ConfigurationError(
            "--output .xlsx: needs the extra xlsx; run `pip install 'profitsync[xlsx]'`, or export a .csv"
        ) from None

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with Workbook(str(path), options) as book:
            _Sheets(book, table, list(fields or FIELDS)).write(email)
    except FileCreateError as error:
        raise OSError(str(error)) from None


class _Sheets:
    def __init__(self, book: "Workbook", table: MetricsTable, fields: list[str]) -> None:
        self.book = book
        self.table = table
        self.fields = fields
        formats = {**_FORMATS, **({"money": _INDIAN_MONEY} if table.currency == "INR" else {})}
        self.plain = {kind: book.add_format({"num_format": form}) for kind, form in formats.items()}
        self.bold = {
            kind: book.add_format({"num_format": form, "bold": True, "top": 1}) for kind, form in formats.items()
        }
        self.loss = book.add_format({"font_color": "#C00000"})
        self.heading = book.add_format({"bold": True, "bottom": 1})

    def write(self, email: str) -> None:
        """Both sheets; the figures come first."""
        figures = self.book.add_worksheet("Figures")
        about = self.book.add_worksheet("About")
        self._figures(figures)
        self._about(about, email)

    def _figures(self, sheet: "Worksheet") -> None:
        names = ["date", *self.fields, "complete", *SOURCES]
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, _LABEL_WIDTH)
        for column, name in enumerate(names[1:], 1):
            sheet.set_column(column, column, max(_NARROWEST, len(name) + 2))
        sheet.autofilter(0, 0, len(self.table.rows), len(names) - 1)
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, self.heading)
        for number, row in enumerate(self.table.rows, 1):
            sheet.write_datetime(number, 0, datetime.combine(row.day, time.min), self.plain["date"])
            self._values(sheet, number, row, self.plain)
        last = len(self.table.rows) + 1
        sheet.write_string(last, 0, "Total", self.bold["text"])
        self._values(sheet, last, self.table.totals, self.bold)
        below_zero = {"type": "cell", "criteria": "<", "value": 0, "format": self.loss}
        sheet.conditional_format(1, 1, last, len(self.fields), below_zero)

    def _values(self, sheet: "Worksheet", number: int, row: DayMetrics, formats: dict[str, Any]) -> None:
        for column, name in enumerate(self.fields, 1):
            kind = FIELDS[name] if FIELDS[name] in formats else "general"
            self._value(sheet, number, column, row.values.get(name), formats[kind])
        sheet.write_boolean(number, len(self.fields) + 1, row.complete, formats["general"])
        for offset, source in enumerate(SOURCES, len(self.fields) + 2):
            sheet.write_string(number, offset, row.sources.get(source, ""), formats["text"])

    def _value(self, sheet: "Worksheet", row: int, column: int, value: Value, form: Any) -> None:
        """One cell; what is not known stays empty, so that no formula takes it for 0."""
        if value is None:
            sheet.write_blank(row, column, None, form)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, form)
        elif isinstance(value, Decimal | int):
            sheet.write_number(row, column, float(value) if isinstance(value, Decimal) else value, form)
        else:
            sheet.write_string(row, column, str(value), form)

    def _about(self, sheet: "Worksheet", email: str) -> None:
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 70)
        for number, (name, text) in enumerate(_facts(self.table, email)):
            sheet.write_string(number, 0, name, self.heading)
            sheet.write_string(number, 1, text, self.plain["text"])


def _facts(table: MetricsTable, email: str) -> Iterable[tuple[str, str]]:
    """What a reader must know of the figures."""
    open_rows = [row.day.isoformat() for row in table.rows if not row.complete]
    yield "merchant", email
    yield "currency", table.currency or "not known yet"
    yield "time zone of the days", table.timezone or "not known yet"
    yield "first day", table.since.isoformat()
    yield "last day", table.until.isoformat()
    yield "a row per", table.by
    yield "complete", "yes" if table.totals.complete else "no"
    yield "rows not complete", ", ".join(open_rows) or "none"
    yield "empty cells", "not defined or not known, never 0"
    yield "percentages", "35.46 means 35.46 %"
    yield "totals", "sums of the rows; ratios and customers are computed anew for the whole range"
    for note in table.notes:
        yield "note", note
