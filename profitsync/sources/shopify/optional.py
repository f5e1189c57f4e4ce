"""Parts of an order that may be left out: not asked for, or not permitted."""

from profitsync.sources.shopify.failures import AccessDeniedError

# Variable of the documents, the fields behind it, and what is missing without them.
_PARTS = {
    "fees": ({"fees"}, "payment fees are not read"),
    "products": ({"product", "variant"}, "orders tell no products; costs are found by SKU only"),
    "journey": (
        {"customerJourneySummary"},
        "Shopify's count of a buyer's orders is not read; new customers are told by the orders stored here",
    ),
}


class Selection:
    """Which optional parts are asked for: all that are permitted, fees only where the merchant counts them."""

    def __init__(self, *, fees: bool) -> None:
        self._asked = {"fees": fees, "products": True, "journey": True}

    def __call__(self, *names: str) -> dict[str, bool]:
        """Values of the documents' variables: of all, or of those named."""
        return {name: self._asked[name] for name in names or self._asked}

    def without(self, error: AccessDeniedError) -> str:
        """Ask for the refused parts no more; what to tell people. Raises `error` when one of them is needed."""
        refused = {field.rpartition(".")[2] for field in error.fields}
        gone = [name for name, (fields, _) in _PARTS.items() if fields & refused and self._asked[name]]
        optional = {field for name in gone for field in _PARTS[name][0]}
        if not gone or refused - optional:
            raise error
        self._asked |= dict.fromkeys(gone, False)
        lost = "; ".join(_PARTS[name][1] for name in gone)
        return f"{lost} ({str(error).removeprefix('Shopify: ')})"
