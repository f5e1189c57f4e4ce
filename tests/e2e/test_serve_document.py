"""The server holds to its own OpenAPI document, whatever is sent to it: generated requests, good and bad.

Many more by hand: PROFITSYNC_SCHEMA_EXAMPLES=200 python -m pytest tests/e2e/test_serve_document.py
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from profitsync.api.guard import Refusals
from profitsync.services.cost_entry import outside_id
from tests.cli.conftest import place
from tests.cli.samples import a_job, a_user, an_estimate, figures
from tests.e2e.servers import KEY, Served, serving

__all__ = ["place"]

EXAMPLES = int(os.environ.get("PROFITSYNC_SCHEMA_EXAMPLES", "1"))  # of each kind for each operation
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def served(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server with something of everything; its sources are switched off."""
    monkeypatch.setattr(Refusals, "check", lambda _self, _client: None)  # generated keys are wrong ones
    with serving(store_url) as server:
        store = server.app.state.server.runtime.store
        user = a_user(store)
        figures(store, user)
        store.put_job(a_job(user))
        store.put_costs(user.id, [an_estimate("7", "Kurta")])
        yield server


def test_no_request_brings_an_answer_that_the_document_does_not_know(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    statuses: Counter[int] = Counter()
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]

    for operation in operations:
        for mode in MODES:
            if mode is MODES[0] or operation.path not in ("/", "/health"):  # nothing can be wrong about these
                _ask(operation, mode, statuses)

    assert len(operations) == 18
    assert {200, 401, 404, 422} <= set(statuses)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # the answers of the other are the same
def test_every_route_has_a_good_answer_of_the_shape_that_the_document_promises(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    stated = {"userId": "owner", "sku": "KURTA-M", "cost": 310.5}
    cost = served.data("POST", "/api/product-costs", json=stated | {"sku": "KURTA-L"})["id"]
    bodies = {
        "POST /api/users": {"email": "new@shop.example", "settings": {"fxRates": {"USD": 83.2}}},
        "PUT /api/users/{userId}": {"isActive": True, "shopifyStore": None},
        "POST /api/product-costs": stated,
        "POST /api/sync/manual": {"userId": "owner", "startDate": "2026-11-02"},
    }
    queries = {"GET /api/metrics": {"userId": "owner", "startDate": "2026-11-02", "endDate": "2026-11-05"}}
    asked = 0

    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    for operation in sorted(operations, key=_removals_last):
        name = f"{operation.method.upper()} {operation.path}"
        if "/webhooks/" in name:
            continue
        known = {"userId": "owner", "jobId": "job1", "id": cost}
        given: dict[str, Any] = {
            "path_parameters": {one: known[one] for one in re.findall(r"{(\w+)}", operation.path)},
            "query": queries.get(name, {}),
        }
        if name in bodies:
            given |= {"body": bodies[name], "media_type": "application/json"}
        case = operation.Case(**given)
        response = case.call(headers={"Authorization": f"Bearer {KEY}"})
        assert response.status_code < 300, (name, response.text)
        case.validate_response(response, checks=CHECKS[:-1])
        asked += 1

    assert asked == 15


def _removals_last(operation: Any) -> tuple[bool, bool]:
    return operation.method.upper() == "DELETE", "users" in operation.path


def _ask(operation: Any, mode: GenerationMode, statuses: Counter[int]) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if statuses.total() % 3:
            _about_what_is_there(case, good=mode is MODES[0])
        response = case.call(headers={"Authorization": f"Bearer {KEY}"} if statuses.total() % 5 else {})
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    ask()


def _about_what_is_there(case: Any, *, good: bool) -> None:
    """Made-up ids lead nowhere: ask about the user, the job and the cost that exist."""
    known = {"userId": "owner", "jobId": "job1", "id": _COST}
    if case.operation.method.upper() != "DELETE" or case.operation.path.endswith("{id}"):
        case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
    if good and isinstance(case.body, dict) and "userId" in case.body:
        case.body = {**case.body, "userId": "owner"}
    if good and case.query and "userId" in case.query:
        case.query = {**case.query, "userId": "owner"}


_COST = outside_id(type("Owner", (), {"id": "owner"})(), an_estimate("7", "Kurta"))
