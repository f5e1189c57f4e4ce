"""How old the figures of a merchant are, and what a monitor is told of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from profitsync.domain.merchants import SourceState, User
from profitsync.services.freshness import Freshness, Health, for_people, health
from profitsync.stores.sqlite import SqliteStore
from tests.unit.builders import at

NOW = at(5)
ALL = dict.fromkeys(("shopifyAccessToken", "metaAccessToken", "shiprocketEmail"), "x")


class Stored(SqliteStore):
    """Only what is looked at."""

    def __init__(self, states: dict[str, dict[str, SourceState]]) -> None:
        super().__init__(":memory:")
        self.states = states

    def source_states(self, user_id: str) -> dict[str, SourceState]:
        return self.states.get(user_id, {})


def user(identity: str = "u1", **values: object) -> User:
    return replace(User(identity, f"{identity}@shop.example", NOW, NOW, secrets=ALL), **values)  # type: ignore[arg-type]


def read(hours: float = 1, **errors: str) -> dict[str, SourceState]:
    """All sources read so long ago; some failed since."""
    names = ("shopify", "meta", "shiprocket")
    when = NOW - timedelta(hours=hours)
    return {name: SourceState(name, last_success_at=when, error=errors.get(name)) for name in names}


def look(states: dict[str, dict[str, SourceState]], *users: User) -> Health:
    return health(Stored(states), users or (user(),), NOW, timedelta(hours=2))


NEVER = {name: state for name, state in read().items() if name != "meta"}
BEHIND = read() | {"meta": SourceState("meta", last_success_at=NOW - timedelta(hours=5))}
CASES = [
    pytest.param(read(), Freshness.FRESH, None, id="all read"),
    pytest.param(read(2), Freshness.FRESH, None, id="just in time"),
    pytest.param(
        read(2.1), Freshness.STALE, "shopify, meta, shiprocket was last read 2 h 6 min ago", id="too old"
    ),
    pytest.param(BEHIND, Freshness.STALE, "meta was last read 5 h 0 min ago", id="one source left behind"),
    pytest.param(read(meta="expired"), Freshness.FAILED, "meta: expired", id="failed but recent"),
    pytest.param(read(5, meta="expired"), Freshness.STALE, "meta: expired", id="failed for long"),
    pytest.param(NEVER, Freshness.STALE, "never read: meta", id="a source never read"),
    pytest.param({}, Freshness.STALE, "never read: shopify, meta, shiprocket", id="nothing read"),
]


@pytest.mark.parametrize(("states", "status", "reason"), CASES)
def test_a_merchant_is_as_fresh_as_its_source_left_behind_furthest(
    states: dict[str, SourceState], status: Freshness, reason: str | None
) -> None:
    (one,) = look({"u1": states}).merchants

    assert (one.status, one.reason) == (status, reason)


def test_a_source_that_is_off_is_not_waited_for() -> None:
    states = {"shopify": read()["shopify"]}
    shop_only = user(secrets={"shopifyAccessToken": "x"})

    assert look({"u1": states}, shop_only).exit_code == 0
    assert look({}, user(secrets={})).merchants[0].reason == "no source is configured"


@pytest.mark.parametrize(
    ("ages", "code", "status"),
    [
        ((1, 1), 0, Freshness.FRESH),
        ((1, 9), 3, Freshness.STALE),
        ((9, 9), 1, Freshness.STALE),
        ((), 1, Freshness.STALE),
    ],
)
def test_the_code_tells_whether_all_some_or_none_are_fresh(
    ages: tuple[int, ...], code: int, status: Freshness
) -> None:
    users = [user(f"u{number}") for number in range(len(ages))]
    found = health(
        Stored({one.id: read(age) for one, age in zip(users, ages, strict=True)}), users, NOW, timedelta(hours=2)
    )

    assert (found.exit_code, found.status) == (code, status)


def test_a_deactivated_merchant_is_left_out() -> None:
    found = look({"u1": read()}, user(), user("u2", is_active=False))

    assert [one.user.id for one in found.merchants] == ["u1"]


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (59, "59 min"), (125, "2 h 5 min"), (2885, "2 d 0 h"), (-3, "0 min")]
)
def test_ages_are_told_in_their_two_largest_units(minutes: int, text: str) -> None:
    assert for_people(timedelta(minutes=minutes)) == text
