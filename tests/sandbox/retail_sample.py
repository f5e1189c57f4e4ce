"""Small order-line files in the shape of the real one."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from random import Random

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

# Every special case once, in time. Comments say what a line is there for.
LINES = (
    "536365,85123A,HEART HOLDER,6,2011-03-01 08:26:00,2.55,17850,United Kingdom",
    "536365,71053,LANTERN,2,2011-03-01 08:26:00,3.39,17850,United Kingdom",
    "536365,71053,LANTERN,2,2011-03-01 08:26:00,3.39,17850,United Kingdom",  # the same item on a second line
    '536366,22423,"CAKE STAND, 3 TIER",1,2011-03-01 09:00:00,12.75,,France',  # a guest
    "536367,85123A,HEART HOLDER,4,2011-03-02 10:00:00,2.75,17850,United Kingdom",  # dearer than before
    "536368,84077,,48,2011-03-02 11:00:00,0.295,13047,United Kingdom",  # no description, three decimals
    "536369,85123A,,-9,2011-03-02 12:00:00,0,,United Kingdom",  # a stock movement
    "A563185,B,Adjust bad debt,1,2011-03-02 14:50:00,11062.06,,United Kingdom",
    "536370,B,Adjust bad debt,1,2011-03-02 14:51:00,-50,,United Kingdom",
    # 5 of the 10 units: 4 of the newer order, 1 of the older, at a price of its own
    "C536371,85123A,HEART HOLDER,-5,2011-03-03 23:30:00,2.50,17850,United Kingdom",
    "C536372,22423,CAKE STAND,-1,2011-03-04 09:00:00,12.75,,France",  # a guest's: nobody to match
    "C536373,84077,,-50,2011-03-04 10:00:00,0.30,13047,United Kingdom",  # 2 more than were bought, dearer
    "C536374,71053,LANTERN,-3,2011-03-04 11:00:00,3.39,17850,United Kingdom",  # from both lines
    "C536375,71053,LANTERN,-1,2011-02-01 11:00:00,3.39,17850,United Kingdom",  # before any purchase
    "536376,M,Manual,1,2011-07-04 00:10:00,5,17850,United Kingdom",  # summer time: the 3rd in UTC
)


def write_lines(path: Path, *lines: str, header: str = HEADER) -> Path:
    """A CSV file of the given lines."""
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def write_random_year(path: Path, seed: int, invoices: int = 400) -> Path:
    """A file of random invoices, credit notes and stock movements of few customers and items."""
    rng = Random(seed)  # noqa: S311 - test data
    at, lines = datetime(2011, 1, 3, 8, 0, tzinfo=UTC), []
    for number in range(536_000, 536_000 + invoices):
        at += timedelta(minutes=rng.randint(0, 700))
        kind = rng.choices(("", "C", "stock"), (80, 15, 5))[0]
        customer = rng.choice(("", *(str(12_000 + n) for n in range(25))))
        for _ in range(rng.randint(1, 5)):
            item, units, price = rng.randint(1, 12), rng.randint(1, 20), rng.randint(0, 900) / 100
            units = -units if kind else units
            name = f"{kind}{number}" if kind == "C" else str(number)
            owner = "" if kind == "stock" else customer
            lines.append(f"{name},8{item:04d},ITEM {item},{units},{at:%Y-%m-%d %H:%M:%S},{price},{owner},UK")
    return write_lines(path, *lines)


def write_first_real_days(path: Path, real: Path, until: str = "2010-12-04") -> Path:
    """The order lines of the real data before the day `until`; they lie in the order of their dates."""
    with gzip.open(real, "rt", encoding="utf-8", newline="") as source, path.open("w", newline="") as target:
        rows = csv.reader(source)
        heading = next(rows)
        at = heading.index("InvoiceDate")
        writer = csv.writer(target)
        writer.writerows([heading, *takewhile(lambda row: row[at] < until, rows)])
    return path
