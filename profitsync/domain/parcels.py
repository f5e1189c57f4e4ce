"""Which share of an order each of its parcels carries."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from profitsync.domain.matching import order_key
from profitsync.domain.money import ONE, ZERO
from profitsync.domain.orders import OrderLine
from profitsync.domain.shipments import Shipment

SHIPPING = ""  # stands for the order's shipping charge beside its line ids

Shares = dict[str, Decimal]  # line id (or SHIPPING) -> share of its units, 0 to 1


def attempt(shipment: Shipment) -> str:
    """Parcels of one attempt split an order; a panel clone sends the whole order once more."""
    return order_key(shipment.order_name)


def parcel_shares(
    lines: Sequence[OrderLine],
    units: Mapping[str, Decimal],
    values: Mapping[str, Decimal],
    parcels: Sequence[Shipment],
) -> dict[str, Shares]:
    """Per parcel id, the share of each line's `units` and of the shipping charge.

    `lines` are those that are shipped, `units` how many of each there are to ship and `values` what these
    were booked at. Parcels whose contents are all known by SKU share by units, and what is in none of them
    travels elsewhere or later; else they share everything by the value of their contents; else equally.
    """
    by_attempt: dict[str, list[Shipment]] = {}
    for parcel in parcels:
        by_attempt.setdefault(attempt(parcel), []).append(parcel)
    shares: dict[str, Shares] = {}
    for group in by_attempt.values():
        shares.update(_by_units(lines, units, values, group) or _by_value(lines, group))
    return shares


def _by_units(
    lines: Sequence[OrderLine],
    units: Mapping[str, Decimal],
    values: Mapping[str, Decimal],
    group: Sequence[Shipment],
) -> dict[str, Shares] | None:
    """Shares by the units in each parcel, or None when a parcel's contents are not known."""
    left = dict(units)
    shares: dict[str, Shares] = {}
    for parcel in group:
        if not parcel.lines:
            return None
        mine: Shares = {}
        shares[parcel.id] = mine
        for item in parcel.lines:
            wanted = Decimal(item.quantity)
            for line in lines:
                if line.sku != item.sku or not wanted or not left[line.id]:
                    continue
                taken = min(wanted, left[line.id])
                wanted -= taken
                left[line.id] -= taken
                mine[line.id] = mine.get(line.id, ZERO) + taken / units[line.id]
            if wanted:
                return None
    total = sum((values.get(line.id, ZERO) for line in lines), ZERO)
    for mine in shares.values():
        carried = sum((values.get(line_id, ZERO) * share for line_id, share in mine.items()), ZERO)
        mine[SHIPPING] = carried / total if total else ONE / len(group)
    return shares


def _by_value(lines: Sequence[OrderLine], group: Sequence[Shipment]) -> dict[str, Shares]:
    worth: list[Decimal] = []
    for parcel in group:
        prices = [None if item.price is None else item.price * item.quantity for item in parcel.lines]
        worth.append(sum((price for price in prices if price is not None), ZERO))
        if not prices or None in prices:
            worth = []
            break
    total = sum(worth, ZERO)
    parts = [one / total for one in worth] if worth and total else [ONE / len(group)] * len(group)
    return {
        parcel.id: {SHIPPING: part} | {line.id: part for line in lines}
        for parcel, part in zip(group, parts, strict=True)
    }
