"""Keys of the server: what is stored, what opens, what is refused."""

from typing import Any

import pytest

from profitsync import logs
from profitsync.domain.access import Access
from profitsync.errors import NotFoundError, UsageError
from profitsync.services.api_keys import access_of, any_key, create_key, revoke_key, visible_job, visible_user
from tests.services.conftest import Shop


def test_a_key_is_stored_as_a_hash_and_opens_what_it_is_for(shop: Shop) -> None:
    whole, bound = create_key(shop.runtime, "whole", None), create_key(shop.runtime, " bound ", [shop.user])

    assert access_of(shop.runtime, whole.plain) == Access()
    assert access_of(shop.runtime, bound.plain) == Access(frozenset({"u1"}))
    assert shop.store.api_keys() == sorted([whole.key, bound.key], key=lambda key: key.id)
    assert bound.key.name == "bound"
    assert not [
        one for one in (whole, bound) if one.plain in repr(one) or one.plain in repr(shop.store.api_keys())
    ]


@pytest.mark.parametrize(
    "change", [str.swapcase, lambda key: key[:-1], lambda key: key + "x", lambda key: key[4:]]
)
def test_what_is_not_the_very_key_opens_nothing(shop: Shop, change: Any) -> None:
    made = create_key(shop.runtime, "one", None)

    assert access_of(shop.runtime, change(made.plain)) is None
    assert access_of(shop.runtime, made.key.digest) is None
    assert access_of(shop.runtime, "") is None


def test_a_key_is_masked_in_logs_whoever_writes_it(shop: Shop) -> None:
    made = create_key(shop.runtime, "one", None)
    logs.shutdown()  # forgets what was hidden by value

    assert made.plain.split("_", 2)[2] not in logs.redact(f"asked with {made.plain}")


def test_a_revoked_key_opens_nothing(shop: Shop) -> None:
    made = create_key(shop.runtime, "one", None)
    assert any_key(shop.runtime)

    revoke_key(shop.runtime, made.key.id)

    assert access_of(shop.runtime, made.plain) is None
    assert not any_key(shop.runtime)
    with pytest.raises(UsageError, match="keys list"):
        revoke_key(shop.runtime, made.key.id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines"])
def test_a_key_needs_a_name_for_people(shop: Shop, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        create_key(shop.runtime, name, None)


def test_a_key_for_nobody_is_refused_rather_than_made_for_everybody(shop: Shop) -> None:
    with pytest.raises(UsageError, match="merchants"):
        create_key(shop.runtime, "one", [])


def test_a_key_bound_to_one_sees_nothing_of_another(shop: Shop) -> None:
    shop.sync()
    (job,) = shop.store.jobs()
    others = Access(frozenset({"u2"}))

    assert visible_user(shop.runtime, Access(frozenset({"u1"})), "u1").id == "u1"
    with pytest.raises(NotFoundError):
        visible_user(shop.runtime, others, "u1")
    with pytest.raises(NotFoundError):
        visible_job(shop.runtime, others, job.job_id)
