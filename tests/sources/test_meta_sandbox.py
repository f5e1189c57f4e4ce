"""The source against a real server on loopback: what the ad account holds is what comes out."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import AdDraft, MetaWorld, TokenDraft, World
from profitsync.sandbox.worlds.example import example
from profitsync.sources.errors import CredentialsError, RetriableError, SourceError, ThrottledError
from profitsync.sources.findings import Level
from profitsync.sources.gate import Gate
from profitsync.sources.http import HttpClient
from profitsync.sources.meta import MetaSource
from profitsync.sources.protocol import AdAccount, Notebook

NOW = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 5)
TOKEN, EXAMPLE_TOKEN = "sandbox-token", "sandbox-meta-example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The worked example, and an account with a thousand days of ads."""
    ads = AdDraft(Decimal("12.5"), 900, 700, 3, 9)
    days = {LAST - timedelta(days=back): ads for back in range(1000)}
    busy = MetaWorld("77", "USD", "America/New_York", TOKEN, days=days)
    late = MetaWorld("88", "INR", "Asia/Kolkata", TOKEN, days={LAST: ads}, status=2, disable_reason=1)
    with Sandbox([example(), World("busy", meta=busy, further_meta=[late])], clock=lambda: NOW) as running:
        yield running


class Client:
    """A merchant's side: sources over one notebook and one gate, and the pauses they made."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.now = NOW
        self.notes: dict[str, str | None] = {}
        self.gate = Gate()
        self.pauses: list[float] = []
        sandbox.clock = self.clock

    def clock(self) -> datetime:
        return self.now

    def source(self, *account_ids: str, token: str = TOKEN, **other: Any) -> MetaSource:
        sleep = self.pauses.append
        http = HttpClient("Meta", sleep=sleep, rng=random.Random(1), clock=self.clock)  # noqa: S311 - jitter
        return MetaSource(
            http,
            base_url=self.sandbox.environment()["PROFITSYNC_META_URL"],
            version="v26.0",
            account_ids=account_ids or ["77"],
            token=token,
            clock=self.clock,
            sleep=sleep,
            gate=self.gate,
            notebook=Notebook(self.notes.get, self._write),
            **other,
        )

    def _write(self, name: str, text: str | None) -> None:
        self.notes |= {name: text}


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def source(sandbox: Sandbox, account_id: str = "1002003004", token: str = EXAMPLE_TOKEN) -> MetaSource:
    return Client(sandbox).source(account_id, token=token)


def test_the_worked_examples_days_come_out(sandbox: Sandbox) -> None:
    meta = source(sandbox)

    assert meta.accounts() == [AdAccount("1002003004", "INR", "Asia/Kolkata")]
    assert [(one.day.day, one.spend, one.impressions, one.link_clicks) for one in meta.days(FIRST, LAST)] == [
        (2, Decimal(600), 20_000, 300),
        (4, Decimal(300), 12_000, 150),
        (5, Decimal(200), 8_000, 80),
    ]
    assert meta.requests == 2


def test_years_of_days_come_out_complete(sandbox: Sandbox) -> None:
    found = source(sandbox, "77", TOKEN).days(LAST - timedelta(days=999), LAST)

    assert len(found) == 1000
    assert sum(one.spend for one in found) == Decimal(12500)


def test_the_oldest_day_asked_for_is_still_answered(sandbox: Sandbox) -> None:
    meta = source(sandbox, "77", TOKEN)

    assert meta.days(meta.first_day() - timedelta(days=9), meta.first_day()) == []


@pytest.mark.parametrize(
    "fault", ["meta:empty-page@1", "meta:500x2", "meta:502-htmlx1", "meta:2x2", "meta:truncatedx1"]
)
def test_a_passing_fault_loses_no_day(sandbox: Sandbox, fault: str) -> None:
    sandbox.faults.add(fault)

    assert len(source(sandbox).days(FIRST, LAST)) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("meta:credentials", CredentialsError),
        ("meta:10", CredentialsError),
        ("meta:80000=2446079", ThrottledError),
        ("meta:4", ThrottledError),
        ("meta:503", RetriableError),
        ("meta:hangup", RetriableError),
    ],
)
def test_a_lasting_fault_has_its_consequence(sandbox: Sandbox, fault: str, kind: type[SourceError]) -> None:
    sandbox.faults.add(fault)

    with pytest.raises(kind):
        source(sandbox).days(FIRST, LAST)


@pytest.mark.parametrize(("account_id", "token"), [("1002003004", "wrong"), ("77", EXAMPLE_TOKEN)])
def test_a_foreign_token_or_account_is_a_matter_of_credentials(
    sandbox: Sandbox, account_id: str, token: str
) -> None:
    with pytest.raises(CredentialsError):
        source(sandbox, account_id, token).days(FIRST, LAST)


# --- queries that are too heavy, and reports


def operations(client: Client) -> list[str]:
    """What was asked of the API: the last word of every path."""
    return [record.operation.rsplit("/", 1)[1] for record in client.sandbox.requests]


def test_a_query_of_too_many_days_is_halved_until_it_fits(client: Client) -> None:
    client.sandbox.faults.add("meta:too-much=4")

    found = client.source().days(LAST - timedelta(days=7), LAST)

    assert len(found) == 8
    assert operations(client) == ["insights"] * 3


REPORTS = [
    pytest.param("", 1, id="as documented"),
    pytest.param("meta:report=earlyx1", 1, id="100 % with Job Running"),
    pytest.param("meta:report=unseenx1", 1, id="100/33 right after creation"),
    pytest.param("meta:report=hastyx1", 1, id="2601 when read"),
    pytest.param("meta:report=summaryx1", 1, id="100 cannot include"),
    pytest.param("meta:report=failedx1", 2, id="Job Failed"),
    pytest.param("meta:report=skippedx1", 2, id="Job Skipped"),
    pytest.param("meta:report=too-largex1", 3, id="too large, then halves"),
    pytest.param("meta:100=33x1/60239", 1, id="100/33 by code"),
    pytest.param("meta:2x1/60239", 1, id="a passing fault of a poll"),
]


@pytest.mark.parametrize(("fault", "reports"), REPORTS)
def test_days_too_heavy_for_any_query_come_out_of_a_report(client: Client, fault: str, reports: int) -> None:
    if fault:
        client.sandbox.faults.add(fault)
    client.sandbox.faults.add("meta:too-much=0")

    found = client.source().days(FIRST, LAST)

    assert [one.day for one in found] == [FIRST + timedelta(days=number) for number in range(4)]
    assert operations(client).count("report") == reports


def test_a_report_that_never_moves_is_left_to_the_next_run(client: Client) -> None:
    client.sandbox.faults.add("meta:report=stuckx1")
    client.sandbox.faults.add("meta:too-much=0")

    with pytest.raises(RetriableError, match="the next run waits on"):
        client.source().days(FIRST, LAST)
    with pytest.raises(RetriableError):
        client.source().days(FIRST, LAST)

    assert operations(client).count("report") == 1


# --- limits


def test_near_a_limit_the_next_request_waits(client: Client) -> None:
    client.sandbox.faults.add("meta:usage=90/insights")

    client.source().days(LAST - timedelta(days=100), LAST)

    assert client.pauses == [12.0]


def test_at_the_limit_the_next_request_is_not_sent(client: Client) -> None:
    client.sandbox.faults.add("meta:usage=100x1")

    with pytest.raises(ThrottledError, match="until 2026-11-05 15:05 UTC"):
        client.source().days(LAST - timedelta(days=100), LAST)

    assert len(operations(client)) == 1


def test_a_block_is_waited_out_without_a_call_that_would_prolong_it(client: Client) -> None:
    client.sandbox.faults.add("meta:blocked=30x1")
    for minutes in (0, 10, 15):
        client.now += timedelta(minutes=minutes)
        with pytest.raises(ThrottledError):
            client.source().days(FIRST, LAST)
    client.now += timedelta(minutes=6)

    assert len(client.source().days(FIRST, LAST)) == 4
    assert len(operations(client)) == 2


def test_a_version_that_ages_is_told(client: Client) -> None:
    client.sandbox.faults.add("meta:version-warning")
    source = client.source()

    source.days(FIRST, LAST)

    assert source.warnings == ["version v26.0 of the API is ageing; Meta says: The call has been auto-upgraded"]


# --- accounts, tokens, secrets


def test_all_accounts_of_a_token_come_out_each_in_its_own_currency(client: Client) -> None:
    source = client.source("77", "act_88")

    assert source.accounts() == [
        AdAccount("77", "USD", "America/New_York"),
        AdAccount("88", "INR", "Asia/Kolkata"),
    ]
    assert [one.account_id for one in source.days(LAST, LAST)] == ["77", "88"]


def test_an_app_that_demands_proof_gets_it_for_queries_and_reports(client: Client) -> None:
    meta = client.sandbox.worlds[1].meta
    assert meta is not None
    meta.app_secret = "secret-of-the-app"
    client.sandbox.faults.add("meta:too-much=0")

    with pytest.raises(SourceError):
        client.source().days(LAST, LAST)
    assert len(client.source(app_secret="secret-of-the-app").days(LAST, LAST)) == 1


def test_a_check_tells_the_token_and_every_account(client: Client) -> None:
    meta = client.sandbox.worlds[1].meta
    assert meta is not None
    meta.token = TokenDraft("USER", int((NOW + timedelta(days=3)).timestamp()), 0, ("email",))

    found = client.source("77", "88").check()

    assert [(one.level, one.topic) for one in found if one.level is not Level.OK] == [
        (Level.WARNING, "token"),
        (Level.PROBLEM, "scopes"),
        (Level.WARNING, "ad account 88"),
    ]
    assert operations(client) == ["debug_token", "act_77", "act_88"]


def test_a_check_says_when_the_expiry_cannot_be_seen_and_when_the_clock_is_wrong(client: Client) -> None:
    client.sandbox.faults.add("meta:100/debug_token")
    client.sandbox.clock = lambda: NOW + timedelta(hours=1)

    found = client.source().check()

    assert {one.topic: one.text.split(":")[0] for one in found if one.level is Level.WARNING} == {
        "token": "its expiry is not visible",
        "clock": "this machine's clock is 3600 s slow; set it right",
    }
