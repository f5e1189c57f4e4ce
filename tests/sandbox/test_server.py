"""The server itself: addresses, several merchants, records, connections, stopping."""

import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import requests

from profitsync.config import load_settings
from profitsync.errors import ConfigurationError
from profitsync.sandbox.faults import Faults
from profitsync.sandbox.server import Sandbox, serve_forever
from tests.sandbox.conftest import Serve
from tests.sandbox.small import EMAIL, HOST, NOW, Caller, ads, carrier, merchant, order, parcel_order, shop

OTHER_HOST, OTHER_ACCOUNT, OTHER_EMAIL = "cup.myshopify.com", "99", "api@cup.example"
NAMES = "{ orders(first: 9) { nodes { name } } }"


def test_the_environment_is_a_valid_configuration_that_points_here(serve: Serve) -> None:
    sandbox = serve(merchant()).sandbox

    settings = load_settings(environ=sandbox.environment())

    assert settings.shopify_url.replace("{store}", HOST) == f"{sandbox.url}/shopify/{HOST}"
    assert (settings.meta_url, settings.shiprocket_url) == (f"{sandbox.url}/meta", f"{sandbox.url}/shiprocket")
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_two_merchants_see_only_their_own_data(serve: Serve) -> None:
    tea = merchant("tea", shop(order(1)), ads(date(2026, 11, 1)), carrier(parcel_order(1, NOW)))
    cup = merchant(
        "cup", shop(order(2), host=OTHER_HOST), ads(account_id=OTHER_ACCOUNT), carrier(email=OTHER_EMAIL)
    )  # fmt: skip
    call = serve(tea, cup)
    tokens = [call.login(email).json()["token"] for email in (EMAIL, OTHER_EMAIL)]

    names = [call.data(NAMES, host=host)["orders"]["nodes"] for host in (HOST, OTHER_HOST)]
    parcels = [len(call.shiprocket("/orders", token).json()["data"]) for token in tokens]

    assert names == [[{"name": "#1"}], [{"name": "#2"}]]
    assert parcels == [1, 0]
    assert call.graphql(NAMES, host=OTHER_HOST, token=f"token-of-{HOST}").status_code == 401
    assert call.meta("", account=OTHER_ACCOUNT, token="token-of-1234567890").status_code == 400


def test_every_request_is_recorded_with_what_it_asked_for(serve: Serve) -> None:
    call = serve(merchant("tea", shop(), ads(), carrier()))
    call.data("query Mine { shop { name } }")
    call.data(NAMES)
    call.graphql(NAMES, token="wrong")
    call.meta("/insights", limit="1")
    call.shiprocket("/ndr/all", call.login().json()["token"])

    records = call.sandbox.requests

    assert [(one.api, one.merchant, one.operation, one.status) for one in records] == [
        ("shopify", HOST, "Mine shop", 200),
        ("shopify", HOST, "orders", 200),
        ("shopify", HOST, "orders", 401),
        ("meta", "1234567890", "/v26.0/act_1234567890/insights", 200),
        ("shiprocket", EMAIL, "/auth/login", 200),
        ("shiprocket", EMAIL, "/ndr/all", 200),
    ]
    assert records[0].time == NOW


def test_no_record_holds_a_secret(serve: Serve) -> None:
    call = serve(merchant("tea", shop(), ads(), carrier()))
    call.data(NAMES)
    call.session.get(
        f"{call.sandbox.url}/meta/v26.0/act_1234567890", params={"access_token": "token-of-1234567890"}
    )
    call.shiprocket("/orders", call.login().json()["token"])

    shown = repr(call.sandbox.requests)

    assert "token-of" not in shown
    assert "password-of" not in shown


def test_one_connection_serves_many_requests(serve: Serve) -> None:
    call = serve(merchant("tea", shop(order(1))))
    head = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

    with socket.create_connection(("127.0.0.1", int(call.sandbox.url.rpartition(":")[2]))) as connection:
        for _ in range(3):
            connection.sendall(head)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_merchants_can_be_read_at_the_same_time(serve: Serve) -> None:
    call = serve(merchant("tea", shop(*(order(number) for number in range(1, 40)))))

    def read(_: int) -> int:
        with requests.Session() as session:
            return len(
                Caller(call.sandbox, session).data("{ orders(first: 50) { nodes { id } } }")["orders"]["nodes"]
            )

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(24))) == {39}
    assert len(call.sandbox.requests) == 24


def test_stopping_ends_open_connections_and_frees_the_port() -> None:
    with requests.Session() as session:
        with Sandbox([merchant()]) as sandbox:
            port = int(sandbox.url.rpartition(":")[2])
            assert session.get(sandbox.url).json() == {"apis": ["meta", "shiprocket", "shopify"]}

        with pytest.raises(requests.ConnectionError):
            session.get(sandbox.url)
    with Sandbox([merchant()], port=port) as again:
        assert again.url == sandbox.url


def test_a_port_that_is_taken_is_a_configuration_error(serve: Serve) -> None:
    port = int(serve(merchant()).sandbox.url.rpartition(":")[2])

    with pytest.raises(ConfigurationError, match="cannot listen on"):
        Sandbox([], port=port)


def test_a_defect_of_the_sandbox_itself_is_raised_when_it_stops() -> None:
    broken = order(1)
    broken.lines = (None,)  # type: ignore[assignment]

    sandbox = Sandbox([merchant("tea", shop(broken))])

    with (
        pytest.raises(RuntimeError, match="the sandbox itself failed"),
        sandbox,
        requests.Session() as session,
        pytest.raises(requests.ConnectionError),
    ):
        Caller(sandbox, session).graphql(NAMES)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_in_the_foreground_ends_on_a_signal(number: signal.Signals) -> None:
    answers: list[int] = []

    def announce(sandbox: Sandbox) -> None:
        answers.append(requests.get(f"{sandbox.url}/meta/v26.0/act_1", timeout=5).status_code)
        threading.Timer(0, signal.raise_signal, (number,)).start()

    before = signal.getsignal(number)
    serve_forever([merchant()], faults=Faults.parse("meta:503"), announce=announce)

    assert answers == [503]
    assert signal.getsignal(number) is before
