"""Ways in which real Shiprocket answers were seen to differ from the usual, each switched on by a fault."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from profitsync.sandbox.faults import Fault
from profitsync.sandbox.render_shiprocket import IST, Record, day_first, iso, listed, ordinal, spaced
from profitsync.sandbox.world import ParcelDraft, ShiprocketOrderDraft

USUAL_CLAMP = 10
EVERY = 3  # each record whose id divides by it has an odd status


def dashed(instant: datetime) -> str:
    """`27-11-2021 18:00:00`"""
    return instant.astimezone(IST).strftime("%d-%m-%Y %H:%M:%S")


def blank(instant: datetime) -> str:
    """`23 05 2023 11:43:52`"""
    return instant.astimezone(IST).strftime("%d %m %Y %H:%M:%S")


def as_object(instant: datetime) -> Record:
    """`{"date": "2019-07-31 12:37:41.000000", …}`"""
    text = instant.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S.%f")
    return {"date": text, "timezone_type": 3, "timezone": "Asia/Kolkata"}


SHAPES: Sequence[Callable[[datetime], Any]] = (listed, spaced, ordinal, iso, dashed, blank, as_object)
DAY_SHAPES: Sequence[Callable[[datetime], Any]] = (day_first, lambda instant: spaced(instant)[:11])
PLACEHOLDERS = ("", "N/A", "-", None)


@dataclass(frozen=True, slots=True)
class Oddity:
    """One oddity, or none; see the faults of that name."""

    kind: str | None = None
    value: str = ""

    @classmethod
    def of(cls, fault: Fault | None) -> Self:
        """The oddity that a fault asks for."""
        return cls(fault.kind, fault.value) if fault else cls()

    def largest_page(self, usual: int) -> int:
        """Rows a page holds at most."""
        return min(usual, int(self.value or USUAL_CLAMP)) if self.kind == "clamped" else usual

    def order(self, render: Callable[[ShiprocketOrderDraft], Record], draft: ShiprocketOrderDraft) -> Record:
        """An item of the list of orders."""
        item = render(draft)
        if self.kind == "odd-dates":
            item["created_at"] = _shaped(draft.created_at, draft.id)
            item["updated_at"] = _shaped(draft.updated_at, draft.id + 1)
            for row, parcel in zip(item["shipments"], draft.parcels, strict=True):
                row |= _parcel_dates(parcel)
        if self.kind == "odd-status" and draft.id % EVERY == 0:
            item |= self._odd_status(item)
        if self.kind == "no-charges":
            item.pop("awb_data", None)
            if draft.id % 2:
                item["awb_data"] = {"charges": _blanks(draft.id)}
        return item

    def _odd_status(self, item: Record) -> Record:
        """A text leaves the numbers as they are; a number comes without a text."""
        if not self.value.isdigit():
            return {"status": self.value.replace("+", " ")}
        parcels = [row | {"status": int(self.value)} for row in item["shipments"]]
        return {"status": "", "status_code": int(self.value), "shipments": parcels}

    def shipment(
        self,
        render: Callable[[ParcelDraft, ShiprocketOrderDraft], Record],
        draft: ParcelDraft,
        order: ShiprocketOrderDraft,
    ) -> Record:
        """An item of the list of shipments."""
        item = render(draft, order)
        if self.kind == "odd-dates":
            item["created_at"] = _shaped(draft.created_at, draft.id)
        if self.kind == "odd-status" and draft.id % EVERY == 0:
            item["status"] = self.value.replace("+", " ")
        if self.kind == "no-charges":
            item["charges"] = _blanks(draft.id)
        return item


def _shaped(instant: datetime, seed: int) -> Any:
    return SHAPES[seed % len(SHAPES)](instant)


def _parcel_dates(parcel: ParcelDraft) -> Record:
    """Its dates, each in another shape; the pickup is a day alone."""
    dates = {
        "shipped_date": parcel.shipped_at, "delivered_date": parcel.delivered_at,
        "rto_initiated_date": parcel.rto_initiated_at, "rto_delivered_date": parcel.rto_delivered_at,
    }  # fmt: skip
    shaped = {
        name: _shaped(instant, parcel.id + place) for place, (name, instant) in enumerate(dates.items()) if instant
    }
    if parcel.shipped_at:
        shaped["pickup_scheduled_date"] = DAY_SHAPES[parcel.id % len(DAY_SHAPES)](parcel.shipped_at)
    return shaped


def _blanks(seed: int) -> Record:
    """A bill of which nothing is known, in words."""
    names = ("freight_charges", "cod_charges", "applied_weight_amount", "charged_weight_amount", "billing_amount")
    return {name: PLACEHOLDERS[(seed + place) % len(PLACEHOLDERS)] for place, name in enumerate(names)}
