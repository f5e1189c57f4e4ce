"""What a run learns about parcels' states: those nobody has explained, and those that may still change."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from profitsync.domain.carriers import needs_reread, unknown_status
from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.shipments import Shipment
from profitsync.services.plans import INDIA
from profitsync.stores.protocol import Store

LONGEST_NAME = 60  # of a state in a warning: it is the carrier's text


class UnknownStates:
    """Counts the parcels of one run whose state is unknown, each once, by its latest state."""

    def __init__(self) -> None:
        self._names: dict[str, str | None] = {}

    def notice(self, parcels: Iterable[Shipment]) -> None:
        """Look at parcels as they were read."""
        self._names.update((parcel.id, unknown_status(parcel)) for parcel in parcels)

    def warnings(self) -> list[str]:
        """One line naming every such state and how many parcels have it; nothing if there is none."""
        found = Counter(name[:LONGEST_NAME] for name in self._names.values() if name is not None)
        if not found:
            return []
        states = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        have = "1 parcel has a status that is" if found.total() == 1 else f"{found.total()} parcels have a status"
        rest = "not known and counts" if found.total() == 1 else "that is not known and count"
        return [f"{have} {rest} as `other`: {states}"]


def open_since(store: Store, user_id: str, days: DayRange) -> date | None:
    """The day (IST) on which the oldest parcel was created that was created on `days` and may still change."""
    margin = DayRange(days.first - timedelta(days=1), days.last + timedelta(days=1))  # filed by the shop's days
    created = (
        shop_day(parcel.created_at, INDIA)
        for parcels in store.shipments_touching(user_id, margin)
        for parcel in parcels
        if needs_reread(parcel)
    )
    return min((day for day in created if day in days), default=None)
