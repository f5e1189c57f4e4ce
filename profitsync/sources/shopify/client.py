"""Sends one GraphQL document and hands back typed data, or raises what the failure means."""

import logging
from typing import Any, TypeVar

import msgspec
import requests

from profitsync.sources.errors import BadResponseError, CredentialsError
from profitsync.sources.http import HttpClient
from profitsync.sources.shopify.auth import Credentials
from profitsync.sources.shopify.failures import Answer, TokenRefusedError, data_of

log = logging.getLogger(__name__)
T = TypeVar("T")

# Statuses that neither a retry nor another query can mend; the merchant has to act.
_REFUSALS = {
    402: "the shop is frozen for want of payment",
    403: "the app may not read this shop, or lacks a scope",
    404: "there is no such shop; its permanent *.myshopify.com name is needed",
    423: "the shop is locked",
}


class ShopifyClient:
    """The Admin API of one shop in one pinned version."""

    def __init__(self, http: HttpClient, *, base_url: str, version: str, credentials: Credentials) -> None:
        self._http = http
        self._url = f"{base_url}/admin/api/{version}/graphql.json"
        self._version = version
        self._credentials = credentials
        self._version_checked = False

    def ask(self, document: str, variables: dict[str, Any], kind: type[T], about: str = "") -> T:
        """The data of one query as `kind`; `about` names what it concerns in an error, e.g. `order #1042`."""
        try:
            data = self._send(document, variables)
        except TokenRefusedError:
            if not self._credentials.renew():
                raise
            data = self._send(document, variables)
        return self.decode(data, kind, about)

    def decode(self, data: msgspec.Raw, kind: type[T], about: str = "") -> T:
        """A part of an answer as `kind`. Raises `BadResponseError` naming `about` and the field."""
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.ValidationError as error:
            raise self.misshapen(about or "the answer", error) from None

    def misshapen(self, about: str, error: msgspec.ValidationError) -> BadResponseError:
        """An error for data that is not what the schema promises; msgspec names the field, never its value."""
        return self.bad(about, f"has an unexpected shape: {error}")

    def bad(self, about: str, what: str) -> BadResponseError:
        """An error naming what it concerns."""
        return BadResponseError(f"{self._http.name}: {about} {what}")

    def _send(self, document: str, variables: dict[str, Any]) -> msgspec.Raw:
        token = self._credentials.token()

        def interpret(response: requests.Response) -> msgspec.Raw:
            self._check_status(response)
            answer = self._http.decode(response, Answer)
            self._check_version(response)
            return data_of(answer, secret=token)

        return self._http.send(
            "POST",
            self._url,
            interpret,
            headers={"X-Shopify-Access-Token": token},
            json={"query": document, "variables": variables},
        )

    def _check_status(self, response: requests.Response) -> None:
        status, name = response.status_code, self._http.name
        if status == 401:
            raise TokenRefusedError(f"{name}: the access token was refused (HTTP 401)")
        if status in _REFUSALS:
            raise CredentialsError(f"{name}: {_REFUSALS[status]} (HTTP {status})")
        if 300 <= status < 400:
            raise BadResponseError(
                f"{name}: redirected (HTTP {status}); was the shop renamed? "
                "its permanent *.myshopify.com name is needed"
            )
        self._http.check_status(response)

    def _check_version(self, response: requests.Response) -> None:
        """A retired version is no error to Shopify: it answers with an older schema, which only a header tells."""
        answered = response.headers.get("X-Shopify-API-Version", self._version)
        if answered != self._version and not self._version_checked:
            log.warning("%s answered with version %s, not %s", self._http.name, answered, self._version)
            self._version_checked = True
