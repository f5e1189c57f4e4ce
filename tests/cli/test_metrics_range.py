"""`metrics show`: ranges that cannot be, and ranges of which little or nothing is known."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from profitsync.domain.merchants import SourceState, User
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics
from profitsync.stores.protocol import Store
from tests.cli.conftest import Run

EMAIL = "owner@example.com"
ALL_OK = {"shopify": "ok", "meta": "off", "shiprocket": "off"}


@pytest.fixture
def user(store: Store) -> User:
    now = datetime(2026, 11, 5, tzinfo=UTC)
    user = User(
        "0" * 24, EMAIL, now, now, "shop.myshopify.com",
        secrets={"shopifyAccessToken": "gAAAA"}, currency="INR", timezone="Asia/Kolkata",
    )  # fmt: skip
    store.add_user(user)
    store.save_source_state(user.id, SourceState("shopify"))
    return user


def shown(run: Run, *flags: str) -> dict[str, object]:
    result = run("--quiet", "metrics", "show", "--user", EMAIL, "--json", *flags)
    assert result.code == 0
    answer: dict[str, object] = json.loads(result.out)
    return answer


def quiet_day(day: date) -> DayMetrics:
    return DayMetrics(day, dict.fromkeys(FIELDS, 0), True, ALL_OK)


def test_nothing_stored_is_unknown_not_zero(run: Run, user: User) -> None:
    totals = shown(run, "--since", "2026-11-01", "--until", "2026-11-03")["totals"]

    assert isinstance(totals, dict)
    assert totals["revenue"] is None
    assert totals["totalOrders"] is None
    assert totals["sources"] == {"shopify": "missing", "meta": "off", "shiprocket": "off"}
    assert totals["complete"] is False


def test_a_month_with_days_never_synced_is_not_complete(run: Run, store: Store, user: User) -> None:
    store.put_metrics(user.id, [quiet_day(date(2026, 10, 30)), quiet_day(date(2026, 10, 31))])

    rows = shown(run, "--since", "2026-10-01", "--until", "2026-10-31", "--by", "month")["rows"]

    assert isinstance(rows, list)
    assert [(row["date"], row["complete"]) for row in rows] == [("2026-10-01", False)]


def test_a_whole_week_is_complete(run: Run, store: Store, user: User) -> None:
    store.put_metrics(user.id, [replace(quiet_day(date(2026, 10, 26 + n))) for n in range(6)])

    rows = shown(run, "--since", "2026-10-26", "--until", "2026-10-31", "--by", "week")["rows"]

    assert isinstance(rows, list)
    assert [row["complete"] for row in rows] == [True]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--since", "2099-01-01"], "today in the shop's time zone"),
        (["--since", "0001-01-01", "--until", "2026-01-01"], "must lie between"),
        (["--since", "2026-01-01", "--until", "9999-12-31"], "must lie between"),
    ],
)
def test_days_that_cannot_be_are_refused(run: Run, user: User, flags: list[str], named: str) -> None:
    result = run("metrics", "show", "--user", EMAIL, *flags)

    assert result.code == 2
    assert len(result.errors) == 1
    assert named in result.errors[0]


def test_an_env_file_that_is_not_text_is_one_line(run: Run, place: Path) -> None:
    (place / ".env").write_bytes(b"X=\xff\xfe")

    result = run("users", "list")

    assert result.code == 4
    assert "is not UTF-8 text" in result.errors[0]


def test_an_env_file_that_cannot_be_read_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("profitsync.config.dotenv_values", refuse)

    result = run("users", "list")

    assert result.code == 4
    assert result.errors == [
        f"{Path.cwd() / '.env'}: cannot be read (Permission denied); make it readable for this user"
    ]


def test_a_sync_of_nobody_says_so_even_when_quiet(run: Run, place: Path) -> None:
    result = run("--quiet", "sync", "--all")

    assert result.code == 0
    assert "there is no active merchant" in result.err
