"""Check every Shopify document against the published Admin schema, and estimate what each may cost.

    python benchmarks/check_queries.py SCHEMA...

SCHEMA is a file in the schema language, plain or gzipped (`*.graphql`, `*.graphql.gz`), or a folder of such
files. Ends with 1 when a document does not fit, uses a deprecated field, may ask for 1,000 points or more, or
breaks a rule of bulk operations where it is run by one.
"""

import gzip
import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
    specified_rules,
    validate,
)
from graphql.type import GraphQLCompositeType

from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify import bulk_query, queries
from profitsync.sources.shopify.optional import Selection

LIMIT = 1000  # points one query may ask for
MOST_CONNECTIONS, DEEPEST, MOST_BYTES = 5, 2, 65_535  # of a document that a bulk operation runs
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
COUNT = 10  # a count at the root
FREE = {"MoneyBag", "MoneyV2", "PageInfo"}
BATCHES = {"OrderDetails": queries.DETAIL_BATCH, "OrderAgreements": queries.AGREEMENT_BATCH,
           "UnitCosts": queries.VARIANT_BATCH, "OrdersById": queries.ORDER_BATCH}  # fmt: skip


class CostModel:
    """Shopify's requested cost as fitted to recorded queries: a guide, not a promise.

    Scalars cost nothing, an object 1, a count at the root 10, a page of n elements 2 + max(1, ⌊2 ln n⌋) ×
    element. A list without cursor costs like one element; `nodes(ids:)` is charged in full for every id, the
    worst that can be.
    """

    def __init__(self, schema: GraphQLSchema, document: str) -> None:
        self._schema = schema
        definitions = parse(document).definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self._query = next(d for d in definitions if isinstance(d, OperationDefinitionNode))
        self.name = self._query.name.value if self._query.name else ""

    def cost(self) -> int:
        """Points the document may ask for."""
        root: Any = self._schema.get_root_type(self._query.operation)
        return self._selections(self._query.selection_set, root)

    def _selections(self, selections: SelectionSetNode, parent: GraphQLCompositeType) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                total += self._inside(self._fragments[node.name.value], parent)
            elif isinstance(node, InlineFragmentNode):
                total += self._inside(node, parent)
            else:
                total += self._field(node, parent)
        return total

    def _inside(self, fragment: FragmentDefinitionNode | InlineFragmentNode, parent: GraphQLCompositeType) -> int:
        condition = fragment.type_condition
        inner: Any = self._schema.type_map[condition.name.value] if condition else parent
        return self._selections(fragment.selection_set, inner)

    def _field(self, node: Any, parent: Any) -> int:
        kind: Any = get_named_type(parent.fields[node.name.value].type)
        if is_leaf_type(kind) or kind.name in FREE:
            return 0
        if kind.name == "Count" and parent.name == "QueryRoot":
            return COUNT
        inner = self._selections(node.selection_set, kind)
        if kind.name.endswith("Connection"):
            return 2 + max(1, math.floor(2 * math.log(self._first(node)))) * inner
        return (1 + inner) * (
            BATCHES[self.name] if node.name.value == "nodes" and parent.name == "QueryRoot" else 1
        )

    def _first(self, node: Any) -> int:
        for argument in node.arguments:
            if argument.name.value == "first":
                return int(argument.value.value) if isinstance(argument.value, IntValueNode) else queries.PAGE
        raise ValueError(f"{node.name.value}: a connection without `first`")


class BulkRules:
    """The rules for a document that a bulk operation runs, checked with the schema. No fragments."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.connections = 0
        self.problems: list[str] = []

    def check(self, document: str) -> list[str]:
        """Which rules are broken."""
        (query,) = parse(document).definitions
        assert isinstance(query, OperationDefinitionNode)
        if len(query.selection_set.selections) != 1 or query.variable_definitions:
            self.problems.append("one field at the root and no variables")
        self._selections(query.selection_set, self._schema.query_type, 0, in_list=False)
        if not 1 <= self.connections <= MOST_CONNECTIONS:
            self.problems.append(f"{self.connections} connections")
        if len(document.encode()) > MOST_BYTES:
            self.problems.append("too long")
        return self.problems

    def _selections(self, chosen: SelectionSetNode, parent: Any, depth: int, *, in_list: bool) -> None:
        fields: list[Any] = [node for node in chosen.selections if node.kind == "field"]
        if len(fields) != len(chosen.selections):
            self.problems.append("a fragment")
        for node in (one for one in fields if one.selection_set):
            declared = parent.fields[node.name.value].type
            kind: Any = get_named_type(declared)
            if kind.name.endswith("Connection"):
                self._connection(node, kind, depth, in_list=in_list)
            else:
                inside = in_list or is_list_type(get_nullable_type(declared))
                self._selections(node.selection_set, kind, depth, in_list=inside)

    def _connection(self, node: Any, kind: Any, depth: int, *, in_list: bool) -> None:
        name = node.name.value
        self.connections += 1
        if in_list:
            self.problems.append(f"{name}: a connection within a list")
        if depth > DEEPEST:
            self.problems.append(f"{name}: too deep")
        edges = node.selection_set.selections[0]
        inner = edges.selection_set.selections[0]
        if (edges.name.value, inner.name.value) != ("edges", "node"):
            self.problems.append(f"{name}: contents not by edges and node")
            return
        before = self.connections
        edge: Any = get_named_type(kind.fields["edges"].type)
        of_node: Any = get_named_type(edge.fields["node"].type)
        self._selections(inner.selection_set, of_node, depth + 1, in_list=False)
        chosen: list[Any] = [one for one in inner.selection_set.selections if one.kind == "field"]
        plain = {one.name.value for one in chosen if not one.alias}
        if self.connections > before and "id" not in plain:
            self.problems.append(f"{name}: no id")


def check(schema: GraphQLSchema) -> list[str]:
    """What is wrong with the documents; prints the cost of each."""
    problems = []
    for fees in (False, True):
        query = bulk_query.BulkQuery(Selection(fees=fees), "")
        run = query.document(OrderWindow(NOON, processed_before=NOON))
        problems += [f"bulk document: {problem}" for problem in BulkRules(schema).check(run)]
        problems += [f"bulk document: {error.message}" for error in _misfits(schema, run)]
    for document in (*queries.DOCUMENTS, *bulk_query.DOCUMENTS):
        errors = _misfits(schema, document)
        model = CostModel(schema, document)
        problems += [f"{model.name}: {error.message}" for error in errors]
        if errors:
            continue
        cost = model.cost()
        print(f"  {model.name:24} {cost:4} points")
        if cost >= LIMIT:
            problems.append(f"{model.name}: may cost {cost} points")
    return problems


def _misfits(schema: GraphQLSchema, document: str) -> list[GraphQLError]:
    return validate(schema, parse(document), [*specified_rules, NoDeprecatedCustomRule])


def main(arguments: list[str]) -> int:
    """Check against every schema named; 2 when there is none."""
    files = [file for path in map(Path, arguments)
             for file in (sorted(path.glob("*.graphql*")) if path.is_dir() else [path])]  # fmt: skip
    if not files:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for file in files:
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        print(f"{file.name}:")
        # the published schema breaks the specification's rules on deprecation in unrelated places
        problems = check(build_schema(text.decode(), assume_valid=True))
        print("\n".join(problems) if problems else "  all documents fit")
        failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
