"""Bulk operations as the sandbox serves them: rules, progress, limits, rows, addresses."""

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import requests

from profitsync.sandbox.bulk import BulkStyle
from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify.bulk_query import BulkQuery
from profitsync.sources.shopify.optional import Selection
from tests.sandbox.conftest import Serve
from tests.sandbox.small import NOW, Caller, Clock, merchant, order, refund, removed_shipping, shop

RUN = """mutation Run($document: String!) { bulkOperationRunQuery(query: $document) {
    bulkOperation { id status objectCount } userErrors { field message code } } }"""
LOOK = """query Look($id: ID!) { bulkOperation(id: $id) {
    id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl query } }"""
CANCEL = """mutation Cancel($id: ID!) { bulkOperationCancel(id: $id) {
    bulkOperation { status } userErrors { message } } }"""
LINES = "{ orders { edges { node { id name lineItems { edges { node { id } } } } } } }"


@pytest.fixture
def tea(serve: Serve) -> Caller:
    return serve(merchant(shopify=shop(order(1), order(2, hour=1, lines=3))), bulk=BulkStyle(seed=None))


def run(tea: Caller, document: str = LINES) -> Any:
    return tea.data(RUN, document=document)["bulkOperationRunQuery"]


def begun(tea: Caller, document: str = LINES) -> str:
    answer = run(tea, document)
    assert answer["userErrors"] == []
    return str(answer["bulkOperation"]["id"])


def look(tea: Caller, job: str) -> Any:
    return tea.data(LOOK, id=job)["bulkOperation"]


def ended(tea: Caller, document: str = LINES) -> Any:
    job = begun(tea, document)
    look(tea, job)
    return look(tea, job)


def rows(tea: Caller, document: str = LINES) -> list[Any]:
    content = requests.get(ended(tea, document)["url"], timeout=5).content
    return [msgspec.json.decode(line) for line in content.splitlines()]


def test_an_operation_moves_on_each_time_somebody_looks(tea: Caller) -> None:
    first = run(tea)["bulkOperation"]

    states = [look(tea, first["id"]) for _ in range(3)]

    assert (first["status"], first["objectCount"]) == ("CREATED", "0")
    assert [state["status"] for state in states] == ["RUNNING", "COMPLETED", "COMPLETED"]
    assert [state["objectCount"] for state in states] == ["0", "6", "6"]
    assert (states[1]["rootObjectCount"], states[1]["query"]) == ("2", LINES)
    assert (states[0]["url"], states[1]["partialDataUrl"], states[1]["errorCode"]) == (None, None, None)


def test_work_that_takes_long_is_spread_over_several_looks(serve: Serve) -> None:
    tea = serve(merchant(shopify=shop(order(1), order(2), order(3))), bulk=BulkStyle(budget=0))
    job = begun(tea)

    assert [look(tea, job)["rootObjectCount"] for _ in range(5)] == ["0", "1", "2", "3", "3"]


def test_every_node_is_a_row_that_names_its_parent(tea: Caller) -> None:
    assert rows(tea) == [
        {"id": "gid://shopify/Order/1", "name": "#1"},
        {"id": "gid://shopify/LineItem/100", "__parentId": "gid://shopify/Order/1"},
        {"id": "gid://shopify/Order/2", "name": "#2"},
        *(
            {"id": f"gid://shopify/LineItem/{number}", "__parentId": "gid://shopify/Order/2"}
            for number in (200, 201, 202)
        ),
    ]


def test_the_file_is_json_lines_with_escaped_slashes(tea: Caller) -> None:
    job = ended(tea)

    answer = requests.get(job["url"], timeout=5)

    assert answer.headers["Content-Type"] == "application/jsonl"
    assert (len(answer.content), str(len(answer.content))) == (int(job["fileSize"]), job["fileSize"])
    assert rb"gid:\/\/shopify\/Order\/1" in answer.content
    assert b"://" not in answer.content


def test_rows_are_shuffled_repeatably(serve: Serve) -> None:
    world = shop(*(order(number, lines=3) for number in range(1, 9)))
    one, again, other, plain = (
        rows(serve(merchant(shopify=world), bulk=BulkStyle(seed=seed))) for seed in (1, 1, 2, None)
    )

    assert one == again
    assert one not in (other, plain)
    assert sorted(map(repr, one)) == sorted(map(repr, plain))


def test_lists_stay_on_their_row_and_deeper_connections_name_the_nearest_parent(serve: Serve) -> None:
    sold = order(1, lines=1, shipping=removed_shipping())
    sold.refunds = (refund(7, sold),)
    tea = serve(merchant(shopify=shop(sold)), bulk=BulkStyle(seed=None))

    found = rows(tea, """{ orders { edges { node { id refunds { id }
        shippingLines { edges { node { __typename } } }
        agreements { edges { node { id reason sales { edges { node { lineType } } } } } } } } } }""")  # fmt: skip

    assert found[0] == {"id": "gid://shopify/Order/1", "refunds": [{"id": "gid://shopify/Refund/7"}]}
    assert found[1] == {"__typename": "ShippingLine", "__parentId": "gid://shopify/Order/1"}  # not the removed one
    sales = [row for row in found if "lineType" in row]
    assert {row["__parentId"] for row in sales} == {row["id"] for row in found if "reason" in row}


def test_search_and_sort_of_the_document_hold(tea: Caller) -> None:
    document = (
        """{ orders(query: "created_at:>='2026-11-01T00:30:00Z'", sortKey: ID) { edges { node { name } } } }"""
    )

    assert rows(tea, document) == [{"name": "#2"}]
    assert rows(tea, "{ productVariants { edges { node { sku } } } }") == [{"sku": "TEA"}, {"sku": "CUP"}]


def test_orders_are_as_they_were_when_the_operation_began(tea: Caller) -> None:
    job = begun(tea)
    world = tea.sandbox.worlds[0].shopify
    assert world is not None
    world.orders["1"].name = "#changed"
    world.orders["3"] = order(3)
    look(tea, job)

    content = requests.get(look(tea, job)["url"], timeout=5).text

    assert ("#1" in content, "changed" in content, "#3" in content) == (True, False, False)


def test_nothing_matched_is_complete_without_a_file(tea: Caller) -> None:
    done = ended(tea, '{ orders(query: "name:none") { edges { node { id } } } }')

    assert (done["status"], done["objectCount"], done["url"], done["fileSize"]) == ("COMPLETED", "0", None, None)


# --- the rules for documents

SIX = " ".join(f"l{number}: lineItems {{ edges {{ node {{ id }} }} }}" for number in range(5))
RULES = [
    pytest.param("mutation { orders { edges { node { id } } } }", "query operation", id="mutation"),
    pytest.param("{ orders { edges { node { id } } ", "Syntax|PARSE|[Ee]xpected|[Ii]nvalid", id="syntax"),
    pytest.param("{ a: orders { edges { node { id } } } b: orders { edges { node { id } } } }",
                 "exactly one", id="two roots"),
    pytest.param('{ node(id: "gid://shopify/Order/1") { id } }', "`node`", id="node"),
    pytest.param("{ shop { name } }", "at least one connection", id="no connection"),
    pytest.param(f"{{ orders {{ edges {{ node {{ id {SIX} }} }} }} }}", "more than 5", id="six connections"),
    pytest.param("{ orders { edges { node { id a: agreements { edges { node { id sales { edges { node { id "
                 "lineItems { edges { node { id } } } } } } } } } } } } }", "nesting depth", id="too deep"),
    pytest.param("{ orders { nodes { id } } }", "`nodes`", id="nodes at the root"),
    pytest.param("{ orders { edges { node { id lineItems { nodes { id } } } } } }", "`nodes`", id="nodes inside"),
    pytest.param("{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
                 "must select `id`", id="no id on the parent"),
    pytest.param("{ orders { edges { node { gid: id lineItems { edges { node { id } } } } } } }",
                 "must select `id`", id="aliased id on the parent"),
    pytest.param("{ orders { edges { node { id refunds { refundLineItems { edges { node { id } } } } } } } }",
                 "within a list", id="connection in a list"),
    pytest.param("query Q($a: String) { orders(query: $a) { edges { node { id } } } }",
                 "[Vv]ariables", id="variables"),
    pytest.param("{ orders { edges { node { nmae } } } }", "nmae", id="unknown field"),
    pytest.param("{ shoop { edges { node { id } } } }", "shoop", id="unknown root"),
    pytest.param("{ orders { edges { node { ...Gone } } } }", "Gone", id="unknown fragment"),
    pytest.param("{ orders { edges { node { id } } } }" + " " * 65_535, "too long", id="too long"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "words"), RULES)
def test_a_document_that_breaks_a_rule_is_invalid(tea: Caller, document: str, words: str) -> None:
    answer = run(tea, document)

    (error,) = answer["userErrors"]
    assert (answer["bulkOperation"], error["code"], error["field"]) == (None, "INVALID", ["query"])
    assert re.search(words, error["message"])


def test_our_own_document_is_valid(tea: Caller) -> None:
    window = OrderWindow(NOW - timedelta(days=30), processed_before=NOW)

    assert len(rows(tea, BulkQuery(Selection(fees=True), "2026-10").document(window))) == 6


def test_fragments_are_looked_into(tea: Caller) -> None:
    document = "{ orders { edges { node { ...On } } } } fragment On on Order { refunds { ... on Refund { transactions { edges { node { id } } } } } }"  # noqa: E501

    assert "within a list" in run(tea, document)["userErrors"][0]["message"]


# --- limits and ends


def test_five_run_at_a_time_and_the_sixth_is_told_which(tea: Caller) -> None:
    running = [begun(tea) for _ in range(5)]

    (error,) = run(tea)["userErrors"]

    assert (error["code"], error["field"]) == ("OPERATION_IN_PROGRESS", None)
    assert all(job in error["message"] for job in running)
    look(tea, running[0])
    look(tea, running[0])
    assert run(tea)["userErrors"] == []


def test_running_operations_are_listed_newest_first(tea: Caller, clock: Clock) -> None:
    done = ended(tea)["id"]
    old, new = begun(tea), begun(tea)
    query = """query All($search: String) { bulkOperations(first: 10, query: $search) { nodes { id status } } }"""

    def listed(text: str) -> list[str]:
        return [job["id"] for job in tea.data(query, search=text)["bulkOperations"]["nodes"]]

    assert listed("status:running operation_type:query") == []  # they are only created yet
    clock.pass_(minutes=1)
    assert listed("status:running operation_type:query") == [new, old]
    assert listed("operation_type:query") == [new, old, done]
    assert listed("status:running operation_type:mutation") == []


def test_an_unknown_search_term_is_warned_of(tea: Caller) -> None:
    answer = tea.answer('{ bulkOperations(first: 1, query: "colour:red") { nodes { id } } }')

    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_a_cancelled_operation_ends_with_nothing(tea: Caller) -> None:
    job = begun(tea)

    answer = tea.data(CANCEL, id=job)["bulkOperationCancel"]

    assert answer == {"bulkOperation": {"status": "CANCELING"}, "userErrors": []}
    last = look(tea, job)
    assert (last["status"], last["url"], last["partialDataUrl"], last["completedAt"]) == (
        "CANCELED", None, None, None,
    )  # fmt: skip


def test_only_what_runs_can_be_cancelled(tea: Caller) -> None:
    for job in (ended(tea)["id"], "gid://shopify/BulkOperation/77"):
        assert tea.data(CANCEL, id=job)["bulkOperationCancel"]["userErrors"]


def test_a_field_without_its_scope_fails_the_operation(serve: Serve) -> None:
    tea = serve(merchant(shopify=shop(order(1, customer_id="5"), scopes=["read_orders", "read_all_orders"])))

    last = ended(tea, "{ orders { edges { node { id customer { id } } } } }")

    assert (last["status"], last["errorCode"], last["url"]) == ("FAILED", "ACCESS_DENIED", None)


FATES = [
    pytest.param("invalid", "INVALID", None, id="invalid"),
    pytest.param("limit-reached", "LIMIT_REACHED", None, id="limit reached"),
    pytest.param("in-progress", "OPERATION_IN_PROGRESS", None, id="in progress"),
    pytest.param("endless", "", "RUNNING", id="endless"),
    pytest.param("canceled", "", "CANCELED", id="canceled"),
    pytest.param("expired", "", "EXPIRED", id="expired"),
    pytest.param("failed", "", "FAILED", id="failed"),
]


@pytest.mark.parametrize(("fate", "code", "status"), FATES)
def test_a_fault_decides_what_becomes_of_the_next_operation(
    tea: Caller, fate: str, code: str, status: str | None
) -> None:
    tea.sandbox.faults.add(f"shopify:bulk={fate}x1")
    tea.data("{ shop { name } }")  # is none of the fault's business

    answer = run(tea)

    assert [error["code"] for error in answer["userErrors"]] == ([code] if code else [])
    if status:
        look(tea, answer["bulkOperation"]["id"])
        last = look(tea, answer["bulkOperation"]["id"])
        assert (last["status"], last["url"]) == (status, None)
    assert ended(tea)["status"] == "COMPLETED"


def test_a_failed_operation_offers_half_of_its_rows(tea: Caller) -> None:
    tea.sandbox.faults.add("shopify:bulk=failed")
    last = ended(tea)

    content = requests.get(last["partialDataUrl"], timeout=5).content

    assert (last["errorCode"], last["objectCount"], len(content.splitlines())) == ("INTERNAL_SERVER_ERROR", "6", 3)


FILES = [
    pytest.param("missing-rows", 200, "application/jsonl", 5, id="missing rows"),
    pytest.param("half-file", 200, "application/jsonl", 4, id="half a file"),
    pytest.param("lost-file", 403, "application/xml; charset=UTF-8", 1, id="lost file"),
    pytest.param("html", 200, "text/html; charset=utf-8", 3, id="html"),
]


@pytest.mark.parametrize(("fate", "status", "kind", "lines"), FILES)
def test_a_fault_spoils_the_file(tea: Caller, fate: str, status: int, kind: str, lines: int) -> None:
    tea.sandbox.faults.add(f"shopify:bulk={fate}")

    answer = requests.get(ended(tea)["url"], timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    assert len(answer.content.splitlines()) <= lines


def test_a_file_that_is_gone_although_there_were_rows(tea: Caller) -> None:
    tea.sandbox.faults.add("shopify:bulk=no-file")

    last = ended(tea)

    assert (last["status"], last["objectCount"], last["url"]) == ("COMPLETED", "6", None)


# --- addresses

HEADERS = [
    pytest.param({"X-Shopify-Access-Token": "t"}, id="Shopify's header"),
    pytest.param({"Authorization": "Bearer t"}, id="bearer"),
]


@pytest.mark.parametrize("headers", HEADERS)
def test_a_token_is_not_welcome_at_the_file(tea: Caller, headers: dict[str, str]) -> None:
    assert requests.get(ended(tea)["url"], headers=headers, timeout=5).status_code == 401


def test_the_address_is_signed_and_lives_for_seven_days(tea: Caller, clock: Clock) -> None:
    last = ended(tea)
    forged = last["url"][:-1] + ("0" if last["url"][-1] != "0" else "1")

    assert requests.get(forged, timeout=5).status_code == 403
    clock.pass_(days=6, hours=23)
    assert requests.get(last["url"], timeout=5).status_code == 200
    clock.pass_(hours=1)
    assert requests.get(last["url"], timeout=5).status_code == 403
    assert look(tea, last["id"])["url"] is None
