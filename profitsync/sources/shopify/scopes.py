"""What the app may read of the shop: its access scopes, and the wall that one of them takes away.

Without `read_all_orders` only orders created in the last 60 days exist for an app. No error says so: history is
silently short, and what happens to an older order is invisible.
"""

from datetime import datetime, timedelta

from profitsync.sources.errors import CredentialsError, SourceError
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.auth import Credentials, scope_names
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.wire import ScopesAnswer

ALL_ORDERS = "read_all_orders"
WALL = timedelta(days=60)
_MARGIN = timedelta(hours=1)  # the wall moves on while orders are being read
# What is lost without a scope; without a needed one nothing can be read.
NEEDED = {
    "read_orders": "no order can be read",
    "read_customers": "new and returning customers cannot be told apart, so orders are refused",
}
OPTIONAL = {
    ALL_ORDERS: "orders older than 60 days, and refunds and returns of them, are invisible",
    "read_products": "products are unknown, so costs are found by SKU only",
    "read_inventory": "Shopify's cost per item is unknown, so estimates or typed costs are used",
}


class Scopes:
    """The app's scopes, asked for at most once per run and only when something depends on them."""

    def __init__(self, client: ShopifyClient, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials
        self._granted: frozenset[str] | None = None

    def granted(self) -> frozenset[str]:
        """What the app may do: told by the token's grant of this run, else asked for (one request)."""
        if self._granted is None:
            self._granted = self._credentials.scopes
        if self._granted is None:
            answer = self._client.ask(queries.SCOPES, {}, ScopesAnswer).current_app_installation
            self._granted = scope_names(scope.handle for scope in answer.access_scopes)
        return self._granted

    def lacking(self) -> CredentialsError | None:
        """An error naming every needed scope that is missing, and the remedy; None when none is."""
        missing = [name for name in NEEDED if name not in self.granted()]
        return CredentialsError(f"Shopify: {missing_text(missing, self.granted())}") if missing else None

    def explained(self, refusal: CredentialsError) -> CredentialsError:
        """Why access was refused, as far as the scopes tell; else the refusal itself."""
        try:
            return self.lacking() or refusal
        except SourceError:  # the refusal says enough
            return refusal

    def hidden_before(self, since: datetime) -> datetime | None:
        """The instant before which orders are hidden, if `since` lies before it; else None.

        Raises `CredentialsError` when the app may not read orders at all.
        """
        wall = self._client.now() - WALL + _MARGIN
        if since >= wall:
            return None
        if (lacking := self.lacking()) is not None:
            raise lacking
        return None if ALL_ORDERS in self.granted() else wall


def missing_text(missing: list[str], granted: frozenset[str]) -> str:
    """What is missing, and what the merchant has to do."""
    if not granted:
        return (
            "the app has no access scopes at all; give it "
            f"{', '.join([*NEEDED, *OPTIONAL])} in a new version of the app, and release it"
        )
    return f"the app lacks {' and '.join(missing)}; add that to its scopes, and approve them in the shop"
