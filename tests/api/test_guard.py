"""What is counted against whom, and that nothing grows without end."""

import pytest

from profitsync.api.answers import TooManyRefusalsError
from profitsync.api.guard import CLIENTS, REFUSALS, SEEN, WITHIN, Refusals, Seen, network_of
from tests.services.fakes import Clock
from tests.unit.builders import at


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("testclient", "unknown", False),
    ],
)
def test_who_counts_as_one_client(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


def test_wrong_keys_are_forgotten_one_by_one() -> None:
    clock = Clock(at(5))
    refusals = Refusals(clock)
    for _ in range(REFUSALS):
        refusals.check("a")
        refusals.note("a")
        clock.now += WITHIN / 20

    with pytest.raises(TooManyRefusalsError) as waiting:
        refusals.check("a")
    refusals.check("b")
    clock.now += WITHIN / 2

    assert waiting.value.retry_after == WITHIN.total_seconds() / 2
    refusals.check("a")
    refusals.note("a")
    with pytest.raises(TooManyRefusalsError):
        refusals.check("a")


def test_only_so_many_clients_and_webhooks_are_remembered() -> None:
    refusals, seen = Refusals(Clock(at(5))), Seen()
    for number in range(CLIENTS + 2):
        refusals.note(str(number))
    for number in range(SEEN + 2):
        seen.add(number)

    assert (len(refusals._times), len(seen._known)) == (CLIENTS, SEEN)
    assert (0 in seen, SEEN + 1 in seen) == (False, True)
