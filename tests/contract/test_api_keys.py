"""What every store does with the keys of the server."""

from profitsync.domain.access import ApiKey
from profitsync.stores.protocol import Store
from tests.contract.samples import NOW, later

WHOLE = ApiKey("k1", "Zahlen — अंक", "ab" * 32, NOW)
BOUND = ApiKey("k0", "reports", "cd" * 32, later(minutes=1), ("u1", "u2"))


def test_a_key_comes_back_as_it_was_put(store: Store) -> None:
    store.put_api_key(WHOLE)
    store.put_api_key(BOUND)

    assert store.api_key("k1") == WHOLE
    assert store.api_key("k0") == BOUND
    assert store.api_key("ab" * 32) is None


def test_keys_come_oldest_first(store: Store) -> None:
    store.put_api_key(BOUND)
    store.put_api_key(WHOLE)

    assert store.api_keys() == [WHOLE, BOUND]


def test_a_removed_key_is_gone_and_the_others_stay(store: Store) -> None:
    store.put_api_key(WHOLE)
    store.put_api_key(BOUND)

    store.remove_api_key("k1")
    store.remove_api_key("unknown")

    assert store.api_keys() == [BOUND]


def test_a_key_outlives_its_merchant_but_names_nobody_else(store: Store) -> None:
    store.put_api_key(BOUND)

    store.remove_user("u1")

    assert store.api_keys() == [BOUND]
