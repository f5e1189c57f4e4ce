"""The rows of a bulk operation's file: every node of every connection a JSON object of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from profitsync.sandbox.execution import Execution, visible
from profitsync.sandbox.graphql import Field, Operation, Path
from profitsync.sandbox.paging import Page
from profitsync.sandbox.world import Connection

Denial = Callable[[str, Field, Path], str | None] | None


@dataclass(slots=True)
class _Everything(Execution):
    """An execution whose inner connections come whole: a bulk operation pages by itself."""

    def connection(self, one: Field, nodes: Connection[Mapping[str, Any]], path: Path) -> Page:  # noqa: ARG002
        chosen = visible(one, nodes)
        return Page(chosen, [""] * len(chosen), has_next=False, has_previous=False)


@dataclass(slots=True)
class RowMaker:
    """Turns root nodes into rows, parent first; `execution` tells what is selected and what is denied."""

    execution: Execution

    @classmethod
    def of(cls, operation: Operation, denied: Denial) -> "RowMaker":
        """For one operation's document."""
        return cls(_Everything(operation, denied))

    def rows(self, field: Field, raw: Mapping[str, Any]) -> Iterator[bytes]:
        """The rows of one node of the root connection `field`."""
        page = Page([raw], [""], has_next=False, has_previous=False)
        answered = self.execution.page(field, page)
        for edge in answered["edges"]:
            yield from self._flat(edge["node"], None)

    def _flat(self, node: dict[str, Any], parent: str | None) -> Iterator[bytes]:
        inner = {key: value for key, value in node.items() if isinstance(value, dict) and "edges" in value}
        row = {key: value for key, value in node.items() if key not in inner}
        if parent is not None:
            row["__parentId"] = parent
        # as recorded; within JSON a slash stands in texts only
        yield msgspec.json.encode(row).replace(b"/", b"\\/") + b"\n"
        for connection in inner.values():
            for edge in connection["edges"]:
                yield from self._flat(edge["node"], node["id"])
