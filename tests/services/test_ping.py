"""Pings: what a monitor hears of a run, and that nothing it does can change the run."""

import threading

import pytest
import responses

from profitsync.services import ping as pings
from profitsync.services.ping import pinging
from profitsync.services.reports import SyncReport, UserReport

BEGUN = ("/start", "started")
URL = "https://ping.example/secret-uuid"


class Monitor:
    def __init__(self, failure: Exception | None = None) -> None:
        self.heard: list[tuple[str, str]] = []
        self.failure = failure

    def __call__(self, address: str, text: str) -> None:
        self.heard.append((address.removeprefix(URL), text))
        if self.failure:
            raise self.failure


def report(*states: str, locked: bool = False) -> SyncReport:
    return SyncReport(tuple(UserReport("u", "owner@shop.example", state, locked=locked) for state in states))


@pytest.mark.parametrize(
    ("states", "locked", "heard"),
    [
        (("completed",), False, [BEGUN, ("", "completed: 1 of 1 merchants complete")]),
        (
            ("completed", "partial"),
            False,
            [BEGUN, ("/fail", "partial: 1 of 2 merchants complete")],
        ),
        (("failed",), False, [BEGUN, ("/fail", "failed: 0 of 1 merchants complete")]),
        (("failed",), True, [BEGUN]),
    ],
    ids=["all good", "partial", "failed", "another run at work"],
)
def test_start_and_outcome_are_told_without_any_name(
    states: tuple[str, ...], locked: bool, heard: list[tuple[str, str]]
) -> None:
    monitor = Monitor()

    with pinging(URL, monitor) as ping:
        ping.tell(report(*states, locked=locked))

    assert monitor.heard == heard


def test_a_run_that_breaks_off_is_a_failure() -> None:
    monitor = Monitor()

    with pytest.raises(KeyboardInterrupt), pinging(URL, monitor):
        raise KeyboardInterrupt

    assert monitor.heard[-1] == ("/fail", "the run ended before it was finished")


def test_without_an_address_nobody_is_told() -> None:
    monitor = Monitor()

    with pinging(None, monitor) as ping:
        ping.tell(report("completed"))

    assert monitor.heard == []


def test_a_failing_monitor_masks_nothing_and_its_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    monitor = Monitor(RuntimeError(f"cannot reach {URL}"))

    with pytest.raises(ZeroDivisionError), pinging(URL, monitor):
        raise ZeroDivisionError

    assert len(monitor.heard) == 2
    assert "secret-uuid" not in caplog.text
    assert "was not taken (RuntimeError)" in caplog.text


def test_a_monitor_that_never_answers_is_waited_for_no_longer_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    never, asked = threading.Event(), []

    def hang(address: str, text: str) -> None:
        asked.append(address)
        never.wait(60)

    monkeypatch.setattr(pings, "LONGEST", 0.01)

    with pinging(URL, hang) as ping:
        ping.tell(report("completed"))

    never.set()
    assert asked == [f"{URL}/start", URL]


@pytest.mark.parametrize("status", [200, 500])
def test_a_ping_is_one_post_and_a_refusal_is_noted(status: int, caplog: pytest.LogCaptureFixture) -> None:
    with responses.RequestsMock() as mock:
        mock.post(f"{URL}/start", status=status)
        mock.post(URL, status=200)
        with pinging(URL) as ping:
            ping.tell(report("completed"))

        assert [call.request.body for call in mock.calls] == [b"started", b"completed: 1 of 1 merchants complete"]
    assert ("was not taken (HTTPError)" in caplog.text) == (status == 500)
    assert "secret-uuid" not in caplog.text
