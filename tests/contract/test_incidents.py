"""What every store does with incidents: each is told of by one, and ended by one."""

from profitsync.stores.protocol import Store
from tests.contract.samples import NOW, full_user, later


def test_an_incident_is_opened_once_until_it_ends(store: Store) -> None:
    opened = [store.open_incident("u1", NOW, "meta: expired"), store.open_incident("u1", later(hours=1), "again")]
    closed = [store.close_incident("u1"), store.close_incident("u1")]

    assert (opened, closed) == ([True, False], [True, False])
    assert store.open_incident("u1", later(hours=2), "once more")


def test_incidents_of_different_merchants_do_not_meet(store: Store) -> None:
    store.open_incident("u1", NOW, "")

    assert store.open_incident("u2", NOW, "")
    assert store.close_incident("u1")
    assert store.close_incident("u2")


def test_an_incident_goes_with_its_merchant(store: Store) -> None:
    user = full_user()
    store.add_user(user)
    store.open_incident(user.id, NOW, "")

    store.remove_user(user.id)

    assert not store.close_incident(user.id)
