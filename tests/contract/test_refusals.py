"""What is said when a database is away, not ours, or refuses: one line, with the variable, without secrets."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from profitsync.bootstrap import open_store
from profitsync.domain.hints import ORDER, Hint
from profitsync.errors import StoreUnavailableError
from profitsync.stores.protocol import Store
from tests.contract.samples import ALL_DAYS, NOW, day, full_order, full_user, indexed

PASSWORD = "pa55-w0rd-of-the-server"

CALLS: dict[str, Callable[[Store], object]] = {
    "prepare": lambda store: store.prepare(),
    "ping": lambda store: store.ping(),
    "read": lambda store: store.users(),
    "iterate": lambda store: list(store.orders_touching("u1", ALL_DAYS)),
    "add": lambda store: store.add_user(full_user()),
    "save": lambda store: store.save_user(full_user()),
    "write": lambda store: store.put_orders("u1", [indexed(full_order(), 2)]),
    "mark": lambda store: store.mark_dirty("u1", "shopify", [day(2)]),
    "remove": lambda store: store.remove_user("u1"),
    "hint": lambda store: store.put_hint(Hint("u1", ORDER, "1", NOW, "m")),
    "key": lambda store: store.api_key("k1"),
    "lock": lambda store: store.acquire_lease("sync:u1", "me", NOW, 120),
}


def garbage(folder: Path) -> str:
    (folder / "notes.txt").write_text("certainly not a database, but a text of some length\n" * 100)
    return f"sqlite:///{folder / 'notes.txt'}"


def missing_folder(folder: Path) -> str:
    return f"sqlite:///{folder / 'nowhere' / 'store.db'}"


def a_folder(folder: Path) -> str:
    return f"sqlite:///{folder}"


def server_away(_folder: Path) -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]  # free again at once, and nobody answers there
    return f"mongodb://merchant:{PASSWORD}@127.0.0.1:{port}/shop?serverSelectionTimeoutMS=50"


@pytest.fixture(params=[garbage, missing_folder, a_folder, server_away], ids=lambda make: make.__name__)
def unusable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = open_store(request.param(tmp_path))
    yield store
    store.close()


def failure(call: Callable[[], object]) -> BaseException | None:
    try:
        call()
    except StoreUnavailableError as error:
        return error
    return None


def test_an_unusable_database_is_one_clear_line_whatever_is_asked(unusable: Store) -> None:
    with ThreadPoolExecutor(len(CALLS)) as threads:  # the driver looks for a server for half a second each time
        answers = threads.map(lambda call: failure(lambda: call(unusable)), CALLS.values())

    for name, error in zip(CALLS, answers, strict=True):
        text = str(error)
        assert text.startswith("PROFITSYNC_DATABASE_URL: "), name
        assert "\n" not in text, name
        assert PASSWORD not in text, name


def test_the_drivers_own_error_with_the_address_in_it_is_not_dragged_along(unusable: Store) -> None:
    error = failure(unusable.ping)

    assert isinstance(error, StoreUnavailableError)
    assert error.__suppress_context__ or error.__context__ is None
    assert error.exit_code == 4


def test_a_closed_store_says_so_and_may_be_closed_again(store: Store) -> None:
    store.ping()
    store.close()
    store.close()

    with pytest.raises(StoreUnavailableError, match="is closed already"):
        store.users()


def test_preparing_twice_changes_nothing(store: Store) -> None:
    store.add_user(full_user())
    store.prepare()
    store.ping()

    assert store.users() == [full_user()]
