"""What a check of a Shiprocket API user brings to light."""

from collections.abc import Callable
from datetime import datetime, timedelta

from profitsync.domain.days import ONE_DAY
from profitsync.sources.errors import BadResponseError
from profitsync.sources.findings import Finding, Level
from profitsync.sources.shiprocket.auth import Session
from profitsync.sources.shiprocket.client import Client, ForbiddenError
from profitsync.sources.shiprocket.dates import indian_day

SKEW = timedelta(minutes=5)  # a clock further off puts parcels on wrong days, and keeps dead tokens
_LAST_DAYS = 30
_LISTS = (
    ("orders", "/orders", Level.PROBLEM, "without it no parcel can be read"),
    (
        "shipments",
        "/shipments",
        Level.WARNING,
        "without it parcels of split orders have no known cost",
    ),
    ("failed deliveries", "/ndr/all", Level.PROBLEM, "without it `ndr` cannot be known, so the sync fails"),
)


def check(session: Session, client: Client, clock: Callable[[], datetime]) -> list[Finding]:
    """Ask each list for its size. Raises `SourceError` when nobody is let in, or the API is away."""
    today = indian_day(clock())
    days = {"from": (today - _LAST_DAYS * ONE_DAY).isoformat(), "to": today.isoformat()}
    lists = [_list(client, days, *one) for one in _LISTS]
    return [_token(session), *lists, *_clock(client)]


def _list(client: Client, days: dict[str, str], topic: str, path: str, level: Level, cost: str) -> Finding:
    try:
        total = client.total(path, days)
    except (ForbiddenError, BadResponseError) as error:
        return Finding(level, topic, f"{error}; {cost}")
    count = "an untold number" if total is None else str(total)
    return Finding(Level.OK, topic, f"{path} can be read: {count} in the last {_LAST_DAYS} days")


def _token(session: Session) -> Finding:
    origin = "a login gave a new one" if session.login_tried else "kept from an earlier run"
    return Finding(Level.OK, "token", f"{origin}, good until {session.expires_at:%Y-%m-%d %H:%M} UTC")


def _clock(client: Client) -> list[Finding]:
    if client.skew is None:
        return []
    minutes = round(abs(client.skew) / timedelta(minutes=1))
    if abs(client.skew) <= SKEW:
        return [Finding(Level.OK, "clock", "this machine and Shiprocket agree on the time")]
    side = "ahead of" if client.skew > timedelta(0) else "behind"
    text = f"this machine is {minutes} minutes {side} Shiprocket; set its clock, or days and tokens are misjudged"
    return [Finding(Level.WARNING, "clock", text)]
