"""The whole path: the real entry point, the real HTTP sources, the sandbox on loopback, and each store."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from tests.cli.conftest import Result, Run, place, run

__all__ = ["place", "run"]  # fixtures of the command line's tests, used here as they are


@pytest.fixture
def database_url(store_url: str) -> str:
    """An empty database of each kind."""
    return store_url


@dataclass
class Merchant:
    """A registered merchant of a running sandbox."""

    run: Run
    sandbox: Sandbox
    world: World

    @property
    def ref(self) -> str:
        email: str = self.world.user_json()["email"]
        return email

    def sync(self, *flags: str) -> Result:
        return self.run("--quiet", "sync", "--user", self.ref, "--json", *flags)

    def metrics(self, *flags: str) -> Any:
        result = self.run("--quiet", "metrics", "show", "--user", self.ref, "--json", *flags)
        assert result.code == 0, result.err
        return result.json()

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Point the commands at the sandbox, and let retries not wait."""
        for name, value in self.sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("profitsync.bootstrap.pause", lambda _seconds: None)


@pytest.fixture
def open_sandbox(run: Run, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator["OpenSandbox"]:
    """Serve worlds and register the first one's merchant in the store under test."""
    monkeypatch.setenv("PROFITSYNC_DATABASE_URL", database_url)
    opener = OpenSandbox(run, monkeypatch)
    yield opener
    opener.close()


class OpenSandbox:
    """Called with a world: a running sandbox with that merchant registered."""

    def __init__(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = run
        self.monkeypatch = monkeypatch
        self.opened: list[Sandbox] = []

    def __call__(self, world: World, **options: Any) -> Merchant:
        import json

        sandbox = Sandbox([world], **options).__enter__()
        self.opened.append(sandbox)
        merchant = Merchant(self.run, sandbox, world)
        merchant.use(self.monkeypatch)
        added = self.run("users", "add", "--from", "-", stdin=json.dumps(world.user_json()))
        assert added.code == 0, added.err
        return merchant

    def close(self) -> None:
        for sandbox in self.opened:
            sandbox.__exit__(None, None, None)
