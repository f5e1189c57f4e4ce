"""Matching a parcel to its order by the order's name.

Seen on live accounts: the channel order id is the Shopify order name with or without "#"; a panel clone
carries "-C" (one letter), a return "R_", some integrations append "-" and five or more digits.
"""

import re

_CLONE = re.compile(r"-(?:[a-z]|\d{5,})$")


def order_key(name: str) -> str:
    """An order name as compared: no "#", no outer blanks, case folded."""
    return name.strip().lstrip("#").strip().casefold()


def shipment_keys(channel_order_id: str) -> tuple[str, ...]:
    """Keys to try, in this order: the name as given, then without prefix and suffix. Empty for no name."""
    exact = order_key(channel_order_id)
    base = order_key(_CLONE.sub("", exact.removeprefix("r_")))
    return tuple(dict.fromkeys(key for key in (exact, base) if key))
