"""What the simulated APIs are made of: a request, an answer, and the API itself. No sockets here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from profitsync.sandbox.faults import Fault

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


class BodyError(ValueError):
    """The body of a request is not what its content type says."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its path without the API's prefix. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    base_url: str  # of the API, for links inside answers

    def json(self) -> Any:
        """The JSON body. Raises `BodyError` when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BodyError(str(error)) from None

    def form(self) -> dict[str, str]:
        """The fields of a form or of a JSON object. Raises `BodyError` when it is neither."""
        if "json" in self.headers.get("content-type", ""):
            fields = self.json()
            if not isinstance(fields, dict):
                raise BodyError("not an object")
            return {name: value for name, value in fields.items() if isinstance(value, str)}
        try:
            return dict(parse_qsl(self.body.decode()))
        except UnicodeDecodeError as error:
            raise BodyError(str(error)) from None

    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer …`."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its `body`, or for a large one `parts` of `length` bytes in all, made while they are sent."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Callable[[], Iterable[bytes]] | None = None
    length: int = 0

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        return self.length if self.parts else len(self.body)

    def pieces(self, size: int) -> Iterator[bytes]:
        """The first `size` bytes of the body."""
        for part in self.parts() if self.parts else (self.body,):
            yield part[:size]
            size -= len(part)
            if size <= 0:
                return

    def cut(self, size: int) -> "Answer":
        """The same answer, as if its first `size` bytes were all of it."""
        return replace(self, parts=lambda: self.pieces(size), length=size)


class Api(Protocol):
    """One simulated API, serving all merchants that have it."""

    name: str

    def operation(self, request: Request) -> str:
        """What the request asks for in a word or a path: for records and for the targets of faults."""

    def merchant(self, request: Request) -> str:
        """Whom the request concerns: shop host, account id or login; empty when it does not tell."""

    def answer(self, request: Request, fault: Fault | None) -> Answer:
        """The API's answer; `fault` is one of the API's own kinds, or None."""

    def error(self, status: int) -> Answer:
        """The body the API gives with a bare HTTP error status."""


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """`value` as JSON."""
    return Answer(status, msgspec.json.encode(value), headers=headers or {})


def html_answer(status: int, reason: str) -> Answer:
    """A page as gateways and firewalls send it."""
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{status} {reason}</title></head>"
        f"<body><center><h1>{status} {reason}</h1></center><hr></body></html>\n"
    )
    return Answer(status, page.encode(), HTML)
