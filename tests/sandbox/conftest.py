"""A sandbox that serves the worlds a test names, and a caller for it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest
import requests

from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import World
from tests.sandbox.small import Caller, Clock


class Serve(Protocol):
    """Starts a sandbox; keywords go to it."""

    def __call__(self, *worlds: World, **options: Any) -> Caller: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(clock: Clock) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(*worlds: World, **options: Any) -> Caller:
            sandbox = stack.enter_context(Sandbox(worlds, clock=clock, **options))
            return Caller(sandbox, stack.enter_context(requests.Session()))

        yield start
