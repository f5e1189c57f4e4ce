"""A cost corrected and recomputed from stored facts, against a sync from nothing that knew it from the start."""

import json
from pathlib import Path

import pytest

from profitsync.sandbox.worlds.example import example
from tests.cli.conftest import Result
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.e2e.processes import kept

DAYS = ("--since", "2026-11-02", "--until", "2026-11-05")
COSTS = "productId,cost,validFrom\n{first},412.5,always\n{second},700,2026-11-02\n{third},0,\n"


@pytest.fixture
def merchant(open_sandbox: OpenSandbox) -> Merchant:
    return open_sandbox(example())


def products(merchant: Merchant) -> list[str]:
    listed = merchant.run("costs", "list", "--user", merchant.ref, "--json").json()
    return sorted({one["productId"] for one in listed})


def import_costs(merchant: Merchant, products: list[str]) -> Result:
    first, second, third = products
    content = COSTS.format(first=first, second=second, third=third)
    return merchant.run("costs", "import", "-", "--user", merchant.ref, "--recalculate", stdin=content)


def test_a_recompute_equals_a_sync_from_nothing_with_that_cost(
    merchant: Merchant, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert merchant.sync(*DAYS).code == 0
    before, known = kept(database_url, merchant.ref), products(merchant)
    assert import_costs(merchant, known).code == 0
    asked = len(merchant.sandbox.requests)
    result = merchant.run("costs", "recompute", "--user", merchant.ref, "--json")
    corrected = kept(database_url, merchant.ref)
    assert len(merchant.sandbox.requests) == asked

    fresh_url = f"sqlite:///{tmp_path / 'fresh.db'}"
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", fresh_url)
    added = merchant.run("users", "add", "--from", "-", stdin=json.dumps(example().user_json()))
    assert (added.code, import_costs(merchant, known).code, merchant.sync(*DAYS).code) == (0, 0, 0)

    assert (result.code, len(result.json()["changes"])) == (0, 3)
    assert corrected["figures"] == kept(fresh_url, merchant.ref)["figures"]
    assert corrected["figures"] != before["figures"]
    assert corrected["dirty"] == {}
