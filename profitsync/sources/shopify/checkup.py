"""What a shop and its app say of themselves, in plain words: for `users check` and `doctor`."""

from collections.abc import Iterator

from profitsync.sources.findings import Finding, Level
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.auth import Credentials, scope_names
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.scopes import ALL_ORDERS, NEEDED, OPTIONAL, missing_text
from profitsync.sources.shopify.wire import CheckAnswer

MOST_SKEW = 60.0  # seconds our clock may be off before it is worth a word


class Checkup:
    """Asks once. Raises `SourceError` when the shop cannot be asked at all."""

    def __init__(self, client: ShopifyClient, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials

    def run(self) -> list[Finding]:
        """Token, scopes, the 60-day wall, currency, time zone, API version, clock."""
        answer = self._client.ask(queries.CHECK, {}, CheckAnswer)
        granted = scope_names(scope.handle for scope in answer.current_app_installation.access_scopes)
        shop = answer.shop
        return [
            Finding(Level.OK, "token", f"works: {self._credentials.described()}"),
            *_scopes(granted),
            _wall(granted),
            Finding(Level.OK, "currency", shop.currency_code),
            Finding(Level.OK, "time zone", shop.iana_timezone),
            self._version({one.handle for one in answer.public_api_versions if one.supported}),
            self._clock(),
        ]

    def _version(self, supported: set[str]) -> Finding:
        asked, answered = self._client.version, self._client.answered_version
        if answered not in (None, asked):
            known = ", ".join(sorted(supported))
            return Finding(
                Level.WARNING, "API version",
                f"{asked} was asked, {answered} answered; set PROFITSYNC_SHOPIFY_API_VERSION to one of {known}",
            )  # fmt: skip
        if supported and asked not in supported:
            return Finding(
                Level.WARNING, "API version",
                f"{asked} answers but is not among the supported ones ({', '.join(sorted(supported))})",
            )  # fmt: skip
        return Finding(Level.OK, "API version", asked)

    def _clock(self) -> Finding:
        skew = self._client.clock_skew()
        if skew is None:
            return Finding(Level.WARNING, "clock", "Shopify's answer tells no time to compare ours with")
        if abs(skew) > MOST_SKEW:
            side = "ahead of" if skew > 0 else "behind"
            return Finding(
                Level.WARNING, "clock",
                f"this machine is {abs(skew):.0f} s {side} Shopify; set its time, or changes are read late",
            )  # fmt: skip
        return Finding(Level.OK, "clock", "agrees with Shopify's")


def _scopes(granted: frozenset[str]) -> Iterator[Finding]:
    missing = [name for name in NEEDED if name not in granted]
    if missing:
        costs = "; ".join(f"without {name} {NEEDED[name]}" for name in missing)
        yield Finding(Level.PROBLEM, "scopes", f"{missing_text(missing, granted)} ({costs})")
        return
    for name, lost in OPTIONAL.items():
        if name != ALL_ORDERS and name not in granted:
            yield Finding(Level.WARNING, "scopes", f"without {name} {lost}")
    yield Finding(Level.OK, "scopes", ", ".join(sorted(granted)))


def _wall(granted: frozenset[str]) -> Finding:
    if ALL_ORDERS in granted:
        return Finding(Level.OK, "history", "all orders can be read")
    return Finding(Level.WARNING, "history", f"without {ALL_ORDERS} {OPTIONAL[ALL_ORDERS]}")
