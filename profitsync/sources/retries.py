"""The one retry policy of all sources.

At most three tries, exponential back-off with jitter, the server's `Retry-After` honoured. Only
`RetriableError` is tried again; credentials and bad requests never are.
"""

import logging
import random
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from profitsync.sources.errors import RetriableError

log = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS = 3
FIRST_PAUSE = 1.0  # seconds; doubles with each try, plus up to as much again as jitter
LONGEST_PAUSE = 60.0  # a server that asks for more is left alone until the next run


class Retries:
    """Tries again, and waits in between."""

    def __init__(self, sleep: Callable[[float], None], rng: random.Random) -> None:
        self._sleep = sleep
        self._rng = rng

    def persist(
        self, attempt: Callable[[], T], again: Callable[[RetriableError], bool] = lambda _error: True
    ) -> T:
        """Call `attempt` until it succeeds, or its last error is raised; `again` may except some errors."""
        policy = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception(
                lambda error: isinstance(error, RetriableError) and again(error) and _is_worth_it(error)
            ),
            wait=lambda state: self._pause(_error(state), state.attempt_number),
            sleep=self._sleep,
            before_sleep=lambda state: _report(
                _error(state), state.attempt_number, state.next_action.sleep if state.next_action else 0.0
            ),
            reraise=True,
        )
        return policy(attempt)

    def waits_for(self, error: RetriableError, attempt: int) -> bool:
        """Wait before the next try, after the `attempt`-th failure in a row; False where there is to be none."""
        if attempt >= ATTEMPTS or not _is_worth_it(error):
            return False
        pause = self._pause(error, attempt)
        _report(error, attempt, pause)
        self._sleep(pause)
        return True

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`-th failure in a row (from 1), jitter included."""
        base: float = FIRST_PAUSE * 2.0 ** (attempt - 1)
        return base + self._rng.uniform(0, base)

    def _pause(self, error: BaseException | None, attempt: int) -> float:
        if isinstance(error, RetriableError) and error.retry_after is not None:
            return error.retry_after
        return self.backoff(attempt)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _is_worth_it(error: RetriableError) -> bool:
    return error.retry_after is None or error.retry_after <= LONGEST_PAUSE


def _report(error: BaseException | None, attempt: int, pause: float) -> None:
    log.warning("%s; try %d of %d, next in %.1f s", error, attempt, ATTEMPTS, pause)
