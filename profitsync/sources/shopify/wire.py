"""The frame of Shopify's answers: amounts, ids, pages. Checked while decoding.

Lists are completed in place when they came in several pages.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

import msgspec

from profitsync.sources.limits import MOST_UNITS, is_amount

T = TypeVar("T")

GID = r"\Agid://shopify/\w+/([0-9]{1,40})(?:\?|\Z)"
Gid = Annotated[str, msgspec.Meta(pattern=GID)]
UncheckedGid = str  # orders hold so many ids that each is checked only when `digits` takes it apart
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_UNITS)]
SignedCount = Annotated[int, msgspec.Meta(ge=-MOST_UNITS, le=MOST_UNITS)]
BigCount = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,18}\Z")]  # UnsignedInt64 comes as a string
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

_matched = re.compile(GID).match

# What decoding a part raises: a part is not looked into before, so it may still be no JSON, or be nested too deep.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Wire(msgspec.Struct, rename="camel", gc=False):
    """Field names are Shopify's, in snake case. No record leads back to itself, so none needs the collector."""


class Money(Wire):
    """An amount in shop currency; Shopify sends it as a string."""

    amount: Decimal

    def __post_init__(self) -> None:
        if not is_amount(self.amount):
            raise ValueError("an amount must be a number of money")


class CodedMoney(Money):
    """An amount that says its currency."""

    currency_code: str


class MoneyBag(Wire):
    """The shop-currency side of an amount."""

    shop_money: Money


class CodedMoneyBag(Wire):
    """The shop-currency side of an amount, with the currency's code."""

    shop_money: CodedMoney


class PageInfo(Wire):
    """Where a page ends."""

    has_next_page: bool
    end_cursor: str | None


class Connection(Wire, Generic[T]):
    """One page of a list, or the whole list once it was completed."""

    nodes: list[T]
    page_info: PageInfo


class Ref(Wire):
    """Something of which only the id matters."""

    id: UncheckedGid


class Shop(Wire):
    """Shop."""

    currency_code: str
    iana_timezone: str


class ShopAnswer(Wire):
    """Answer of the `Shop` query."""

    shop: Shop


class Number(Wire):
    """A count; below a limit that we never set, it is exact."""

    count: Count


class Counted(Wire):
    """Answer of a query for one count."""

    counted: Number


class OrdersAnswer(Wire):
    """Answer of the `Orders` query; orders stay undecoded so that a bad one can be named."""

    shop: Shop
    orders: Connection[msgspec.Raw]
    counted: Number | None = None  # with the first page only


class Listed(Wire):
    """An object in a list of ids."""

    id: Gid


class OrderIdsAnswer(Wire):
    """Answer of the `OrderIds` query."""

    orders: Connection[Listed]
    counted: Number | None = None  # with the first page only


class Scope(Wire):
    """AccessScope."""

    handle: str


class Installation(Wire):
    """AppInstallation."""

    access_scopes: list[Scope]


class ScopesAnswer(Wire):
    """Answer of the `Scopes` query."""

    current_app_installation: Installation


class ApiVersion(Wire):
    """ApiVersion; a release candidate is not supported yet."""

    handle: str
    supported: bool


class CheckAnswer(ScopesAnswer):
    """Answer of the `Check` query."""

    shop: Shop
    public_api_versions: list[ApiVersion]


class Glance(Wire):
    """Which order, and its times."""

    id: Gid
    updated_at: Instant
    processed_at: Instant


class Named(Wire):
    """Enough of an order to name it."""

    name: str


class NodesAnswer(Wire):
    """Answer of a `nodes(ids:)` query, in the order of the ids; `null` where there is no such object."""

    nodes: list[msgspec.Raw]


class PageOwner(Wire, Generic[T]):
    """The object an inner list belongs to."""

    items: Connection[T]


class ListOwner(Wire, Generic[T]):
    """The object a list without cursor belongs to."""

    items: list[T]


class Owned(Wire, Generic[T]):
    """Answer of a query about one object; None: it is gone."""

    owner: T | None


def digits(gid: str) -> str:
    """The number of a global id: `gid://shopify/Order/450` is `450`. Raises `ValueError` when it is none."""
    matched = _matched(gid)
    if matched is None:
        raise ValueError("an id must be a global id with a number")
    return matched[1]
