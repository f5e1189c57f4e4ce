"""Around every request: an id, a log line, a limit, safe headers, and an answer whatever happens."""

import logging
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from profitsync.api.answers import BodyTooLargeError, failure, internal_fault
from profitsync.logs import log_context

log = logging.getLogger(__name__)
LARGEST_BODY = 2 * 1024 * 1024  # bytes; an order of Shopify with hundreds of lines is some hundred thousand
TOO_LARGE = f"the body is larger than {LARGEST_BODY} bytes"
DOCS = "/docs"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# The page of the documentation loads its scripts from elsewhere and starts them inline.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' https:; style-src 'unsafe-inline' https:; "
    "img-src https: data:; connect-src 'self'; frame-ancestors 'none'"
)


class Frame:
    """The outermost layer of the application. Nothing it logs holds a header, a body or a query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        exchange = _Exchange(scope, receive, send, request_id)
        with log_context(requestId=request_id):
            try:
                await self._answer(exchange)
            except Exception:
                log.exception("unexpected fault while answering")
                if exchange.status is None:
                    await exchange.reply(internal_fault(request_id))
            finally:
                exchange.log()

    async def _answer(self, exchange: "_Exchange") -> None:
        if exchange.announced > LARGEST_BODY:
            await exchange.reply(failure(TOO_LARGE, 413, {"Connection": "close"}))
            return
        await self._app(exchange.scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self.scope = scope
        self.status: int | None = None
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._received = 0
        self._began = time.monotonic()

    @property
    def announced(self) -> int:
        """The length of the body as the client gives it."""
        text = Headers(scope=self.scope).get("content-length", "")
        return int(text) if text.isdigit() and len(text) < 20 else 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > LARGEST_BODY:
            raise BodyTooLargeError(TOO_LARGE)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(message)
        await self._send(message)

    async def reply(self, response: Response) -> None:
        await response(self.scope, self._receive, self.send)

    def _add_headers(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        headers["X-Request-ID"] = self._request_id
        for name, value in _HEADERS.items():
            headers[name] = value
        if self.scope["path"] == DOCS:
            headers["Content-Security-Policy"] = _DOCS_POLICY

    def log(self) -> None:
        path = self.scope.get("raw_path") or self.scope["path"].encode()  # still quoted: no control characters
        level = logging.DEBUG if self.scope["path"] in ("/", "/health") else logging.INFO
        took = round((time.monotonic() - self._began) * 1000)
        told = {"client": client_of(self.scope), "milliseconds": took}
        method = self.scope["method"]
        log.log(level, "%s %s %s", method, path.decode("latin-1"), self.status or "-", extra=told)


def client_of(scope: Scope) -> str:
    """The address of whoever asks; behind a trusted proxy, the one it names."""
    request = Request(scope)
    return request.client.host if request.client else "unknown"
