"""Connections that all merchants of a run share, and what they do not share."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from profitsync.sources.connections import Connections

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Recorder(BaseHTTPRequestHandler):
    """Sets a cookie, and notes which connection each request came by and with what."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[int, str | None, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.client_address[1], self.headers["Cookie"], self.headers["Authorization"]))
        self.send_response(200)
        self.send_header("Set-Cookie", "session=of-the-first; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Not on our stderr."""


class Server(ThreadingHTTPServer):
    """On loopback, until its block ends."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: list[tuple[int, str | None, str | None]] = []
        super().__init__(("127.0.0.1", 0), type("Handler", (Recorder,), {"seen": self.seen}))
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.server_port}/"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up; that is what is tested."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "loopback.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )  # fmt: skip
    return path


@pytest.fixture
def secure(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(context) as server:
        yield server


def test_two_merchants_share_a_connection_and_neither_headers_nor_cookies() -> None:
    connections = Connections()
    with Server() as server:
        connections.session().get(server.url, headers={"Authorization": "Bearer first"})
        connections.session().get(server.url)
        connections.close()

    (first, *_), second = server.seen
    assert second == (first, None, None)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Server) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        Connections().session().get(secure.url)

    assert secure.seen == []


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_bundle_of_certificates_named_by_the_environment_is_trusted(
    secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    connections = Connections()

    connections.session().get(secure.url)
    connections.close()

    assert len(secure.seen) == 1


def test_trusted_certificates_are_read_once_however_many_hosts_are_asked(
    secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BUNDLES[0], str(certificate))
    connections = Connections()
    read: list[str | None] = []
    load = ssl.SSLContext.load_verify_locations

    def counting(context: ssl.SSLContext, cafile: str | None = None, *rest: str) -> None:
        read.append(cafile)
        load(context, cafile, *rest)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counting)

    for _ in range(2):
        connections.session().get(secure.url)
    with pytest.raises(requests.exceptions.SSLError):  # another host; the certificate does not name it
        connections.session().get(secure.url.replace("127.0.0.1", "localhost"))
    connections.close()

    assert read == [str(certificate)]
    assert len({port for port, *_ in secure.seen}) == 1


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        connections = Connections()
        answer = connections.session().get("http://shop.invalid/")
        connections.close()

    assert (answer.status_code, len(proxy.seen)) == (200, 1)
