"""What a document must be like for a bulk operation, as the real API was recorded to demand."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from profitsync.sandbox.graphql import QueryError, parse_document

MOST_CONNECTIONS = 5
DEEPEST = 2  # connections below the one at the root
MOST_BYTES = 65_535
# The API has a schema to tell lists by; here they are named.
PLAIN_LISTS = frozenset({"refunds", "transactions", "fulfillments", "fees", "taxLines", "discountAllocations", "trackingInfo"})  # noqa: E501  # fmt: skip


class RuleError(ValueError):
    """The document breaks a rule; the text is what the API answers."""


class BulkRules:
    """Checks one document."""

    def __init__(self, text: str) -> None:
        self._connections = 0
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._text = text

    def check(self) -> None:
        """Raise `RuleError` for the first rule that is broken."""
        if len(self._text.encode()) > MOST_BYTES:
            raise RuleError("The bulk query is too long.")
        try:
            document = parse_document(self._text)
        except QueryError as error:
            raise RuleError(f"Invalid bulk query: {error}") from None
        operation = self._operation(document)
        roots = list(self._fields(operation.selection_set))
        if len(roots) != 1:
            raise RuleError("Bulk queries must have exactly one top level field.")
        if roots[0].name.value in ("node", "nodes"):
            raise RuleError("Bulk queries cannot contain the `node` or `nodes` top level field.")
        self._field(roots[0], 0, in_list=False)
        if not self._connections:
            raise RuleError("Bulk queries must contain at least one connection.")

    def _operation(self, document: DocumentNode) -> OperationDefinitionNode:
        found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        if len(found) != 1 or found[0].operation.value != "query":
            raise RuleError("Only one query operation is supported.")
        if found[0].variable_definitions:
            raise RuleError("Variables are not supported in bulk queries.")
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        return found[0]

    def _fields(self, selection_set: SelectionSetNode | None) -> Iterator[FieldNode]:
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments.get(selection.name.value)
                if fragment is None:
                    raise RuleError(f"Fragment {selection.name.value} was used, but not defined")
                yield from self._fields(fragment.selection_set)
            else:
                yield from self._fields(selection.selection_set)  # type: ignore[attr-defined]

    def _field(self, field: FieldNode, depth: int, *, in_list: bool) -> None:
        """`depth` counts the connections around the field."""
        inner = {one.name.value: one for one in self._fields(field.selection_set)}
        if "nodes" in inner:
            raise RuleError("Bulk queries must select the contents of a connection via `edges`, not `nodes`.")
        if "edges" not in inner:
            for one in inner.values():
                self._field(one, depth, in_list=in_list or field.name.value in PLAIN_LISTS)
            return
        if in_list:
            raise RuleError("Queries that contain a connection field within a list field are not supported.")
        self._connection(field, inner["edges"], depth)

    def _connection(self, field: FieldNode, edges: FieldNode, depth: int) -> None:
        self._connections += 1
        if self._connections > MOST_CONNECTIONS:
            raise RuleError(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
        if depth > DEEPEST:
            raise RuleError(f"Bulk queries cannot contain connections with a nesting depth over {DEEPEST}.")
        nodes = [one for one in self._fields(edges.selection_set) if one.name.value == "node"]
        before = self._connections
        chosen = [one for node in nodes for one in self._fields(node.selection_set)]
        for one in chosen:
            self._field(one, depth + 1, in_list=False)
        if self._connections > before and not any(one.name.value == "id" and not one.alias for one in chosen):
            raise RuleError(f"The parent field {field.name.value!r} for a nested connection must select `id`.")
