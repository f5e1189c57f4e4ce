"""Who is asking: bearer keys, wrong keys counted per client, bodies read within their limit."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from math import ceil
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from profitsync.api.answers import BodyError, TooManyRefusalsError, UnauthorizedError
from profitsync.api.frame import client_of
from profitsync.bootstrap import Runtime
from profitsync.domain.access import Access
from profitsync.errors import NotFoundError, UsageError
from profitsync.services.api_keys import access_of
from profitsync.services.problems import Problems, unknown_field
from profitsync.services.user_input import parse_document
from profitsync.services.workers import HintWorker, ManualSyncs

REFUSALS = 10  # wrong keys of one client …
WITHIN = timedelta(minutes=1)  # … within this time, then it has to wait
CLIENTS = 10_000  # remembered at most
SEEN = 10_000  # webhooks remembered at most


class Refusals:
    """Wrong keys per client. A client that sent too many is not heard at all until the oldest is forgotten."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, client: str) -> None:
        """Raise `TooManyRefusalsError` while the client has to wait."""
        with self._lock:
            times = self._recent(client)
        if len(times) >= REFUSALS:
            left = times[-REFUSALS] + WITHIN - self._clock()
            raise TooManyRefusalsError(max(1, ceil(left.total_seconds())))

    def note(self, client: str) -> None:
        """A wrong key came from this client."""
        with self._lock:
            self._times[client] = [*self._recent(client), self._clock()][-REFUSALS:]
            self._times.move_to_end(client)
            if len(self._times) > CLIENTS:
                self._times.popitem(last=False)

    def _recent(self, client: str) -> list[datetime]:
        start = self._clock() - WITHIN
        return [at for at in self._times.get(client, ()) if at > start]


class Seen:
    """What has been dealt with lately. Forgetting costs no more than looking at something once more."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, thing: Hashable) -> bool:
        with self._lock:
            return thing in self._known

    def add(self, thing: Hashable) -> None:
        with self._lock:
            self._known[thing] = None
            if len(self._known) > SEEN:
                self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Server:
    """What the routes share."""

    runtime: Runtime
    syncs: ManualSyncs
    hints: HintWorker
    refusals: Refusals
    seen: Seen

    def stop(self) -> None:
        """End what is at work at its next request or batch; does not wait."""
        self.syncs.stop()
        self.hints.stop()

    def close(self) -> None:
        """End it, and wait until the leases are handed back."""
        self.stop()
        self.syncs.close()
        self.hints.close()


def server_of(request: Request) -> Server:
    found: Server = request.app.state.server
    return found


_BEARER = HTTPBearer(auto_error=False, description="A key of `profitsync keys create`, or of PROFITSYNC_API_KEY.")
Shared = Annotated[Server, Depends(server_of)]


def caller(
    request: Request, server: Shared, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Access:
    """What the key of this request opens. Raises `UnauthorizedError` or `TooManyRefusalsError`."""
    if given is None:
        raise UnauthorizedError("a key is needed; send it as a bearer token in the header Authorization")
    client = network_of(client_of(request.scope))
    server.refusals.check(client)
    access = access_of(server.runtime, given.credentials)
    if access is None:
        server.refusals.note(client)
        raise UnauthorizedError("the key is not known here, or was revoked")
    return access


Caller = Annotated[Access, Depends(caller)]


def operator(access: Caller) -> Access:
    """A caller whose key is the installation's own. Raises `NotFoundError`: for others there is no such thing."""
    if not access.everyone:
        raise NotFoundError("a key that is bound to users neither registers nor removes any")
    return access


def known_parameters(request: Request) -> None:
    """Raise `UsageError` for a parameter that the route does not have: a misspelt one must not be ignored."""
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    problems = Problems()
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            problems.add(name, unknown_field(name, known))
    problems.raise_if_any()


Operator = Annotated[Access, Depends(operator)]


async def raw_body(request: Request) -> bytes:
    """The bytes as they came."""
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]


def json_body(body: RawBody) -> dict[str, Any]:
    """The JSON object in the body, numbers exact. Raises `BodyError`."""
    try:
        return parse_document(body.decode(), "the body")
    except (UsageError, UnicodeDecodeError) as error:
        text = str(error) if isinstance(error, UsageError) else "the body: is not UTF-8 text"
        raise BodyError(text) from None


JsonBody = Annotated[dict[str, Any], Depends(json_body)]


def network_of(client: str) -> str:
    """The part of an address that belongs to one customer of a provider: of IPv6 the first 64 bits."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv4Address):
        return client
    if address.ipv4_mapped:  # how a socket for both kinds shows the older one
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), 64), strict=False))
