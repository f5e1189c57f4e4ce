"""Further processes of this program for work on many records, because Python computes on one CPU at a time.

A hand is a child process that is told, over its standard input, which function to call with which bytes, and says
on its standard output what came of it. It ends when its input does, so none outlives this process, however that
ends. Neither a command line nor an environment variable carries anything that a hand works on.

Whoever asks must be able to do the work alone: `Hands.call` gives None when there is no hand, or the hand failed.
(The standard library's pools leave their processes behind when this one is killed.)
"""

import logging
import os
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from importlib import import_module
from queue import SimpleQueue
from typing import IO

log = logging.getLogger(__name__)
Task = Callable[[bytes], bytes]

MANY = 2_000  # records, from which on a hand is worth its start
MOST = 4  # hands, however many CPUs there are
_HEAD = struct.Struct("<BQ")  # what follows, and how long it is
_DONE, _FAILED = 1, 0
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # Linux: F_SETPIPE_SZ
_ENDS_WITHIN = 5.0  # seconds; then it is killed


class Hands:
    """The hands of one run: none until the first is asked for, at most one for each CPU but ours."""

    def __init__(self, most: int | None = None) -> None:
        """`most`: how many there may be; None: as many as this machine has use for."""
        self._most = min(MOST, _cpus() - 1) if most is None else most
        self._lock = threading.Lock()
        self._hands: list[_Hand] = []
        self._is_closed = False

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            self._is_closed = True
            hands, self._hands = self._hands, []
        for hand in hands:
            hand.close()

    def __len__(self) -> int:
        return 0 if self._is_closed else self._most

    def warm_up(self) -> None:
        """Start them now: work is coming."""
        with self._lock:
            while not self._is_closed and len(self._hands) < self._most:
                hand = _Hand.started()
                if hand is None:
                    self._most = len(self._hands)
                    return
                self._hands.append(hand)

    def call(self, task: Task, given: bytes) -> "Future[bytes | None]":
        """Call a module's function in the hand that has least to do; None: do it yourself."""
        self.warm_up()
        with self._lock:
            hand = min(self._hands, key=lambda one: one.waiting, default=None)
        return _nothing() if hand is None else hand.call(task, given)


class _Hand:
    """One child process, with a thread of ours that tells it what to do and one that hears what came of it.

    Two, so that its next call always waits in the pipe, and nobody has to wait for room there.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", calls: IO[bytes], answers: IO[bytes]) -> None:
        self._process = process
        self._calls = calls
        self._answers = answers
        self._queue: SimpleQueue[tuple[bytes, bytes] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._asked: deque[Future[bytes | None]] = deque()  # answers come in the order of the calls
        self._has_ended = False
        self._threads = [
            threading.Thread(target=work, name="hand", daemon=True) for work in (self._tell, self._hear)
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    def started(cls) -> "_Hand | None":
        try:
            # -P: modules are never taken from the folder that somebody happens to be in.
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as error:
            log.info("there is no further process to share the work with: %s", error)
            return None
        assert process.stdin is not None  # noqa: S101 - as asked for
        assert process.stdout is not None  # noqa: S101
        for pipe in (process.stdin, process.stdout):
            _widen(pipe.fileno())
        return cls(process, process.stdin, process.stdout)

    @property
    def waiting(self) -> int:
        """How many calls it has not answered."""
        return len(self._asked)

    def call(self, task: Task, given: bytes) -> "Future[bytes | None]":
        answer: Future[bytes | None] = Future()
        with self._lock:
            if self._has_ended:
                return _nothing()
            self._asked.append(answer)
            self._queue.put((f"{task.__module__}:{task.__qualname__}".encode(), given))
        return answer

    def close(self) -> None:
        self._queue.put(None)
        try:
            self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        self._answers.close()

    def _tell(self) -> None:
        """Until there is nothing more to say, or nobody who hears it."""
        with suppress(OSError), self._calls as pipe:
            while (call := self._queue.get()) is not None:
                for part in call:
                    _write(pipe, _DONE, part)
                pipe.flush()

    def _hear(self) -> None:
        """Give every answer to whoever waits for it; nobody waits for ever."""
        while (frame := _read(self._answers)) is not None:
            said, content = frame
            if said == _FAILED:
                log.warning("a further process could not do its part (%s)", content.decode(errors="replace"))
            self._asked.popleft().set_result(content if said == _DONE else None)
        with self._lock:
            self._has_ended = True
        self._queue.put(None)
        for answer in self._asked:
            answer.set_result(None)


def _nothing() -> "Future[bytes | None]":
    answer: Future[bytes | None] = Future()
    answer.set_result(None)
    return answer


def _cpus() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _widen(pipe: int) -> None:
    """Let a pipe hold a whole answer where the system allows it, so that nobody waits to get rid of one."""
    if not sys.platform.startswith("linux"):
        return
    from fcntl import fcntl

    try:
        fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
    except OSError:
        log.debug("pipes stay as small as they are")


def _write(pipe: IO[bytes], kind: int, content: bytes) -> None:
    pipe.write(_HEAD.pack(kind, len(content)))
    pipe.write(content)


def _read(pipe: IO[bytes]) -> tuple[int, bytes] | None:
    """The next frame; None where the other side has ended."""
    try:
        head = pipe.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        kind, size = _HEAD.unpack(head)
        content = pipe.read(size)
    except (OSError, ValueError):  # closed on our side
        return None
    return (kind, content) if len(content) == size else None


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Do what is asked until nobody can ask any more. An error tells its kind, never its text."""
    while (name := _read(asked)) is not None and (given := _read(asked)) is not None:
        try:
            module, _, function = name[1].decode().partition(":")
            said, content = _DONE, getattr(import_module(module), function)(given[1])
        except Exception as error:  # noqa: BLE001 - whoever asked does it alone, and sees the error as it is
            said, content = _FAILED, type(error).__name__.encode()
        try:
            _write(answers, said, content)
            answers.flush()
        except OSError:
            return


def main() -> None:
    """A hand's whole life."""
    from profitsync.services.interpreter import many_records

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked decides when to stop
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not be taken for an answer
    with many_records():
        _serve(sys.stdin.buffer, answers)
    os._exit(0)


if __name__ == "__main__":
    main()
