"""Whether Meta may be asked now: the run's gate, blocks of single ad accounts, and slowing down near a limit.

Calling while blocked prolongs a block, so a block is written down and outlives the run.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from profitsync.sources.errors import ThrottledError
from profitsync.sources.gate import Gate
from profitsync.sources.meta.failures import NAME, AccountBlockedError, AppBlockedError
from profitsync.sources.meta.usage import Usage
from profitsync.sources.protocol import Notebook
from profitsync.sources.retries import LONGEST_PAUSE

log = logging.getLogger(__name__)

SLOW_FROM = 75.0  # per cent of a quota
LONGEST_SLOWING = 20.0  # seconds before one request, at 100 per cent
MOST_SLOWING = 120.0  # seconds in all: a run must end


class Access:
    """The permission to send the next request of one merchant. Used from one thread; the gate is shared."""

    def __init__(
        self,
        gate: Gate,
        notebook: Notebook,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._gate = gate
        self._notebook = notebook
        self._clock = clock
        self._sleep = sleep
        self._slowing = 0.0  # seconds to wait before the next request
        self._slowed = 0.0

    def require(self, account_id: str | None) -> None:
        """Return once a request may be sent. Raises `ThrottledError` when it may not in this run.

        `account_id` None: a request that concerns no ad account.
        """
        self._gate.check(NAME)
        if account_id is not None:
            self.await_end_of_block(account_id)
        pause = min(self._slowing, MOST_SLOWING - self._slowed)
        if pause > 0:
            log.debug("%s: near a request limit; waiting %.1f s", NAME, pause)
            self._slowed += pause
            self._sleep(pause)

    def blocked_until(self, account_id: str) -> datetime | None:
        """When the account's known block ends; None when there is none any more."""
        text = self._notebook.load(_note(account_id))
        until = None if text is None else datetime.fromisoformat(text)
        if until is not None and until <= self._clock():
            self._notebook.save(_note(account_id), None)
            return None
        return until

    def told(self, usage: Usage, account_id: str | None) -> None:
        """Heed what a good answer tells of its quotas."""
        if usage.percent:
            log.debug("%s: %.1f %% of a request quota is used", NAME, usage.percent)
        over = min(usage.percent, 100.0) - SLOW_FROM
        self._slowing = max(0.0, over / (100.0 - SLOW_FROM) * LONGEST_SLOWING)
        if account_id is not None and usage.used_up and usage.regain:
            self._block(account_id, usage.regain)

    def refused(self, error: Exception, account_id: str | None) -> None:
        """Remember a limit that a request has met, for its account or for everybody."""
        if isinstance(error, AppBlockedError):
            self._gate.close(NAME, str(error).removeprefix(f"{NAME}: "))
        elif isinstance(error, AccountBlockedError) and account_id is not None:
            self._block(account_id, error.retry_after or LONGEST_PAUSE)

    def await_end_of_block(self, account_id: str) -> None:
        """Return once no block of the account is known. Raises `ThrottledError` when it outlasts a run."""
        until = self.blocked_until(account_id)
        if until is None:
            return
        left = (until - self._clock()).total_seconds()
        if left > LONGEST_PAUSE:
            raise ThrottledError(
                f"{NAME}: the ad account's request quota is used up until {until:%Y-%m-%d %H:%M} UTC; "
                "it is left alone until then",
                left,
            )
        self._sleep(left)
        self._notebook.save(_note(account_id), None)

    def _block(self, account_id: str, seconds: float) -> None:
        until = self._clock() + timedelta(seconds=seconds)
        self._notebook.save(_note(account_id), until.isoformat())


def _note(account_id: str) -> str:
    return f"blocked:{account_id}"
