"""The scalar shapes of Shopify's GraphQL API: money, global ids, instants."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")

Node = dict[str, Any]


class LazyNode(Mapping[str, Any]):
    """An object whose dear fields are made only when somebody selects them."""

    __slots__ = ("_makers", "_ready")

    def __init__(self, ready: Node, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._ready = ready
        self._makers = makers

    def __getitem__(self, name: str) -> Any:
        if name not in self._ready and name in self._makers:
            self._ready[name] = self._makers[name]()
        return self._ready[name]

    def __contains__(self, name: object) -> bool:
        return name in self._ready or name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter({**self._ready, **self._makers})

    def __len__(self) -> int:
        return len({**self._ready, **self._makers})

    def __repr__(self) -> str:
        return repr(dict(self))


def amount_text(amount: Decimal) -> str:
    """Trailing zeros trimmed, one digit kept after the point, never an exponent: "20.0", "8.8", "0.0"."""
    whole, _, digits = format(amount, "f").partition(".")
    digits = digits.rstrip("0") or "0"
    return f"{'0' if whole == '-0' and digits == '0' else whole}.{digits}"


def money(amount: Decimal, currency: str) -> Node:
    """A `MoneyV2`."""
    return {"__typename": "MoneyV2", "amount": amount_text(amount), "currencyCode": currency}


def money_bag(amount: Decimal, currency: str) -> Node:
    """A `MoneyBag`; worlds sell in the shop's currency only, so both sides are equal."""
    one = money(amount, currency)
    return {"__typename": "MoneyBag", "shopMoney": one, "presentmentMoney": one}


def gid(kind: str, digits: str) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{digits}"


def timestamp(instant: datetime | None) -> str | None:
    """UTC ISO 8601 with whole seconds and Z; None stays None."""
    return instant.astimezone(UTC).isoformat()[:19] + "Z" if instant else None


def to_cent(amount: Decimal) -> Decimal:
    """Rounded half-up to two places."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
