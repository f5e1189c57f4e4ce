"""What time it is elsewhere: tells whether this machine's clock can be trusted."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

TIMEOUT = (3.0, 5.0)  # seconds to connect, and between two bytes of an answer


def server_time(url: str) -> datetime | None:
    """The `Date` of a server's answer, to the second, whatever else it says; None when it cannot be learnt."""
    try:
        with requests.head(url, timeout=TIMEOUT, allow_redirects=False) as response:
            return http_date(response.headers.get("Date"))
    except requests.RequestException:
        return None


def http_date(text: str | None) -> datetime | None:
    """The instant in a header such as `Date`; None when there is none, or none that a calendar has."""
    try:
        told = parsedate_to_datetime(text or "")
        return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
