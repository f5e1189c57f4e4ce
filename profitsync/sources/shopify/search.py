"""The search text of a window, in Shopify's search syntax."""

from datetime import UTC, datetime, timedelta

from profitsync.sources.protocol import OrderWindow


def search_text(window: OrderWindow, since: datetime) -> str:
    """The window in Shopify's search syntax, bounds rounded outwards to its whole seconds.

    `<` was seen to behave like `<=`, so an order on the upper bound may come although it lies outside.
    """
    terms = [f"updated_at:>='{_stamp(since)}'"]
    if window.updated_before is not None:
        terms.append(f"updated_at:<'{_stamp(window.updated_before, up=True)}'")
    if window.processed_before is not None:
        terms.append(f"processed_at:<'{_stamp(window.processed_before, up=True)}'")
    return " ".join(terms)


def whole_second(instant: datetime, *, up: bool = False) -> datetime:
    """In UTC, rounded down, or up: Shopify's time stamps have no fractions."""
    rounded = instant.astimezone(UTC).replace(microsecond=0)
    return rounded + timedelta(seconds=1) if up and instant.microsecond else rounded


def _stamp(instant: datetime, *, up: bool = False) -> str:
    return whole_second(instant, up=up).strftime("%Y-%m-%dT%H:%M:%SZ")
