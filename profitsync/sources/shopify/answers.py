"""The body of every GraphQL answer, whatever was asked: data, errors, cost, what became of a search."""

from typing import Annotated, Any

import msgspec

from profitsync.sources.shopify.wire import Wire

Points = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class ThrottleStatus(Wire):
    """The shop's bucket of query points; `restore_rate` is points per second. Shopify sends ints or floats."""

    maximum_available: Points
    currently_available: Points
    restore_rate: Points


class Cost(Wire):
    """Points a query asks for at most, and took."""

    requested_query_cost: Points | None = None
    actual_query_cost: Points | None = None
    throttle_status: ThrottleStatus | None = None


class SearchWarning(Wire):
    """A term of the search text that Shopify ignored: the answer then holds orders nobody asked for."""

    field: str | None = None
    message: str | None = None
    code: str | None = None


class SearchReport(Wire):
    """What Shopify made of one search text."""

    warnings: list[SearchWarning] | None = None


class Extensions(Wire):
    """What comes beside the data."""

    cost: Cost | None = None
    search: list[SearchReport] | None = None


class ErrorExtensions(Wire):
    """The machine-readable part of an error."""

    code: str | None = None
    required_access: str | None = None


class GraphError(Wire):
    """One entry of `errors`."""

    message: str = ""
    path: list[str | int] | None = None
    extensions: ErrorExtensions | None = None

    @property
    def code(self) -> str | None:
        """Shopify's name for the failure, e.g. `THROTTLED`."""
        return self.extensions.code if self.extensions else None

    @property
    def field(self) -> str:
        """The place without list positions, e.g. `orders.nodes.customer`."""
        return ".".join(str(part) for part in self.path or () if isinstance(part, str))


class Answer(Wire):
    """A whole answer; `data` stays undecoded until the rest was found in order."""

    data: msgspec.Raw = msgspec.Raw()
    errors: list[GraphError] | str | dict[str, Any] | None = None
    extensions: Extensions | None = None

    @property
    def cost(self) -> Cost | None:
        """What the query cost, if the answer says so."""
        return self.extensions.cost if self.extensions else None
