"""Check every Shopify document against the published Admin schema, and estimate what each may cost.

    python benchmarks/check_queries.py SCHEMA...

SCHEMA is a file in the schema language, plain or gzipped (`*.graphql`, `*.graphql.gz`), or a folder of such
files. Ends with 1 when a document does not fit, uses a deprecated field, or may ask for 1,000 points or more.
"""

import gzip
import math
import sys
from pathlib import Path
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    is_leaf_type,
    parse,
    specified_rules,
    validate,
)
from graphql.type import GraphQLCompositeType

from profitsync.sources.shopify import queries

LIMIT = 1000  # points one query may ask for
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
        root: Any = self._schema.query_type
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


def check(schema: GraphQLSchema) -> list[str]:
    """What is wrong with the documents; prints the cost of each."""
    problems = []
    for document in queries.DOCUMENTS:
        errors = validate(schema, parse(document), [*specified_rules, NoDeprecatedCustomRule])
        model = CostModel(schema, document)
        problems += [f"{model.name}: {error.message}" for error in errors]
        if errors:
            continue
        cost = model.cost()
        print(f"  {model.name:24} {cost:4} points")
        if cost >= LIMIT:
            problems.append(f"{model.name}: may cost {cost} points")
    return problems


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
