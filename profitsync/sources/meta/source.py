"""The ad accounts of one merchant over the Graph API: currencies, zones, and one row per account and day."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TypeVar

from profitsync.domain.ads import AdDay
from profitsync.sources.errors import SourceError
from profitsync.sources.findings import Finding
from profitsync.sources.gate import Gate
from profitsync.sources.http import HttpClient
from profitsync.sources.meta.access import Access
from profitsync.sources.meta.account import AccountReader
from profitsync.sources.meta.check import AdShop, Check
from profitsync.sources.meta.client import GraphClient
from profitsync.sources.meta.failures import NAME
from profitsync.sources.meta.reports import Patience, Reports
from profitsync.sources.meta.rows import bare
from profitsync.sources.protocol import AdAccount, Notebook

T = TypeVar("T")


class MetaSource:
    """Ad accounts that share one token, which travels in a header only. Ids may carry the prefix "act_".

    `app_secret` is for apps that demand a proof of it with each call; `timezones` are the accounts' IANA zones as
    far as they are known from an earlier run (others are learnt by `accounts()`). `gate` is shared by all
    merchants of a run; `notebook` keeps blocks and unfinished reports for the next one. `shop` is what `check()`
    compares the accounts with.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        version: str,
        account_ids: Sequence[str],
        token: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        gate: Gate,
        notebook: Notebook,
        app_secret: str | None = None,
        timezones: Mapping[str, str] | None = None,
        shop: AdShop | None = None,
    ) -> None:
        self.account_ids = tuple(dict.fromkeys(bare(one) for one in account_ids))
        self.warnings: list[str] = []
        self._http = http
        self._clock = clock
        self._shop = shop or AdShop()
        access = Access(gate, notebook, clock, sleep)
        self._client = GraphClient(
            http, access, base_url=base_url, version=version, token=token, app_secret=app_secret, clock=clock,
            warnings=self.warnings,
        )  # fmt: skip
        patience = Patience(sleep)
        self._readers = [
            AccountReader(
                self._client,
                one,
                Reports(self._client, one, patience=patience, notebook=notebook, clock=clock),
                notebook,
                clock,
                (timezones or {}).get(one),
            )
            for one in self.account_ids
        ]

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, tries included."""
        return self._client.requests

    def accounts(self) -> list[AdAccount]:
        """Ask each account for its currency and time zone (one request each)."""
        return list(self._of_each(AccountReader.account))

    def first_day(self) -> date:
        """The earliest day Meta still answers for, whatever the account."""
        return max(reader.first_day() for reader in self._readers)

    def days(self, since: date, until: date) -> list[AdDay]:
        """All rows of all accounts' days, both ends included. A day without delivery has no row.

        Days before `first_day()` and days that have not begun are not asked for. Raises
        `BadResponseError` when all days are too old: no rows would look like no spend. When one account
        fails, nothing is returned of the others either: half a sum is no sum.
        """
        return [row for rows in self._of_each(lambda reader: reader.days(since, until)) for row in rows]

    def check(self) -> list[Finding]:
        """Ask for the token and each account once, and say what works. Raises `SourceError` when Meta is away."""
        return Check(self._client, self._readers, self._shop, self._clock).findings()

    def _of_each(self, ask: Callable[[AccountReader], T]) -> Iterator[T]:
        """The answer of every account in turn; of several accounts, an error says which one it is about."""
        for reader in self._readers:
            with self._named(reader):  # all of them first: one that is blocked makes the others' answers useless
                self._client.access.await_end_of_block(reader.account_id)
        for reader in self._readers:
            with self._named(reader):
                answer = ask(reader)
            yield answer

    @contextmanager
    def _named(self, reader: AccountReader) -> Iterator[None]:
        try:
            yield
        except SourceError as error:
            if len(self._readers) > 1:
                reason = str(error).removeprefix(f"{NAME}: ")
                error.args = (f"{NAME}: ad account {reader.account_id}: {reason}",)
            raise
