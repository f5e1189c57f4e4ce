"""What a year of retail order lines must come out as, computed straight from the CSV rows.

Own, small code on purpose: it shares nothing with the program that it checks.
"""

import csv
import gzip
import os
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path


@dataclass
class ExpectedDay:
    """Figures of one London day, in pounds."""

    gross_sales: Decimal = Decimal(0)
    orders: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    new_customers: int = 0
    matched_refunds: Decimal = Decimal(0)

    @property
    def total_orders(self) -> int:
        return len(self.orders)

    @property
    def returning_customers(self) -> int:
        return len(self.customers) - self.new_customers


def real_csv() -> Path | None:
    """The real data file named by PROFITSYNC_RETAIL_CSV, where there is one."""
    named = os.environ.get("PROFITSYNC_RETAIL_CSV")
    return Path(named) if named and Path(named).is_file() else None


def expected_days(path: Path) -> dict[date, ExpectedDay]:
    """Figures of every day with a sale or a matched refund."""
    invoices = _invoices(path)
    days: dict[date, ExpectedDay] = defaultdict(ExpectedDay)
    first_day: dict[str, date] = {}
    owned: dict[tuple[str, str], int] = defaultdict(int)
    for _, is_credit, name, rows in sorted(
        ((rows[0]["InvoiceDate"], name.startswith("C"), name, rows) for name, rows in invoices.items()),
        key=lambda event: event[:2],
    ):
        day = date.fromisoformat(rows[0]["InvoiceDate"][:10])
        for row in rows:
            units, price, customer = int(row["Quantity"]), Decimal(row["UnitPrice"]), row["CustomerID"]
            key = (customer, row["StockCode"])
            if is_credit and units < 0 and customer:
                matched = min(-units, owned[key])
                owned[key] -= matched
                if matched:
                    days[day].matched_refunds += matched * price
            elif not is_credit and units > 0 and price >= 0:
                days[day].gross_sales += units * price
                days[day].orders.add(name)
                if customer:
                    owned[key] += units
                    days[day].customers.add(customer)
                    first_day.setdefault(customer, day)
    for day in first_day.values():
        days[day].new_customers += 1
    return dict(days)


def _invoices(path: Path) -> dict[str, list[dict[str, str]]]:
    """Rows by invoice, bad-debt invoices left out."""
    invoices: dict[str, list[dict[str, str]]] = defaultdict(list)
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for row in csv.DictReader(StringIO(text.decode(), newline="")):
        if not row["InvoiceNo"].startswith("A"):
            invoices[row["InvoiceNo"]].append(row)
    return invoices
