"""`init`: a key and a store; doing it twice changes nothing."""

import shlex
import stat
from pathlib import Path

import pytest

from profitsync.config import load_settings
from profitsync.services.setup import crontab_line
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _no_key(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROFITSYNC_SECRET_KEY")


def test_a_fresh_directory_gets_a_private_key_and_a_store(run: Run, place: Path) -> None:
    result = run("init")

    env = place / ".env"
    assert result.code == 0
    assert len(load_settings(directory=place).secret_keys) == 1
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert (place / "profitsync.db").exists()
    assert (result.out, result.err) == ("", "")


def test_doing_it_twice_changes_nothing(run: Run, place: Path) -> None:
    run("init")
    before = (place / ".env").read_bytes()

    result = run("init")

    assert result.code == 0
    assert (place / ".env").read_bytes() == before
    assert (result.out, result.err) == ("", "")


@pytest.mark.parametrize("line", ["PROFITSYNC_SECRET_KEY=\n", "export PROFITSYNC_SECRET_KEY=''\n", ""])
def test_other_lines_of_the_file_stay(line: str, run: Run, place: Path) -> None:
    (place / ".env").write_text(f"# mine\n{line}PROFITSYNC_LOG_LEVEL=error")

    run("init")

    lines = (place / ".env").read_text().splitlines()
    assert lines[0] == "# mine"
    assert "PROFITSYNC_LOG_LEVEL=error" in lines
    assert sum("PROFITSYNC_SECRET_KEY" in one for one in lines) == 1
    assert len(load_settings(directory=place).secret_keys) == 1


def test_a_key_in_the_environment_is_enough(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from profitsync.secrets import new_key

    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", new_key())

    assert run("init").code == 0
    assert not (place / ".env").exists()


def test_without_a_store_no_key_is_written(run: Run, place: Path) -> None:
    result = run("--database-url", f"sqlite:///{place}/missing/profitsync.db", "init")

    assert result.code == 4
    assert not (place / ".env").exists()


def test_the_log_says_where_a_fresh_key_is_but_not_which(run: Run, place: Path) -> None:
    run("init")

    (file,) = (place / "logs").iterdir()
    assert f"a fresh secret key is in {place / '.env'}; keep a copy of it" in file.read_text()
    assert load_settings(directory=place).secret_keys[0] not in file.read_text()


def test_the_line_for_cron_is_one_that_a_shell_runs(tmp_path: Path) -> None:
    directory = tmp_path / "a shop's 100%"
    directory.mkdir()

    minute, *stars, command = crontab_line(directory).split(maxsplit=5)

    assert (1 <= int(minute) <= 58, stars) == (True, ["*"] * 4)
    words = shlex.split(command.replace(r"\%", "%"))
    assert words[:7] == ["cd", str(directory), "&&", "flock", "-n", "-E", "75"]
    assert words[-3:] == ["--quiet", "sync", "--all"]
    assert "%" not in command.replace(r"\%", "")
