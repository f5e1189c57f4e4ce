"""Log files and console: one JSON object per line, the context of the moment, no secret anywhere."""

import json
import logging
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from profitsync import logs
from profitsync.errors import ConfigurationError

log = logging.getLogger("profitsync.somewhere")


@pytest.fixture(autouse=True)
def _close_logs() -> Any:
    yield
    logs.shutdown()


def lines(directory: Path) -> list[dict[str, Any]]:
    (file,) = directory.iterdir()
    return [json.loads(line) for line in file.read_text().splitlines()]


def record(message: str, instant: datetime | None = None) -> logging.LogRecord:
    made = logging.LogRecord("profitsync", logging.INFO, "", 0, message, None, None)
    made.created = (instant or datetime.now(UTC)).timestamp()
    return made


def console() -> tuple[Console, StringIO]:
    text = StringIO()
    return Console(file=text, width=200), text


def test_a_line_holds_time_level_message_user_and_context(tmp_path: Path) -> None:
    logs.configure(tmp_path / "logs", "info")

    with logs.log_context(userId="u1", email="a@b.example", jobId="j1"):
        log.warning("read %d orders", 3, extra={"source": "shopify"})

    (line,) = lines(tmp_path / "logs")
    datetime.fromisoformat(line.pop("timestamp"))
    assert line == {
        "level": "WARN",
        "message": "read 3 orders",
        "userId": "u1",
        "email": "a@b.example",
        "jobId": "j1",
        "source": "shopify",
        "logger": "profitsync.somewhere",
    }


def test_user_fields_are_null_outside_of_a_merchants_work(tmp_path: Path) -> None:
    logs.configure(tmp_path, "info")

    log.log(logs.SUCCESS, "done")

    (line,) = lines(tmp_path)
    assert (line["level"], line["userId"], line["email"]) == ("SUCCESS", None, None)


def test_the_file_is_named_after_the_utc_day_and_private(tmp_path: Path) -> None:
    logs.configure(tmp_path, "info")

    (file,) = tmp_path.iterdir()
    assert file.name == f"profitsync-{datetime.now(UTC):%Y-%m-%d}.log"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_record_goes_to_the_file_of_its_own_day(tmp_path: Path) -> None:
    handler = logs.DailyFileHandler(tmp_path)
    late = record("late", datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC))

    handler.emit(late)
    handler.close()

    assert "late" in (tmp_path / "profitsync-2026-11-01.log").read_text()


def test_two_writers_append_to_the_same_file(tmp_path: Path) -> None:
    first, second = logs.DailyFileHandler(tmp_path), logs.DailyFileHandler(tmp_path)

    for handler in (first, second, first):
        handler.handle(record("x" * 10_000))
    first.close()
    second.close()

    assert len(lines(tmp_path)) == 3


def test_the_context_follows_into_worker_threads_and_ends_there(tmp_path: Path) -> None:
    logs.configure(tmp_path, "info")

    both = threading.Barrier(2, timeout=10)

    def work() -> None:
        both.wait()  # one carried function runs in two threads at the same time
        log.info("inside")
        both.wait()

    with logs.log_context(userId="u1"):
        carried = logs.carry(work)
    workers = [threading.Thread(target=carried) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    log.info("outside")

    assert [line["userId"] for line in lines(tmp_path)] == ["u1", "u1", None]


SECRETS = [
    "shpat_0123456789abcdef0123456789abcdef",
    "shpss_0123456789abcdef0123456789abcdef",
    "EAAGm0PX4ZCpsBAKZCZBabcdef1234567890",
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.abc-def_123",
    "gAAAAABrBJxNcP4bLHiHSbpc6iWMyCzXbzhdyeGmt9Z2jXBX1T_5vVpY038lStGjAe6HiMMC7Ur24Etg==",
]


@pytest.mark.parametrize("secret", SECRETS, ids=["shopify", "shopify-client", "meta", "shiprocket", "own"])
def test_what_looks_like_a_token_is_masked_everywhere(secret: str, tmp_path: Path) -> None:
    err, shown = console()
    logs.configure(tmp_path, "info", err)

    try:
        raise ValueError(f"refused: {secret}")
    except ValueError:
        log.exception("with %s", secret, extra={"detail": {"token": secret}})

    everything = shown.getvalue() + next(tmp_path.iterdir()).read_text()
    assert secret not in everything
    assert everything.count(logs.REDACTED) >= 3


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("GET /insights?access_token=abc123&fields=spend", "abc123"),
        ('{"password": "open sesame"}', "open"),
        ("Authorization: Bearer 12345.67890", "12345.67890"),
        ("{'Authorization': 'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
        ("X-Shopify-Access-Token: abcdef", "abcdef"),
        ("mongodb+srv://app:p%40ss@db.example/profitsync", "p%40ss"),
        ("mongodb://app:wo@rd@db.example/x", "wo@rd"),
        ("client_secret=zzz", "zzz"),
        ("GET /debug_token?input_token=abc123", "abc123"),
        ('{"metaAppSecret": "0123abcd"}', "0123abcd"),
    ],
)
def test_labelled_secrets_are_masked(text: str, secret: str) -> None:
    assert secret not in logs.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "meta: too many requests (HTTP 429); try 1 of 3, next in 1.2 s; shop my-shop.myshopify.com",
        "PROFITSYNC_SECRET_KEY: missing; `profitsync init` makes one",
        "shopifyAccessToken: is missing; give it",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert logs.redact(text) == text


def test_hidden_texts_are_masked_whatever_they_look_like() -> None:
    logs.hide("correct horse")

    assert logs.redact("login with correct horse") == f"login with {logs.REDACTED}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("battery staple", "[redacted]", id="the longer of two with the same begin"),
        pytest.param("battery, battery staple.", "[redacted], [redacted].", id="both"),
        pytest.param("a battery stapleton", "a [redacted]", id="overlapping: no end stays"),
        pytest.param("battery staplebattery", "[redacted][redacted]", id="side by side"),
        pytest.param("batter", "batter", id="only the begin"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_several_hidden_texts_are_masked_together(text: str, shown: str) -> None:
    logs.hide("battery", "battery staple", "staplet", "stapleton", "short")

    assert logs.redact(text) == shown
    assert logs.redact("too short to hide") == "too short to hide"


def test_the_console_shows_its_level_and_whose_line_it_is(tmp_path: Path) -> None:
    err, shown = console()
    logs.configure(tmp_path, "warn", err)

    with logs.log_context(userId="u1", email="a@b.example", source="meta"):
        log.info("not shown")
        log.error("[bold]refused[/bold]")

    assert "not shown" not in shown.getvalue()
    assert "ERROR   a@b.example meta: [bold]refused[/bold]" in shown.getvalue()
    assert [line["message"] for line in lines(tmp_path)] == ["not shown", "[bold]refused[/bold]"]


def test_a_directory_that_is_a_file_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")

    with pytest.raises(ConfigurationError, match="PROFITSYNC_LOG_DIR"):
        logs.configure(tmp_path / "logs", "info")


def test_a_full_disk_is_said_once_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(descriptor: int, line: bytes) -> int:
        raise OSError(28, "No space left on device")

    logs.configure(tmp_path, "info")
    monkeypatch.setattr(os, "write", full)

    log.info("one")
    log.info("two")

    assert capsys.readouterr().err == "warning: cannot write the log: No space left on device\n"


def test_old_log_files_are_deleted_and_nothing_else_is(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    kept = [f"profitsync-{today - timedelta(days=90)}.log", "profitsync-2020-13-01.log", "notes-2020-01-01.log"]
    for name in [f"profitsync-{today - timedelta(days=91)}.log", *kept]:
        (tmp_path / name).write_text("")

    logs.configure(tmp_path, "info", keep_days=90)

    assert {path.name for path in tmp_path.iterdir()} == {*kept, f"profitsync-{today}.log"}


def test_without_a_limit_every_log_file_stays(tmp_path: Path) -> None:
    (tmp_path / "profitsync-2020-01-01.log").write_text("")

    logs.configure(tmp_path, "info", keep_days=0)

    assert (tmp_path / "profitsync-2020-01-01.log").exists()
