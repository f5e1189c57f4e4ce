"""Further processes: they do what they are told, and whatever happens to them costs no work."""

import base64
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from profitsync.hands import Hands

SECONDS = 30.0  # for what takes some hundred milliseconds


@pytest.fixture(scope="module")
def hands() -> Iterator[Hands]:
    with closing(Hands(1)) as some:
        yield some


def test_a_hand_answers_every_call_in_order(hands: Hands) -> None:
    wanted = [f"piece {number}".encode() * 1000 * number for number in range(60)]

    answers = [hands.call(base64.b64encode, piece) for piece in wanted]

    assert [base64.b64decode(answer.result(SECONDS) or b"-") for answer in answers] == wanted


def test_what_fails_in_a_hand_is_left_to_the_caller_and_the_next_call_is_answered(
    hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    failed, fine = hands.call(base64.b64decode, b"secret!"), hands.call(base64.b64encode, b"x")

    assert (failed.result(SECONDS), fine.result(SECONDS)) == (None, b"eA==")
    assert ("Error" in caplog.text, "secret" in caplog.text) == (True, False)


def test_without_hands_everything_is_left_to_the_caller() -> None:
    with closing(Hands(0)) as none:
        answer = none.call(base64.b64encode, b"x")

    assert (len(none), answer.result(0)) == (0, None)


def test_a_hand_that_is_killed_leaves_its_calls_to_the_caller() -> None:
    others = children(os.getpid())
    with closing(Hands(1)) as hands:
        hands.warm_up()
        (pid,) = set(children(os.getpid())) - set(others)
        os.kill(pid, signal.SIGSTOP)  # so that it surely has not answered yet
        before = [hands.call(base64.b64encode, b"x" * 3_000_000) for _ in range(3)]
        os.kill(pid, signal.SIGKILL)

        assert [answer.result(SECONDS) for answer in before] == [None] * 3
        assert hands.call(base64.b64encode, b"x").result(SECONDS) is None


def test_where_no_process_can_be_started_everything_is_left_to_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/there/is/no/such/python")

    with closing(Hands(2)) as hands:
        assert hands.call(base64.b64encode, b"x").result(0) is None
        assert len(hands) == 0


OWNER = """
import base64, sys
from profitsync.hands import Hands
hands = Hands(1)
hands.call(base64.b64encode, b"x").result()
print("ready", flush=True)
sys.stdin.read()
"""


def test_no_hand_outlives_the_process_it_works_for() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        (pid,) = children(owner.pid)
        watched = os.pidfd_open(pid)
        owner.kill()

    ended, _, _ = select.select([watched], [], [], SECONDS)
    os.close(watched)

    assert ended == [watched]


def test_a_hand_is_told_nothing_on_its_command_line(hands: Hands) -> None:
    hands.warm_up()

    (pid,) = children(os.getpid())

    assert Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:-1] == [b"-P", b"-m", b"profitsync.hands"]


def children(parent: int) -> list[int]:
    """The hands among the child processes of `parent`."""
    found = Path(f"/proc/{parent}/task").glob("*/children")
    pids = [int(pid) for path in found for pid in path.read_text().split()]
    return [pid for pid in pids if b"profitsync.hands" in Path(f"/proc/{pid}/cmdline").read_bytes()]
