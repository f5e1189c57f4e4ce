"""The application over each store or one, asked in this process, with plain sources and a clock that stands."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from profitsync.api.app import create_app, create_server
from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.merchants import User
from profitsync.secrets import new_key
from profitsync.services.api_keys import create_key
from profitsync.stores.protocol import Store
from profitsync.stores.sqlite import SqliteStore
from tests.cli.samples import a_user
from tests.services.fakes import Clock, FakeSources
from tests.unit.builders import at

OWN = "the-installation's-own-key"


@dataclass
class Api:
    """Asks the application, with the installation's own key unless told otherwise."""

    runtime: Runtime
    sources: FakeSources
    clock: Clock
    client: TestClient
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.runtime.store

    def __call__(self, method: str, path: str, body: Any = None, key: str | None = OWN, **headers: str) -> Any:
        """The response; `body` goes out as JSON, bytes and texts as they are."""
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
        encoded = {name.encode(): value.encode() for name, value in headers.items()}
        return self.client.request(method, path, content=body, headers=encoded)

    def data(self, method: str, path: str, body: Any = None, key: str | None = OWN) -> Any:
        """The data of an answer that must be one of success."""
        response = self(method, path, body, key)
        assert response.status_code < 300, response.text
        assert response.json()["success"] is True
        return response.json()["data"]

    def bound_key(self, *users: User) -> str:
        return create_key(self.runtime, "bound", users).plain


def settings_of(folder: Path, **more: str) -> Any:
    variables = {"PROFITSYNC_SECRET_KEY": new_key(), "PROFITSYNC_API_KEY": f"another-key-of-it,{OWN}", **more}
    return load_settings(variables, folder)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """One application for all tests, for its routes are slow to build; each test puts a server of its own in."""
    folder = tmp_path_factory.mktemp("app")
    return create_app(Runtime(settings_of(folder), SqliteStore(str(folder / "unused.db"))))


@pytest.fixture
def api(app: FastAPI, tmp_path: Path) -> Iterator[Api]:
    store, clock, sources = SqliteStore(str(tmp_path / "api.db")), Clock(at(5, 18)), FakeSources()
    store.prepare()
    runtime = Runtime(settings_of(tmp_path), store, clock=clock, make_sources=sources)
    app.state.server = create_server(runtime)
    yield Api(runtime, sources, clock, TestClient(app, raise_server_exceptions=False))
    app.state.server.close()
    store.close()


@pytest.fixture
def user(api: Api) -> User:
    """A stored merchant, by the id `owner`, whose sources are all on."""
    token = api.runtime.vault.encrypt("secret-of-the-owner")
    names = ("shopifyClientId", "shopifyClientSecret", "metaAccessToken", "shiprocketEmail", "shiprocketPassword")
    return a_user(api.store, meta_ad_account_id="1", secrets=dict.fromkeys(names, token))


@pytest.fixture
def stranger(api: Api) -> User:
    """A merchant of another organisation."""
    return a_user(api.store, "stranger@other.example", "other.myshopify.com")
