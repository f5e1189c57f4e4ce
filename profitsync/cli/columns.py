"""Which figures stand in a table, under which headings: groups for people, names for everything else."""

import re

from profitsync.domain.metrics import FIELDS
from profitsync.errors import UsageError
from profitsync.services.problems import unknown_field

HEADINGS = {
    "totalOrders": "Orders", "cancelledOrders": "Cancelled",
    "grossSales": "Gross sales", "discounts": "Discounts", "returns": "Returns", "netSales": "Net sales",
    "shippingCharged": "Ship. charged", "taxes": "Taxes", "duties": "Duties", "totalSales": "Total sales",
    "tips": "Tips", "bookedRevenue": "Booked", "rtoReversal": "RTO loss", "revenue": "Revenue",
    "cogs": "COGS", "estimatedCogs": "COGS est.", "grossProfit": "Gross profit",
    "adSpend": "Ad spend", "shippingCost": "Shipping", "transactionFees": "Fees", "netProfit": "Net profit",
    "grossProfitMargin": "Gross %", "netProfitMargin": "Margin %",
    "roas": "ROAS", "poas": "POAS", "breakEvenRoas": "BE ROAS",
    "aov": "AOV", "cpp": "Ads/order", "cac": "CAC", "cpc": "CPC", "ctr": "CTR %", "cpm": "CPM",
    "impressions": "Impressions", "reach": "Reach", "linkClicks": "Clicks",
    "newCustomers": "New", "returningCustomers": "Returning", "totalCustomers": "Customers",
    "returningRate": "Ret. %", "anonymousOrders": "Anonymous",
    "totalShipments": "Parcels", "delivered": "Delivered", "inTransit": "Transit", "pickupPending": "Pickup",
    "ndrOpen": "NDR open", "rto": "RTO", "lost": "Lost", "other": "Other", "ndr": "NDR",
    "deliveryRate": "Delivered %", "rtoRate": "RTO %", "settledDeliveryRate": "Sett. del. %",
    "settledRtoRate": "Sett. RTO %", "productsWithoutCost": "No cost", "shipmentsWithoutCost": "No bill",
    "adTimezoneMismatch": "Zone?",
}  # fmt: skip
_GROUPS: dict[str, tuple[str, ...]] = {
    "profit": ("totalOrders", "revenue", "cogs", "grossProfit", "adSpend", "shippingCost", "transactionFees",
               "netProfit", "grossProfitMargin", "netProfitMargin"),
    "sales": ("totalOrders", "cancelledOrders", "grossSales", "discounts", "returns", "netSales",
              "shippingCharged", "taxes", "duties", "totalSales", "tips", "bookedRevenue", "aov"),
    "ads": ("adSpend", "impressions", "reach", "linkClicks", "ctr", "cpc", "cpm", "roas", "poas", "breakEvenRoas",
            "cpp", "cac", "adTimezoneMismatch"),
    "customers": ("newCustomers", "returningCustomers", "totalCustomers", "returningRate", "anonymousOrders",
                  "aov", "cac"),
    "shipping": ("totalShipments", "pickupPending", "inTransit", "ndrOpen", "delivered", "rto", "lost", "other",
                 "ndr", "deliveryRate", "rtoRate", "settledDeliveryRate", "settledRtoRate", "rtoReversal",
                 "shippingCost"),
    "unknowns": ("estimatedCogs", "productsWithoutCost", "shipmentsWithoutCost"),
}  # fmt: skip
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def heading(field: str) -> str:
    """What stands above a column; a field without a short name is written out."""
    return HEADINGS.get(field) or _WORDS.sub(" ", field).capitalize()


def groups() -> dict[str, tuple[str, ...]]:
    """Fields by group, `all` last. A field that no group names stands with its neighbour in `FIELDS`."""
    found = {name: list(fields) for name, fields in _GROUPS.items()}
    named = {field for fields in _GROUPS.values() for field in fields}
    before = next(iter(FIELDS))
    for field in FIELDS:
        if field not in named:
            home = next(fields for fields in reversed(found.values()) if before in fields)
            home.insert(home.index(before) + 1, field)
        before = field
    return {name: tuple(fields) for name, fields in found.items()} | {"all": tuple(FIELDS)}


def chosen(flag: str, text: str | None) -> list[str]:
    """The fields that a list of groups and fields names, in its order, each once; none for no list.

    Raises `UsageError` naming every unknown word, with the one probably meant.
    """
    if text is None:
        return []
    known = groups()
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in known and word not in FIELDS]
    if unknown:
        raise UsageError("\n".join(f"{flag}: {word} {unknown_field(word, [*FIELDS, *known])}" for word in unknown))
    if not words:
        raise UsageError(f"{flag}: name at least one field, or a group: {', '.join(known)}")
    return list(dict.fromkeys(field for word in words for field in known.get(word, (word,))))
