"""`metrics products` and `metrics reconcile` as people and scripts see them."""

import csv
import io
import json
import re
from decimal import Decimal as D
from typing import Any

import pytest

from profitsync.services.ingest import ALL_TIME, index_order
from profitsync.services.products import COLUMNS, TIED
from profitsync.stores.protocol import Store
from tests.cli.conftest import Result, Run
from tests.records import replace
from tests.unit.builders import INDIA

DEMO = "demo@sandbox.example"
RANGE = ("--since", "2026-10-28", "--until", "2026-11-05")


def products(run: Run, *flags: str) -> Result:
    result = run("metrics", "products", "--user", DEMO, *RANGE, *flags)
    assert result.code == 0, result.err
    return result


def reconciled(run: Run, *flags: str) -> Result:
    result = run("metrics", "reconcile", "--user", DEMO, *RANGE, *flags)
    assert result.code == 0, result.err
    return result


def exact(result: Result) -> Any:
    return json.loads(result.out, parse_float=D, parse_int=D)


def cells(line: str) -> list[str]:
    return re.split(r"\s{2,}", line.strip())


def number(text: str) -> D:
    return D(text.replace(",", ""))


@pytest.mark.usefixtures("generated")
def test_the_json_of_products_ties_to_the_totals_of_show(run: Run) -> None:
    found = exact(products(run, "--json", "--limit", "2"))
    everything = exact(products(run, "--json"))
    totals = exact(run("metrics", "show", "--user", DEMO, *RANGE, "--json"))["totals"]

    assert (len(found["products"]), found["count"]) == (2, len(everything["products"]))
    for name in TIED:
        rows = [*everything["products"], everything["notOfAProduct"], everything["rounding"]]
        assert sum(row[name] for row in rows) == found["totals"][name] == totals[name]


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("width", ["60", "80", "160"])
def test_the_table_of_products_adds_up_at_every_width(
    width: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    lines = products(run, "--limit", "5").out.splitlines()
    heading, *rows = lines[1 : next(place for place, line in enumerate(lines) if line.startswith("---"))]
    (total,) = (line for line in lines if line.startswith("Total"))

    assert all(len(line) <= int(width) for line in (heading, *rows, total))
    place = -1 if "Margin %" not in heading else -2
    profits = [number(cells(row)[place if not row.startswith("Rounding") else -1]) for row in rows]
    assert sum(profits) == number(cells(total)[place])
    assert re.match(r"\d+ more ", rows[5])


@pytest.mark.usefixtures("generated")
def test_products_are_sorted_as_asked(run: Run) -> None:
    units = [row["units"] for row in exact(products(run, "--json", "--sort", "units"))["products"]]

    assert units == sorted(units, reverse=True)


def test_a_title_cannot_become_a_formula_in_a_csv_nor_steer_the_terminal(run: Run, generated: Store) -> None:
    (user,) = generated.users()
    for batch in generated.orders_touching(user.id, ALL_TIME):
        bad = [
            replace(one, lines=tuple(replace(line, title="=HYPERLINK(1)\x1b[2J") for line in one.lines))
            for one in batch
        ]
        generated.put_orders(user.id, [index_order(one, INDIA) for one in bad])

    rows = list(csv.DictReader(io.StringIO(products(run, "--csv").out)))

    assert list(rows[0]) == ["productId", "sku", "title", *COLUMNS]
    assert {row["title"][:12] for row in rows} == {"'=HYPERLINK("}
    assert "\x1b" not in products(run).out


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--sort grosProfit", "--sort 'grosProfit': must be title or a column; did you mean grossProfit?"),
        ("--json --csv", "--json and --csv: give one or the other"),
        ("--limit 0", "Invalid value for '--limit'"),
        ("--days 3", "--days: goes without --since and --until"),
    ],
)
def test_bad_flags_are_one_line(flags: str, message: str, run: Run) -> None:
    result = run("metrics", "products", "--user", DEMO, *RANGE, *flags.split())

    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.errors[0].startswith(message)


@pytest.mark.usefixtures("generated")
def test_bridges_add_up_in_json(run: Run) -> None:
    found = exact(reconciled(run, "--json"))

    names = [bridge["name"] for bridge in found["bridges"]]
    assert names == ["revenue", "sales", "spend", "shipments", "statuses"]
    for bridge in found["bridges"]:
        assert sum(step["amount"] for step in bridge["steps"]) == bridge["result"]["amount"]
        assert bridge["difference"] == 0
    assert found["bridges"][2]["steps"][0]["currency"] == "INR"


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("width", ["60", "120"])
def test_bridges_add_up_on_the_screen(width: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)

    blocks = reconciled(run).out.split("\n\n")[1:6]

    assert len(blocks) == 5
    for block in blocks:
        steps: list[D] = []
        results: list[D] = []
        for place, line in enumerate(block.splitlines()[1:]):
            if line.startswith(("=", "+")) or (place == 0 and line.startswith("  ")):
                (results if line.startswith("=") else steps).append(number(cells(line[2:])[1]))
        assert sum(steps) == results[0], block


def test_what_is_not_known_is_unknown(run: Run, generated: Store) -> None:
    (user,) = generated.users()
    generated.save_user(replace(user, secrets=dict.fromkeys(user.secrets, "x")))

    result = run("metrics", "reconcile", "--user", DEMO, "--since", "2020-01-01", "--until", "2020-01-02")

    assert result.code == 0
    assert re.search(r"= Total sales +unknown", result.out)
    assert re.search(r"= Shipments +unknown", result.out)
    assert "no figures are stored" in result.err
