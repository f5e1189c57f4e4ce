"""A command in a process of its own, measured: seconds, CPU, memory. And how every benchmark prints what it found.

Only the standard library is imported here: a process begins with the memory of its parent on its account.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

KEY = "0123456789012345678901234567890123456789012="  # a Fernet key for stores that are thrown away
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
SQLITE, MONGODB = "sqlite", "mongodb"


@dataclass(frozen=True, slots=True)
class Measured:
    """One process from its start to its end; `cpu` is user and system time together, that of its children too."""

    seconds: float
    cpu: float
    mebibytes: float  # at most, resident: its own peak and those of its children, added up
    output: str


def measured(
    words: Sequence[str], environment: Mapping[str, str], folder: str | Path, given: str = ""
) -> Measured:
    """Run a Python process of these arguments. Ends the benchmark when it fails."""
    with tempfile.TemporaryFile("w+") as stdin, tempfile.TemporaryFile("w+") as errors:
        stdin.write(given)
        stdin.seek(0)
        started = time.monotonic()
        with subprocess.Popen(
            [sys.executable, *words], cwd=folder, env=dict(environment), text=True,
            stdin=stdin, stdout=subprocess.PIPE, stderr=errors,
        ) as running:  # fmt: skip
            assert running.stdout is not None
            peaks = _Peaks(running.pid)
            output = running.stdout.read()
            _, status, usage = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        mebibytes = usage.ru_maxrss / 1024 + peaks.of_children()
        if running.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(words)} ended with {running.returncode}: {errors.read()[-2000:]}{output}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, mebibytes, output)


class _Peaks:
    """Watches what the child processes of a process hold, from a thread; where there is a `/proc` to see it."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._peaks: dict[str, int] = {}  # kibibytes
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def of_children(self) -> float:
        """Their peaks added up, in MiB, once the process has ended."""
        self._ended.set()
        self._thread.join()
        return sum(self._peaks.values()) / 1024

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            with suppress(OSError):  # one that ends just now
                for child in {pid for path in self._tasks.glob("*/children") for pid in path.read_text().split()}:
                    told = _PEAK.search(Path(f"/proc/{child}/status").read_text())
                    self._peaks[child] = int(told[1]) if told else self._peaks.get(child, 0)


def command(*arguments: str) -> list[str]:
    """The words of a `profitsync` command."""
    return ["-m", "profitsync", *arguments]


def clean_environment() -> dict[str, str]:
    """Ours without any variable of profitsync, with a key, and with bytecode kept as where it is installed."""
    left_out = ("PROFITSYNC_", "PYTHONDONTWRITEBYTECODE")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**ours, "PROFITSYNC_SECRET_KEY": KEY, "PYTHONPATH": str(Path(__file__).parent.parent)}


@contextmanager
def prepared(orders: int, latency: float = 0.0, *, bulk: bool = True) -> Iterator["Server"]:
    """The prepared server in a process of its own; it ends with the block, or with this process."""
    words = ["-m", "benchmarks.prepared", "--orders", str(orders), "--latency", str(latency)]
    server = subprocess.Popen(
        [sys.executable, *words, *([] if bulk else ["--no-bulk"])],
        env=clean_environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        told = server.stdout.readline()
        if not told:
            raise SystemExit("the prepared server did not start")
        yield Server(json.loads(told)["url"], server)
    finally:
        server.stdin.close()
        server.wait()
        server.stdout.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A running prepared server."""

    url: str
    process: "subprocess.Popen[str]"

    def environment(self) -> dict[str, str]:
        """The variables that point profitsync at it."""
        return clean_environment() | {
            "PROFITSYNC_SHOPIFY_URL": f"{self.url}/shopify/{{store}}",
            "PROFITSYNC_META_URL": f"{self.url}/meta",
            "PROFITSYNC_SHIPROCKET_URL": f"{self.url}/shiprocket",
        }

    def ask(self, line: str) -> dict[str, Any]:
        """`requests`: how many were answered since it was asked last, by kind. `latency S`: from now on."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def database(store: str, folder: str) -> Iterator[str]:
    """The URL of an empty database: a file in `folder`, or one on the MongoDB server for tests, dropped after."""
    name = f"profitsync-bench-{uuid4().hex[:8]}"
    if store == SQLITE:
        yield f"sqlite:///{folder}/{name}.db"
        return
    url = f"{os.environ['PROFITSYNC_TEST_MONGODB_URL'].rstrip('/')}/{name}"
    try:
        yield url
    finally:
        drop = "import sys, pymongo; pymongo.MongoClient(sys.argv[1]).drop_database(sys.argv[2])"
        subprocess.run([sys.executable, "-c", drop, url, name], check=True)


def stores() -> list[str]:
    """Those that can be measured here."""
    return [SQLITE, MONGODB] if os.environ.get("PROFITSYNC_TEST_MONGODB_URL") else [SQLITE]


def machine() -> dict[str, Any]:
    """What the figures were measured on, and how busy it was with other work."""
    mebibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "memoryMiB": mebibytes,
        "load": round(os.getloadavg()[0], 1),
    }


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], **told: Any) -> None:
    """One table and one JSON line."""
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    print(f"\n{title}")
    for row in (list(head), *cells):
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    records = [dict(zip(head, row, strict=True)) for row in rows]
    print(json.dumps({"benchmark": title, "rows": records, **told, **machine()}), flush=True)


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
