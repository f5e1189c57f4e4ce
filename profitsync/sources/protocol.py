"""What the sync needs of each source. Real ones speak HTTP; tests may hand in plain ones.

Every method raises a `SourceError` subclass and never answers a failure with an empty list.
`requests` counts HTTP requests sent so far, tries included; `warnings` gathers, while it reads, what people should
know of an answer that is usable but not as it should be, one line each, without the source's name. One object
serves one merchant in one run and is used from one thread.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from profitsync.domain.ads import AdDay
from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment


@dataclass(frozen=True, slots=True)
class ShopProfile:
    """The shop's currency code and IANA time zone."""

    currency: str
    timezone: str


@dataclass(frozen=True, slots=True)
class OrderWindow:
    """Which orders to read: changed since `updated_from`, optionally placed before `processed_before`.

    Instants are UTC; `updated_before` bounds the window so that its end is known.
    """

    updated_from: datetime
    updated_before: datetime | None = None
    processed_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class AdAccount:
    """Currency and time zone of an ad account."""

    account_id: str
    currency: str
    timezone: str


class Source(Protocol):
    """What all three have in common."""

    warnings: list[str]

    @property
    def requests(self) -> int: ...


class OrderSource(Source, Protocol):
    """Shopify."""

    profile: ShopProfile | None  # known after `shop()` or after the first page of `orders()`

    def shop(self) -> ShopProfile:
        """Ask the shop for its currency and time zone (one request)."""

    def orders(self, window: OrderWindow) -> Iterator[list[Order]]:
        """Every order of the window with all inner lists complete, in batches; an order may come twice."""

    def orders_by_id(self, ids: Collection[str]) -> tuple[list[Order], set[str]]:
        """The orders with these ids (digits), whole as in `orders()`, and the ids that no longer exist."""

    def unit_costs(self, variant_ids: Collection[str]) -> list[UnitCostSnapshot]:
        """Today's cost per item of the given variants (digits); unknown variants are left out."""


class AdSource(Source, Protocol):
    """Meta."""

    def account(self) -> AdAccount:
        """Ask for the account's currency and time zone (one request)."""

    def first_day(self) -> date:
        """The earliest day the source still answers for."""

    def days(self, since: date, until: date) -> list[AdDay]:
        """All rows of the account's days, both ends included. A day without delivery has no row."""


class ShipmentSource(Source, Protocol):
    """Shiprocket."""

    def created(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order was created on these days (IST), in batches."""

    def updated(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order changed on these days (IST); at most 30 days back."""

    def failed_attempts(self, since: date, until: date) -> set[str]:
        """Ids of shipments with a failed delivery attempt raised on these days (IST)."""

    def found(self, search: str) -> list[Shipment]:
        """All shipments of the orders whose AWB or channel order id is `search`."""


@dataclass(slots=True)
class Notebook:
    """Small texts that a source keeps between runs, by name; plain, so never a secret.

    `save` writes at once, not at the end of the run: a killed run's notes are there for the next one. None
    takes a note away. All notes go when the merchant's credentials of the source change.
    """

    load: Callable[[str], str | None]
    save: Callable[[str, str | None], None]


@dataclass(slots=True)
class TokenCache:
    """A session token kept between runs. `load` gives plain text, `save` stores it encrypted."""

    load: Callable[[], tuple[str, datetime] | None]
    save: Callable[[str, datetime], None]
