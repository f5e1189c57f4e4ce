"""What a store can do. MongoDB and SQLite implement it; one contract suite holds for both.

Every write is idempotent (natural keys, whole-record replacement) and durable when the call returns; a lease,
the record of a job that runs, facts, and what is written with `durable` off, against the end of our own process.
What was written first is never lost without what was written after it.
No method leaks a query language. Each raises `StoreUnavailableError` when the database is away.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from profitsync.domain.access import ApiKey
from profitsync.domain.ads import AdDay
from profitsync.domain.costs import ProductCost
from profitsync.domain.days import DayRange
from profitsync.domain.hints import Hint
from profitsync.domain.merchants import CustomerHistory, Job, SourceState, User
from profitsync.domain.orders import Order
from profitsync.domain.rows import DayMetrics
from profitsync.domain.shipments import Shipment
from profitsync.errors import UsageError
from profitsync.stores.slips import AnyOrder, Form

F = TypeVar("F", covariant=True)


class Indexed(NamedTuple, Generic[F]):
    """A fact with what it is found by: the shop days it may touch, and its matching keys.

    An order has one key, its normalised name. A shipment has one or two: the normalised channel order id
    as given, and the same without a clone suffix or return prefix.
    """

    fact: F
    days: tuple[date, ...]
    keys: tuple[str, ...]


class DuplicateUserError(UsageError):
    """The e-mail or the shop is registered already."""


class Store(Protocol):
    """See the module's docstring. `user_id` scopes every fact; ranges of days include both ends."""

    # --- the database itself
    def prepare(self) -> None:
        """Create tables or indexes; doing it twice changes nothing."""

    def ping(self) -> None:
        """Raise `StoreUnavailableError` unless the database answers."""

    def close(self) -> None: ...

    def address(self) -> str:
        """The URL by which another process opens the same database; as secret as the password it may hold."""

    @property
    def order_form(self) -> Form:
        """How orders are best written down before they come here."""

    # --- users
    def add_user(self, user: User) -> None:
        """Raise `DuplicateUserError` when its e-mail (case-folded) or its shop is taken."""

    def save_user(self, user: User) -> None:
        """Replace a stored user; the same duplicates are refused. Unknown id: `KeyError`."""

    def find_user(self, ref: str) -> User | None:
        """By id, e-mail (any case) or shop host."""

    def users(self) -> list[User]:
        """All, oldest first."""

    def remove_user(self, user_id: str) -> None:
        """The user and everything stored for it: costs, facts, figures, jobs, states, hints."""

    # --- product costs
    def costs(self, user_id: str) -> list[ProductCost]:
        """All entries, ordered by id."""

    def put_costs(self, user_id: str, costs: Sequence[ProductCost], *, durable: bool = True) -> None:
        """Insert or replace by id, all or nothing where the database can."""

    def delete_costs(self, user_id: str, ids: Collection[str]) -> None: ...

    # --- facts: orders
    def orders_by_id(self, user_id: str, ids: Collection[str]) -> dict[str, Order]: ...

    def put_orders(self, user_id: str, orders: Sequence[Indexed[AnyOrder]]) -> None:
        """Insert or replace, with their index entries."""

    def add_orders(self, user_id: str, orders: Sequence[Indexed[AnyOrder]]) -> set[str]:
        """Insert those that are not stored yet; the ids of the others, which stay as they are.

        The ids differ. Made for many new orders: cheaper than to look for them first.
        """

    def delete_orders(self, user_id: str, ids: Collection[str]) -> None: ...

    def orders_touching(self, user_id: str, days: DayRange) -> Iterator[list[Order]]:
        """Every order with an indexed day in the range, each once, in batches of bounded size."""

    def orders_by_key(self, user_id: str, keys: Collection[str], elsewhere: DayRange | None = None) -> list[Order]:
        """Orders with any of the keys; with `elsewhere` only those that have no indexed day in that range."""

    def orders_indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]:
        """The indexed days, and the keys, of every order with any of `keys`."""

    def has_orders(self, user_id: str) -> bool:
        """Whether any order is stored."""

    def count_orders_placed(self, user_id: str, start: datetime, end: datetime) -> int:
        """How many `orders_placed` would name."""

    def orders_placed(self, user_id: str, start: datetime, end: datetime) -> set[str]:
        """Ids of every stored order placed (processed) in [start, end), tests included."""

    def customer_histories(self, user_id: str, customer_ids: Collection[str]) -> dict[str, CustomerHistory]:
        """First order, count of orders and Shopify's counts per customer; test orders left out."""

    def customer_orders(self, user_id: str, start: datetime, end: datetime) -> Iterator[tuple[str, datetime]]:
        """(customer id, processed_at) of every order with a customer placed in [start, end); no tests."""

    # --- facts: shipments
    def shipments_by_id(self, user_id: str, ids: Collection[str]) -> dict[str, Shipment]: ...

    def put_shipments(self, user_id: str, shipments: Sequence[Indexed[Shipment]]) -> None: ...

    def has_shipments(self, user_id: str) -> bool:
        """Whether any shipment is stored."""

    def shipments_touching(
        self, user_id: str, days: DayRange, without: Collection[str] = ()
    ) -> Iterator[list[Shipment]]:
        """Every shipment with an indexed day in the range, each once, in batches of bounded size.

        Those with an id in `without` are left out.
        """

    def shipments_by_key(self, user_id: str, keys: Collection[str]) -> list[Shipment]: ...

    def shipments_indexed_with(self, user_id: str, keys: Collection[str]) -> tuple[set[date], set[str]]:
        """The indexed days, and the keys, of every shipment with any of `keys`."""

    # --- facts: ads
    def ad_days(self, user_id: str, days: DayRange, accounts: Collection[str] | None = None) -> list[AdDay]:
        """Of these accounts, or of all; ordered by day, then account."""

    def put_ad_days(self, user_id: str, rows: Sequence[AdDay]) -> None:
        """Insert or replace by account and day."""

    def delete_ad_days(self, user_id: str, account_id: str, days: Collection[date]) -> None: ...

    # --- days waiting for recalculation (set before the facts change, cleared after the figures are stored)
    def mark_dirty(self, user_id: str, source: str, days: Collection[date], *, durable: bool = True) -> None:
        """Add days under the name of the source (or other cause) whose facts are about to change."""

    def dirty_days(self, user_id: str) -> dict[str, set[date]]:
        """Waiting days by source; a source without any is left out."""

    def clear_dirty(self, user_id: str, source: str, days: Collection[date]) -> None: ...

    # --- figures
    def metrics(self, user_id: str, days: DayRange) -> list[DayMetrics]:
        """Stored days of the range, in order."""

    def put_metrics(self, user_id: str, rows: Sequence[DayMetrics], *, durable: bool = True) -> None:
        """Replace whole days under (user, day)."""

    # --- how far each source was read
    def source_states(self, user_id: str) -> dict[str, SourceState]: ...

    def save_source_state(self, user_id: str, state: SourceState) -> None: ...

    def save_source_states(self, user_id: str, states: Sequence[SourceState]) -> None:
        """Several at once: one trip to the database."""

    # --- jobs
    def put_job(self, job: Job) -> None:
        """Insert or replace by `job_id`."""

    def job(self, job_id: str) -> Job | None: ...

    def jobs(self, user_id: str | None = None, limit: int = 50, status: str | None = None) -> list[Job]:
        """Newest first."""

    # --- incidents: merchants whose trouble somebody was told of
    def open_incident(self, user_id: str, now: datetime, text: str) -> bool:
        """Note one; True for whoever did, False while one is open. Atomic between processes and machines."""

    def close_incident(self, user_id: str) -> bool:
        """True for whoever ended it; False when none was open."""

    # --- records to be read again
    def put_hint(self, hint: Hint) -> None:
        """Insert, or replace the hint of the same merchant, kind and record."""

    def hinted_users(self) -> list[str]:
        """Ids of the merchants with hints, in order."""

    def hints(self, user_id: str, limit: int) -> list[Hint]:
        """The oldest ones."""

    def drop_hints(self, hints: Sequence[Hint]) -> None:
        """Forget these very hints; one that was replaced meanwhile stays."""

    # --- keys of the server
    def put_api_key(self, key: ApiKey) -> None:
        """Insert or replace by id."""

    def api_key(self, key_id: str) -> ApiKey | None: ...

    def api_keys(self) -> list[ApiKey]:
        """All, oldest first."""

    def remove_api_key(self, key_id: str) -> None: ...

    # --- leases
    def acquire_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Take the lease if it is free, expired at `now`, or ours. Atomic between processes and machines."""

    def renew_lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Prolong our lease; False when it is no longer ours."""

    def release_lease(self, name: str, owner: str) -> None:
        """Give it back; somebody else's lease stays untouched."""
