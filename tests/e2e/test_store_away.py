"""A store that goes away in the middle of a sync: one clear line, exit code 4, and no harm done."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from profitsync.sandbox.faults import Faults
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.cli.conftest import Result
from tests.e2e.conftest import Merchant, OpenSandbox
from tests.e2e.processes import OnRequest, kept, let_leases_run_out
from tests.e2e.troubles import FileTrouble, Line, line_to

NOW = datetime.now(UTC).replace(microsecond=0)
EARLY, LATE = 2, 5  # requests: while the first lists are read, and when facts have been stored already


def _world() -> World:
    return generate(until=NOW.astimezone(INDIA).date(), seed=11, now=NOW, days=6, orders_per_day=4)


_known: dict[str, Any] = {}


def undisturbed(merchant: Merchant) -> dict[str, Any]:
    """What the world, the same for every test, comes to in a store of its own."""
    if not _known:
        merchant.sandbox.faults = Faults()
        url = "sqlite:///undisturbed.db"
        for command in (("users", "add", "--from", "-"), ("--quiet", "sync", "--all")):
            done = merchant.run("--database-url", url, *command, stdin=json.dumps(merchant.world.user_json()))
            assert done.code == 0, done.err
        _known.update(kept(url, merchant.ref))
    return _known


def ends_in_one_line(merchant: Merchant, number: int, act: Callable[[], None], reason: str) -> None:
    """A sync that meets trouble at its `number`th request."""
    merchant.sandbox.faults = OnRequest(number, act)
    broken = merchant.run("--quiet", "sync", "--user", merchant.ref)
    merchant.sandbox.faults = Faults()
    assert broken.code == 4, broken.err
    assert len(broken.errors) == 1, broken.err
    lines = broken.err.splitlines()  # two, the error's own and the job's, where the job could still be closed
    assert all(reason in told for told in lines), broken.err


def is_made_good(merchant: Merchant, database_url: str) -> None:
    """What stands now is true, though not all; the next run brings the rest."""
    wanted = undisturbed(merchant)
    found = kept(database_url, merchant.ref)
    assert [row for row in found["figures"] if row.complete and row not in wanted["figures"]] == []
    assert found["orders"].items() <= wanted["orders"].items()
    let_leases_run_out(database_url)

    again = merchant.sync()

    assert again.code == 0, again.err
    assert kept(database_url, merchant.ref) == wanted


@pytest.fixture
def trouble(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileTrouble]:
    trouble = FileTrouble(sqlite_url)
    trouble.watch(monkeypatch, busy_seconds=0.05)
    yield trouble
    trouble.end()


FILE_TROUBLES = [
    pytest.param(FileTrouble.lock, EARLY, "stays locked by another program", id="locked early"),
    pytest.param(FileTrouble.lock, LATE, "stays locked by another program", id="locked late"),
    pytest.param(FileTrouble.fill_up, EARLY, "cannot grow: the disk is full", id="full"),
    pytest.param(FileTrouble.forbid_writing, LATE, "cannot be written (read-only)", id="read-only"),
]


@pytest.mark.parametrize(("befalls", "number", "reason"), FILE_TROUBLES)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_file_that_cannot_be_written_ends_the_sync_and_the_next_one_finishes_the_job(
    open_sandbox: OpenSandbox,
    database_url: str,
    trouble: FileTrouble,
    befalls: Callable[[FileTrouble], None],
    number: int,
    reason: str,
) -> None:
    merchant = open_sandbox(_world())

    ends_in_one_line(merchant, number, lambda: befalls(trouble), reason)

    trouble.end()
    is_made_good(merchant, database_url)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_file_that_another_program_holds_for_a_moment_is_waited_for(
    open_sandbox: OpenSandbox, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = FileTrouble(database_url)
    trouble.watch(monkeypatch, busy_seconds=30)
    merchant = open_sandbox(_world())
    wanted = undisturbed(merchant)
    merchant.sandbox.faults = OnRequest(EARLY, lambda: trouble.lock(seconds=0.1))

    assert merchant.sync().code == 0

    assert kept(database_url, merchant.ref) == wanted


@pytest.fixture
def line(mongodb_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    with line_to(mongodb_url) as line:
        yield line


WAITING = pytest.mark.skipif(
    os.environ.get("PROFITSYNC_TEST_LINES") != "1",
    reason="waits for the driver to give up: PROFITSYNC_TEST_LINES=1",
)


@pytest.mark.parametrize(
    ("befalls", "number"),
    [
        pytest.param(Line.cut, EARLY, id="cut early", marks=WAITING),
        pytest.param(Line.cut, LATE, id="cut late"),
        pytest.param(Line.hold_up, LATE, id="held up", marks=WAITING),
    ],
)
@pytest.mark.parametrize("store_url", ["mongodb"], indirect=True)
def test_a_server_that_goes_away_ends_the_sync_and_when_it_is_back_the_next_one_finishes_the_job(
    open_sandbox: OpenSandbox,
    database_url: str,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    befalls: Callable[[Line], None],
    number: int,
) -> None:
    merchant = open_sandbox(_world())
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", line.url)

    ends_in_one_line(merchant, number, lambda: befalls(line), "no MongoDB server answers at 127.0.0.1")

    line.mend()
    is_made_good(merchant, database_url)


@pytest.mark.parametrize("store_url", ["mongodb"], indirect=True)
def test_a_server_that_is_back_at_once_leaves_the_same_documents_however_the_sync_ended(
    open_sandbox: OpenSandbox, database_url: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = open_sandbox(_world())
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", line.url)

    def blink() -> None:
        line.cut()
        line.mend()

    merchant.sandbox.faults = OnRequest(LATE, blink)
    assert merchant.sync().code in (0, 4)
    merchant.sandbox.faults = Faults()
    is_made_good(merchant, database_url)


@pytest.mark.skipif(
    os.environ.get("PROFITSYNC_TEST_FULL_DISK") != "1" or os.name != "posix" or not shutil.which("mount"),
    reason="mounts a small disk: PROFITSYNC_TEST_FULL_DISK=1, as root",
)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_real_disk_that_runs_full_anywhere_in_a_sync_does_no_harm(
    open_sandbox: OpenSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = open_sandbox(_world())
    wanted = undisturbed(merchant)
    broken = 0
    for kilobytes in range(100, 2400, 16):
        with small_disk(tmp_path / f"{kilobytes}", kilobytes) as disk:
            url = f"sqlite:///{disk}/store.db"
            monkeypatch.setenv("PROFITSYNC_DATABASE_URL", url)
            codes = [register(merchant), merchant.run("--quiet", "sync", "--user", merchant.ref)]
            for done in codes:
                assert done.code == 0 or len(done.errors) == 1, done.err
            assert codes[0].code in (0, 4)
            assert codes[1].code in ((0, 4) if codes[0].code == 0 else (2, 4))
            broken += codes[1].code == 4

            subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)  # noqa: S607
            if codes[0].code:
                assert register(merchant).code == 0
            let_leases_run_out(url)

            assert merchant.sync().code == 0
            assert kept(url, merchant.ref) == wanted
    print(f"{broken} syncs met a full disk")


def register(merchant: Merchant) -> Result:
    return merchant.run("users", "add", "--from", "-", stdin=json.dumps(merchant.world.user_json()))


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True)  # noqa: S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607
