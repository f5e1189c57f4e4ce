"""A server that has its answers ready, so that it is not what a benchmark measures.

    python -m benchmarks.prepared --orders N [--latency SECONDS] [--no-bulk]

Answers the documents the sources send, for any merchant: every shop has the same N orders, every ad account the
same days, no Shiprocket company has a parcel. Honest HTTP on loopback, in a process of its own; each answer comes
`latency` seconds after its request. Prints one JSON line with its URL, then answers lines on stdin (`requests`:
what was asked since; `latency S`), and ends when stdin does.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from re import compile as pattern
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.orders import PreparedOrders

SHOP = b'{"currencyCode":"INR","ianaTimezone":"Asia/Kolkata"}'
SCOPES = ("read_orders", "read_all_orders", "read_customers", "read_products", "read_inventory")
COST = (
    b',"extensions":{"cost":{"requestedQueryCost":130,"actualQueryCost":130,"throttleStatus":'
    b'{"maximumAvailable":1000000000,"currentlyAvailable":1000000000,"restoreRate":1000000}}}}'
)
_OPERATION = pattern(r"\s*(?:query|mutation)\s+(\w+)")
_ROWS_AT_ONCE = 200
_LONGEST_HEAD = 1 << 20


class Prepared:
    """The answers."""

    def __init__(self, orders: PreparedOrders, *, bulk: bool = True) -> None:
        self.orders = orders
        self.bulk = bulk
        self.asked: Counter[str] = Counter()
        self.url = ""
        self._searched = ""  # of the last bulk operation

    def answer(self, path: str, query: dict[str, list[str]], body: bytes) -> bytes:
        """The body for one request, whatever the merchant."""
        api, _, rest = path.strip("/").partition("/")
        if api == "shopify":
            return self._shopify(rest, body)
        self.asked[api] += 1
        if api == "meta":
            return _insights(query) if rest.endswith("/insights") else _account(rest)
        if api == "shiprocket":
            return _TOKEN if rest.endswith("/auth/login") else _NO_RECORDS
        raise KeyError(path)

    def _shopify(self, rest: str, body: bytes) -> bytes:
        self.asked["shopify"] += 1
        if rest.endswith("/oauth/access_token"):
            return json.dumps(
                {"access_token": "shpat_prepared", "expires_in": 86399, "scope": ",".join(SCOPES)}
            ).encode()
        asked = json.loads(body)
        named = _OPERATION.match(asked["query"])
        assert named is not None
        data = getattr(self, f"_{named[1]}")(asked["variables"])
        return b'{"data":' + (data if isinstance(data, bytes) else json.dumps(data).encode()) + COST

    def _Orders(self, given: dict[str, Any]) -> bytes:  # noqa: N802 - named as the operation
        found, page, more = self._page(given)
        nodes = b",".join(map(self.orders.node, page))
        counted = b'"counted":{"count":%d},' % len(found) if given["count"] else b""
        return b'{"shop":%s,%s"orders":{"pageInfo":%s,"nodes":[%s]}}' % (SHOP, counted, more, nodes)

    def _OrderIds(self, given: dict[str, Any]) -> bytes:  # noqa: N802
        found, page, more = self._page(given)
        nodes = b",".join(b'{"id":"gid://shopify/Order/%d"}' % (5_000_000_000_000 + one) for one in page)
        counted = b'"counted":{"count":%d},' % len(found) if given["count"] else b""
        return b'{%s"orders":{"pageInfo":%s,"nodes":[%s]}}' % (counted, more, nodes)

    def _page(self, given: dict[str, Any]) -> tuple[range, range, bytes]:
        """All that match, those of the page, and its place."""
        found = self.orders.matching(given["query"])
        begin = int(given["after"]) + 1 if given["after"] else found.start
        page = range(begin, min(found.stop, begin + given["first"]))
        more = page.stop < found.stop
        place = {"hasNextPage": more, "endCursor": str(page[-1]) if page else None}
        return found, page, json.dumps(place).encode()

    def _Shop(self, _given: dict[str, Any]) -> bytes:  # noqa: N802
        return b'{"shop":%s}' % SHOP

    def _Scopes(self, _given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"currentAppInstallation": {"accessScopes": [{"handle": name} for name in SCOPES]}}

    def _CountSpans(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {f"c{name[1:]}": {"count": len(self.orders.matching(text))} for name, text in given.items()}

    def _CountOrders(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"counted": {"count": len(self.orders.matching(given["query"]))}}

    def _UnitCosts(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"nodes": [self.orders.variants.get(one) for one in given["ids"]]}

    def _StartBulk(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._searched = given["query"]
        refusal = [] if self.bulk else [{"field": None, "message": "bulk operations are off", "code": "OFF"}]
        operation = self._operation() if self.bulk else None
        return {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": refusal}}

    def _PollBulk(self, _given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"bulkOperation": self._operation() | {"url": f"{self.url}/file"}}

    def _operation(self) -> dict[str, Any]:
        found = self.orders.matching(self._searched)
        return {
            "id": "gid://shopify/BulkOperation/1", "status": "COMPLETED", "errorCode": None,
            "createdAt": datetime.now(UTC).isoformat(timespec="seconds"),
            "objectCount": str(self.orders.objects(found)), "rootObjectCount": str(len(found)),
        }  # fmt: skip

    def file(self) -> Iterator[bytes]:
        """The last bulk operation's file, in pieces."""
        self.asked["file"] += 1
        rows = self.orders.rows(self.orders.matching(self._searched))
        while some := b"".join(islice(rows, _ROWS_AT_ONCE)):
            yield some


_TOKEN = b'{"token":"prepared"}'
_NO_RECORDS = json.dumps({
    "data": [],
    "meta": {"pagination": {
        "total": 0, "count": 0, "per_page": 100, "current_page": 1, "total_pages": 1, "links": {},
    }},
}).encode()  # fmt: skip


def _account(path: str) -> bytes:
    account = path.rpartition("act_")[2]
    return json.dumps(
        {"id": f"act_{account}", "account_id": account, "currency": "INR", "timezone_name": "Asia/Kolkata"}
    ).encode()


def _insights(query: dict[str, list[str]]) -> bytes:
    """The same figures for every day that was asked for."""
    asked = json.loads(query["time_range"][0])
    day, last, rows = date.fromisoformat(asked["since"]), date.fromisoformat(asked["until"]), []
    while day <= last:
        rows.append({
            "date_start": str(day), "date_stop": str(day), "account_currency": "INR", "spend": "1200.50",
            "impressions": "54000", "reach": "31000", "inline_link_clicks": "640",
        })  # fmt: skip
        day += timedelta(days=1)
    return json.dumps({"data": rows, "paging": {}}).encode()


class Http:
    """As much of HTTP/1.1 as the client speaks: connections that stay open, bodies with their length."""

    def __init__(self, answers: Prepared, latency: float) -> None:
        self._answers = answers
        self.latency = latency

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection until the client closes it."""
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError), closing(writer):
            while True:  # until the client is done with it, or the server ends
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *headers = head.split("\r\n")
                length = next((int(h[15:]) for h in headers if h[:15].lower() == "content-length:"), 0)
                body = await reader.readexactly(length)
                if self.latency:
                    await asyncio.sleep(self.latency)
                await self._respond(line.split(" ")[1], body, writer)

    async def _respond(self, target: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(target)
        if parts.path == "/file":
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for piece in self._answers.file():
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        else:
            answer = self._answers.answer(parts.path, parse_qs(parts.query), body)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
            )
            writer.write(answer)
        await writer.drain()


async def run(arguments: argparse.Namespace) -> None:
    """Serve until stdin ends."""
    answers = Prepared(PreparedOrders(arguments.orders, datetime.now(UTC)), bulk=not arguments.no_bulk)
    http = Http(answers, arguments.latency)
    server = await asyncio.start_server(http.serve, "127.0.0.1", 0, limit=_LONGEST_HEAD, backlog=512)
    answers.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    print(json.dumps({"url": answers.url, "orders": arguments.orders}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked, _, value = line.strip().partition(" ")
        if asked == "latency":
            http.latency = float(value)
            print(json.dumps({"latency": http.latency}), flush=True)
            continue
        told = {**answers.asked, "total": answers.orders.total()}
        answers.asked.clear()
        print(json.dumps(told, default=str), flush=True)
    server.close()


def main(arguments: list[str]) -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="benchmarks.prepared")
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--no-bulk", action="store_true")
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
