"""Tokens: pasted ones, traded ones, their end and their renewal."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest
import responses

from profitsync.sources.errors import BadResponseError, CredentialsError, RetriableError
from profitsync.sources.protocol import TokenCache
from profitsync.sources.shopify import ClientCredentials, StaticToken
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import BASE, NOW, TOKEN, TOKEN_URL, URL, WINDOW, Shop

SECRET = "shpss_fedcba"


class Memory:
    """A token cache and a clock that a test can set."""

    def __init__(self) -> None:
        self.kept: tuple[str, datetime] | None = None
        self.now = NOW
        self.cache = TokenCache(load=lambda: self.kept, save=self._save)

    def _save(self, token: str, until: datetime) -> None:
        self.kept = token, until


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def credentials(shop: Shop, memory: Memory) -> ClientCredentials:
    return ClientCredentials(
        shop.http,
        base_url=BASE,
        client_id="id-1",
        client_secret=SECRET,
        cache=memory.cache,
        clock=lambda: memory.now,
    )


def grant(wire: responses.RequestsMock, *tokens: str) -> None:
    for token in tokens:
        wire.post(TOKEN_URL, json={"access_token": token, "scope": "read_orders", "expires_in": 86399})


def tokens_sent(wire: responses.RequestsMock) -> list[str | bytes]:
    return [call.request.headers["X-Shopify-Access-Token"] for call in wire.calls if call.request.url == URL]


def test_a_pasted_token_goes_into_the_header(wire: responses.RequestsMock, shop: Shop) -> None:
    shop.answers(samples.orders_answer())

    list(shop.source().orders(WINDOW))

    assert tokens_sent(wire) == [TOKEN]


def test_client_id_and_secret_are_traded_for_a_token_that_is_kept(
    wire: responses.RequestsMock, credentials: ClientCredentials, memory: Memory
) -> None:
    grant(wire, "t1")

    assert [credentials.token(), credentials.token()] == ["t1", "t1"]

    [call] = wire.calls
    assert parse_qs(str(call.request.body)) == {
        "grant_type": ["client_credentials"], "client_id": ["id-1"], "client_secret": [SECRET],
    }  # fmt: skip
    assert memory.kept == ("t1", NOW + timedelta(seconds=86399))


def test_the_token_of_an_earlier_run_is_used_again(credentials: ClientCredentials, memory: Memory) -> None:
    memory.kept = "earlier", NOW + timedelta(hours=1)

    assert credentials.token() == "earlier"


@pytest.mark.parametrize("left", [timedelta(minutes=9), timedelta(0), timedelta(days=-3)])
def test_a_token_near_its_end_is_renewed_early(
    wire: responses.RequestsMock, credentials: ClientCredentials, memory: Memory, left: timedelta
) -> None:
    memory.kept = "earlier", NOW + left
    grant(wire, "t1")

    assert credentials.token() == "t1"


def test_a_token_that_ends_during_a_long_run_is_renewed(
    wire: responses.RequestsMock, credentials: ClientCredentials, memory: Memory
) -> None:
    grant(wire, "t1", "t2")

    assert credentials.token() == "t1"
    memory.now += timedelta(hours=23, minutes=55)
    assert credentials.token() == "t2"


def test_a_refused_token_is_renewed_once_and_the_query_replayed(
    wire: responses.RequestsMock, shop: Shop, credentials: ClientCredentials, memory: Memory
) -> None:
    memory.kept = "revoked", NOW + timedelta(hours=1)
    wire.post(URL, status=401, json={"errors": "[API] Invalid API key or access token"})
    grant(wire, "t1")
    shop.answers(samples.orders_answer(samples.order()))

    [[read]] = shop.source(credentials).orders(WINDOW)

    assert read.id == "450"
    assert tokens_sent(wire) == ["revoked", "t1"]


def test_a_fresh_token_that_is_refused_too_ends_it(
    wire: responses.RequestsMock, shop: Shop, credentials: ClientCredentials
) -> None:
    wire.post(URL, status=401, json={"errors": "no"})
    grant(wire, "t1", "t2")

    with pytest.raises(CredentialsError, match="token was refused"):
        list(shop.source(credentials).orders(WINDOW))

    assert tokens_sent(wire) == ["t1", "t2"]


def test_a_refused_pasted_token_is_not_tried_again(wire: responses.RequestsMock, shop: Shop) -> None:
    wire.post(URL, status=401, json={"errors": "no"})

    with pytest.raises(CredentialsError):
        list(shop.source().orders(WINDOW))

    assert len(wire.calls) == 1


REFUSALS = [
    pytest.param(
        400, '{"error": "shop_not_permitted"}', "HTTP 400, shop_not_permitted: .* same Shopify organization",
        id="other organization",
    ),
    pytest.param(
        400, '{"error": "app_not_installed"}', "app_not_installed: the app has to be installed",
        id="app not installed",
    ),
    pytest.param(401, '{"error": "invalid_client"}', "invalid_client", id="wrong secret"),
    pytest.param(400, '{"error": "shpss_fedcba<b>"}', r"HTTP 400\)", id="odd code"),
    pytest.param(404, "<html>no such shop</html>", r"HTTP 404\)", id="no such shop"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "words"), REFUSALS)
def test_a_refused_app_is_a_matter_of_credentials(
    wire: responses.RequestsMock, credentials: ClientCredentials, status: int, body: str, words: str
) -> None:
    wire.post(TOKEN_URL, status=status, body=body)

    with pytest.raises(CredentialsError, match=words) as caught:
        credentials.token()

    assert len(wire.calls) == 1
    assert SECRET not in str(caught.value)


def test_a_passing_fault_of_the_token_endpoint_is_tried_again(
    wire: responses.RequestsMock, credentials: ClientCredentials
) -> None:
    wire.post(TOKEN_URL, status=503)
    grant(wire, "t1")

    assert credentials.token() == "t1"


def test_a_lasting_fault_of_the_token_endpoint_is_told_as_one(
    wire: responses.RequestsMock, credentials: ClientCredentials
) -> None:
    wire.post(TOKEN_URL, status=500)

    with pytest.raises(RetriableError):
        credentials.token()


@pytest.mark.parametrize("body", [{"access_token": "", "expires_in": 9}, {"access_token": "t", "expires_in": 0}])
def test_a_useless_grant_is_a_bad_response(
    wire: responses.RequestsMock, credentials: ClientCredentials, memory: Memory, body: samples.Json
) -> None:
    wire.post(TOKEN_URL, json=body)

    with pytest.raises(BadResponseError):
        credentials.token()

    assert memory.kept is None


def test_no_repr_shows_a_secret(shop: Shop, credentials: ClientCredentials) -> None:
    shown = repr([credentials, StaticToken(TOKEN), shop.source(credentials), vars(shop.source())])

    assert SECRET not in shown
    assert TOKEN not in shown
