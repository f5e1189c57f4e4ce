"""Answers in the shapes Shopify was recorded to send, and a shop that serves them."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import responses

from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify import Credentials, ShopifySource, StaticToken

BASE = "https://kapda.myshopify.com"
URL = f"{BASE}/admin/api/2026-10/graphql.json"
TOKEN_URL = f"{BASE}/admin/oauth/access_token"
TOKEN = "shpat_0123456789abcdef"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
WINDOW = OrderWindow(updated_from=datetime(2026, 11, 23, 9, tzinfo=UTC))
SHOP = {"currencyCode": "INR", "ianaTimezone": "Asia/Kolkata"}

Json = dict[str, Any]


def bag(amount: str) -> Json:
    return {"shopMoney": {"amount": amount}}


def coded(amount: str, code: str = "INR") -> Json:
    return {"amount": amount, "currencyCode": code}


def ref(kind: str, number: int) -> Json:
    return {"id": f"gid://shopify/{kind}/{number}"}


def page(*nodes: Any, cursor: str | None = None) -> Json:
    """One page of a connection; with a cursor another page follows."""
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}}


def tax(amount: str, rate: float | None = 0.05) -> Json:
    return {"rate": rate, "priceSet": bag(amount)}


def line(number: int = 11, **changes: Any) -> Json:
    return {
        **ref("LineItem", number),
        "name": "Kurta - M",
        "sku": "KUR-M",
        "quantity": 2,
        "isGiftCard": False,
        "requiresShipping": True,
        "product": ref("Product", 101),
        "variant": ref("ProductVariant", 1001),
        "originalUnitPriceSet": bag("1050.0"),
        "discountAllocations": [{"allocatedAmountSet": bag("210.0")}],
        "taxLines": [tax("90.0")],
        **changes,
    }


def shipping_line(price: str = "105.0", tax_amount: str = "5.0", *, removed: bool = False) -> Json:
    return {"isRemoved": removed, "discountedPriceSet": bag(price), "taxLines": [tax(tax_amount)]}


def transaction(**changes: Any) -> Json:
    return {
        "kind": "SALE",
        "status": "SUCCESS",
        "test": False,
        "gateway": "razorpay",
        "createdAt": "2026-11-02T05:30:00Z",
        "processedAt": "2026-11-02T05:30:02Z",
        "amountSet": bag("1995.0"),
        "fees": [],
        **changes,
    }


def order(number: int = 450, **changes: Any) -> Json:
    return {
        **ref("Order", number),
        "name": f"#{number}",
        "test": False,
        "edited": False,
        "taxesIncluded": True,
        "createdAt": "2026-11-02T05:30:00Z",
        "processedAt": "2026-11-02T05:29:00Z",
        "updatedAt": "2026-11-23T09:30:00Z",
        "cancelledAt": None,
        "paymentGatewayNames": ["razorpay"],
        "originalTotalPriceSet": {"shopMoney": coded("1995.0")},
        "currentTotalPriceSet": bag("1995.0"),
        "totalTipReceivedSet": bag("0.0"),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "customer": {**ref("Customer", 7), "numberOfOrders": "3"},
        "customerJourneySummary": {"ready": True, "customerOrderIndex": 1},
        "lineItems": page(line()),
        "shippingLines": page(shipping_line()),
        "transactions": [transaction()],
        "refunds": [],
        **changes,
    }


def refund_line(number: int = 11, **changes: Any) -> Json:
    return {
        "quantity": 1,
        "restockType": "RETURN",
        "lineItem": ref("LineItem", number),
        "subtotalSet": bag("945.0"),
        "totalTaxSet": bag("45.0"),
        **changes,
    }


def refund(number: int = 900, **changes: Any) -> Json:
    return {
        **ref("Refund", number),
        "createdAt": "2026-11-05T08:00:00Z",
        "processedAt": "2026-11-05T07:00:00Z",
        "totalRefundedSet": bag("945.0"),
        "refundLineItems": page(refund_line()),
        "refundShippingLines": page(),
        "orderAdjustments": page(),
        "transactions": page({"kind": "REFUND", "status": "SUCCESS"}),
        **changes,
    }


def adjustment(amount: str = "-100.0", tax_amount: str = "0.0") -> Json:
    return {"reason": "REFUND_DISCREPANCY", "amountSet": bag(amount), "taxAmountSet": bag(tax_amount)}


def fulfilled(number: int = 11, quantity: int | None = 2) -> Json:
    return {"quantity": quantity, "lineItem": ref("LineItem", number)}


def fulfillment(*lines: Json, status: str = "SUCCESS", number: int = 70, cursor: str | None = None) -> Json:
    return {
        **ref("Fulfillment", number), "status": status, "fulfillmentLineItems": page(*lines, cursor=cursor),
    }  # fmt: skip


def details(number: int = 450, refunds: Any = (), fulfillments: Any = ()) -> Json:
    return {**ref("Order", number), "refunds": list(refunds), "fulfillments": list(fulfillments)}


def sale(number: int = 5000, **changes: Any) -> Json:
    return {
        **ref("Sale", number),
        "actionType": "ORDER",
        "lineType": "PRODUCT",
        "quantity": 2,
        "totalAmount": bag("1890.0"),
        "totalTaxAmount": bag("90.0"),
        "totalDiscountAmountBeforeTaxes": bag("200.0"),
        "lineItem": ref("LineItem", 11),
        **changes,
    }


def agreement(*sales: Json, cursor: str | None = None, **changes: Any) -> Json:
    return {
        "happenedAt": "2026-11-02T05:29:00Z", "reason": "ORDER", "sales": page(*sales, cursor=cursor), **changes,
    }  # fmt: skip


def orders_answer(*orders: Json, cursor: str | None = None, counted: int | None = None) -> Json:
    """A page of the list; with `counted`, how many orders the whole window has."""
    told = {} if counted is None else {"counted": {"count": counted}}
    return {"data": {"shop": SHOP, "orders": page(*orders, cursor=cursor), **told}}


def nodes_answer(*nodes: Json | None) -> Json:
    return {"data": {"nodes": list(nodes)}}


def owner_answer(**fields: Any) -> Json:
    return {"data": {"owner": fields}}


def error_answer(code: str, message: str = "no", **rest: Any) -> Json:
    return {"errors": [{"message": message, "extensions": {"code": code}}], **rest}


class Shop:
    """Serves the given answers in order, repeating the last, and keeps what was asked."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self._mock = mock
        self.pauses: list[float] = []
        self.http = HttpClient(
            "Shopify",
            sleep=self.pauses.append,
            rng=random.Random(1),  # noqa: S311 - jitter
            clock=lambda: NOW,
        )

    def answers(self, *bodies: Json) -> None:
        for body in bodies:
            self._mock.post(URL, json=body)

    def source(self, credentials: Credentials | None = None, *, fees: bool = False) -> ShopifySource:
        return ShopifySource(
            self.http, base_url=BASE, version="2026-10", credentials=credentials or StaticToken(TOKEN), fees=fees
        )

    @property
    def asked(self) -> list[Json]:
        """The variables of every query so far."""
        return [self._body(call)["variables"] for call in self._mock.calls if call.request.url == URL]

    @property
    def operations(self) -> list[str]:
        """The names of the queries so far."""
        return [
            self._body(call)["query"].split("query ")[1].split("(")[0].split()[0]
            for call in self._mock.calls
            if call.request.url == URL
        ]

    @staticmethod
    def _body(call: Any) -> Json:
        body: Json = json.loads(call.request.body)
        return body
