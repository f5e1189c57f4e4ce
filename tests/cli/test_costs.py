"""`costs`: stating, importing, listing, deleting; a refused input writes nothing."""

from datetime import date
from pathlib import Path

import pytest

from profitsync.domain.costs import CostSource, ProductCost
from profitsync.domain.merchants import User
from profitsync.services.costs import shop_today
from profitsync.stores.protocol import Store
from tests.cli.conftest import Result, Run
from tests.cli.samples import EMAIL, FIRST, a_user, an_estimate, everything, figures


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store)


@pytest.fixture
def today(user: User) -> date:
    from profitsync.bootstrap import utc_now

    return shop_today(user, utc_now())


def costs(store: Store) -> list[tuple[str, str | None, str | None, str, str]]:
    return [
        (str(cost.cost), cost.product_id, cost.sku, str(cost.valid_from or "always"), str(cost.source))
        for cost in store.costs("owner")
    ]


def set_cost(run: Run, cost: str, *flags: str, product: str = "42") -> Result:
    return run("costs", "set", "--user", EMAIL, "--product", product, "--cost", cost, *flags)


def test_a_first_cost_is_valid_always(run: Run, store: Store, user: User) -> None:
    result = set_cost(run, "123.45", product="gid://shopify/Product/42")

    assert (result.code, result.out) == (0, "")
    assert costs(store) == [("123.45", "42", None, "always", "manual")]


def test_a_changed_cost_begins_today_and_says_so(run: Run, store: Store, user: User, today: date) -> None:
    set_cost(run, "100")

    result = set_cost(run, "120")

    assert f"Changed: 120 INR from {today} on." in result.err
    assert "older cost stays" in result.err
    assert sorted(cost[3] for cost in costs(store)) == [str(today), "always"]
    assert store.dirty_days(user.id) == {}


def test_a_correction_replaces_the_cost_and_its_days_wait_for_the_next_sync(
    run: Run, store: Store, user: User
) -> None:
    rows = figures(store, user)
    set_cost(run, "100")

    result = set_cost(run, "120", "--recalculate")

    assert costs(store) == [("120", "42", None, "always", "manual")]
    assert "4 stored days will be calculated again" in result.err
    assert list(store.dirty_days(user.id).values()) == [{row.day for row in rows}]


def test_only_days_from_the_start_of_a_dated_cost_are_recalculated(run: Run, store: Store, user: User) -> None:
    rows = figures(store, user)

    set_cost(run, "100", "--valid-from", "2026-11-04", "--recalculate")

    assert list(store.dirty_days(user.id).values()) == [{row.day for row in rows[2:]}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--cost 1", "give --product, --variant or --sku"),
        ("--cost 1 --sku A --product 1", "give --sku alone"),
        ("--cost -1 --product 1", "cost '-1' must be a number"),
        ("--cost 1,5 --product 1", "cost '1,5' must be a number"),
        ("--cost 1.23456 --product 1", "cost '1.23456' must be a number"),
        ("--cost 1 --product shirt", "id 'shirt' must be digits"),
        ("--cost 1 --product 1 --variant gid://shopify/Product/1", "id 'gid://shopify/Product/1' must be digits"),
        ("--cost 1 --product 1 --valid-from 2026-02-30", "--valid-from '2026-02-30': must be a day"),
        ("--cost 1 --product 1 --valid-from 20261102", "--valid-from '20261102': must be a day"),
    ],
)
def test_a_bad_cost_is_one_line_and_writes_nothing(
    arguments: str, message: str, run: Run, store: Store, user: User
) -> None:
    result = run("costs", "set", "--user", EMAIL, *arguments.split())

    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert result.errors[0].startswith(message)
    assert costs(store) == []


@pytest.mark.parametrize(
    "command", ["list", "missing", "set --product 1 --cost 1", "delete x", "import costs.csv"]
)
def test_an_unknown_merchant_is_usage(command: str, run: Run, place: Path, user: User) -> None:
    (place / "costs.csv").write_text("sku,cost\nCUP,1\n")

    result = run("costs", *command.split(), "--user", "nobody")

    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert result.errors[0].startswith("unknown user 'nobody'")


GOOD = "productId,sku,cost,validFrom\n1,,10,\n,CUP,20.50,2026-11-02\n2,,30,\n"
BAD = GOOD + "3,,ten,\n,,4,\n"


@pytest.fixture
def known(run: Run, store: Store, user: User) -> None:
    """Product 1 costs 10 already, product 2 something else."""
    set_cost(run, "10", product="1")
    set_cost(run, "29", product="2")


def import_file(run: Run, content: str, *flags: str) -> Result:
    Path("costs.csv").write_text(content)
    return run("costs", "import", "costs.csv", "--user", EMAIL, *flags)


def test_an_import_tells_what_it_changes_and_writes_it(run: Run, store: Store, known: None, today: date) -> None:
    result = import_file(run, GOOD)

    assert (result.code, result.out) == (0, "1 new, 1 changed, 1 unchanged, 0 bad\n")
    assert "1 changed cost without validFrom" in result.err
    assert ("20.50", None, "CUP", "2026-11-02", "imported") in costs(store)
    assert ("30", "2", None, str(today), "imported") in costs(store)
    assert len(costs(store)) == 4


def test_the_same_import_again_changes_nothing(run: Run, store: Store, known: None) -> None:
    import_file(run, GOOD)
    before = list(everything(store))

    assert import_file(run, GOOD).out == "0 new, 0 changed, 3 unchanged, 0 bad\n"
    assert list(everything(store)) == before


def test_a_dry_run_writes_nothing(run: Run, store: Store, known: None) -> None:
    before = list(everything(store))

    result = import_file(run, GOOD, "--dry-run")

    assert (result.code, result.out.splitlines()[-1]) == (0, "1 new, 1 changed, 1 unchanged, 0 bad")
    assert list(everything(store)) == before


def test_a_dry_run_shows_what_becomes_of_each_line(run: Run, known: None, today: date) -> None:
    lines = [line.split() for line in import_file(run, GOOD, "--dry-run").out.splitlines()]

    assert lines[1:-1] == [
        ["new", "sku", "CUP", "-", "-", "20.50", "2026-11-02"],
        ["changed", "product", "2", "-", "29", "30", str(today)],
    ]


def test_a_dry_run_as_json_tells_the_same(run: Run, known: None) -> None:
    shown = import_file(run, BAD, "--dry-run", "--skip-bad", "--json").json()

    assert {name: shown[name] for name in ("written", "new", "changed", "unchanged")} == {
        "written": False, "new": 1, "changed": 1, "unchanged": 1,
    }  # fmt: skip
    assert [one["line"] for one in shown["bad"]] == [5, 6]
    assert [(one["cost"], one["costBefore"]) for one in shown["changes"]] == [(20.5, None), (30, 29)]


def test_exported_costs_imported_again_are_all_unchanged(run: Run, store: Store, known: None) -> None:
    import_file(run, GOOD)
    exported = run("costs", "export", "--user", EMAIL)

    again = import_file(run, exported.out, "--dry-run")

    assert (exported.code, exported.err, len(exported.out.splitlines())) == (0, "", 5)
    assert again.out == "0 new, 0 changed, 4 unchanged, 0 bad\n"


def test_an_export_to_a_file_writes_what_stdout_would_get(run: Run, place: Path, known: None) -> None:
    shown = run("costs", "export", "--user", EMAIL).out

    result = run("costs", "export", "--user", EMAIL, "--output", "out.csv")

    assert (result.code, result.out, (place / "out.csv").read_text()) == (0, "", shown)
    assert run("costs", "export", "--user", EMAIL, "--output", "no/out.csv").code == 2
    assert run("costs", "export", "--user", EMAIL, "--output", "out.csv", "--json").code == 2


def test_an_export_as_json_holds_the_stated_costs(run: Run, store: Store, user: User, known: None) -> None:
    store.put_costs(user.id, [an_estimate("9", "Jar")])

    assert [one["cost"] for one in run("costs", "export", "--user", EMAIL, "--json").json()] == [10, 29]


@pytest.mark.parametrize("flags", [(), ("--dry-run",), ("--recalculate",)])
def test_with_bad_lines_all_are_told_and_nothing_is_written(
    flags: tuple[str, ...], run: Run, store: Store, known: None
) -> None:
    before = list(everything(store))

    result = import_file(run, BAD, *flags)

    assert result.code == 2
    assert [error.split(":")[0] for error in result.errors] == ["line 5", "line 6", "costs.csv"]
    assert result.errors[-1].startswith("costs.csv: 2 bad lines; nothing was written")
    assert list(everything(store)) == before


def test_bad_lines_can_be_skipped(run: Run, store: Store, known: None) -> None:
    result = import_file(run, BAD, "--skip-bad")

    assert (result.code, result.out) == (0, "1 new, 1 changed, 1 unchanged, 2 bad\n")
    assert len(costs(store)) == 4


def test_an_import_reads_standard_input(run: Run, store: Store, user: User) -> None:
    assert run("costs", "import", "-", "--user", EMAIL, stdin="sku;cost\nCUP;1\n").code == 0
    assert len(costs(store)) == 1


def test_an_import_recalculates_from_the_earliest_change_on(run: Run, store: Store, user: User) -> None:
    figures(store, user)

    import_file(run, "sku,cost,validFrom\nCUP,1,2026-11-04\nBOWL,1,2026-11-03\n", "--recalculate")

    assert [len(days) for days in store.dirty_days(user.id).values()] == [3]


def test_a_file_that_cannot_be_read_is_one_line(run: Run, user: User) -> None:
    result = run("costs", "import", "missing.csv", "--user", EMAIL)

    assert (result.code, result.err) == (2, "error: missing.csv: cannot be read: No such file or directory\n")


def test_listed_as_json_a_cost_has_the_documented_shape(run: Run, store: Store, user: User) -> None:
    set_cost(run, "123.4500", "--variant", "7", "--name", "[red]Cup", "--valid-from", str(FIRST))

    (shown,) = run("costs", "list", "--user", EMAIL, "--json").json()

    assert shown.pop("createdAt") == shown.pop("updatedAt")
    assert shown == {
        "id": "person|7||42|2026-11-02",
        "productId": "42",
        "variantId": "7",
        "sku": None,
        "productName": "[red]Cup",
        "cost": 123.45,
        "source": "manual",
        "validFrom": "2026-11-02",
    }


def test_the_list_keeps_names_as_they_are(run: Run, user: User) -> None:
    set_cost(run, "1234.5", "--name", "[red]Cup")

    line = run("costs", "list", "--user", EMAIL).out.splitlines()[1]

    assert line.split() == ["product", "42", "[red]Cup", "1,234.5", "manual", "always"]


def test_missing_names_products_with_only_an_estimate(run: Run, store: Store, user: User) -> None:
    store.put_costs(user.id, [an_estimate("1", "Cup"), an_estimate("2", "Bowl")])

    set_cost(run, "5", product="1")

    (shown,) = run("costs", "missing", "--user", EMAIL, "--json").json()
    assert (shown["productId"], shown["source"], shown["cost"]) == ("2", "estimated", 40)


def test_missing_costs_are_a_file_to_fill_in_and_import(run: Run, store: Store, user: User) -> None:
    store.put_costs(user.id, [an_estimate("1", "Cup"), an_estimate("2", "Bowl")])

    rows = run("costs", "missing", "--user", EMAIL, "--csv").out
    filled = rows.replace("Bowl,,", "Bowl,5,").replace("Cup,,", "Cup,6,")

    assert rows.splitlines()[1] == "2,,,Bowl,,,0,0.00"
    assert import_file(run, filled).out == "2 new, 0 changed, 0 unchanged, 0 bad\n"
    assert run("costs", "missing", "--user", EMAIL, "--json").json() == []
    assert run("costs", "missing", "--user", EMAIL, "--json", "--csv").code == 2


def test_the_list_can_be_of_one_product(run: Run, user: User) -> None:
    set_cost(run, "1")
    set_cost(run, "2", "--valid-from", "2026-11-03")
    set_cost(run, "3", product="43")

    shown = run("costs", "list", "--user", EMAIL, "--product", "42", "--json").json()

    assert [one["cost"] for one in shown] == [1, 2]


def test_costs_of_a_product_are_deleted_all_or_by_their_first_day(run: Run, store: Store, user: User) -> None:
    for day in ("2026-11-02", "2026-11-03", "2026-11-04"):
        set_cost(run, "1", "--valid-from", day)
    store.put_costs(user.id, [ProductCost("s", CostSource.SHOPIFY, store.costs(user.id)[0].cost, "42")])

    one = run("costs", "delete", "--user", EMAIL, "--product", "42", "--valid-from", "2026-11-03")
    after_one = len(store.costs(user.id))
    rest = run("costs", "delete", "--user", EMAIL, "--product", "42")

    assert (one.code, after_one, rest.code) == (0, 3, 0)
    assert [cost.id for cost in store.costs(user.id)] == ["s"]


def test_costs_are_deleted_by_id(run: Run, store: Store, user: User) -> None:
    set_cost(run, "1")

    unknown = run("costs", "delete", "--user", EMAIL, "person|||42|", "nonsense")
    kept = len(costs(store))
    known = run("costs", "delete", "--user", EMAIL, "person|||42|")

    assert (unknown.code, unknown.errors, kept) == (2, ["no cost has the id 'nonsense'"], 1)
    assert (known.code, costs(store)) == (0, [])


def test_deleting_nothing_is_usage(run: Run, user: User) -> None:
    assert run("costs", "delete", "--user", EMAIL, "--sku", "CUP").code == 2
    assert run("costs", "delete", "--user", EMAIL).code == 2
    assert run("costs", "delete", "--user", EMAIL, "x", "--sku", "CUP").code == 2
