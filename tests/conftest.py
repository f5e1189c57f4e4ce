"""The stores that tests run on: SQLite in a folder of the test's own, MongoDB in a database of its own.

A test that asks for `store` (or `store_url`) runs once on each. MongoDB needs a server; where none is given the
tests of it are skipped with one line, but in CI they fail: there a skip would hide that half was never tried.
"""

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from profitsync.bootstrap import open_store
from profitsync.stores.protocol import Store

# Files of tests need not survive a power cut: in memory nobody waits for the disk.
_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own in it
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# A shell that starts this in the background has interrupts ignored, and processes inherit that: tests send some.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Read at once: tests may empty the environment.
MONGODB = os.environ.get("PROFITSYNC_TEST_MONGODB_URL", "").rstrip("/")
_IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
_HOW_TO = "no MongoDB: start one with .ci/mongo-server and export its URL as PROFITSYNC_TEST_MONGODB_URL"

# For parameters that need the server without asking for a fixture. In CI such a test runs, and fails without one.
requires_mongodb = pytest.mark.skipif(not MONGODB and not _IN_CI, reason=_HOW_TO)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give all tests skipped for want of a server one place, so that the summary shows them as one line."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and _HOW_TO in report.longrepr[2]:
        report.longrepr = ("tests/conftest.py", 1, f"Skipped: {_HOW_TO}")
    return report


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(scope="session")
def mongodb_server() -> str:
    """The URL of the server for tests, without a database."""
    if not MONGODB:
        (pytest.fail if _IN_CI else pytest.skip)(_HOW_TO)
    return urlsplit(MONGODB)._replace(path="/").geturl()


@pytest.fixture
def mongodb_url(mongodb_server: str) -> Iterator[str]:
    """A database that does not exist yet, and does not afterwards."""
    from pymongo import MongoClient

    name = f"profitsync-test-{uuid4().hex}"
    yield urlsplit(mongodb_server)._replace(path=f"/{name}").geturl()
    with MongoClient[dict[str, object]](mongodb_server) as client:
        client.drop_database(name)


@pytest.fixture(params=["sqlite", "mongodb"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store of each kind, ready to use."""
    opened = open_store(store_url)
    opened.prepare()
    yield opened
    opened.close()
