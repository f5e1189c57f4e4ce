"""`metrics export`: files that are whole, typed and harmless, or not there at all."""

import os
import sys
from datetime import date, datetime
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from profitsync.domain.metrics import FIELDS
from profitsync.services.exports import harmless
from tests.cli.conftest import Result, Run

DEMO = "demo@sandbox.example"
RANGE = ("--since", "2026-10-28", "--until", "2026-11-05")

pytestmark = pytest.mark.usefixtures("generated")


def export(run: Run, output: str, *flags: str) -> Result:
    return run("metrics", "export", "--user", DEMO, *RANGE, "--output", output, *flags)


def shown(run: Run, *flags: str) -> Any:
    import json

    return json.loads(run("metrics", "show", "--user", DEMO, *RANGE, "--json", *flags).out, parse_float=D)


def test_a_csv_is_what_show_prints(run: Run, place: Path) -> None:
    result = export(run, "figures.csv")

    assert (result.code, result.out) == (0, "")
    assert (place / "figures.csv").read_text() == run("metrics", "show", "--user", DEMO, *RANGE, "--csv").out
    assert "9 rows by day" in result.err


def test_a_workbook_has_typed_cells_and_totals(run: Run, place: Path) -> None:
    result = export(run, "figures.XLSX")
    book = load_workbook(place / "figures.XLSX")
    sheet, table = book["Figures"], shown(run)

    assert result.code == 0
    heading, *rows, totals = list(sheet.iter_rows(values_only=True))
    assert list(heading) == ["date", *FIELDS, "complete", "shopify", "meta", "shiprocket"]
    assert [row[0] for row in rows] == [datetime.fromisoformat(row["date"]) for row in table["rows"]]
    for cells, row in zip([*rows, totals], [*table["rows"], table["totals"]], strict=True):
        found = dict(zip(heading, cells, strict=True))
        assert {
            name: None if found[name] is None else D(str(found[name])) for name in FIELDS if FIELDS[name] != "flag"
        } == {name: row[name] for name in FIELDS if FIELDS[name] != "flag"}
        assert found["complete"] is row["complete"]
    assert totals[0] == "Total"


def test_a_workbook_is_pleasant_to_read(run: Run, place: Path) -> None:
    export(run, "figures.xlsx", "--columns", "revenue,netProfit,roas,totalOrders")
    sheet = load_workbook(place / "figures.xlsx")["Figures"]

    assert sheet.freeze_panes == "B2"
    assert [sheet.cell(2, column).number_format for column in (1, 4, 5)] == ["yyyy-mm-dd", "0.00", "#,##0"]
    assert "#" in sheet.cell(2, 2).number_format
    assert sheet.cell(sheet.max_row, 2).font.bold
    assert all(sheet.column_dimensions[letter].width >= 11 for letter in "ABCDE")


def test_a_workbook_says_what_its_figures_are(run: Run, place: Path) -> None:
    export(run, "figures.xlsx", "--by", "week")
    about = {row[0]: row[1] for row in load_workbook(place / "figures.xlsx")["About"].iter_rows(values_only=True)}

    open_weeks = [row["date"] for row in shown(run, "--by", "week")["rows"] if not row["complete"]]
    assert (about["merchant"], about["currency"], about["time zone of the days"]) == (DEMO, "INR", "Asia/Kolkata")
    assert (about["first day"], about["last day"], about["a row per"]) == ("2026-10-28", "2026-11-05", "week")
    assert about["rows not complete"] == (", ".join(open_weeks) or "none")


def test_a_file_that_exists_is_kept_unless_forced(run: Run, place: Path) -> None:
    (place / "figures.csv").write_text("mine")

    refused = export(run, "figures.csv")
    kept = (place / "figures.csv").read_text()
    forced = export(run, "figures.csv", "--force")

    assert (refused.code, refused.errors) == (2, ["--output figures.csv: exists already; --force replaces it"])
    assert (kept, forced.code) == ("mine", 0)
    assert (place / "figures.csv").read_text().startswith("date,")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("figures.pdf", "--output figures.pdf: must end in .csv or .xlsx"),
        ("missing/figures.csv", "--output missing/figures.csv: there is no directory missing; make it first"),
    ],
)
def test_a_path_that_cannot_be_is_refused_before_anything_is_read(output: str, message: str, run: Run) -> None:
    result = export(run, output)

    assert (result.code, result.errors) == (2, [message])


@pytest.mark.parametrize("name", ["figures.csv", "figures.xlsx"])
@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace")], ids=["writing", "renaming"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    name: str, step: tuple[object, str], run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / name).write_text("mine")
    before = sorted(path.name for path in place.iterdir())

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*step, full)
    result = export(run, name, "--force")

    assert (result.code, result.errors) == (1, [f"--output {name}: cannot be written: No space left on device"])
    assert (place / name).read_text() == "mine"
    assert {path.name for path in place.iterdir()} - {"logs"} == set(before) - {"logs"}


def test_a_missing_writer_is_one_line(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter.workbook", None)

    result = export(run, "figures.xlsx")

    assert (result.code, len(result.errors)) == (4, 1)
    assert "pip install 'profitsync[xlsx]'" in result.errors[0]
    assert not (place / "figures.xlsx").exists()


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("a=1", "a=1"), ("", "")],
)
def test_free_text_is_never_a_formula(text: str, written: str) -> None:
    assert harmless(text) == written


def test_figures_of_one_day_are_enough(run: Run, place: Path) -> None:
    day = ("--since", "2026-11-05", "--until", "2026-11-05")
    result = run("metrics", "export", "--user", DEMO, *day, "--output", "a.csv")

    assert result.code == 0
    assert date.fromisoformat((place / "a.csv").read_text().splitlines()[1][:10]) == date(2026, 11, 5)
