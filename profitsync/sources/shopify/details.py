"""Stage two: what only orders that were edited, cancelled or refunded have, read in small batches by id."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from profitsync.sources.shopify import queries
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.lists import CursorWalk, complete, whole
from profitsync.sources.shopify.records import (
    SHIPPED,
    Adjustment,
    Agreement,
    AgreementsOwner,
    FulfilledLine,
    Fulfillment,
    OrderAgreements,
    OrderDetails,
    OrderNode,
    RefundLine,
    RefundNode,
    RefundShipping,
    RefundTransaction,
)
from profitsync.sources.shopify.wire import Connection, ListOwner, NodesAnswer, Owned, PageOwner

T = TypeVar("T")
N = TypeVar("N", OrderDetails, OrderAgreements)


def needs_details(order: OrderNode) -> bool:
    """Whether anything happened to the order after its sale."""
    return bool(order.edited or order.cancelled_at or order.refunds)


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

    def details(self, orders: Sequence[OrderNode]) -> dict[str, OrderDetails]:
        """Refunds and fulfillments by gid, with all their inner lists complete."""
        found: dict[str, OrderDetails] = {}
        for batch in batches(orders, queries.DETAIL_BATCH):
            for order, raw in self._nodes(queries.DETAILS, batch):
                about = named(order)
                details = self._decode(raw, OrderDetails, order)
                self._complete_details(details, about)
                found[order.id] = details
        return found

    def audits(self, orders: Sequence[OrderNode]) -> dict[str, list[Agreement]]:
        """Audit trails by gid, complete."""
        found: dict[str, list[Agreement]] = {}
        for batch in batches(orders, queries.AGREEMENT_BATCH):
            for order, raw in self._nodes(queries.AGREEMENTS, batch):
                trail = self._decode(raw, OrderAgreements, order).agreements
                found[order.id] = (
                    trail.nodes if _is_complete(trail) else self._every_agreement(order.id, named(order))
                )
        return found

    def _nodes(self, document: str, orders: Sequence[OrderNode]) -> Iterator[tuple[OrderNode, msgspec.Raw]]:
        answer = self._client.ask(document, {"ids": [order.id for order in orders]}, NodesAnswer)
        if len(answer.nodes) != len(orders):
            raise self._client.bad("the answer", f"has {len(answer.nodes)} nodes for {len(orders)} ids")
        for order, raw in zip(orders, answer.nodes, strict=True):
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


def named(order: OrderNode) -> str:
    """How an order is called in messages."""
    return f"order {order.name}"


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _is_complete(trail: Connection[Agreement]) -> bool:
    pages = [trail.page_info, *(agreement.sales.page_info for agreement in trail.nodes)]
    return not any(page.has_next_page for page in pages)
