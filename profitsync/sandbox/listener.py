"""The sandbox's sockets: HTTP/1.1 with keep-alive, faults of the transport, a record of every request."""

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from sys import exception
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from profitsync.errors import ConfigurationError
from profitsync.sandbox.fault_kinds import NO_HINT
from profitsync.sandbox.faults import Fault, Faults
from profitsync.sandbox.http import Answer, Api, Request, html_answer, json_answer

GRACE = 5.0  # seconds that open connections get to end
REASONS = {
    403: "Forbidden",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}
RESETTING = struct.pack("ii", 1, 0)  # SO_LINGER on, no time: a close becomes a reset
OWN_KINDS = frozenset({"reset", "hangup", "cut", "truncated", "slow"})  # faults the transport plays itself


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request. `operation` is a GraphQL operation or a path; `status` is None when nothing was answered."""

    time: datetime
    api: str
    merchant: str
    operation: str
    status: int | None
    fault: str | None = None


class Settings(Protocol):
    """What the listener looks up for each request, because it may change while serving."""

    faults: Faults
    latency: float
    lock: Any

    def now(self) -> datetime: ...


class Listener(ThreadingHTTPServer):
    """Accepts connections and hands their requests to the API named by the first part of the path."""

    daemon_threads = True
    block_on_close = False  # open connections are ended by `stop`
    allow_reuse_address = True

    def __init__(self, settings: Settings, apis: Mapping[str, Api], address: tuple[str, int]) -> None:
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise ConfigurationError(f"sandbox: cannot listen on {address[0]}:{address[1]} ({error})") from None
        self.settings = settings
        self.apis = apis
        self.crashes: list[BaseException] = []
        self.stopping = threading.Event()
        self._records: list[RequestRecord] = []
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.server_address[:2]
        return str(host), int(port)

    def server_bind(self) -> None:
        """Bind without asking a name server for the host's name, as the base class would."""
        TCPServer.server_bind(self)

    def serve(self) -> None:
        """Accept connections until `stop`."""
        self.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """Stop accepting, end open connections, close the socket."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._open:
                _end(connection)
            self._changed.wait_for(lambda: not self._open, GRACE)

    def record(self, entry: RequestRecord) -> None:
        """Keep one record."""
        with self._changed:
            self._records.append(entry)

    def records(self) -> list[RequestRecord]:
        """All records so far."""
        with self._changed:
            return list(self._records)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread of its own."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection; one with a linger time of zero is reset, without a farewell."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(RESETTING)) == RESETTING:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def close_request(self, request: Any) -> None:
        """Close and forget the connection."""
        super().close_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A client that went away is no matter; anything else is a defect of the sandbox, kept to be raised."""
        error = exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.crashes.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together
    disable_nagle_algorithm = True  # else keep-alive answers wait for delayed acknowledgements
    server: Listener

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def version_string(self) -> str:
        """What the header `Server` says."""
        return "sandbox"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What the header `Date` says: the sandbox's time, not the machine's."""
        return super().date_time_string(self.server.settings.now().timestamp() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent: requests are recorded instead."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        name, _, rest = parts.path.lstrip("/").partition("/")
        api = self.server.apis.get(name)
        if api is None:
            self._send(json_answer({"apis": sorted(self.server.apis)}, 200 if parts.path == "/" else 404))
            return
        settings = self.server.settings
        host = self.headers.get("Host") or "{}:{}".format(*self.server.address)
        request = Request(
            method=self.command,
            path=f"/{rest}",
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={key.lower(): value for key, value in self.headers.items()},
            body=body,
            at=settings.now(),
            base_url=f"http://{host}/{name}",
        )
        operation = api.operation(request)
        fault = settings.faults.strike(name, operation)
        answer = self._answer(api, request, fault)
        entry = RequestRecord(
            request.at, name, api.merchant(request), operation, answer.status, fault.kind if fault else None
        )
        pause = settings.latency + (float(fault.value or 1) if fault and fault.kind == "slow" else 0)
        if pause:
            self.server.stopping.wait(pause)
        deliver = self._deliveries().get(fault.kind, self._send) if fault else self._send
        silent = deliver in (self._hang_up, self._reset)
        self.server.record(replace(entry, status=None) if silent else entry)
        deliver(answer)

    def _answer(self, api: Api, request: Request, fault: Fault | None) -> Answer:
        with self.server.settings.lock:
            if fault is None or fault.kind in OWN_KINDS:
                return api.answer(request, None)
            if fault.status is None:
                return api.answer(request, fault)
            if fault.html:
                return html_answer(fault.status, REASONS.get(fault.status, "Error"))
            answer = api.error(fault.status)
            if fault.status == 429 and fault.value != NO_HINT:
                return replace(answer, headers={**answer.headers, "Retry-After": fault.value or "1"})
            return answer

    def _deliveries(self) -> Mapping[str, Callable[[Answer], None]]:
        return {
            "reset": self._reset,
            "hangup": self._hang_up,
            "cut": self._cut,
            "truncated": lambda answer: self._send(answer.cut(answer.size // 2)),
        }

    def _send(self, answer: Answer) -> None:
        self._head(answer)
        for piece in answer.pieces(answer.size):
            self.wfile.write(piece)

    def _head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(answer.size))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _cut(self, answer: Answer) -> None:
        self._head(answer)
        for piece in answer.pieces(answer.size // 2):
            self.wfile.write(piece)
        self._hang_up(answer)

    def _hang_up(self, _answer: Answer) -> None:
        self.close_connection = True

    def _reset(self, _answer: Answer) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
        self.close_connection = True


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the client was faster
        return
