"""Shiprocket answers as they were seen, and a source that reads them without a network or a pause."""

import base64
import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import responses

from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, TokenCache
from profitsync.sources.shiprocket import ShiprocketSource

BASE = "https://shiprocket.example"
URL = f"{BASE}/v1/external"
LOGIN, ORDERS, SHIPMENTS, NDR = (f"{URL}/{path}" for path in ("auth/login", "orders", "shipments", "ndr/all"))
EMAIL, PASSWORD = "api-user@shop.example", "pa55-word"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 10)

Json = dict[str, Any]


def jwt(name: str, until: datetime) -> str:
    """A token as Shiprocket makes them; nobody checks its signature."""
    claims = json.dumps({"cid": 1, "jti": name, "exp": int(until.timestamp())})
    return f"e30.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.sig-{name}"


KEPT = jwt("kept", NOW + timedelta(days=5))
FRESH = jwt("fresh", NOW + timedelta(days=10))


def parcel(number: int = 1, **other: Any) -> Json:
    """An element of an order's `shipments`."""
    return {
        "id": 698100000 + number,
        "awb": f"14300000{number:04d}",
        "courier": "Some Surface",
        "status": 10,
        "shipped_date": "2026-11-04 18:20:00",
        "delivered_date": None,
        "rto_initiated_date": "NA",
        "rto_delivered_date": "2026-11-14 12:00:00",
    } | other


BILL = {
    "zone": "",
    "cod_charges": 45,
    "applied_weight_amount": "112.00",
    "freight_charges": "112.00",
    "charged_weight_amount": "",
    "charged_weight_amount_rto": "88.00",
    "applied_weight_amount_rto": "88.00",
    "applied_weight": "0.500",
    "billing_amount": "",
}


def order(number: int = 1, **other: Any) -> Json:
    """An element of `GET /orders`, an RTO by default."""
    return {
        "id": 700100000 + number,
        "channel_order_id": f"#{1000 + number}",
        "customer_name": "",
        "status": "RTO DELIVERED",
        "status_code": 16,
        "payment_method": "cod",
        "total": "1299.00",
        "created_at": "3 Nov 2026, 12:05 AM",
        "updated_at": "14 Nov 2026, 12:05 PM",
        "is_return": 0,
        "products": [{"name": "Tee", "channel_sku": "TEE-M", "quantity": 2, "price": "649.50"}],
        "shipments": [parcel(number)],
        "awb_data": {"charges": BILL},
    } | other


def page(*items: Json, number: int = 1, pages: int | None = 1, more: bool = False, **other: Any) -> Json:
    """A list answer; `more` adds the link to a next page, which has lost the filters, as seen."""
    pagination = {
        "total": len(items),
        "count": len(items),
        "per_page": 100,
        "current_page": number,
        "total_pages": pages,
        "links": {"next": f"{ORDERS}?page={number + 1}"} if more else {},
    }
    return {"data": list(items), "meta": {"pagination": pagination | other}}


class Courier:
    """A Shiprocket company in memory, and what a run keeps of it."""

    def __init__(self, wire: responses.RequestsMock) -> None:
        self.wire = wire
        self.now = NOW
        self.pauses: list[float] = []
        self.kept: tuple[str, datetime] | None = (KEPT, NOW + timedelta(days=5))
        self.notes: dict[str, str] = {}
        self.version = "1"

    def source(self, pace: float = 0.0) -> ShiprocketSource:
        http = HttpClient(
            "Shiprocket",
            sleep=self._sleep,
            rng=random.Random(1),  # noqa: S311 - jitter
            clock=lambda: self.now,
            pace=pace,
        )
        return ShiprocketSource(
            http,
            base_url=BASE,
            email=EMAIL,
            password=PASSWORD,
            cache=TokenCache(load=lambda: self.kept, save=self._save),
            notebook=Notebook(load=self.notes.get, save=self._note),
            clock=lambda: self.now,
            version=self.version,
        )

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def _note(self, name: str, text: str | None) -> None:
        self.notes.pop(name, None)
        if text is not None:
            self.notes[name] = text

    def _save(self, token: str, until: datetime) -> None:
        self.kept = token, until

    def lets_in(self, token: str = FRESH) -> None:
        self.wire.post(LOGIN, json={"id": 1, "email": EMAIL, "company_id": 7, "token": token})

    def lists(self, *bodies: Any, url: str = ORDERS, status: int = 200, **other: Any) -> None:
        for body in bodies:
            self.wire.get(url, json=body, status=status, **other)

    def sent(self, url: str = ORDERS) -> list[dict[str, str]]:
        """The parameters of every request to this address so far."""
        requests = [call.request for call in self.wire.calls]
        return [r.params for r in requests if str(r.url).split("?")[0] == url]  # type: ignore[attr-defined]

    def logins(self) -> int:
        return len(self.sent(LOGIN))

    def tokens_used(self) -> list[str]:
        requests = [call.request for call in self.wire.calls if call.request.method == "GET"]
        return [str(request.headers["Authorization"]).removeprefix("Bearer ") for request in requests]
