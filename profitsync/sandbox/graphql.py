"""GraphQL requests as the sandbox reads them: parsed documents, variables, collected fields.

Only the parser is borrowed; names are checked against the data an answer is made of, because the sandbox
carries no schema. Error codes and texts follow recorded answers of Shopify's Admin API.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TypeNode,
    ValueNode,
    VariableNode,
    parse,
    print_ast,
    value_from_ast_untyped,
)

Path = tuple[str | int, ...]

SALES = ("AdditionalFee", "Adjustment", "Duty", "Fee", "GiftCard", "Product", "ShippingLine", "Tip", "Unknown")
DISCOUNTS = ("AutomaticDiscount", "DiscountCode", "ManualDiscount", "ScriptDiscount")
AGREEMENTS = ("Order", "OrderEdit", "Refund", "Return")
INTERFACES: Mapping[str, frozenset[str]] = {
    "SalesAgreement": frozenset(f"{kind}Agreement" for kind in AGREEMENTS),
    "Sale": frozenset(f"{kind}Sale" for kind in SALES),
    "DiscountApplication": frozenset(f"{kind}Application" for kind in DISCOUNTS),
}
ON_EVERY_NODE = frozenset({"Node", "LegacyInteroperability", "HasMetafields", "HasEvents", "CommentEventSubject"})
SCALARS: Mapping[str, tuple[type, ...]] = {
    "Int": (int,), "Float": (int, float), "Boolean": (bool,), "String": (str,), "ID": (str, int),
}  # fmt: skip


class QueryError(Exception):
    """One entry of `errors`. It fails the whole query: `data` is absent, or null with `null_data`."""

    def __init__(
        self,
        message: str,
        code: str,
        *,
        path: Path = (),
        node: FieldNode | None = None,
        null_data: bool = False,
        **extensions: Any,
    ) -> None:
        super().__init__(message)
        self.null_data = null_data
        self.entry: dict[str, Any] = {"message": message}
        if node is not None and node.loc is not None:
            start = node.loc.start_token
            self.entry["locations"] = [{"line": start.line, "column": start.column}]
        if path:
            self.entry["path"] = list(path)
        self.entry["extensions"] = {"code": code, **extensions}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an answer: all selections that share a response key, merged."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    selections: tuple[SelectionSetNode, ...]
    node: FieldNode | None = None  # where it stands in the text; None for the root
    inner: dict[str | None, list["Field"]] = field(default_factory=dict, compare=False)  # by type of the object
    amounts: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict, compare=False)  # see `Execution`


@lru_cache(maxsize=256)
def parse_document(text: str) -> DocumentNode:
    """The parsed document; raises `QueryError` with PARSE_ERROR."""
    try:
        return parse(text)
    except GraphQLSyntaxError as error:
        raise QueryError(error.message, "PARSE_ERROR") from None


class Operation:
    """One operation of a document with its variables, ready to be walked.

    Raises `QueryError` when the text cannot be parsed, the operation is not there or a variable does not fit.
    """

    def __init__(self, text: str, variables: Mapping[str, Any], name: str | None = None) -> None:
        document = parse_document(text)
        self._node = _pick(document, name)
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._variables = _coerce(self._node, variables)
        self._root = Field("", "", {}, (self._node.selection_set,))

    @property
    def name(self) -> str:
        """The operation's name, else its root fields."""
        if self._node.name is not None:
            return self._node.name.value
        return ",".join(root.name for root in self.root_fields())

    @property
    def is_query(self) -> bool:
        """False for mutations and subscriptions."""
        return self._node.operation.value == "query"

    def root_fields(self) -> list[Field]:
        """The fields selected of the query root."""
        return self.fields(self._root, "QueryRoot")

    def fields(self, parent: Field, typename: str | None) -> list[Field]:
        """The fields selected of the object in `parent`, of type `typename`, in order; None: of any type."""
        known = parent.inner.get(typename)
        if known is None:
            found: dict[str, list[FieldNode]] = {}
            for selection in parent.selections:
                self._collect(selection.selections, typename, found)
            known = parent.inner[typename] = [self._field(key, nodes) for key, nodes in found.items()]
        return known

    def _collect(
        self, selections: Iterable[SelectionNode], typename: str | None, found: dict[str, list[FieldNode]]
    ) -> None:
        for selection in selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                found.setdefault(key, []).append(selection)
            elif isinstance(selection, FragmentSpreadNode | InlineFragmentNode):
                part = self._fragment(selection)
                condition = part.type_condition
                if condition is None or _applies(condition.name.value, typename):
                    self._collect(part.selection_set.selections, typename, found)

    def _fragment(
        self, selection: FragmentSpreadNode | InlineFragmentNode
    ) -> FragmentDefinitionNode | InlineFragmentNode:
        if isinstance(selection, InlineFragmentNode):
            return selection
        name = selection.name.value
        if name not in self._fragments:
            raise QueryError(
                f"Fragment {name} was used, but not defined", "useAndDefineFragment", fragmentName=name
            )
        return self._fragments[name]

    def _field(self, key: str, nodes: Sequence[FieldNode]) -> Field:
        first = nodes[0]
        arguments = {argument.name.value: self._value(argument.value) for argument in first.arguments or ()}
        selections = tuple(node.selection_set for node in nodes if node.selection_set is not None)
        return Field(key, first.name.value, arguments, selections, first)

    def _included(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            wanted = {argument.name.value: self._value(argument.value) for argument in directive.arguments or ()}
            if directive.name.value == "skip" and wanted.get("if") is True:
                return False
            if directive.name.value == "include" and wanted.get("if") is False:
                return False
        return True

    def _value(self, node: ValueNode) -> Any:
        if isinstance(node, VariableNode) and node.name.value not in self._variables:
            name = node.name.value
            message = f"Variable ${name} is used by {self._title} but not declared"
            raise QueryError(message, "variableNotDefined", variableName=name)
        return value_from_ast_untyped(node, self._variables)

    @property
    def _title(self) -> str:
        return self._node.name.value if self._node.name else "anonymous query"


def _applies(condition: str, typename: str | None) -> bool:
    if typename is None or condition == typename or condition in ON_EVERY_NODE:
        return True
    return typename in INTERFACES.get(condition, ())


def _pick(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    named = [one for one in operations if name is None or (one.name and one.name.value == name)]
    if len(named) == 1:
        return named[0]
    if name is not None:
        raise QueryError(f'No operation named "{name}"', "BAD_REQUEST")
    raise QueryError("An operation name is required", "BAD_REQUEST")


def _coerce(operation: OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all declared variables: given, default, or null."""
    values: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in given:
            value = given[name]
        elif definition.default_value is not None:
            value = value_from_ast_untyped(definition.default_value)
        else:
            value = None
        if not _fits(definition.type, value):
            kind = print_ast(definition.type)
            problems = [{"path": [], "explanation": f"Could not coerce to {kind}"}]
            message = f"Variable ${name} of type {kind} was provided invalid value"
            raise QueryError(message, "INVALID_VARIABLE", value=value, problems=problems)
        values[name] = value
    return values


def _fits(kind: TypeNode, value: Any) -> bool:
    if isinstance(kind, NonNullTypeNode):
        return value is not None and _fits(kind.type, value)
    if value is None:
        return True
    if isinstance(kind, ListTypeNode):
        return all(_fits(kind.type, one) for one in value) if isinstance(value, list) else _fits(kind.type, value)
    if isinstance(kind, NamedTypeNode) and (wanted := SCALARS.get(kind.name.value)):
        return isinstance(value, wanted) and isinstance(value, bool) == (wanted == (bool,))
    return True  # enums and input objects: left to the field that takes them
