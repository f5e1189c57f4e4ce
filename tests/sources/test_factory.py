"""From a stored merchant to sources: addresses, decrypted credentials, session tokens kept between runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
import responses

from profitsync.bootstrap import Runtime, SourceFactory
from profitsync.config import load_settings
from profitsync.domain.merchants import META, SHOPIFY, SourceState, User
from profitsync.errors import ConfigurationError
from profitsync.secrets import new_key
from profitsync.sources.errors import CredentialsError, ThrottledError
from profitsync.sources.factory import HttpSources
from profitsync.stores.protocol import Store
from profitsync.stores.slips import Form
from tests.sources import shopify_samples as samples
from tests.sources.shopify_samples import NOW, TOKEN_URL, URL, WINDOW

KEY = new_key()


class States:
    """The part of a store that the factory touches, with one merchant in it."""

    order_form: Form = "json"

    def __init__(self) -> None:
        self.kept: dict[str, SourceState] = {}

    def source_states(self, user_id: str) -> dict[str, SourceState]:
        assert user_id == "u1"
        return dict(self.kept)

    def save_source_state(self, user_id: str, state: SourceState) -> None:
        assert user_id == "u1"
        self.kept[state.source] = state


@pytest.fixture
def states() -> States:
    return States()


@pytest.fixture
def runtime(tmp_path: Path, states: States) -> Runtime:
    settings = load_settings({"PROFITSYNC_SECRET_KEY": KEY}, tmp_path)
    return Runtime(settings=settings, store=cast("Store", states), clock=lambda: NOW, sleep=lambda _: None)


@pytest.fixture
def merchant(runtime: Runtime) -> User:
    plain = {
        "shopifyClientId": "id-1",
        "shopifyClientSecret": "shpss_1",
        "metaAccessToken": "meta-1",
        "shiprocketEmail": "api@kapda.in",
        "shiprocketPassword": "pass-1",
    }
    return User(
        id="u1",
        email="owner@kapda.in",
        created_at=NOW,
        updated_at=NOW,
        shopify_store="kapda.myshopify.com",
        meta_ad_account_id="123",
        secrets={name: runtime.vault.encrypt(value) for name, value in plain.items()},
    )


def read(runtime: Runtime, merchant: User) -> None:
    list(HttpSources(runtime).shopify(merchant).orders(WINDOW))


def test_all_three_sources_can_be_built(runtime: Runtime, merchant: User) -> None:
    sources: SourceFactory = HttpSources(runtime)

    assert sources.shopify(merchant).requests == 0
    assert sources.meta(merchant).requests == 0
    assert sources.shiprocket(merchant).requests == 0


def test_a_pasted_token_is_decrypted_for_the_merchants_own_shop(
    runtime: Runtime, merchant: User, wire: responses.RequestsMock
) -> None:
    wire.post(URL, json=samples.orders_answer())
    secrets = {"shopifyAccessToken": runtime.vault.encrypt("shpat_9")}

    read(runtime, replace(merchant, secrets=secrets))

    assert wire.calls[0].request.headers["X-Shopify-Access-Token"] == "shpat_9"


def test_a_session_token_is_kept_encrypted_and_used_by_the_next_run(
    runtime: Runtime, merchant: User, states: States, wire: responses.RequestsMock
) -> None:
    wire.post(TOKEN_URL, json={"access_token": "session-1", "scope": "", "expires_in": 86399})
    wire.post(URL, json=samples.orders_answer())

    read(runtime, merchant)
    read(runtime, merchant)

    asked = [call.request.url for call in wire.calls]
    assert asked == [TOKEN_URL, URL, URL]
    assert "session-1" not in str(states.kept[SHOPIFY].tokens)


def test_keeping_a_token_leaves_the_rest_of_the_state_alone(
    runtime: Runtime, merchant: User, states: States, wire: responses.RequestsMock
) -> None:
    cursor = datetime(2026, 11, 1, tzinfo=UTC)
    states.kept[SHOPIFY] = SourceState(SHOPIFY, cursor=cursor, notes={"a": "b"})
    wire.post(TOKEN_URL, json={"access_token": "session-1", "scope": "", "expires_in": 86399})
    wire.post(URL, json=samples.orders_answer())

    read(runtime, merchant)

    assert replace(states.kept[SHOPIFY], tokens={}) == SourceState(SHOPIFY, cursor=cursor, notes={"a": "b"})


def test_a_note_is_kept_at_once_beside_the_others_until_it_is_taken_away(
    runtime: Runtime, merchant: User, states: States
) -> None:
    states.kept[SHOPIFY] = SourceState(SHOPIFY, kept={"other": "1"}, notes={"a": "b"})
    notebook = HttpSources(runtime)._notebook(merchant, SHOPIFY)

    notebook.save("job", "7")

    assert notebook.load("job") == "7"
    assert states.kept[SHOPIFY] == SourceState(SHOPIFY, kept={"other": "1", "job": "7"}, notes={"a": "b"})
    notebook.save("job", None)
    assert notebook.load("job") is None
    assert states.kept[SHOPIFY].kept == {"other": "1"}


def test_the_ad_accounts_zone_is_remembered(runtime: Runtime, merchant: User, states: States) -> None:
    notes = {"accountId": "123", "currency": "INR", "timezone": "Pacific/Kiritimati"}
    states.kept[META] = SourceState(META, notes=notes)  # as it was noted when there could be one account only

    source = HttpSources(runtime).meta(merchant)

    assert source.first_day() == NOW.astimezone(ZoneInfo("Pacific/Kiritimati")).date() - timedelta(days=1123)


def test_several_ad_accounts_share_a_token_and_prove_the_app_secret(
    runtime: Runtime, merchant: User, wire: responses.RequestsMock
) -> None:
    secrets = {**merchant.secrets, "metaAppSecret": runtime.vault.encrypt("app-secret-1")}
    several = replace(merchant, meta_ad_account_id="123,77", secrets=secrets)
    for account in ("123", "77"):
        url = f"https://graph.facebook.com/v26.0/act_{account}"
        wire.get(url, json={"currency": "INR", "timezone_name": "Asia/Kolkata"})

    HttpSources(runtime).meta(several).accounts()

    proofs = {str(call.request.url).partition("appsecret_proof=")[2][:64] for call in wire.calls}
    assert {call.request.headers["Authorization"] for call in wire.calls} == {"Bearer meta-1"}
    assert len(proofs) == 1
    assert all(len(proof) == 64 for proof in proofs)


def test_a_block_is_kept_with_the_merchant_for_the_next_run(
    runtime: Runtime, merchant: User, states: States, wire: responses.RequestsMock
) -> None:
    refusal = {"error": {"code": 17, "error_subcode": 2446079}}
    wire.get("https://graph.facebook.com/v26.0/act_123", json=refusal, status=400)

    for reason in ("quota is used up", "left alone until then"):
        with pytest.raises(ThrottledError, match=reason):
            HttpSources(runtime).meta(merchant).accounts()

    assert list(states.kept[META].kept) == ["blocked:123"]


@pytest.mark.parametrize(
    ("url", "pace"),
    [("https://apiv2.shiprocket.in", 1.0), ("http://127.0.0.1:8000/shiprocket", 0.0), ("http://localhost:1", 0.0)],
)
def test_shiprocket_is_asked_once_a_second_unless_it_runs_on_this_machine(
    runtime: Runtime, merchant: User, url: str, pace: float
) -> None:
    there = replace(runtime, settings=replace(runtime.settings, shiprocket_url=url))

    assert HttpSources(there).shiprocket(merchant)._http._pace == pace


def test_a_pause_of_a_refused_login_belongs_to_the_credentials_as_they_are_stored(
    runtime: Runtime, merchant: User, states: States, wire: responses.RequestsMock
) -> None:
    wire.post("https://apiv2.shiprocket.in/v1/external/auth/login", json={"message": "no"}, status=403)
    given_again = replace(
        merchant, secrets=merchant.secrets | {"shiprocketPassword": runtime.vault.encrypt("pass-1")}
    )

    for user, logins in ((merchant, 1), (merchant, 1), (given_again, 2)):
        with pytest.raises(CredentialsError, match="not tried again before"):
            HttpSources(runtime).shiprocket(user).check()
        assert len(wire.calls) == logins
    assert "pass-1" not in str(states.kept)


def test_missing_credentials_are_named(runtime: Runtime, merchant: User) -> None:
    half = {name: token for name, token in merchant.secrets.items() if name != "shopifyClientSecret"}

    with pytest.raises(CredentialsError, match="shopifyClientSecret is missing"):
        HttpSources(runtime).shopify(replace(merchant, secrets=half))


def test_credentials_under_another_key_are_a_matter_of_configuration(runtime: Runtime, merchant: User) -> None:
    other = replace(runtime, settings=replace(runtime.settings, secret_keys=(new_key(),)))

    with pytest.raises(ConfigurationError, match="PROFITSYNC_SECRET_KEY"):
        HttpSources(other).shiprocket(merchant)


def test_each_source_has_its_own_connection(runtime: Runtime, merchant: User) -> None:
    """They are read in parallel threads."""
    sources = HttpSources(runtime)

    assert sources.shopify(merchant)._http is not sources.meta(merchant)._http
