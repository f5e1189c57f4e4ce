"""Telling a monitor of every run: start, success, failure, as healthchecks.io and its likes understand it.

The monitor raises the alarm when no run reports: it sees what no program can report of itself, such as a machine
that is off. A ping that fails changes nothing of the run, and is bounded in time. The address is a secret:
whoever knows it can report in our name.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from profitsync.logs import carry
from profitsync.services.reports import COMPLETED, SyncReport

log = logging.getLogger(__name__)
LONGEST = 10.0  # seconds that a ping may keep us waiting, whatever its server does
TIMEOUT = (3.0, 5.0)  # to connect, and between two bytes of the answer
START, SUCCESS, FAIL = "/start", "", "/fail"

UNFINISHED = "the run ended before it was finished"

Post = Callable[[str, str], None]


@dataclass(slots=True)
class Ping:
    """What to tell of a run, once it is known. None: nothing, such as when another run was at work."""

    outcome: str | None = FAIL
    text: str = UNFINISHED

    def tell(self, report: SyncReport) -> None:
        """Take the outcome of a finished sync; it names no merchant, for monitors belong to others."""
        whole = sum(user.status == COMPLETED for user in report.users)
        self.text = f"{report.status}: {whole} of {len(report.users)} merchants complete"
        if report.exit_code == 75:
            self.outcome = None
        else:
            self.outcome = SUCCESS if report.status == COMPLETED else FAIL


def post(address: str, text: str) -> None:
    """POST `text`. Raises whatever `requests` does."""
    import requests

    with requests.post(address, data=text.encode(), timeout=TIMEOUT, stream=True, allow_redirects=False) as answer:
        answer.raise_for_status()


@contextmanager
def pinging(address: str | None, send: Post | None = None) -> Iterator[Ping]:
    """Report the start, and at the end what `Ping` holds; a failure when the block raises."""
    ping = Ping()
    if address is None:
        yield ping
        return
    send = send or post
    start = _sending(address + START, "started", send)
    try:
        yield ping
    except BaseException:  # whatever was told before: it did not end well
        ping.outcome, ping.text = FAIL, UNFINISHED
        raise
    finally:
        start.join(LONGEST)  # else a slow start could arrive after the end
        if ping.outcome is not None:
            _sending(address + ping.outcome, ping.text, send).join(LONGEST)


def _sending(address: str, text: str, send: Post) -> threading.Thread:
    """In a thread that the program does not wait for when it ends."""

    def attempt() -> None:
        try:
            send(address, text)
        except Exception as error:  # noqa: BLE001 - no failure of a monitor is a failure of the run
            log.warning("the ping %r was not taken (%s)", text, type(error).__name__)

    thread = threading.Thread(target=carry(attempt), name="ping", daemon=True)
    thread.start()
    return thread
