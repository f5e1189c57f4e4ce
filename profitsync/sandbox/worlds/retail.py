"""A shop made of order lines in CSV, such as the UCI "Online Retail" data: one order per invoice.

Times are London local time, prices pounds without tax. Credit notes (invoices that begin with "C") become
refunds of earlier orders of the same customer and item. What is neither sale nor credit is left out and
counted in the world's report: stock movements (no positive quantity) and bad-debt adjustments (invoices that
begin with "A", negative prices).
"""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from profitsync.errors import UsageError
from profitsync.sandbox.world import (
    ZERO,
    ImportReport,
    LineDraft,
    OrderDraft,
    ShopifyWorld,
    TransactionDraft,
    VariantDraft,
    World,
    invented_secret,
)
from profitsync.sandbox.worlds.retail_refunds import Returns
from profitsync.sandbox.worlds.retail_rows import Row, read_rows

TIMEZONE = "Europe/London"
GATEWAY = "Card payment"
CREDIT, BAD_DEBT = "C", "A"


def from_csv(path: Path | str, name: str = "retail") -> World:
    """The merchant whose order lines a CSV file (gzipped or plain) holds.

    Raises `UsageError` when the file cannot be read, lacks a column, has a malformed cell or no sale.
    """
    importer = _Importer()
    with _collector_paused():
        for row in read_rows(Path(path)):
            importer.sort_in(row)
        if not importer.invoices:
            raise UsageError(f"{path}: holds no sale; at least one line with a positive quantity is needed")
        importer.build()
    shop = ShopifyWorld(
        host=f"{name}-import.myshopify.com",
        currency="GBP",
        timezone=TIMEZONE,
        taxes_included=False,
        access_token=invented_secret("shopify", name),
        orders=importer.orders,
        variants=importer.variants,
    )
    return World(name=name, shopify=shop, report=importer.report())


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the cycle collector, which would walk half a million growing drafts again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class _Importer:
    def __init__(self) -> None:
        self.invoices: dict[str, list[Row]] = {}
        self.credit_notes: dict[str, list[Row]] = {}
        self.orders: dict[str, OrderDraft] = {}
        self.variants: dict[str, VariantDraft] = {}
        self._counts: Counter[str] = Counter()
        self._returns = Returns()
        self._by_code: dict[str, VariantDraft] = {}
        self._zone = ZoneInfo(TIMEZONE)

    def sort_in(self, row: Row) -> None:
        """Decide what a row is."""
        self._counts["rows"] += 1
        if row.invoice.startswith(BAD_DEBT) or row.price < 0:
            self._counts["bad_debt_lines"] += 1
        elif row.invoice.startswith(CREDIT):
            self._sort_credit_in(row)
        elif row.quantity <= 0:
            self._counts["stock_movement_lines"] += 1
        else:
            self.invoices.setdefault(row.invoice, []).append(row)

    def _sort_credit_in(self, row: Row) -> None:
        self._counts["credit_lines"] += 1
        if row.quantity >= 0:
            self._counts["credit_lines_without_return"] += 1
            return
        self._counts["credit_units"] -= row.quantity
        if row.customer_id is None:
            self._counts["guest_credit_units"] -= row.quantity
        else:
            self.credit_notes.setdefault(row.invoice, []).append(row)

    def build(self) -> None:
        """Replay sales and credit notes in time; of those at the same instant, sales first."""
        events = [(rows[0].at, 0, rows[0].number, rows) for rows in self.invoices.values()]
        events += [(rows[0].at, 1, rows[0].number, rows) for rows in self.credit_notes.values()]
        events.sort(key=itemgetter(0, 1, 2))
        for local, is_credit, _, rows in events:
            at = local.replace(tzinfo=self._zone).astimezone(UTC)
            if is_credit:
                self._counts["refunds"] += self._returns.credit(rows, at, rows[0].invoice)
            else:
                self._sell(rows, at)
        self.invoices, self.credit_notes = {}, {}
        self._finish()

    def _sell(self, rows: list[Row], at: datetime) -> None:
        invoice = rows[0].invoice
        self._counts["orders"] += 1
        self._counts["order_lines"] += len(rows)
        lines = tuple(self._line(row, at) for row in rows)
        total = sum((line.unit_price * line.quantity for line in lines), ZERO)
        # Ids are digits; an invoice that is none gets a number that no invoice has.
        digits = invoice if invoice.isdecimal() else str(9_000_000_000 + self._counts["orders"])
        order = OrderDraft(
            id=digits,
            name=f"#{invoice}",
            created_at=at,
            processed_at=at,
            updated_at=at,
            lines=lines,
            gateways=(GATEWAY,),
            customer_id=rows[0].customer_id,
            payments=(TransactionDraft(digits, "SALE", total, at, GATEWAY),) if total else (),
        )
        self.orders[digits] = order
        for row, line in zip(rows, lines, strict=True):
            self._returns.bought(order, line, row.stock_code)

    def _line(self, row: Row, at: datetime) -> LineDraft:
        variant = self._variant(row, at)
        return LineDraft(
            id=str(10_000_000 + row.number),
            title=row.title,
            quantity=row.quantity,
            unit_price=row.price,
            sku=row.stock_code,
            product_id=variant.product_id,
            variant_id=variant.id,
        )

    def _variant(self, row: Row, at: datetime) -> VariantDraft:
        variant = self._by_code.get(row.stock_code)
        if variant is None:
            number = len(self._by_code) + 1
            variant = VariantDraft(
                id=str(2_000_000 + number),
                product_id=str(1_000_000 + number),
                product_title=row.title,
                price=row.price,
                created_at=at,
                updated_at=at,
                sku=row.stock_code,
            )
            self._by_code[row.stock_code] = self.variants[variant.id] = variant
        return variant

    def _finish(self) -> None:
        """What is known only at the end: the place of an order among its customer's, and what stands of it."""
        placed: Counter[str] = Counter()
        for order in sorted(self.orders.values(), key=attrgetter("created_at")):
            if order.refunds:
                order.financial_status = "REFUNDED" if _is_all_back(order) else "PARTIALLY_REFUNDED"
            if order.customer_id is None:
                self._counts["guest_orders"] += 1
            else:
                placed[order.customer_id] += 1
                order.customer_order_index = placed[order.customer_id]
        for order in self.orders.values():
            if order.customer_id is not None:
                order.customer_orders = placed[order.customer_id]

    def report(self) -> ImportReport:
        """What became of the rows."""
        return ImportReport(
            **self._counts,
            matched_units=self._returns.matched_units,
            unmatched_units=self._returns.unmatched_units,
        )


def _is_all_back(order: OrderDraft) -> bool:
    returned = sum(back.quantity for refund in order.refunds for back in refund.lines)
    return returned == sum(line.quantity for line in order.lines)
