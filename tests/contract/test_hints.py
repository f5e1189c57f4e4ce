"""What every store does with records that are to be read again."""

from profitsync.domain.hints import ORDER, SHIPMENT, Hint
from profitsync.stores.protocol import Store
from tests.contract.samples import later


def hint(record: str = "1001", user: str = "u1", kind: str = ORDER, minute: int = 0, mark: str = "m") -> Hint:
    return Hint(user, kind, record, later(minutes=minute), mark)


def test_hints_of_a_merchant_come_oldest_first_and_as_many_as_wanted(store: Store) -> None:
    for minute, record in ((2, "c"), (0, "a"), (1, "b")):
        store.put_hint(hint(record, minute=minute))
    store.put_hint(hint("other", user="u2"))

    assert [one.record for one in store.hints("u1", 10)] == ["a", "b", "c"]
    assert store.hints("u1", 1) == [hint("a")]
    assert store.hinted_users() == ["u1", "u2"]


def test_hints_of_the_same_record_are_one(store: Store) -> None:
    store.put_hint(hint(mark="first"))
    store.put_hint(hint(mark="second", minute=5))
    store.put_hint(hint(kind=SHIPMENT))

    assert store.hints("u1", 10) == [hint(kind=SHIPMENT), hint(mark="second", minute=5)]


def test_a_dropped_hint_is_gone_but_not_one_that_came_meanwhile(store: Store) -> None:
    store.put_hint(hint("a", mark="first"))
    store.put_hint(hint("b", mark="first"))
    read = store.hints("u1", 10)
    store.put_hint(hint("a", mark="second"))

    store.drop_hints(read)
    store.drop_hints([])

    assert store.hints("u1", 10) == [hint("a", mark="second")]


def test_without_hints_nobody_is_named(store: Store) -> None:
    assert store.hinted_users() == []
    assert store.hints("u1", 10) == []
