"""A merchant of the sandbox as compact, mutable drafts; `render_*` turns one draft at a time into an API object.

Instants are aware UTC datetimes, money is `Decimal` in the currency of its owner. Ids are digits (`str`) on
Shopify's side and integers on Shiprocket's, as in the real APIs. Drafts may be changed while the server runs:
a test that edits one moves its `updated_at` too, as the real API would.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from profitsync.sandbox.drafts_shiprocket import (
    ChargesDraft,
    ItemDraft,
    NdrDraft,
    ParcelDraft,
    ShiprocketOrderDraft,
    ShiprocketWorld,
)
from profitsync.sandbox.drafts_shopify import (
    ZERO,
    AdjustmentDraft,
    EditDraft,
    FeeDraft,
    FulfillmentDraft,
    LineDraft,
    OrderDraft,
    RefundDraft,
    RefundLineDraft,
    RefundShippingDraft,
    ShippingDraft,
    ShopifyWorld,
    TransactionDraft,
    VariantDraft,
)

__all__ = [
    "ZERO",
    "AdDraft",
    "AdjustmentDraft",
    "ChargesDraft",
    "Connection",
    "EditDraft",
    "FeeDraft",
    "FulfillmentDraft",
    "ImportReport",
    "ItemDraft",
    "LineDraft",
    "MetaWorld",
    "NdrDraft",
    "OrderDraft",
    "ParcelDraft",
    "RefundDraft",
    "RefundLineDraft",
    "RefundShippingDraft",
    "ShippingDraft",
    "ShiprocketOrderDraft",
    "ShiprocketWorld",
    "ShopifyWorld",
    "TokenDraft",
    "TransactionDraft",
    "VariantDraft",
    "World",
    "invented_secret",
]

T = TypeVar("T")


def invented_secret(source: str, world: str) -> str:
    """The credential of one source of one world. It opens nothing but the sandbox, so it may be known."""
    return f"sandbox-{source}-{world}"


class Connection(list[T]):
    """A list that the GraphQL schema publishes as a connection (nodes, edges, pageInfo), not as a plain list."""


@dataclass(slots=True)
class AdDraft:
    """One account day with delivery; `spend` and `purchase_value` are in the account's currency."""

    spend: Decimal
    impressions: int
    reach: int
    link_clicks: int
    clicks: int  # all clicks, likes and profile taps included
    purchases: int = 0
    purchase_value: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class TokenDraft:
    """What a token says of itself. Times are Unix seconds; 0 is never."""

    kind: str = "SYSTEM_USER"
    expires_at: int = 0
    data_access_expires_at: int = 0
    scopes: tuple[str, ...] = ("ads_read",)


@dataclass(slots=True)
class MetaWorld:
    """An ad account. Days are the account's own; a day without delivery is not in `days`."""

    account_id: str  # bare digits
    currency: str
    timezone: str
    access_token: str = field(repr=False)
    name: str = "Shop"
    days: dict[date, AdDraft] = field(default_factory=dict)
    status: int = 1  # `account_status`
    disable_reason: int = 0
    token: TokenDraft = TokenDraft()
    app_secret: str | None = field(default=None, repr=False)  # when set, calls must prove it


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a CSV import made of its rows; nothing is left out without being counted here."""

    rows: int = 0
    orders: int = 0
    order_lines: int = 0
    guest_orders: int = 0
    credit_lines: int = 0  # lines of C invoices
    credit_lines_without_return: int = 0  # of those, lines without a negative quantity
    credit_units: int = 0
    matched_units: int = 0
    unmatched_units: int = 0  # no unreturned purchase of that customer and item
    guest_credit_units: int = 0  # credit notes without a customer
    refunds: int = 0
    stock_movement_lines: int = 0  # non-positive quantity on an ordinary invoice
    bad_debt_lines: int = 0  # A invoices and negative prices

    def lines(self) -> Iterable[str]:
        """One readable line per count."""
        for name in self.__slots__:
            yield f"{name.replace('_', ' ')}: {getattr(self, name)}"


@dataclass(slots=True)
class World:
    """One merchant as the three APIs see it; None is a source the merchant does not use."""

    name: str
    shopify: ShopifyWorld | None = None
    meta: MetaWorld | None = None
    shiprocket: ShiprocketWorld | None = None
    report: ImportReport | None = None
    further_meta: list[MetaWorld] = field(default_factory=list)  # more ad accounts, of the same token

    @property
    def ad_accounts(self) -> list[MetaWorld]:
        """All ad accounts."""
        return ([self.meta] if self.meta else []) + self.further_meta

    def user_json(self) -> dict[str, Any]:
        """The JSON object that `users add --from` takes to register this merchant."""
        user = {"email": f"{self.name}@sandbox.example"}
        if shop := self.shopify:
            user["shopifyStore"] = shop.host
            if shop.access_token:
                user["shopifyAccessToken"] = shop.access_token
            else:
                user["shopifyClientId"] = shop.client_id or ""
                user["shopifyClientSecret"] = shop.client_secret or ""
        if self.meta:
            user["metaAccessToken"] = self.meta.access_token
            user["metaAdAccountId"] = ",".join(account.account_id for account in self.ad_accounts)
            if self.meta.app_secret:
                user["metaAppSecret"] = self.meta.app_secret
        if self.shiprocket:
            user["shiprocketEmail"] = self.shiprocket.email
            user["shiprocketPassword"] = self.shiprocket.password
        return user
