"""Asking for orders with what the app may read of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from profitsync.sources.shopify.auth import Credentials
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.failures import AccessDeniedError
from profitsync.sources.shopify.optional import Selection
from profitsync.sources.shopify.pacing import Fit
from profitsync.sources.shopify.scopes import Scopes

T = TypeVar("T")


class Access:
    """Queries about orders. An optional part that is refused is left out from then on, with a warning."""

    def __init__(
        self,
        client: ShopifyClient,
        credentials: Credentials,
        selection: Selection,
        scopes: Scopes,
        warn: Callable[[str], None],
    ) -> None:
        self.selection = selection
        self._client = client
        self._credentials = credentials
        self._scopes = scopes
        self._warn = warn
        self._renewed = False

    def ask_fitting(
        self, document: str, fit: Fit, variables: Callable[[int], dict[str, Any]], kind: type[T]
    ) -> tuple[T, int]:
        """As the client's, with the variables of the optional parts.

        Raises `CredentialsError` naming what is missing when a needed part is refused.
        """
        while True:
            try:
                return self._client.ask_fitting(
                    document, fit, lambda size: {**variables(size), **self.selection()}, kind
                )
            except AccessDeniedError as error:
                if not self._left_out(error) and not self._has_newer_token():
                    raise self._scopes.explained(error) from None

    def _left_out(self, error: AccessDeniedError) -> bool:
        try:
            self._warn(self.selection.without(error))
        except AccessDeniedError:
            return False
        return True

    def _has_newer_token(self) -> bool:
        """A token of an earlier run has the scopes of its day; a new one, asked for once, those of now."""
        if self._renewed or self._credentials.scopes is not None:
            return False
        self._renewed = True
        return self._credentials.renew()
