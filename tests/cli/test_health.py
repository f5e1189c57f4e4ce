"""`health` and `notify test`: what a monitor sees, and who is told."""

from datetime import timedelta

import pytest

from profitsync.bootstrap import utc_now
from profitsync.domain.merchants import SourceState, User
from profitsync.stores.protocol import Store
from tests.cli.conftest import Run
from tests.cli.samples import a_user


def merchant(store: Store, name: str, hours: float, error: str | None = None) -> User:
    """A shop read so long ago."""
    user = a_user(store, f"{name}@shop.example", f"{name}.myshopify.com", secrets={"shopifyAccessToken": "x"})
    state = SourceState("shopify", last_success_at=utc_now() - timedelta(hours=hours), error=error)
    store.save_source_state(user.id, state)
    return user


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Every message sent to the one address that is configured."""
    messages: list[tuple[str, ...]] = []
    monkeypatch.setattr("profitsync.services.notify.sender", lambda _urls: lambda *told: messages.append(told))
    monkeypatch.setenv("PROFITSYNC_NOTIFY_URLS", "json://127.0.0.1:9/x")
    return messages


@pytest.mark.parametrize(
    ("hours", "code"), [((0.5, 1), 0), ((0.5, 9), 3), ((9, 10), 1)], ids=["all fresh", "one stale", "none fresh"]
)
def test_the_code_tells_how_many_are_fresh(hours: tuple[float, float], code: int, run: Run, store: Store) -> None:
    for name, age in zip(("first", "second"), hours, strict=True):
        merchant(store, name, age)

    result = run("health", "--max-age", "2h")

    assert (result.code, result.err) == (code, "")
    assert [line.split()[0] for line in result.out.splitlines()[1:]] == [
        "first@shop.example",
        "second@shop.example",
    ]


def test_json_tells_each_merchant(run: Run, store: Store) -> None:
    merchant(store, "first", 1, error="Shopify: the access token was refused")

    result = run("health", "--json")

    (one,) = result.json()["merchants"]
    assert (result.code, result.json()["status"], result.json()["maxAgeSeconds"]) == (1, "failed", 7200)
    assert (one["email"], one["status"], one["ageSeconds"] // 60) == ("first@shop.example", "failed", 60)
    assert one["reason"] == "Shopify: the access token was refused"


def test_quiet_lists_only_what_is_not_fresh(run: Run, store: Store) -> None:
    merchant(store, "first", 1)
    merchant(store, "second", 9)

    shown, all_fresh = run("--quiet", "health").out, run("--quiet", "health", "--max-age", "1d")

    assert "second@" in shown
    assert "first@" not in shown
    assert (all_fresh.code, all_fresh.out, all_fresh.err) == (0, "", "")


def test_without_a_merchant_nothing_is_fresh(run: Run) -> None:
    result = run("health")

    assert (result.code, result.out) == (1, "")
    assert result.errors == ["there is no active merchant; `profitsync users add` registers one"]


@pytest.mark.parametrize("age", ["2", "0h", "two hours", "-1h", "1w"])
def test_an_age_that_is_none_is_usage(age: str, run: Run) -> None:
    result = run("health", f"--max-age={age}")

    assert (result.code, len(result.errors)) == (2, 1)
    assert result.errors[0].startswith(f"--max-age '{age}': must be a number with s, m, h or d")


def test_a_stale_merchant_is_told_of_once_and_only_if_asked(
    run: Run, store: Store, heard: list[tuple[str, ...]]
) -> None:
    merchant(store, "first", 9)

    run("health")
    assert heard == []
    for _ in range(2):
        assert run("health", "--notify").code == 1

    told = "first@shop.example: shopify was last read 9 h 0 min ago"
    assert heard == [("profitsync: 1 merchant in trouble", told)]


def test_notifications_that_cannot_be_sent_do_not_hide_the_result(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_NOTIFY_URLS", "nonsense://topsecret")
    merchant(store, "first", 1)

    result = run("health", "--notify")

    assert (result.code, len(result.err.splitlines())) == (0, 1)
    assert "nobody can be notified: PROFITSYNC_NOTIFY_URLS" in result.err
    assert "topsecret" not in result.err


@pytest.mark.parametrize(
    ("addresses", "message"),
    [("", "PROFITSYNC_NOTIFY_URLS: is empty"), ("nonsense://x", "PROFITSYNC_NOTIFY_URLS: Apprise cannot use")],
)
def test_a_test_message_needs_addresses(
    addresses: str, message: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFITSYNC_NOTIFY_URLS", addresses)

    result = run("notify", "test")

    assert (result.code, len(result.errors)) == (4, 1)
    assert result.errors[0].startswith(message)


def test_a_test_message_is_sent(run: Run, heard: list[tuple[str, ...]]) -> None:
    result = run("notify", "test")

    assert (result.code, result.out, result.err, len(heard)) == (0, "", "Sent.\n", 1)
