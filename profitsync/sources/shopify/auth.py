"""Who we are to Shopify: a pasted access token, or an app's client id and secret traded for one."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import requests

from profitsync.sources.errors import BadResponseError, CredentialsError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import TokenCache

RENEW_BEFORE = timedelta(minutes=10)  # a token this near its end is not used for a new request


class Credentials(Protocol):
    """Where the access token of a request comes from. No implementation shows a secret in its repr.

    `scopes` are what the app was granted, where the token itself came with them; None where only Shopify knows.
    """

    scopes: frozenset[str] | None

    def token(self) -> str:
        """A token that should work now."""

    def renew(self) -> bool:
        """Get another token after a refusal; False when there is no way to."""

    def described(self) -> str:
        """What kind of login this is and how long it lasts, in plain words."""


class StaticToken:
    """The token of an app made in the shop's admin. Works until it is revoked."""

    def __init__(self, token: str) -> None:
        self.scopes: frozenset[str] | None = None
        self._token = token

    def token(self) -> str:
        """The token as the merchant pasted it."""
        return self._token

    def renew(self) -> bool:
        """Never: only the merchant can give another one."""
        return False

    def described(self) -> str:
        """It has no end of its own."""
        return "an access token that lasts until it is revoked"


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: int
    scope: str | None = None


class ClientCredentials:
    """The client credentials grant of a Dev Dashboard app: a token for 24 hours, no refresh token.

    The token is kept in `cache` between runs and asked for again some minutes before its end. Every method
    raises `CredentialsError` when Shopify refuses the app.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        cache: TokenCache,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._url = f"{base_url}/admin/oauth/access_token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._cache = cache
        self._clock = clock
        self._current: tuple[str, datetime] | None = None
        self.scopes: frozenset[str] | None = None

    def token(self) -> str:
        """The current token, else the one kept from an earlier run, else a new one."""
        if self._current is None:
            self._current = self._cache.load()
        if self._current is None or self._current[1] - self._clock() < RENEW_BEFORE:
            self._current = self._ask()
        return self._current[0]

    def renew(self) -> bool:
        """Ask for a new token, whatever the old one's age."""
        self._current = self._ask()
        return True

    def described(self) -> str:
        """With the end of the current token; Shopify gives each one 24 hours."""
        end = f", the current one until {self._current[1]:%Y-%m-%d %H:%M} UTC" if self._current else ""
        return f"an app's client id and secret, traded for tokens of 24 hours{end}"

    def _ask(self) -> tuple[str, datetime]:
        asked_at = self._clock()
        grant = self._http.send("POST", self._url, self._interpret, data=self._form)
        granted = grant.access_token, asked_at + timedelta(seconds=grant.expires_in)
        self._cache.save(*granted)
        self.scopes = None if grant.scope is None else scope_names(grant.scope.split(","))
        return granted

    def _interpret(self, response: requests.Response) -> _Grant:
        if response.status_code in (400, 401, 403, 404):  # also another organization, or no such shop
            raise CredentialsError(
                f"{self._http.name}: the app's client id and secret were refused "
                f"(HTTP {response.status_code}{_oauth_code(response)})"
            )
        self._http.check_status(response)
        grant = self._http.decode(response, _Grant)
        if not grant.access_token or grant.expires_in <= 0:
            raise BadResponseError(f"{self._http.name}: the token answer holds no usable token")
        return grant


def scope_names(handles: Iterable[str]) -> frozenset[str]:
    """Access scopes by name. Where writing is granted, reading is too, and may not be listed."""
    names = {handle.strip() for handle in handles} - {""}
    return frozenset(names | {f"read_{name.removeprefix('write_')}" for name in names if name[:6] == "write_"})


class _OAuthError(msgspec.Struct):
    error: str


_REMEDIES = {
    "shop_not_permitted": "the app and the shop must belong to the same Shopify organization",
    "app_not_installed": "the app has to be installed on the shop",
}


def _oauth_code(response: requests.Response) -> str:
    """The OAuth error code with its remedy; nothing when the body is anything else."""
    try:
        code = msgspec.json.decode(response.content, type=_OAuthError).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not re.fullmatch(r"[a-z_]{1,40}", code):
        return ""
    return f", {code}: {_REMEDIES[code]}" if code in _REMEDIES else f", {code}"
