"""What one run must not ask any more, whoever's turn it is. Shared by the threads of all merchants."""

import threading

from profitsync.sources.errors import ThrottledError


class Gate:
    """APIs that are left alone for the rest of a run, each with the reason: a limit that all merchants share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: dict[str, str] = {}

    def close(self, api: str, reason: str) -> None:
        """No further request to this API in this run. The first reason stays."""
        with self._lock:
            self._reasons.setdefault(api, reason)

    def check(self, api: str) -> None:
        """Raise `ThrottledError` with the reason if the API is left alone. Ask before every request."""
        with self._lock:
            reason = self._reasons.get(api)
        if reason is not None:
            raise ThrottledError(f"{api}: left alone for the rest of this run, for all merchants: {reason}")
