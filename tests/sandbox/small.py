"""Small merchants for tests of the sandbox's server."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import (
    AdDraft,
    LineDraft,
    MetaWorld,
    NdrDraft,
    OrderDraft,
    ParcelDraft,
    RefundDraft,
    RefundLineDraft,
    ShippingDraft,
    ShiprocketOrderDraft,
    ShiprocketWorld,
    ShopifyWorld,
    VariantDraft,
    World,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOST = "tea.myshopify.com"
VERSION = "2026-10"
ACCOUNT = "1234567890"
EMAIL = "api@tea.example"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **parts: float) -> None:
        """Move it on by a `timedelta`'s parts."""
        self.now += timedelta(**parts)


def order(number: int, *, hour: int = 0, lines: int = 1, **changes: Any) -> OrderDraft:
    """Order `number`, placed and changed on 1 November 2026 at `hour` UTC."""
    at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
    fields: dict[str, Any] = {
        "id": str(number), "name": f"#{number}", "created_at": at, "processed_at": at, "updated_at": at,
        "lines": tuple(line(number * 100 + place) for place in range(lines)),
    }  # fmt: skip
    return OrderDraft(**{**fields, **changes})


def line(number: int) -> LineDraft:
    """One tea, no discount, no tax."""
    return LineDraft(
        id=str(number),
        title="Tea",
        quantity=1,
        unit_price=Decimal(10),
        sku="TEA",
        product_id="81",
        variant_id="91",
    )


def refund(number: int, of: OrderDraft) -> RefundDraft:
    """All lines of an order taken back."""
    backs = tuple(RefundLineDraft(one.id, 1, Decimal(10)) for one in of.lines)
    return RefundDraft(id=str(number), at=of.processed_at + timedelta(hours=1), lines=backs)


def removed_shipping() -> tuple[ShippingDraft, ...]:
    """One shipping line in force, one removed."""
    return (ShippingDraft("1", Decimal(5)), ShippingDraft("2", Decimal(7), removed=True))


def shop(*orders: OrderDraft, host: str = HOST, **changes: Any) -> ShopifyWorld:
    """A shop in Indian time."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    tea = VariantDraft("91", "81", "Tea", Decimal(10), made, made, sku="TEA", unit_cost=Decimal(4))
    cup = VariantDraft("92", "82", "Cup", Decimal(20), made, made, sku="CUP")
    fields: dict[str, Any] = {
        "host": host, "currency": "INR", "timezone": "Asia/Kolkata", "taxes_included": False,
        "access_token": f"token-of-{host}", "orders": {one.id: one for one in orders},
        "variants": {one.id: one for one in (tea, cup)},
    }  # fmt: skip
    return ShopifyWorld(**{**fields, **changes})


def ads(*days: date, account_id: str = ACCOUNT) -> MetaWorld:
    """An ad account with delivery on the given days."""
    rows = {
        day: AdDraft(Decimal("12.50"), 1000, 800, 20, 25, purchases=1, purchase_value=Decimal(40)) for day in days
    }
    return MetaWorld(account_id, "INR", "Asia/Kolkata", access_token=f"token-of-{account_id}", days=rows)


def parcel_order(number: int, created: datetime, changed: datetime | None = None) -> ShiprocketOrderDraft:
    """A Shiprocket order with one delivered parcel."""
    parcel = ParcelDraft(number + 500, created, 7, "DELIVERED", awb=f"AWB{number}")
    return ShiprocketOrderDraft(
        id=number, channel_order_id=f"#{number}", created_at=created, updated_at=changed or created,
        status="DELIVERED", status_code=7, cod=False, total=Decimal(10), items=(), parcels=[parcel],
    )  # fmt: skip


def carrier(*orders: ShiprocketOrderDraft, email: str = EMAIL, ndr: tuple[NdrDraft, ...] = ()) -> ShiprocketWorld:
    """A company with one API user."""
    return ShiprocketWorld(email, f"password-of-{email}", 77, {one.id: one for one in orders}, list(ndr))


class Caller:
    """Calls a sandbox as a client would, over one session."""

    def __init__(self, sandbox: Sandbox, session: requests.Session) -> None:
        self.sandbox = sandbox
        self.session = session

    def graphql(
        self, query: str, *, host: str = HOST, token: str | None = None, version: str = VERSION, **variables: Any
    ) -> requests.Response:
        """One GraphQL request."""
        return self.session.post(
            f"{self.sandbox.url}/shopify/{host}/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": token or f"token-of-{host}"},
        )

    def answer(self, query: str, **variables: Any) -> Any:
        """The whole JSON of a GraphQL answer."""
        response = self.graphql(query, **variables)
        assert response.status_code == 200
        return response.json()

    def data(self, query: str, **variables: Any) -> Any:
        """The data of a faultless GraphQL answer."""
        answer = self.answer(query, **variables)
        assert "errors" not in answer
        return answer["data"]

    def code(self, query: str, **variables: Any) -> str:
        """The code of the only error of a GraphQL answer."""
        (error,) = self.answer(query, **variables)["errors"]
        return str(error["extensions"]["code"])

    def meta(
        self, path: str, *, account: str = ACCOUNT, token: str | None = None, version: str = "v26.0", **query: str
    ) -> requests.Response:
        """One Graph API request; `path` follows `act_…`."""
        return self.session.get(
            f"{self.sandbox.url}/meta/{version}/act_{account}{path}",
            params=query,
            headers={"Authorization": f"Bearer {token or f'token-of-{account}'}"},
        )

    def login(self, email: str = EMAIL, password: str | None = None) -> requests.Response:
        """A Shiprocket login."""
        body = {"email": email, "password": password or f"password-of-{email}"}
        return self.session.post(f"{self.sandbox.url}/shiprocket/v1/external/auth/login", json=body)

    def shiprocket(self, path: str, token: str, **query: str | int) -> requests.Response:
        """One Shiprocket request."""
        params: Mapping[str, str] = {name: str(value) for name, value in query.items()}
        return self.session.get(
            f"{self.sandbox.url}/shiprocket/v1/external{path}",
            params=params,
            headers={"Authorization": f"Bearer {token}"},
        )


def merchant(
    name: str = "tea",
    shopify: ShopifyWorld | None = None,
    meta: MetaWorld | None = None,
    shiprocket: ShiprocketWorld | None = None,
) -> World:
    """A world of the given parts."""
    return World(name, shopify, meta, shiprocket)
