"""Shopify's Admin API as the sandbox serves it: tokens, versions, GraphQL with cost and throttling.

Paths: `/{shop host}/admin/api/{version}/graphql.json`, `/{shop host}/admin/oauth/access_token`, and for the files
of bulk operations, which elsewhere lie with a storage provider, `/{shop host}/admin/bulk/{number}.jsonl`.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from profitsync.sandbox.bulk import BulkOperations, BulkStyle
from profitsync.sandbox.cost import LARGEST_COST, Bucket, BucketSize, requested_cost
from profitsync.sandbox.execution import Execution
from profitsync.sandbox.faults import Fault
from profitsync.sandbox.graphql import Field, Operation, Path, QueryError
from profitsync.sandbox.http import Answer, BodyError, Request, html_answer, json_answer
from profitsync.sandbox.shopify_data import VERSIONS, ShopData
from profitsync.sandbox.shopify_faults import BROKEN, broken, redirect, times_out
from profitsync.sandbox.world import World

TOKEN_LIFE = timedelta(hours=24)  # of a client-credentials token
BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105
STATUS_TEXTS = {402: "Unavailable Shop", 403: "Forbidden", 404: "Not Found", 423: "Locked", 429: "Throttled"}
SCOPES: Mapping[tuple[str, str], str] = {
    ("QueryRoot", "orders"): "read_orders",
    ("QueryRoot", "order"): "read_orders",
    ("QueryRoot", "ordersCount"): "read_orders",
    ("QueryRoot", "refund"): "read_orders",
    ("QueryRoot", "productVariants"): "read_products",
    ("Order", "customer"): "read_customers",
    ("LineItem", "product"): "read_products",
    ("LineItem", "variant"): "read_products",
    ("InventoryItem", "unitCost"): "read_inventory",
}
_PATH = re.compile(
    r"/(?P<host>[^/]+)/admin/(?:api/(?P<version>[^/]+)/graphql\.json|(?P<grant>oauth/access_token))"
)
_FILE = re.compile(r"/(?P<host>[^/]+)/admin/bulk/(?P<number>\d+)\.jsonl")


class ShopifyApi:
    """All shops of the sandbox."""

    name = "shopify"

    def __init__(
        self, worlds: Sequence[World], clock: Callable[[], datetime], bucket: BucketSize, bulk: BulkStyle
    ) -> None:
        self._worlds = worlds
        self._clock = clock
        self._bucket_size = bucket
        self._bulk_style = bulk
        self._shops: dict[str, _Shop] = {}

    def operation(self, request: Request) -> str:
        """The GraphQL operation's name or root fields; else the path."""
        try:
            body = request.json()
            operation = Operation(str(body["query"]), body.get("variables") or {}, body.get("operationName"))
            roots = ",".join(one.name for one in operation.root_fields())
        except (BodyError, QueryError, TypeError, KeyError, AttributeError):
            return request.path.partition("/admin")[1] + request.path.partition("/admin")[2]
        return operation.name if operation.name == roots else f"{operation.name} {roots}"

    def merchant(self, request: Request) -> str:
        """The shop's host."""
        return request.path.split("/")[1]

    def answer(self, request: Request, fault: Fault | None) -> Answer:
        """Tokens, GraphQL and files of bulk operations; everything else is not found."""
        if (file := _FILE.fullmatch(request.path)) and (owner := self._shop(file["host"])):
            return owner.bulk.file(file["number"], request)
        match = _PATH.fullmatch(request.path)
        shop = self._shop(match["host"]) if match else None
        if match is None or request.method != "POST" or (shop is None and not match["grant"]):
            return self.error(404)
        if shop is None:
            return html_answer(404, "Not Found")
        if match["grant"]:
            return shop.grant(request, refused=fault is not None and fault.kind == "credentials")
        if fault is not None and fault.kind == "credentials":
            return self.error(401)
        if fault is not None and fault.kind == "redirect":
            return redirect(fault.value, request.path)
        return shop.graphql(request, match["version"], fault)

    def close(self) -> None:
        """Remove the files of bulk operations."""
        for shop in self._shops.values():
            shop.bulk.close()

    def error(self, status: int) -> Answer:
        """`{"errors": "text"}`, as the Admin API answers outside GraphQL."""
        text = BAD_TOKEN if status == 401 else STATUS_TEXTS.get(status, "Internal Server Error")
        return json_answer({"errors": text}, status)

    def _shop(self, host: str) -> "_Shop | None":
        for world in self._worlds:
            if world.shopify is not None and world.shopify.host == host:
                shop = self._shops.get(host)
                if shop is None or shop.world is not world.shopify:
                    data = ShopData(world.shopify, self._clock)
                    if shop is None:
                        bucket = Bucket(self._bucket_size, self._clock)
                        bulk = BulkOperations(data, self._clock, self._bulk_style)
                        shop = self._shops[host] = _Shop(data, self._clock, bucket, bulk, {})
                    else:
                        shop.bulk.data = data
                        shop = self._shops[host] = _Shop(data, self._clock, shop.bucket, shop.bulk, shop.tokens)
                return shop
        return None


class _Shop:
    """One shop: its issued tokens, its bucket, its bulk operations, its data."""

    def __init__(
        self,
        data: ShopData,
        clock: Callable[[], datetime],
        bucket: Bucket,
        bulk: BulkOperations,
        tokens: dict[str, datetime],
    ) -> None:
        self.world = data.world
        self.bucket = bucket
        self.bulk = bulk
        self.tokens = tokens  # issued by the client-credentials grant, with their expiry
        self._clock = clock
        self._data = data

    def grant(self, request: Request, refused: bool) -> Answer:
        """The client-credentials grant."""
        try:
            form = request.form()
        except BodyError:
            return json_answer({"error": "invalid_request"}, 400)
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if refused or not self._is_client(form.get("client_id", ""), form.get("client_secret", "")):
            description = "The client credentials are not valid."
            return json_answer({"error": "invalid_client", "error_description": description}, 400)
        token = f"sandbox_{secrets.token_hex(16)}"
        self.tokens[token] = self._clock() + TOKEN_LIFE
        scope = ",".join(self.world.scopes)
        seconds = int(TOKEN_LIFE.total_seconds()) - 1
        return json_answer({"access_token": token, "scope": scope, "expires_in": seconds})

    def _is_client(self, client_id: str, client_secret: str) -> bool:
        known, secret = self.world.client_id or "", self.world.client_secret or ""
        return bool(known and secret) and client_id == known and _same(client_secret, secret)

    def _accepts(self, token: str) -> bool:
        if self.world.access_token and _same(token, self.world.access_token):
            return True
        return token in self.tokens and self._clock() < self.tokens[token]

    def graphql(self, request: Request, version: str, fault: Fault | None) -> Answer:
        """One GraphQL request."""
        if not self._accepts(request.headers.get("x-shopify-access-token", "")):
            return json_answer({"errors": BAD_TOKEN}, 401)
        served = served_version(version)
        if served is None:
            return json_answer({"errors": "Not Found"}, 404)
        headers = {"X-Shopify-API-Version": fault.value if fault and fault.kind == "version" else served}
        try:
            body = request.json()
            text, variables, name = body["query"], body.get("variables") or {}, body.get("operationName")
        except (BodyError, TypeError, KeyError, AttributeError):
            return json_answer({"errors": {"query": "Required parameter missing or invalid"}}, 400, headers)
        try:
            operation = Operation(text, variables, name or None)
            if times_out(operation, fault):
                return html_answer(504, "Gateway Time-out")
            result = self._execute(operation, fault, request.base_url)
        except QueryError as error:
            result = {"errors": [error.entry], **({"data": None} if error.null_data else {})}
        return json_answer(result, 200, headers)

    def _execute(self, operation: Operation, fault: Fault | None, base_url: str) -> dict[str, Any]:
        kind = fault.kind if fault else None
        if fault is not None and fault.kind in BROKEN:
            return broken(fault, operation)
        requested = requested_cost(operation)
        most = int(fault.value) if fault and kind == "max-cost" else LARGEST_COST
        if requested > most:
            raise QueryError(
                f"Query cost is {requested}, which exceeds the single query max cost limit ({most}).",
                "MAX_COST_EXCEEDED", cost=requested, maxCost=most,
                documentation="https://shopify.dev/api/usage/rate-limits",
            )  # fmt: skip
        if kind == "throttled" or self.bucket.available < requested:
            return self._throttled(requested)
        self._data.begin(fault)
        denial = self._denial(fault)
        self.bulk.begin(base_url, fault.value if fault and fault.kind == "bulk" else "", denial)
        execution = Execution(operation, denial)
        if operation.is_query:
            data = execution.run({**self._data.roots(), **self.bulk.queries()})
        else:
            data = execution.run(self.bulk.mutations(), "Mutation")
        actual = round(execution.cost)
        self.bucket.spend(actual)
        extensions: dict[str, Any] = {"cost": self._cost(requested, actual)}
        if self._data.warnings:
            extensions["search"] = self._data.warnings
        errors = {"errors": execution.errors} if execution.errors else {}
        return {"data": data, **errors, "extensions": extensions}

    def _denial(self, fault: Fault | None) -> Callable[[str, Field, Path], str | None] | None:
        """What refuses fields: a fault, or a scope that the app lacks; None when nothing does."""
        wanted = f".{fault.value}" if fault and fault.kind == "access-denied" else None
        missing = {field: scope for field, scope in SCOPES.items() if scope not in self.world.scopes}
        if wanted is None and not missing:
            return None

        def denied(typename: str, field: Field, path: Path) -> str | None:
            names = "".join(f".{part}" for part in path if isinstance(part, str))
            if wanted and names.endswith(wanted):
                return f"`read_{field.name}` access scope."
            scope = missing.get((typename, field.name))
            return f"`{scope}` access scope." if scope else None

        return denied

    def _throttled(self, requested: int) -> dict[str, Any]:
        error = QueryError("Throttled", "THROTTLED", documentation="https://shopify.dev/api/usage/rate-limits")
        return {"errors": [error.entry], "extensions": {"cost": self._cost(requested, None)}}

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }


def served_version(requested: str) -> str | None:
    """The version that answers: a retired one is silently replaced by the oldest accessible one."""
    if requested in VERSIONS or requested == "unstable":
        return requested
    known = re.fullmatch(r"20\d\d-(01|04|07|10)", requested) is not None
    return min(VERSIONS) if known and requested < min(VERSIONS) else None


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())
