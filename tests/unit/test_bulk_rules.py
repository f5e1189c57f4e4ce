"""The check of the bulk document against a schema sees every rule that is broken."""

import pytest
from graphql import build_schema

from benchmarks.check_queries import BulkRules

SCHEMA = """
type Query { orders: OrderConnection! shop: Shop }
type Shop { name: String }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! }
type OrderEdge { node: Order! }
type Order { id: ID! name: String inner: OrderConnection! refunds: [Refund!]! }
type Refund { lines: OrderConnection! }
"""
NAMED = "edges { node { name } }"
DEEP = NAMED
for _ in range(3):
    DEEP = f"edges {{ node {{ id inner {{ {DEEP} }} }} }}"
TOO_MUCH = ["one field at the root and no variables"]
RULES = [
    pytest.param(f"{{ orders {{ {NAMED} }} }}", [], id="good"),
    pytest.param("{ orders { edges { node { id inner { edges { node { name } } } } } } }", [], id="good and deep"),
    pytest.param("{ shop { name } }", ["0 connections"], id="no connection"),
    pytest.param(f"{{ orders {{ {NAMED} }} shop {{ name }} }}", TOO_MUCH, id="two roots"),
    pytest.param(f"query Q($a: Int) {{ orders {{ {NAMED} }} }}", TOO_MUCH, id="variables"),
    pytest.param("{ orders { nodes { name } } }", ["orders: contents not by edges and node"], id="nodes"),
    pytest.param("{ orders { edges { node { name inner { edges { node { name } } } } } } }", ["orders: no id"],
                 id="no id"),
    pytest.param(f"{{ orders {{ {DEEP} }} }}", ["inner: too deep"], id="too deep"),
    pytest.param("{ orders { edges { node { id refunds { lines { edges { node { name } } } } } } } }",
                 ["lines: a connection within a list"], id="in a list"),
    pytest.param("{ orders { edges { node { ... on Order { id } } } } }", ["a fragment"], id="fragment"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "problems"), RULES)
def test_a_broken_rule_is_named(document: str, problems: list[str]) -> None:
    assert BulkRules(build_schema(SCHEMA)).check(document) == problems
