"""What the sync needs of each source. Real ones speak HTTP; tests may hand in plain ones.

Every method raises a `SourceError` subclass and never answers a failure with an empty list.
`requests` counts HTTP requests sent so far, tries included; `warnings` gathers, while it reads, what people should
know of an answer that is usable but not as it should be, one line each, without the source's name. One object
serves one merchant in one run and is used from one thread.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from profitsync.domain.ads import AdDay
from profitsync.domain.costs import UnitCostSnapshot
from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.sources.findings import Finding
from profitsync.stores.slips import AnyOrder


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
class Placed:
    """Orders placed (processed) from `start` to before `end`: UTC instants of whole seconds."""

    start: datetime
    end: datetime


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

    def check(self) -> list[Finding]:
        """Ask the API about itself (a few requests) and say what works and what does not.

        Raises `SourceError` when nothing can be asked.
        """


class OrderSource(Source, Protocol):
    """Shopify."""

    profile: ShopProfile | None  # known after `shop()` or after the first page of `orders()`

    @property
    def points(self) -> int:
        """Query points taken so far, Shopify's measure of how much was asked."""

    @property
    def clock_ahead(self) -> timedelta:
        """By how much this machine's clock was ahead of the shop's at its last answer; zero where not known."""

    def shop(self) -> ShopProfile:
        """Ask the shop for its currency and time zone (one request)."""

    def hidden_before(self, since: datetime) -> datetime | None:
        """The instant before which created orders are hidden from us, if `since` lies before it; else None.

        May ask for the app's scopes (one request). Raises `CredentialsError` when no order can be read at all.
        """

    def orders(self, window: OrderWindow) -> Iterator[Sequence[AnyOrder]]:
        """Every order of the window with all inner lists complete, in batches; an order may come twice.

        Those that another process has read come written down.

        Raises `BadResponseError` at the end when fewer came than the source counts.
        """

    def stored(self) -> None:
        """Everything that `orders` gave is stored; what would help another run to read it again may go."""

    def orders_by_id(
        self, ids: Collection[str], created: Mapping[str, datetime] | None = None
    ) -> tuple[list[Order], set[str]]:
        """The orders of these ids (digits), whole, and the ids that no longer exist.

        `created` tells of known orders when they were created: where old orders are hidden from us, an id that is
        not found counts as gone only if its order is known to be young enough to be seen.
        """

    def counts(self, spans: Sequence[Placed]) -> list[int]:
        """How many orders were placed in each span, test orders included."""

    def ids(self, span: Placed) -> set[str]:
        """Ids of every order placed in the span, test orders included; never a part of them."""

    def unit_costs(self, variant_ids: Collection[str]) -> list[UnitCostSnapshot]:
        """Today's cost per item of the given variants (digits); unknown variants are left out."""


class AdSource(Source, Protocol):
    """Meta."""

    @property
    def account_ids(self) -> tuple[str, ...]:
        """Bare digits, as registered for the merchant."""

    def accounts(self) -> list[AdAccount]:
        """Ask each account for its currency and time zone (one request each)."""

    def first_day(self) -> date:
        """The earliest day the source still answers for, whatever the account."""

    def days(self, since: date, until: date) -> list[AdDay]:
        """All rows of all accounts' days, both ends included. A day without delivery has no row."""


class ShipmentSource(Source, Protocol):
    """Shiprocket."""

    def created(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order was created on these days (IST), in batches."""

    def updated(self, since: date, until: date) -> Iterator[list[Shipment]]:
        """Shipments whose order changed on these days (IST); at most 30 days back."""

    def failed_attempts(self, since: date, until: date) -> set[str]:
        """Ids of shipments with a failed delivery attempt raised on these days (IST)."""

    def found(self, search: str) -> list[Shipment]:
        """All shipments of the orders whose AWB or channel order id is `search`, "#" and case aside."""


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
