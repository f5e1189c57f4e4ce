"""Servers that exist only in memory."""

from collections.abc import Iterator

import pytest
import responses

from tests.sources.shopify_samples import Shop


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Every request of the test must be expected; an unexpected one fails."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def shop(wire: responses.RequestsMock) -> Shop:
    return Shop(wire)
