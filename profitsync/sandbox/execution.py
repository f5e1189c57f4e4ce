"""Answers a GraphQL operation from plain data: selected fields only, inner pages included.

Data are mappings with a `__typename`; a connection is a `Connection` or a `Page`, any other list a plain one.
The cost of what is returned is counted on the way (see `cost.py` for the model).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from profitsync.sandbox.cost import COUNT_COST, page_weight
from profitsync.sandbox.graphql import Field, Operation, Path, QueryError
from profitsync.sandbox.paging import PAGING_ARGUMENTS, Page, page_of_list
from profitsync.sandbox.world import Connection

Resolver = Callable[[Field, Path], Any]

PLAIN = (str, int, float, type(None))
FREE_TYPES = frozenset({"MoneyBag", "MoneyV2", "MailingAddress", "PageInfo"})
CONNECTION_ARGUMENTS: Mapping[str, frozenset[str]] = {
    "shippingLines": PAGING_ARGUMENTS | {"includeRemovals"},
    "agreements": PAGING_ARGUMENTS | {"query"},
}
LIST_ARGUMENTS: Mapping[str, frozenset[str]] = {
    "fulfillments": frozenset({"first", "query"}),
    "transactions": frozenset({"first", "capturable", "manuallyResolvable"}),
}


@dataclass(slots=True)
class Root:
    """A root field: its arguments and how to get its value."""

    arguments: frozenset[str]
    resolve: Resolver


@dataclass(slots=True)
class Execution:
    """One run of one operation.

    `denied` tells which access a field lacks, or None when it may be read; without it everything may.
    """

    operation: Operation
    denied: Callable[[str, Field, Path], str | None] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    cost: float = 0.0

    def run(self, roots: Mapping[str, Root], typename: str = "QueryRoot") -> dict[str, Any]:
        """The `data` of the answer. Raises `QueryError` when the query as a whole fails."""
        data: dict[str, Any] = {}
        for one in self.operation.root_fields():
            if one.name == "__typename":
                data[one.key] = typename
                continue
            if one.name not in roots:
                raise undefined_field(one, typename, (one.key,))
            root = roots[one.name]
            _check_arguments(one, root.arguments, (one.key,))
            if self._refused(typename, one, (one.key,)):
                data[one.key] = None
                continue
            value = root.resolve(one, (one.key,))
            data[one.key] = self._value(one, value, (one.key,), COUNT_COST if _is_count(value) else 1.0)
        return data

    def _object(self, parent: Field, raw: Mapping[str, Any], path: Path, weight: float) -> dict[str, Any]:
        typename = raw["__typename"]
        if typename not in FREE_TYPES:
            self.cost += weight
        result: dict[str, Any] = {}
        guarded = self.denied is not None
        for one in self.operation.fields(parent, typename):
            value = _read(raw, one, typename, path)
            if guarded and self._refused(typename, one, (*path, one.key)):
                result[one.key] = None
            elif not one.selections and isinstance(value, PLAIN):  # most fields; spares them their path
                result[one.key] = value
            else:
                result[one.key] = self._value(one, value, (*path, one.key), weight)
        return result

    def _value(self, one: Field, raw: Any, path: Path, weight: float) -> Any:
        if isinstance(raw, dict | Mapping):  # the ready answer first: nearly all are dictionaries
            if not one.selections:
                raise _selection_mismatch(f"Field must have selections (field '{one.name}' returns "
                                          f"{raw['__typename']} but has no selections)", one, path)  # fmt: skip
            if raw["__typename"] == "MoneyBag" and self.denied is None:
                return self._money(one, raw, path)
            return self._object(one, raw, path, weight)
        if isinstance(raw, Connection):
            _check_arguments(one, CONNECTION_ARGUMENTS.get(one.name, PAGING_ARGUMENTS), path)
            return self._page(one, self.connection(one, raw, path), path, weight)
        if isinstance(raw, list):
            return self._list(one, raw, path, weight)
        if isinstance(raw, Page):
            return self._page(one, raw, path, weight)
        if raw is not None and one.selections:
            raise _selection_mismatch(f"Selections can't be made on scalars (field '{one.name}')", one, path)
        return raw

    def connection(self, one: Field, nodes: Connection[Mapping[str, Any]], path: Path) -> Page:
        """The page of an inner connection that its arguments ask for."""
        return page_of_list(visible(one, nodes), one, path)

    def page(self, one: Field, page: Page) -> dict[str, Any]:
        """A page of the root field `one`, as selected."""
        return self._page(one, page, (one.key,), 1.0)

    def _money(self, one: Field, raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """An amount as selected; most objects of an answer are amounts, and few of those differ."""
        shop, paid = raw["shopMoney"], raw["presentmentMoney"]
        key = (shop["amount"], shop["currencyCode"], paid["amount"], paid["currencyCode"])
        if key not in one.amounts:
            one.amounts[key] = self._object(one, raw, path, 0.0)
        return one.amounts[key]

    def _list(self, one: Field, raw: Sequence[Any], path: Path, weight: float) -> list[Any]:
        first = one.arguments.get("first")
        chosen = raw if first is None else raw[:first]
        share = weight / max(1, len(chosen))
        return [self._value(one, item, (*path, place), share) for place, item in enumerate(chosen)]

    def _page(self, one: Field, page: Page, path: Path, weight: float) -> dict[str, Any]:
        owner = next((str(node["__typename"]) for node in page.nodes), one.name)
        self.cost += 2 * weight
        share = page_weight(len(page.nodes)) * weight / max(1, len(page.nodes))
        result: dict[str, Any] = {}
        for part in self.operation.fields(one, f"{owner}Connection"):
            inner: Path = (*path, part.key)
            if part.name == "nodes":
                nodes = enumerate(page.nodes)
                result[part.key] = [self._value(part, node, (*inner, at), share) for at, node in nodes]
            elif part.name == "edges":
                result[part.key] = self._edges(part, page, owner, inner, share)
            elif part.name == "pageInfo":
                result[part.key] = self._value(part, page.info(), inner, 0.0)
            elif part.name == "__typename":
                result[part.key] = f"{owner}Connection"
            else:
                raise undefined_field(part, f"{owner}Connection", inner)
        return result

    def _edges(self, edges: Field, page: Page, owner: str, path: Path, share: float) -> list[dict[str, Any]]:
        parts = self.operation.fields(edges, f"{owner}Edge")
        result = []
        for at, (node, cursor) in enumerate(zip(page.nodes, page.cursors, strict=False)):
            edge: dict[str, Any] = {}
            for part in parts:
                if part.name == "node":
                    edge[part.key] = self._value(part, node, (*path, at, part.key), share)
                elif part.name == "cursor":
                    edge[part.key] = cursor
                elif part.name == "__typename":
                    edge[part.key] = f"{owner}Edge"
                else:
                    raise undefined_field(part, f"{owner}Edge", (*path, at, part.key))
            result.append(edge)
        return result

    def _refused(self, typename: str, one: Field, path: Path) -> bool:
        required = self.denied(typename, one, path) if self.denied else None
        if required is None:
            return False
        error = QueryError(
            f"Access denied for {one.name} field. Required access: {required}",
            "ACCESS_DENIED",
            path=path,
            node=one.node,
            documentation="https://shopify.dev/api/usage/access-scopes",
            requiredAccess=required,
        )
        self.errors.append(error.entry)
        return True


def _read(raw: Mapping[str, Any], one: Field, typename: str, path: Path) -> Any:
    try:
        return raw[one.name]
    except KeyError:
        if one.name in raw:  # there is such a field; making its value failed
            raise
        raise undefined_field(one, typename, (*path, one.key)) from None


def _is_count(value: Any) -> bool:
    return isinstance(value, Mapping) and value["__typename"] == "Count"


def undefined_field(one: Field, typename: str, path: Path) -> QueryError:
    """The query asks for a field that its type does not have."""
    names = tuple(part for part in path if isinstance(part, str))
    return QueryError(
        f"Field '{one.name}' doesn't exist on type '{typename}'",
        "undefinedField",
        path=("query", *names),
        node=one.node,
        typeName=typename,
        fieldName=one.name,
    )


def _selection_mismatch(message: str, one: Field, path: Path) -> QueryError:
    names = tuple(part for part in path if isinstance(part, str))
    return QueryError(message, "selectionMismatch", path=("query", *names), node=one.node, nodeName=one.name)


def _check_arguments(one: Field, known: frozenset[str], path: Path) -> None:
    for name in one.arguments:
        if name not in known:
            raise QueryError(
                f"Field '{one.name}' doesn't accept argument '{name}'",
                "argumentNotAccepted",
                path=("query", *(part for part in path if isinstance(part, str)), name),
                node=one.node,
                name=one.name,
                typeName="Field",
                argumentName=name,
            )


def visible(one: Field, nodes: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Removed shipping lines are hidden unless asked for; other connections show everything."""
    if one.name != "shippingLines" or one.arguments.get("includeRemovals") is True:
        return nodes
    return [node for node in nodes if not node.get("isRemoved")]
