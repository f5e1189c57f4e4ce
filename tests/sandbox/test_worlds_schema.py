"""Every rendered Shopify object, and every query, fits the published Admin schema, where a copy of it is at hand.

The copy is not part of the project: PROFITSYNC_SHOPIFY_SCHEMA names one (`*.graphql` or `*.graphql.gz`).
Without it the same walk is checked on a schema of three lines.
"""

import gzip
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema, build_ast_schema, get_named_type, parse
from graphql.type import is_list_type, is_non_null_type

from benchmarks import check_queries
from profitsync.sandbox.render_shopify import order_node, shop_node, variant_node
from profitsync.sandbox.world import Connection, World
from profitsync.sandbox.worlds.example import example
from profitsync.sandbox.worlds.generated import generate
from tests.sandbox.test_worlds_generated import NOW, UNTIL

SMALL = "type Query { a: [Int!]! b: ThingConnection } type ThingConnection { nodes: [Query!]! } enum E { X }"


def _schema_text() -> str | None:
    named = os.environ.get("PROFITSYNC_SHOPIFY_SCHEMA")
    if not named:
        return None
    path = Path(named)
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


PUBLISHED = _schema_text()

if PUBLISHED is not None:

    @pytest.fixture(scope="module")
    def schema() -> GraphQLSchema:
        assert PUBLISHED is not None
        return _built(PUBLISHED)

    def test_every_rendered_object_fits_the_published_schema(schema: GraphQLSchema) -> None:
        worlds = (example(), generate(until=UNTIL, now=NOW, days=30, orders_per_day=20))
        problems = {problem for world in worlds for node in _nodes(world) for problem in _misfits(schema, node)}

        assert sorted(problems) == []

    def test_every_document_that_is_sent_fits_the_published_schema_and_its_highest_cost(
        schema: GraphQLSchema,
    ) -> None:
        assert check_queries.check(schema) == []


def test_the_walk_finds_every_kind_of_misfit() -> None:
    node: dict[str, Any] = {"__typename": "Query", "a": None, "b": [], "c": 1}

    assert sorted(_misfits(_built(SMALL), node)) == [
        "Query.a: null, but the schema says [Int!]!",
        "Query.b: a list, but the schema says ThingConnection",
        "Query.c: not in the schema",
    ]
    assert list(_misfits(_built(SMALL), {"__typename": "Query", "a": Connection([1])})) == [
        "Query.a: a connection, but the schema says [Int!]!"
    ]


def _built(text: str) -> GraphQLSchema:
    return build_ast_schema(parse(text, no_location=True), assume_valid=True)


def _nodes(world: World) -> Iterator[Mapping[str, Any]]:
    assert world.shopify is not None
    yield shop_node(world.shopify)
    yield from (order_node(order, world.shopify) for order in world.shopify.orders.values())
    yield from (variant_node(variant, world.shopify) for variant in world.shopify.variants.values())


def _misfits(schema: GraphQLSchema, node: Mapping[str, Any]) -> Iterator[str]:
    """Unknown fields, nulls, lists, connections and enum values that the schema does not have so."""
    kind = schema.type_map[node["__typename"]]
    assert isinstance(kind, GraphQLObjectType)
    for name, value in node.items():
        if name == "__typename":
            continue
        if (field := kind.fields.get(name)) is None:
            yield f"{kind.name}.{name}: not in the schema"
            continue
        if reason := _misfit(field.type, value):
            yield f"{kind.name}.{name}: {reason}, but the schema says {field.type}"
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, Mapping):
                yield from _misfits(schema, inner)


def _misfit(declared: Any, value: Any) -> str | None:
    named = get_named_type(declared)
    is_list = is_list_type(declared.of_type if is_non_null_type(declared) else declared)
    if value is None:
        return "null" if is_non_null_type(declared) else None
    if isinstance(value, Connection):
        return None if named.name.endswith("Connection") else "a connection"
    if isinstance(value, list) != is_list:
        return "a list" if isinstance(value, list) else "no list"
    if isinstance(named, GraphQLEnumType) and not is_list and value not in named.values:
        return f"{value!r}"
    expected = {"Int": int, "Boolean": bool, "String": str, "ID": str, "Float": float, "UnsignedInt64": str}
    wanted = expected.get(named.name, str if named.name in ("Money", "Decimal", "DateTime") else object)
    return None if is_list or isinstance(value, wanted) else f"a {type(value).__name__}"
