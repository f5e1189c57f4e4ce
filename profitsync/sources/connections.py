"""Open connections to the APIs, shared by all merchants of a run, and the certificates they are checked with.

Meta and Shiprocket have one host for everybody: with one connection per thread instead of one per merchant, an
hourly run of many merchants pays for few TLS handshakes. Nothing else is shared: headers, tokens and cookies
belong to the session of one source of one merchant.
"""

import os
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

HOSTS = 128  # of which connections are kept; the one asked longest ago gives way
PER_HOST = 64  # kept at once: as many as merchants can be at work


class Connections(HTTPAdapter):
    """Used from any thread. The file of trusted certificates is read once, not for every connection.

    Reading it takes some 15 ms of CPU, more than all else that an idle merchant's request needs.
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=HOSTS, pool_maxsize=PER_HOST)
        self._lock = threading.Lock()
        self._trusted: dict[str, ssl.SSLContext] = {}
        self._has_proxies = bool(getproxies())
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def session(self) -> requests.Session:
        """A new session, with headers and cookies of its own, over these connections.

        Where no proxy is configured, the environment is read once and not with every request.
        """
        session = requests.Session()
        session.mount("https://", self)
        session.mount("http://", self)
        session.trust_env = self._has_proxies
        session.verify = self._verify
        return session

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """As the library's, with the certificates in a context that is ready."""
        found: tuple[Any, Any] = super().build_connection_pool_key_attributes(request, verify, cert)
        host, pool = found
        if host["scheme"] == "https" and verify:
            pool = {name: value for name, value in pool.items() if name not in ("ca_certs", "ca_cert_dir")}
            pool["ssl_context"] = self._context(DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify))
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """As the library's, but the context is not told again what it has read already."""
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        conn.ca_certs = conn.ca_cert_dir = None

    def _context(self, location: str) -> ssl.SSLContext:
        with self._lock:
            known = self._trusted.get(location)
            if known is None:
                known = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
                if Path(location).is_dir():
                    known.load_verify_locations(capath=location)
                else:
                    known.load_verify_locations(cafile=location)
                self._trusted[location] = known
            return known
