"""The example crontab under a real cron daemon, on a real minute, with real mails.

It waits for the clock, installs a crontab and stands in for the mail program, so it runs only when asked to, as
root on a machine that nobody else uses: `PROFITSYNC_TEST_CRON=1 pytest -s tests/system/test_cron.py`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.merchants import Job
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from profitsync.sandbox.worlds.example import example
from profitsync.sandbox.worlds.generated import generate
from profitsync.services.plans import INDIA
from tests.e2e.processes import EVER, HeldBack, opened

EXAMPLE = Path(__file__).parents[2] / "crontab.example"
SENDMAIL = Path("/usr/sbin/sendmail")  # where cron looks for it
LATE = 8  # seconds after which a run surely holds its merchants
PATIENCE = 150  # seconds: two ticks of cron, and a sync
MISSING = [name for name in ("cron", "crontab", "flock") if shutil.which(name) is None]

pytestmark = [
    pytest.mark.skipif(os.environ.get("PROFITSYNC_TEST_CRON") != "1", reason="PROFITSYNC_TEST_CRON=1 is not set"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


def tool(name: str) -> str:
    return shutil.which(name) or name


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {PATIENCE} seconds: {what}"
        time.sleep(0.2)


@pytest.fixture
def faults() -> HeldBack:
    """The simulated APIs answer nobody before they are let go, so that runs surely overlap."""
    return HeldBack()


@pytest.fixture
def worlds() -> list[World]:
    now = datetime.now(UTC)
    return [generate(until=shop_day(now, INDIA), now=now, days=20, orders_per_day=5), example()]


@pytest.fixture
def place(
    tmp_path: Path, faults: HeldBack, worlds: list[World], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An installation as the example wants it: two merchants, one with a dead Meta token."""
    monkeypatch.chdir(tmp_path)
    with Sandbox(worlds, faults=faults) as sandbox:
        (tmp_path / ".env").write_text("".join(f"{k}={v}\n" for k, v in sandbox.environment().items()))
        program("init")
        good, dead = (world.user_json() for world in worlds)
        for document in (good, dead | {"metaAccessToken": "EAA" + "dead" * 8}):
            program("users", "add", "--from", "-", stdin=json.dumps(document))
        yield tmp_path
        faults.let_go.set()


def program(*arguments: str, stdin: str = "") -> str:
    command = [sys.executable, "-m", "profitsync", "--quiet", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Path]:
    """A mail program that writes each mail to a file of its own."""
    if os.geteuid() != 0 or SENDMAIL.exists():
        pytest.skip("needs root, and a machine without a mail program")
    box = tmp_path / "mails"
    box.mkdir(mode=0o777)
    SENDMAIL.write_text(f"#!/bin/sh\ncat > '{box}'/$$\n")
    SENDMAIL.chmod(0o755)
    yield box
    SENDMAIL.unlink()


@pytest.fixture
def install() -> Iterator[Callable[[str], None]]:
    """Makes a text the crontab of this user, and runs the daemon."""
    if subprocess.run([tool("crontab"), "-l"], capture_output=True, check=False).stdout.strip():
        pytest.skip("this user has a crontab already")
    daemons: list[subprocess.Popen[bytes]] = []

    def begin(text: str) -> None:
        subprocess.run([tool("crontab"), "-"], input=text.encode(), check=True)
        daemons.append(subprocess.Popen([tool("cron"), "-f"]))

    yield begin
    for daemon in daemons:
        daemon.terminate()
        daemon.wait(10)
    subprocess.run([tool("crontab"), "-r"], check=False)


def adapted(place: Path, minute: int) -> str:
    """The example with its paths and minute, each job noting its code; beside it a second and a third run."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("/opt/profitsync/.venv/bin", str(Path(sys.executable).parent))
    text = text.replace("/opt/profitsync", str(place)).replace("you@example.com", "root")
    (hourly,) = re.findall(r"^17 \* \* \* \* .*$", text, re.MULTILINE)
    job = hourly.replace("17 ", f"{minute} ", 1)
    note = f'; echo "$?" >> {place}/codes'
    # As from another machine, where only the store keeps them apart; late, so that it meets a run at work.
    bare = re.sub(r"flock -n -E 75 \S+ ", f"sleep {LATE} && ", job)
    return text.replace(hourly, "\n".join(f"{one}{note}" for one in (job, job, bare)))


def test_the_example_crontab_runs_on_its_minute_and_overlapping_runs_do_no_harm(
    place: Path, mailbox: Path, faults: HeldBack, install: Callable[[str], None], worlds: list[World]
) -> None:
    soon = datetime.now().astimezone() + timedelta(seconds=70)
    install(adapted(place, soon.minute))

    until(faults.asked.is_set, "cron starts the sync")
    began = datetime.now().astimezone()
    codes = place / "codes"
    until(lambda: codes.exists() and codes.read_text().split() == ["75", "75"], "the others step back")
    faults.let_go.set()
    until(lambda: len(codes.read_text().split()) == 3, "the run ends")
    until(lambda: len(list(mailbox.iterdir())) == 2, "the mails arrive")

    mails = sorted((mail.read_text() for mail in mailbox.iterdir()), key=len)
    print(f"\ncrontab: minute {soon.minute}; began {began:%H:%M:%S}; codes {codes.read_text().split()}")
    print(*(f"--- a mail\n{mail}" for mail in mails), sep="\n")
    good, dead = (world.user_json()["email"] for world in worlds)
    assert began.minute == soon.minute
    assert Counter(codes.read_text().split()) == {"75": 2, "3": 1}
    # The run held back by flock is silent; the one held back by the store says so; the one that worked tells why.
    assert all(f"{email}: another run holds the lock" in mails[0] for email in (good, dead))
    assert re.search(rf"ERROR +{dead}: Meta", mails[1])
    assert re.search(rf"^{dead} +partial ", mails[1], re.MULTILINE)
    assert re.search(rf"^{good} +completed ", mails[1], re.MULTILINE)
    assert "EAAdead" not in "".join(mails)
    _check_what_is_stored(place, good, dead)


def _check_what_is_stored(place: Path, good: str, dead: str) -> None:
    with opened(f"sqlite:///{place / 'profitsync.db'}") as store:
        jobs: list[Job] = store.jobs()
        users = {user.email: user for user in store.users()}
        rows = store.metrics(users[good].id, DayRange(EVER.first, EVER.last))
        dirty = [store.dirty_days(user.id) for user in users.values()]
    assert Counter(job.user_id for job in jobs) == {users[good].id: 1, users[dead].id: 1}
    assert {job.status for job in jobs} == {"completed"}
    assert len(rows) == 90
    assert all(row.complete for row in rows)
    assert not dirty[0]
    assert "0 written" in program("jobs", "show", _again(good))


def _again(email: str) -> str:
    """The id of the job of another sync, which finds nothing left to do."""
    shown = json.loads(program("sync", "--user", email, "--days", "20", "--json"))
    job: str = shown["users"][0]["jobId"]
    return job
