"""What time it is elsewhere: tells whether this machine's clock can be trusted."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

TIMEOUT = (3.0, 5.0)  # seconds to connect, and between two bytes of an answer


def server_time(url: str) -> datetime | None:
    """The `Date` of a server's answer, to the second, whatever else it says; None when it cannot be learnt."""
    try:
        with requests.head(url, timeout=TIMEOUT, allow_redirects=False) as response:
            told = parsedate_to_datetime(response.headers.get("Date", ""))
    except (requests.RequestException, ValueError):
        return None
    return told.replace(tzinfo=told.tzinfo or UTC)
