"""Builds the sources of one merchant that speak HTTP, from what is stored and configured."""

import hashlib
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from profitsync.bootstrap import Runtime
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SourceState, User
from profitsync.logs import hide
from profitsync.sources.ad_accounts import known_accounts
from profitsync.sources.connections import Connections
from profitsync.sources.errors import CredentialsError
from profitsync.sources.http import HttpClient
from profitsync.sources.meta import AdShop, MetaSource
from profitsync.sources.protocol import Notebook, TokenCache
from profitsync.sources.shiprocket import PACE, ShiprocketSource
from profitsync.sources.shopify import (
    BulkOptions,
    ClientCredentials,
    Credentials,
    ShopifySource,
    StaticToken,
    bulk,
)

SESSION = "session"  # the entry of `SourceState.tokens`
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class _Session(msgspec.Struct):
    token: str
    expires_at: datetime


class HttpSources:
    """A `SourceFactory`. Each source gets an HTTP client of its own, so each may run in its own thread.

    Clients share connections, and nothing else.

    Every method raises `CredentialsError` when the merchant's credentials are not stored, and
    `ConfigurationError` when they cannot be decrypted.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._connections = Connections()

    def shopify(self, user: User) -> ShopifySource:
        """The merchant's shop."""
        settings = self._runtime.settings
        if not user.shopify_store:
            raise CredentialsError("Shopify: no store is registered for this merchant")
        http = self._client("Shopify")
        base_url = settings.shopify_url.replace("{store}", user.shopify_store)
        return ShopifySource(
            http,
            base_url=base_url,
            version=settings.shopify_api_version,
            credentials=self._shopify_credentials(user, http, base_url),
            bulk=self._bulk(user),
            fees=user.settings.transaction_fees.source == "shopify",
            hands=self._runtime.hands,
            form=self._runtime.store.order_form,
        )

    def meta(self, user: User) -> MetaSource:
        """The merchant's ad accounts."""
        settings = self._runtime.settings
        if not user.meta_ad_accounts:
            raise CredentialsError("Meta: no ad account is registered for this merchant")
        state = self._runtime.store.source_states(user.id).get(META) or SourceState(META)
        return MetaSource(
            self._client("Meta"),
            base_url=settings.meta_url,
            version=settings.meta_api_version,
            account_ids=user.meta_ad_accounts,
            token=self._secret(user, "Meta", "metaAccessToken"),
            app_secret=self._secret(user, "Meta", "metaAppSecret") if "metaAppSecret" in user.secrets else None,
            clock=self._runtime.clock,
            sleep=self._runtime.sleep,
            gate=self._runtime.gate,
            notebook=self._notebook(user, META, state),
            timezones={one.account_id: one.timezone for one in known_accounts(state.notes).values()},
            shop=AdShop(user.currency, user.timezone, user.settings.fx_rates.keys()),
        )

    def shiprocket(self, user: User) -> ShiprocketSource:
        """The merchant's Shiprocket company. A server on this machine is asked without pauses."""
        url = self._runtime.settings.shiprocket_url
        return ShiprocketSource(
            self._client("Shiprocket", pace=0.0 if urlsplit(url).hostname in LOOPBACK else PACE),
            base_url=url,
            email=self._secret(user, "Shiprocket", "shiprocketEmail"),
            password=self._secret(user, "Shiprocket", "shiprocketPassword"),
            cache=self._cache(user, SHIPROCKET),
            notebook=self._notebook(user, SHIPROCKET),
            clock=self._runtime.clock,
            version=_version(user, SHIPROCKET),
        )

    def _shopify_credentials(self, user: User, http: HttpClient, base_url: str) -> Credentials:
        if "shopifyAccessToken" in user.secrets:
            return StaticToken(self._secret(user, "Shopify", "shopifyAccessToken"))
        return ClientCredentials(
            http,
            base_url=base_url,
            client_id=self._secret(user, "Shopify", "shopifyClientId"),
            client_secret=self._secret(user, "Shopify", "shopifyClientSecret"),
            cache=self._cache(user, SHOPIFY),
            clock=self._runtime.clock,
        )

    def _bulk(self, user: User) -> BulkOptions | None:
        """None where a killed run leaves no notes: an operation nobody can find again would run on in the shop."""
        return None if self._runtime.scratch else BulkOptions(self._notebook(user, SHOPIFY), bulk.BULK_FROM)

    def _client(self, name: str, pace: float = 0.0) -> HttpClient:
        runtime = self._runtime
        return HttpClient(
            name, sleep=runtime.sleep, rng=runtime.rng, clock=runtime.clock, pace=pace,
            session=self._connections.session(),
        )  # fmt: skip

    def _secret(self, user: User, source: str, name: str) -> str:
        token = user.secrets.get(name)
        if token is None:
            raise CredentialsError(f"{source}: {name} is missing")
        plain = self._runtime.vault.decrypt(token)
        if name != "shiprocketEmail":  # may well be the merchant's own, which the log lines carry
            hide(plain)  # a password cannot be told from other text by its looks
        return plain

    def _cache(self, user: User, source: str) -> TokenCache:
        """Keeps a session token, encrypted, in the merchant's state of that source."""
        store, vault = self._runtime.store, self._runtime.vault

        def load() -> tuple[str, datetime] | None:
            state = store.source_states(user.id).get(source)
            if state is None or SESSION not in state.tokens:
                return None
            session = msgspec.json.decode(vault.decrypt(state.tokens[SESSION]), type=_Session)
            return session.token, session.expires_at

        def save(token: str, expires_at: datetime) -> None:
            state = store.source_states(user.id).get(source) or SourceState(source)
            kept = vault.encrypt(msgspec.json.encode(_Session(token, expires_at)).decode())
            store.save_source_state(user.id, replace(state, tokens=state.tokens | {SESSION: kept}))

        return TokenCache(load=load, save=save)

    def _notebook(self, user: User, source: str, read: SourceState | None = None) -> Notebook:
        """Keeps a source's notes in the merchant's state of that source.

        `read` is that state as it is now; with it, the notes are known and not looked up again.
        """
        store = self._runtime.store
        known = None if read is None else dict(read.kept)

        def load(name: str) -> str | None:
            if known is not None:
                return known.get(name)
            state = store.source_states(user.id).get(source)
            return state.kept.get(name) if state else None

        def save(name: str, text: str | None) -> None:
            state = store.source_states(user.id).get(source) or SourceState(source)
            others = {key: kept for key, kept in state.kept.items() if key != name}
            kept = others if text is None else others | {name: text}
            store.save_source_state(user.id, replace(state, kept=kept))
            if known is not None:
                known.clear()
                known.update(kept)

        return Notebook(load=load, save=save)


def _version(user: User, source: str) -> str:
    """A digest of a source's credentials as they are stored: encrypted afresh whenever they are given."""
    stored = "\n".join(
        f"{name} {token}" for name, token in sorted(user.secrets.items()) if name.startswith(source)
    )
    return hashlib.sha256(stored.encode()).hexdigest()[:16]
