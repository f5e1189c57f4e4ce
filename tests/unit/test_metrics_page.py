"""The page about the figures says what the code does: every field, and the worked example."""

import re
from decimal import Decimal as D
from pathlib import Path

from profitsync.domain.metrics import FIELDS
from tests.worked_example import COLUMNS, EXPECTED

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def amount(cell: str) -> D | None:
    return None if cell == "n/a" else D(cell.replace(",", "").replace("−", "-"))


def test_the_table_of_the_worked_example_is_the_one_the_code_is_tested_against() -> None:
    header, _, *rows = [cells(row) for row in section("Worked example").splitlines() if row.startswith("|")]

    assert header == ["", *COLUMNS]
    assert {name.strip("`"): [amount(cell) for cell in values] for name, *values in rows} == {
        name: [None if cell is None else D(cell) for cell in values] for name, values in EXPECTED.items()
    }


def test_every_field_is_defined_in_a_table() -> None:
    first_cells = [cells(row)[0] for row in PAGE.splitlines() if row.startswith("| `")]
    defined = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} | {"rtoReversal"}

    assert set(FIELDS) <= defined


def test_every_link_on_the_page_leads_to_a_section() -> None:
    anchors = {
        re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors


def test_the_sections_that_docstrings_name_exist() -> None:
    assert section("Cost of goods")
    assert section("Shipping")
