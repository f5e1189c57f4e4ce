"""What works and what does not: the token, each ad account, the version and the clock, asked once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from profitsync.domain.days import same_days
from profitsync.sources.errors import RetriableError, SourceError
from profitsync.sources.findings import Finding, Level
from profitsync.sources.meta.account import AccountNode, AccountReader
from profitsync.sources.meta.client import GraphClient
from profitsync.sources.meta.failures import NAME, TokenRefusedError

READING = ("ads_read", "ads_management")  # either lets a token read insights
SOON = timedelta(days=7)
MOST_SKEW = 120.0  # seconds; the header has whole seconds, and an answer takes some
KINDS = {"USER": "a person", "SYSTEM_USER": "a system user", "PAGE": "a page", "APP": "an app"}
STATUSES = {
    1: "active",
    2: "disabled",
    3: "unsettled",
    7: "pending risk review",
    8: "pending settlement",
    9: "in its grace period",
    100: "pending closure",
    101: "closed",
}
_FIELDS = "account_id,name,currency,timezone_name,account_status,disable_reason"
_RENEW = "connect Meta again with a fresh metaAccessToken (`profitsync users update`)"


@dataclass(frozen=True, slots=True)
class AdShop:
    """What a merchant's ad accounts are compared with; None: not known yet."""

    currency: str | None = None
    timezone: str | None = None
    rates: Collection[str] = ()  # currencies for which `settings.fxRates` has a rate


class _Token(msgspec.Struct):
    """Unix seconds; 0 is never. Everything may be missing."""

    is_valid: bool = False
    type: str = ""
    expires_at: int | None = None
    data_access_expires_at: int | None = None
    scopes: list[str] | None = None


class _Answer(msgspec.Struct):
    data: _Token


class Check:
    """Asks for the token and for each account, one request each."""

    def __init__(
        self,
        client: GraphClient,
        readers: Sequence[AccountReader],
        shop: AdShop,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._readers = readers
        self._shop = shop
        self._clock = clock

    def findings(self) -> list[Finding]:
        """Everything found. Raises `SourceError` when Meta cannot be asked at all."""
        found = list(self._token())
        if found[0].level is not Level.PROBLEM:  # a dead token opens no account; asking only costs quota
            for reader in self._readers:
                found += self._account(reader)
        return found + list(self._surroundings())

    def _token(self) -> Iterator[Finding]:
        try:
            token = self._client.introspect(_Answer).data
        except RetriableError:
            raise
        except TokenRefusedError as error:
            yield Finding(Level.PROBLEM, "token", _plain(error))
            return
        except SourceError:
            yield _hidden()
            return
        if not token.is_valid:
            yield Finding(Level.PROBLEM, "token", f"is not valid any more; {_RENEW}")
            return
        yield self._expiry(token)
        if token.data_access_expires_at:
            yield self._data_access(token.data_access_expires_at)
        if token.scopes is None:
            return
        if any(scope in token.scopes for scope in READING):
            yield Finding(Level.OK, "scopes", f"{', '.join(sorted(token.scopes))}; ads can be read")
        else:
            given = ", ".join(sorted(token.scopes)) or "none"
            yield Finding(
                Level.PROBLEM, "scopes", f"ads_read is missing (given: {given}); grant it, then {_RENEW}"
            )

    def _expiry(self, token: _Token) -> Finding:
        whose = f"valid, of {KINDS.get(token.type, token.type or 'unknown kind')}"
        if token.expires_at == 0:
            return Finding(Level.OK, "token", f"{whose}; it does not expire")
        if token.expires_at is None:
            return Finding(Level.WARNING, "token", f"{whose}; Meta does not say when it expires")
        until, left = self._until(token.expires_at)
        if left <= timedelta(0):
            return Finding(Level.PROBLEM, "token", f"expired on {until}; {_RENEW}")
        level = Level.WARNING if left < SOON else Level.OK
        hint = f"; {_RENEW} before" if level is Level.WARNING else ""
        return Finding(level, "token", f"{whose}; it expires on {until}, in {left.days} days{hint}")

    def _data_access(self, seconds: int) -> Finding:
        until, left = self._until(seconds)
        if left <= timedelta(0):
            return Finding(Level.PROBLEM, "data access", f"ended on {until}; {_RENEW}")
        level = Level.WARNING if left < SOON else Level.OK
        return Finding(level, "data access", f"lasts until {until}, {left.days} more days")

    def _until(self, seconds: int) -> tuple[str, timedelta]:
        instant = datetime.fromtimestamp(seconds, UTC)
        return f"{instant:%Y-%m-%d}", instant - self._clock()

    def _account(self, reader: AccountReader) -> Iterator[Finding]:
        topic = f"ad account {reader.account_id}"
        try:
            node = reader.node(_FIELDS)
        except SourceError as error:
            yield Finding(Level.PROBLEM, topic, _plain(error))
            return
        yield _status(topic, node)
        yield self._currency(topic, node.currency)
        yield self._zone(topic, node.timezone_name)

    def _currency(self, topic: str, currency: str) -> Finding:
        ours = self._shop.currency
        if ours is None:
            return Finding(Level.OK, topic, f"in {currency}; the shop's is not known before its first sync")
        if currency == ours:
            return Finding(Level.OK, topic, f"in {currency}, as the shop")
        if currency in self._shop.rates:
            return Finding(Level.OK, topic, f"in {currency}; settings.fxRates.{currency} turns it into {ours}")
        return Finding(
            Level.WARNING, topic,
            f"in {currency}, the shop in {ours}, and no rate is set: adSpend will not be known; "
            f"set settings.fxRates.{currency}",
        )  # fmt: skip

    def _zone(self, topic: str, zone: str) -> Finding:
        ours = self._shop.timezone
        if ours is None:
            return Finding(Level.OK, topic, f"days in {zone}; the shop's are not known before its first sync")
        today = self._clock().date()
        year = [today - timedelta(days=back) for back in range(0, 365, 7)]
        if same_days(year, zone, ours):
            return Finding(Level.OK, topic, f"days in {zone}, as the shop's")
        return Finding(
            Level.WARNING, topic,
            f"days in {zone}, the shop's in {ours}: figures stay on the account's days (adTimezoneMismatch)",
        )  # fmt: skip

    def _surroundings(self) -> Iterator[Finding]:
        version, warning = self._client.version, self._client.version_warning
        if warning is None:
            yield Finding(Level.OK, "API version", f"{version}, without a warning")
        else:
            yield Finding(
                Level.WARNING, "API version",
                f"{version} is ageing; set PROFITSYNC_META_API_VERSION to a later one. Meta says: {warning}",
            )  # fmt: skip
        skew = self._client.clock_skew
        if skew is not None and abs(skew) > MOST_SKEW:
            way = "slow" if skew > 0 else "fast"
            yield Finding(Level.WARNING, "clock", f"this machine's clock is {abs(skew):.0f} s {way}; set it right")


def _hidden() -> Finding:
    return Finding(
        Level.WARNING, "token", "its expiry is not visible: Meta does not let this token look at itself"
    )


def _status(topic: str, node: AccountNode) -> Finding:
    name = f"{node.name!r} " if node.name else ""
    status = node.account_status
    if status is None:
        return Finding(Level.OK, topic, f"{name}can be read; its status is not told")
    words = STATUSES.get(status, f"in status {status}, which is not known here")
    if status == 1:
        return Finding(Level.OK, topic, f"{name}can be read and is {words}")
    reason = f", reason {node.disable_reason}" if node.disable_reason else ""
    return Finding(
        Level.WARNING, topic,
        f"{name}is {words} ({status}{reason}); what it spent is still read, see Meta's Account Quality page",
    )  # fmt: skip


def _plain(error: SourceError) -> str:
    return str(error).removeprefix(f"{NAME}: ")
