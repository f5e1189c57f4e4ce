"""Stage two: what only orders that were edited, cancelled or refunded have, read in small batches by id."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from profitsync.sources.errors import BadResponseError
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.detail_records import (
    SHIPPED,
    Adjustment,
    Agreement,
    AgreementsOwner,
    FulfilledLine,
    Fulfillment,
    OrderAgreements,
    OrderDetails,
    RefundLine,
    RefundNode,
    RefundShipping,
    RefundTransaction,
)
from profitsync.sources.shopify.lists import CursorWalk, complete, whole
from profitsync.sources.shopify.pacing import Fit
from profitsync.sources.shopify.records import OrderNode
from profitsync.sources.shopify.wire import Connection, ListOwner, NodesAnswer, Owned, PageOwner


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", OrderDetails, OrderAgreements)
R = TypeVar("R", bound=_Identified)
_Ask = Callable[[str, Fit, Callable[[int], dict[str, Any]], type[NodesAnswer]], tuple[NodesAnswer, int]]


def needs_audit(order: OrderNode, details: OrderDetails) -> bool:
    """Whether only the audit trail tells what happened.

    It dates edits, and it gives the sign of an adjustment on a refund that has items too.
    """
    return order.edited or any(
        refund.refund_line_items.nodes and refund.order_adjustments.nodes for refund in details.refunds
    )


class DetailReader:
    """Reads details and audit trails; an order that has vanished meanwhile is missing from the result."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self._detail_fit = Fit(queries.DETAIL_BATCH)
        self._audit_fit = Fit(queries.AGREEMENT_BATCH)

    def details(self, orders: Sequence[OrderNode]) -> dict[str, OrderDetails]:
        """Refunds and fulfillments by gid, with all their inner lists complete."""
        found: dict[str, OrderDetails] = {}
        for order, raw in self._nodes(queries.DETAILS, self._detail_fit, orders):
            details = self._decode(raw, OrderDetails, order)
            self._complete_details(details, named(order))
            found[order.id] = details
        return found

    def audits(self, orders: Sequence[OrderNode]) -> dict[str, list[Agreement]]:
        """Audit trails by gid, complete."""
        found: dict[str, list[Agreement]] = {}
        for order, raw in self._nodes(queries.AGREEMENTS, self._audit_fit, orders):
            trail = self._decode(raw, OrderAgreements, order).agreements
            found[order.id] = trail.nodes if _is_complete(trail) else self._every_agreement(order.id, named(order))
        return found

    def _nodes(
        self, document: str, fit: Fit, orders: Sequence[OrderNode]
    ) -> Iterator[tuple[OrderNode, msgspec.Raw]]:
        for batch, nodes in nodes_in_batches(self._client.ask_fitting, document, fit, orders):
            for order, raw in zip(batch, nodes, strict=True):
                if bytes(raw) != b"null":
                    yield order, raw

    def _decode(self, raw: msgspec.Raw, kind: type[N], order: OrderNode) -> N:
        node = self._client.decode(raw, kind, named(order))
        if node.id != order.id:
            raise self._client.bad(named(order), "was asked for, another order came")
        return node

    def _complete_details(self, details: OrderDetails, about: str) -> None:
        details.refunds = whole(
            self._client, details.id, details.refunds, queries.REFUNDS,
            queries.ALL_REFUNDS, Owned[ListOwner[RefundNode]], f"{about}, refunds",
        )  # fmt: skip
        for refund in details.refunds:
            self._complete_refund(refund, about)
        details.fulfillments = whole(
            self._client, details.id, details.fulfillments, queries.FULFILLMENTS,
            queries.ALL_FULFILLMENTS, Owned[ListOwner[Fulfillment]], f"{about}, fulfillments",
        )  # fmt: skip
        for fulfillment in details.fulfillments:
            if fulfillment.status == SHIPPED:
                complete(
                    self._client, fulfillment.id, fulfillment.fulfillment_line_items,
                    queries.MORE_FULFILLED_LINES, Owned[PageOwner[FulfilledLine]], f"{about}, fulfilled lines",
                )  # fmt: skip

    def _complete_refund(self, refund: RefundNode, about: str) -> None:
        complete(
            self._client, refund.id, refund.refund_line_items,
            queries.MORE_REFUND_LINES, Owned[PageOwner[RefundLine]], f"{about}, refund lines",
        )  # fmt: skip
        complete(
            self._client, refund.id, refund.refund_shipping_lines,
            queries.MORE_REFUND_SHIPPING, Owned[PageOwner[RefundShipping]], f"{about}, refunded shipping",
        )  # fmt: skip
        complete(
            self._client, refund.id, refund.order_adjustments,
            queries.MORE_ADJUSTMENTS, Owned[PageOwner[Adjustment]], f"{about}, refund adjustments",
        )  # fmt: skip
        complete(
            self._client, refund.id, refund.transactions,
            queries.MORE_REFUND_TRANSACTIONS, Owned[PageOwner[RefundTransaction]], f"{about}, refund transactions",
        )  # fmt: skip

    def _every_agreement(self, order: str, about: str) -> list[Agreement]:
        """One agreement at a time, each with all its sales.

        An agreement cannot be asked for by id, only by its place in the order's list.
        """
        agreements: list[Agreement] = []
        walk = CursorWalk(self._client, f"{about}, agreements")
        after: str | None = None
        while True:
            page = self._one_agreement(order, after, None, about)
            for agreement in page.nodes:
                self._complete_sales(order, after, agreement, about)
                agreements.append(agreement)
            after = walk.after(page.page_info)
            if after is None:
                return agreements

    def _complete_sales(self, order: str, after: str | None, agreement: Agreement, about: str) -> None:
        walk = CursorWalk(self._client, f"{about}, sales")
        sales = agreement.sales
        while (cursor := walk.after(sales.page_info)) is not None:
            page = self._one_agreement(order, after, cursor, about)
            if len(page.nodes) != 1:
                raise self._client.bad(f"{about}, agreements", "changed while they were read")
            sales.nodes.extend(page.nodes[0].sales.nodes)
            sales.page_info = page.nodes[0].sales.page_info

    def _one_agreement(
        self, order: str, after: str | None, sales_after: str | None, about: str
    ) -> Connection[Agreement]:
        variables = {"id": order, "after": after, "salesAfter": sales_after}
        answer = self._client.ask(queries.ONE_AGREEMENT, variables, Owned[AgreementsOwner], about).owner
        if answer is None:
            raise self._client.bad(about, "vanished while it was read")
        return answer.agreements


def nodes_in_batches(
    ask: _Ask, document: str, fit: Fit, objects: Sequence[R]
) -> Iterator[tuple[Sequence[R], list[msgspec.Raw]]]:
    """The answers of a `nodes(ids:)` document about `objects`, as many at once as fit; `null` where one is gone.

    Raises `BadResponseError` when an answer has not one node for each id.
    """
    left = objects
    while left:
        answer, size = ask(document, fit, _ids_of(left), NodesAnswer)
        batch, left = left[:size], left[size:]
        if len(answer.nodes) != len(batch):
            raise BadResponseError(f"Shopify: the answer has {len(answer.nodes)} nodes for {len(batch)} ids")
        yield batch, answer.nodes


def _ids_of(objects: Sequence[R]) -> Callable[[int], dict[str, Any]]:
    return lambda size: {"ids": [one.id for one in objects[:size]]}


def named(order: OrderNode) -> str:
    """How an order is called in messages."""
    return f"order {order.name}"


def _is_complete(trail: Connection[Agreement]) -> bool:
    pages = [trail.page_info, *(agreement.sales.page_info for agreement in trail.nodes)]
    return not any(page.has_next_page for page in pages)
