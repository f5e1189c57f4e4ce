"""The source against a real server on loopback: what the ad account holds is what comes out."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import AdDraft, MetaWorld, World
from profitsync.sandbox.worlds.example import example
from profitsync.sources.errors import CredentialsError, RetriableError, SourceError, ThrottledError
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
    with Sandbox([example(), World("busy", meta=busy)], clock=lambda: NOW) as running:
        yield running


def source(sandbox: Sandbox, account_id: str = "1002003004", token: str = EXAMPLE_TOKEN) -> MetaSource:
    http = HttpClient("Meta", sleep=lambda _: None, rng=random.Random(1), clock=lambda: NOW)  # noqa: S311 - jitter
    return MetaSource(
        http,
        base_url=sandbox.environment()["PROFITSYNC_META_URL"],
        version="v26.0",
        account_ids=[account_id],
        token=token,
        clock=lambda: NOW,
        sleep=lambda _: None,
        gate=Gate(),
        notebook=Notebook(lambda _name: None, lambda _name, _text: None),
    )


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
