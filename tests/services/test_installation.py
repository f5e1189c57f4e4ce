"""The installation itself: what is found without asking any merchant's source."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profitsync.config import Settings, load_settings
from profitsync.secrets import new_key
from profitsync.services.installation import check_clock, check_settings, try_store
from profitsync.sources.findings import Level
from profitsync.stores.sqlite import SqliteStore

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**values: str) -> Settings:
    given = {"SECRET_KEY": new_key(), "SHOPIFY_API_VERSION": f"{datetime.now(UTC).year}-10"} | values
    return load_settings({f"PROFITSYNC_{name}": value for name, value in given.items()})


def found(**values: str) -> dict[str, tuple[str, str]]:
    return {one.topic: (str(one.level), one.text) for one in check_settings(settings(**values))}


def test_a_good_configuration_has_nothing_to_complain_of() -> None:
    assert {level for level, _ in found().values()} == {"ok"}
    assert found()["logs"] == ("ok", "in logs, kept for 90 days")


@pytest.mark.parametrize(
    ("values", "topic", "level", "words"),
    [
        ({"SECRET_KEY": ""}, "key", "problem", "`profitsync init` makes one"),
        ({"SECRET_KEY": f"{new_key()},{new_key()}"}, "key", "ok", "1 older"),
        ({"LOG_DIR": "taken/logs"}, "logs", "problem", "PROFITSYNC_LOG_DIR: taken/logs cannot be written"),
        ({"LOG_KEEP_DAYS": "0"}, "logs", "ok", "for ever"),
        ({"SHOPIFY_API_VERSION": "2024-10"}, "versions", "warning", "upgrade profitsync"),
        ({"SHOPIFY_API_VERSION": "unstable"}, "versions", "warning", "may change"),
        ({"PING_URL": "https://ping.example/x"}, "ping", "ok", "a monitor is told"),
        ({"NOTIFY_URLS": "json://127.0.0.1:9/x"}, "notify", "ok", "1 address;"),
        ({"NOTIFY_URLS": "nonsense://topsecret"}, "notify", "problem", "cannot use address 1"),
    ],
)
def test_each_setting_is_told_with_what_to_do(
    values: dict[str, str], topic: str, level: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")

    told = found(**values)[topic]

    assert told[0] == level
    assert words in told[1]
    assert "topsecret" not in told[1]


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    store, told = try_store(settings())

    assert (store, told.level) == (None, Level.PROBLEM)
    assert "`profitsync init` makes it" in told.text
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_tried_by_writing_to_it(tmp_path: Path) -> None:
    made = SqliteStore(str(tmp_path / "profitsync.db"))
    made.prepare()
    made.close()

    store, told = try_store(settings())
    assert store is not None
    store.close()
    (tmp_path / "profitsync.db").write_text("no database at all, by any measure" * 100)
    broken, why = try_store(settings())

    assert (told.level, told.text) == (Level.OK, "SQLite file profitsync.db can be read and written")
    assert (broken, why.level) == (None, Level.PROBLEM)
    assert "is not an SQLite database" in why.text


@pytest.mark.parametrize(
    ("told", "level", "words"),
    [
        (NOW + timedelta(seconds=59), Level.OK, "agrees"),
        (NOW + timedelta(seconds=90), Level.WARNING, "90 seconds behind"),
        (NOW - timedelta(hours=2), Level.WARNING, "7,200 seconds ahead"),
        (None, Level.WARNING, "no server answered"),
    ],
)
def test_a_clock_that_is_off_is_told(told: datetime | None, level: Level, words: str) -> None:
    finding = check_clock(settings(), lambda: NOW, lambda _url: told)

    assert finding.level is level
    assert words in finding.text
