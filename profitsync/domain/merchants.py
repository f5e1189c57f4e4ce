"""A merchant (a "user"), its settings and how far each of its sources has been read."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from profitsync.domain.days import DayRange

SHOPIFY, META, SHIPROCKET = "shopify", "meta", "shiprocket"
SOURCES = (SHOPIFY, META, SHIPROCKET)


@dataclass(frozen=True, slots=True)
class FeeRate:
    """What a payment gateway keeps of a prepaid order: `percent` of its charge plus `fixed` per order."""

    gateway: str  # "*" is any
    percent: Decimal = Decimal(0)
    fixed: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class TransactionFees:
    """`source`: none, shopify (as Shopify reports them) or rates."""

    source: str = "none"
    rates: tuple[FeeRate, ...] = ()


@dataclass(frozen=True, slots=True)
class MerchantSettings:
    """How this merchant wants figures computed; defaults as documented."""

    revenue_basis: str = "net"  # or total_sales
    estimated_cost_ratio: Decimal = Decimal("0.40")
    cod_fee_in_freight: bool = True
    cod_gateways: tuple[str, ...] = ()  # further names that mean cash on delivery
    fx_rates: dict[str, Decimal] = field(default_factory=dict)  # shop currency per unit
    transaction_fees: TransactionFees = TransactionFees()


@dataclass(frozen=True, slots=True)
class User:
    """A merchant. `secrets` holds Fernet tokens only, by credential name; nothing here is plain text."""

    id: str
    email: str
    created_at: datetime
    updated_at: datetime
    shopify_store: str | None = None  # the permanent *.myshopify.com host
    meta_ad_account_id: str | None = None  # bare digits; of several accounts, with commas between them
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    settings: MerchantSettings = MerchantSettings()
    is_active: bool = True
    currency: str | None = None  # learnt from the shop
    timezone: str | None = None  # IANA name, learnt from the shop
    last_sync_at: datetime | None = None

    @property
    def meta_ad_accounts(self) -> tuple[str, ...]:
        """The ids of the ad accounts, each bare digits."""
        return tuple(self.meta_ad_account_id.split(",")) if self.meta_ad_account_id else ()

    def configured(self, source: str) -> bool:
        """Whether the merchant has given credentials for this source."""
        if source == SHOPIFY:
            return "shopifyAccessToken" in self.secrets or "shopifyClientId" in self.secrets
        if source == META:
            return "metaAccessToken" in self.secrets
        return "shiprocketEmail" in self.secrets


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far one source of one merchant has been read."""

    source: str
    cursor: datetime | None = None  # everything changed before this instant is stored and calculated
    covered: tuple[DayRange, ...] = ()  # days whose facts are complete
    stale: tuple[DayRange, ...] = ()  # days that a later, failed read left as they were
    last_success_at: datetime | None = None
    last_full_read_at: datetime | None = None  # last rolling re-read, where the source has one
    error: str | None = None  # of the last try, if it failed
    tokens: dict[str, str] = field(default_factory=dict, repr=False)  # encrypted session tokens
    notes: dict[str, str] = field(default_factory=dict)  # small things learnt, e.g. the ad account's zone
    kept: dict[str, str] = field(default_factory=dict)  # what the source itself writes down while it reads


@dataclass(frozen=True, slots=True)
class Job:
    """One sync of one merchant. `status`: running, completed (perhaps with errors) or failed."""

    job_id: str
    user_id: str
    status: str
    started_at: datetime
    created_at: datetime
    completed_at: datetime | None = None
    records_synced: int = 0
    days_written: int = 0
    since: str | None = None
    until: str | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: dict[str, dict[str, str | int]] = field(default_factory=dict)


class CustomerHistory(NamedTuple):
    """What our orders say about one customer (test orders left out)."""

    customer_id: str
    first_order_at: datetime
    orders_known: int
    first_order_index: int | None  # Shopify's index of the earliest order known to us
    lifetime_orders: int | None  # Shopify's count, from the order updated last
