"""`metrics explain`: what stands on the screen adds up, and the JSON holds every exact addend."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from profitsync.domain.days import DayRange
from profitsync.domain.money import rounded
from profitsync.stores.protocol import Store
from tests.cli.conftest import Result, Run
from tests.cli.samples import a_user

DEMO = "demo@sandbox.example"
DAYS = ["2026-11-02", "2026-11-04"]


def explain(run: Run, day: str = "2026-11-05", *flags: str) -> Result:
    result = run("metrics", "explain", "--user", DEMO, "--date", day, *flags)
    assert result.code == 0, result.err
    return result


def number(text: str) -> D:
    return D(text.replace(",", ""))


def cells(line: str) -> list[str]:
    return re.split(r"\s{2,}", line.strip())


def exact(result: Result) -> Any:
    return json.loads(result.out, parse_float=D, parse_int=D)


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("day", DAYS)
def test_the_statement_adds_up_line_by_line(day: str, run: Run) -> None:
    lines = explain(run, day).out.splitlines()[1:]
    statement = lines[: next(place for place, line in enumerate(lines) if line.startswith("Apart"))]

    running, parts, checked = D(0), D(0), 0
    for line in reversed(statement):
        name, amount = cells(line)[0], number(cells(line)[-1])
        if line.startswith("    "):
            parts += amount
            checked += 1
        elif not name.startswith("="):
            assert parts == amount, line
            parts = D(0)
    for line in statement:
        name, amount = cells(line)[0], number(cells(line)[-1])
        if line.startswith("    "):
            continue
        if name.startswith("="):
            assert running == amount, line
        else:
            running += -amount if name.startswith("-") else amount
    assert checked >= 7


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("width", ["80", "160"])
@pytest.mark.parametrize("flags", [[], ["--all"]])
def test_the_events_add_up_and_fit_the_terminal(
    width: str, flags: list[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    blocks = explain(run, "2026-11-04", *flags).out.split("\n\n")[1:-1]

    assert len(blocks) > 4
    for block in blocks:
        heading, *rows, _, total = block.splitlines()
        assert all(len(line) <= int(width) for line in (heading, *rows, total))
        columns = len(cells(total)) - 1  # without the word Sum
        sums = [sum(number(cells(row)[-place]) for row in rows) for place in range(1, columns + 1)]
        assert sums == [number(cells(total)[-place]) for place in range(1, columns + 1)]


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("day", DAYS)
def test_the_events_are_those_of_the_statement(day: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")

    statement, *blocks = explain(run, day).out.split("\n\n")
    in_statement: dict[str, set[D]] = {}
    for line in statement.splitlines():
        if line.startswith("    ") and "rounding" not in line:
            in_statement.setdefault(cells(line)[0], set()).add(number(cells(line)[-1]))

    for block in blocks[:-1]:
        title = cells(block.splitlines()[0])[1]
        sums = {number(cell) for cell in cells(block.splitlines()[-1])[1:]}
        assert in_statement.get(title, set()) <= sums, title
    assert len(blocks) > 3


@pytest.mark.usefixtures("generated")
def test_only_what_matters_most_is_listed_unless_all_is_asked_for(run: Run) -> None:
    few, everything = explain(run, "2026-10-31").out, explain(run, "2026-10-31", "--all").out

    (more,) = set(re.findall(r"(\d+) more \(--all\)", few.split("Order  ")[1]))
    assert len(everything.splitlines()) > len(few.splitlines()) + int(more) - 2
    assert "(--all)" not in everything


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("day", DAYS)
def test_the_json_holds_every_exact_addend(day: str, run: Run) -> None:
    found = exact(explain(run, day, "--json"))

    assert next(iter(found["figures"])) == "date"
    for name, told in found["sums"].items():
        assert sum(entry["adds"].get(name, 0) for entry in found["entries"]) == told["exact"], name
        assert told["exact"] + told["rounding"] == told["figure"] == found["figures"][name], name
    assert rounded(found["sums"]["grossSales"]["exact"]) == found["figures"]["grossSales"]
    assert (found["differences"], found["waiting"]) == ({}, [])


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("metric", ["netProfit", "shippingCost", "newCustomers"])
def test_one_figure_and_its_addends(metric: str, run: Run) -> None:
    lines = explain(run, "2026-10-31", "--metric", metric).out.splitlines()
    figure = exact(explain(run, "2026-10-31", "--metric", metric, "--json"))

    *rows, _, total = [line for line in lines[2:] if not line.startswith("(e)")]
    assert number(cells(total)[-1]) == figure["metric"]["figure"] == sum(number(cells(row)[-1]) for row in rows)
    assert all(metric in entry["adds"] for entry in figure["entries"])
    assert list(figure["sums"]) == [metric]


@pytest.mark.usefixtures("generated")
def test_a_ratio_is_told_by_what_it_is_divided_from(run: Run) -> None:
    text = explain(run, "2026-11-05", "--metric", "netProfitMargin").out
    figure = exact(explain(run, "2026-11-05", "--metric", "cpm", "--json"))

    assert re.search(r"Margin % = Net profit [-\d,.]+ × 100 ÷ Revenue [-\d,.]+ = (-?[\d.]+|n/a)", text)
    assert figure["metric"]["numerator"] == "adSpend"
    assert set(figure["sums"]) == {"adSpend", "impressions"}


@pytest.mark.usefixtures("generated")
def test_columns_without_room_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    narrow = explain(run, "2026-10-31").out
    monkeypatch.setenv("COLUMNS", "200")

    assert re.search(r"^No room for .*Taxes.* of some events", narrow, re.MULTILINE)
    assert "No room for" not in explain(run, "2026-10-31").out


@pytest.mark.usefixtures("generated")
def test_a_terminal_without_unicode_gets_all_but_its_signs(place: Path) -> None:
    command = [sys.executable, "-m", "profitsync", "metrics", "explain", "--user", DEMO, "--date", "2026-10-31"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "COLUMNS": "80"}

    done = subprocess.run(command, cwd=place, env=environment, capture_output=True)

    assert done.returncode == 0, done.stderr
    assert b"= Net profit" in done.stdout


@pytest.mark.usefixtures("generated")
def test_customers_are_told_by_id(run: Run) -> None:
    text = " ".join(explain(run, "2026-10-31", "--all").out.split())
    entries = exact(explain(run, "2026-10-31", "--json"))["entries"]
    customers = [entry for entry in entries if entry["topic"] == "customer"]

    new = [entry["customerId"] for entry in customers if entry["adds"].get("newCustomers")]
    assert f"New: {', '.join(new)}" in text
    assert "more (--all)" in " ".join(explain(run, "2026-10-31").out.split()).partition("Customers:")[2]


@pytest.mark.usefixtures("generated")
def test_what_is_no_sum_says_so(run: Run) -> None:
    assert "no sum of events" in explain(run, "2026-11-05", "--metric", "reach").out


def test_stored_figures_that_are_older_than_the_facts_are_told(run: Run, generated: Store) -> None:
    (user,) = generated.users()
    (row,) = generated.metrics(user.id, DayRange(date(2026, 11, 4), date(2026, 11, 4)))
    generated.put_metrics(user.id, [replace(row, values=row.values | {"cogs": D("1.00")})])
    generated.mark_dirty(user.id, "shopify", {row.day})

    text = " ".join(explain(run, "2026-11-04").out.split())
    found = exact(explain(run, "2026-11-04", "--json"))

    assert f"are not what the facts give now: cogs 1.00, now {row.values['cogs']}." in text
    assert "Newer facts of shopify wait for the next sync" in text
    assert found["differences"] == {"cogs": {"stored": D("1.00"), "now": row.values["cogs"]}}


@pytest.mark.usefixtures("generated")
def test_a_day_that_was_never_read_is_told(run: Run) -> None:
    text = explain(run, "2020-01-01").out

    assert "No figures of this day are stored" in text
    assert "shopify was never read for this day" in text
    assert re.search(r"= Net profit +n/a", text)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--date 4.11.2026", "--date '4.11.2026': must be a day such as 2026-11-02"),
        (
            "--date 2026-11-04 --metric netProft",
            "--metric: netProft is not a known field; did you mean netProfit?",
        ),
        ("--metric netProfit", "Missing option '--date'"),
    ],
)
@pytest.mark.usefixtures("generated")
def test_bad_flags_are_one_line(flags: str, message: str, run: Run) -> None:
    result = run("metrics", "explain", "--user", DEMO, *flags.split())

    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.errors[0].startswith(message)


def test_a_merchant_never_synced_has_nothing_to_explain(run: Run, store: Store) -> None:
    user = a_user(store)
    store.save_user(replace(user, timezone=None, currency=None))

    result = run("metrics", "explain", "--user", user.email, "--date", "2026-11-04")

    assert (result.code, len(result.errors)) == (2, 1)
    assert "profitsync sync --user" in result.errors[0]
