"""Telling people of merchants in trouble, once per incident, and once when it is over.

Whether an incident was told of is kept in the store, so it holds between runs and machines. The messages go
through Apprise, which knows some hundred services; it comes with the extra `notify`.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from profitsync.bootstrap import Runtime
from profitsync.domain.merchants import User
from profitsync.errors import ConfigurationError, ProfitsyncError
from profitsync.redaction import redact
from profitsync.services.freshness import Freshness, Health
from profitsync.services.reports import COMPLETED, SyncReport

log = logging.getLogger(__name__)

Send = Callable[[str, str], None]


class NotificationError(ProfitsyncError):
    """No address took the message."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One merchant: what is wrong, or None when all is well again."""

    user_id: str
    email: str
    trouble: str | None


def of_sync(runtime: Runtime, report: SyncReport) -> list[Notice]:
    """What a sync found out. Well again is who has no source in error, also of those not read just now."""
    notices = []
    known = {user.id: user for user in runtime.store.users()}
    for user in report.users:
        if user.locked or user.refused:
            continue
        if user.status != COMPLETED:
            notices.append(Notice(user.user_id, user.email, "; ".join(user.failures()) or user.status))
        elif (stored := known.get(user.user_id)) and _well(runtime, stored):
            notices.append(Notice(user.user_id, user.email, None))
    return notices


def of_health(health: Health) -> list[Notice]:
    """What looking at the store found out."""
    return [
        Notice(one.user.id, one.user.email, None if one.status is Freshness.FRESH else one.reason)
        for one in health.merchants
    ]


def notify(runtime: Runtime, notices: Iterable[Notice], send: Send) -> None:
    """Tell of incidents that are new, in one message, and of those that are over, in another.

    A message that nobody took is sent again with the next run; it never fails this one.
    """
    store, now = runtime.store, runtime.clock()
    told = list(notices)
    new = [one for one in told if one.trouble and store.open_incident(one.user_id, now, one.trouble)]
    if new and not _sent(send, new, "in trouble"):
        for one in new:
            store.close_incident(one.user_id)
    over = [one for one in told if not one.trouble and store.close_incident(one.user_id)]
    if over:
        _sent(send, over, "recovered")


def sender(addresses: Sequence[str]) -> Send:
    """Sends to all addresses. Raises `ConfigurationError` when Apprise is missing or cannot use one of them.

    The returned function raises `NotificationError` when no address took the message.
    """
    try:
        import apprise
    except ImportError:
        raise ConfigurationError(
            "PROFITSYNC_NOTIFY_URLS: Apprise is not installed; `pip install 'profitsync[notify]'` brings it"
        ) from None
    logging.getLogger("apprise").disabled = True  # its lines quote the addresses
    targets: list[Any] = [apprise.Apprise.instantiate(address, suppress_exceptions=True) for address in addresses]
    if unusable := [str(number) for number, target in enumerate(targets, start=1) if not target]:
        raise ConfigurationError(f"PROFITSYNC_NOTIFY_URLS: Apprise cannot use address {', '.join(unusable)}")

    def send(title: str, body: str) -> None:
        taken = [bool(target.notify(body=body, title=title)) for target in targets]
        if not any(taken):
            raise NotificationError("no address of PROFITSYNC_NOTIFY_URLS took the message")
        if not all(taken):
            log.warning("%d of %d addresses did not take a notification", taken.count(False), len(taken))

    return send


def _sent(send: Send, notices: Sequence[Notice], what: str) -> bool:
    counted = "1 merchant" if len(notices) == 1 else f"{len(notices)} merchants"
    body = "\n".join(f"{one.email}: {redact(one.trouble or 'all is well again')}" for one in notices)
    try:
        send(f"profitsync: {counted} {what}", body)
    except Exception as error:  # noqa: BLE001 - whatever a service does, the sync's own result stands
        why = str(error) if isinstance(error, ProfitsyncError) else type(error).__name__
        log.warning("a notification was not sent: %s", why)
        return False
    return True


def _well(runtime: Runtime, user: User) -> bool:
    states = runtime.store.source_states(user.id)
    return not any(state.error for name, state in states.items() if user.configured(name))
