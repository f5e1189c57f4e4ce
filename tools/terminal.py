"""A program on a terminal of its own, and what then stands on the screen."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

PATIENCE = 120.0  # seconds until a program that does not come to the point is given up
_ROWS = 400  # so high that nothing scrolls away


class Terminal:
    """`profitsync` with arguments on a terminal of `columns`; use it in a `with` block."""

    def __init__(
        self, arguments: Sequence[str], *, columns: int, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._screen = pyte.Screen(columns, _ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "profitsync", *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=folder, env=dict(environment),
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def lines(self) -> list[str]:
        """The screen as it is now, without blanks at the ends of lines and below the last one."""
        shown = [line.rstrip() for line in self._screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def wait_for(self, arrived: Callable[[list[str]], bool]) -> list[str]:
        """Read until the screen is as wanted; what it shows then. Raises `TimeoutError`, also at the end."""
        deadline = time.monotonic() + PATIENCE
        while not arrived(self.lines()):
            if not self._read(deadline):
                raise TimeoutError("the screen never came to be:\n" + "\n".join(self.lines()))
        return self.lines()

    def end(self) -> list[str]:
        """Read to the end of the program; what it leaves on the screen."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        self._process.wait(PATIENCE)
        return self.lines()

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        try:
            piece = os.read(self._master, 65536) if ready else b""
        except OSError:  # the other end is closed
            piece = b""
        self._stream.feed(piece)
        return bool(piece)
