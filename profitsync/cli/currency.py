"""How amounts are written for people: decimals and digit grouping by currency. Files and JSON are exact instead.

The rule: as many decimals as the currency has (ISO 4217), but no more than the two that figures are stored with,
so yen have none and Kuwaiti dinars two of their three. Rupees are grouped the Indian way, 12,34,567.00; all other
currencies by thousands. A sentence holds the symbol (₹500.00) where it is known and unmistakable, else the code.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

STORED_PLACES = 2
_WITHOUT_DECIMALS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
_SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


@dataclass(frozen=True, slots=True)
class Currency:
    """A shop's currency; `code` None while it is not known."""

    code: str | None
    symbols: bool = True  # false where the terminal cannot show them

    @property
    def places(self) -> int:
        """Decimals of an amount."""
        return 0 if self.code in _WITHOUT_DECIMALS else STORED_PLACES

    def number(self, amount: Decimal, places: int | None = None) -> str:
        """An amount without its currency, for the cells of a table; rounded half up, never a negative zero."""
        unit = Decimal(1).scaleb(-(self.places if places is None else places))
        rounded = amount.quantize(unit, ROUND_HALF_UP)
        rounded = rounded or abs(rounded)
        return _indian(rounded) if self.code == "INR" else f"{rounded:,f}"

    def text(self, amount: Decimal, places: int | None = None) -> str:
        """An amount with its currency, for sentences."""
        number = self.number(amount, places)
        symbol = _SYMBOLS.get(self.code or "") if self.symbols else None
        if symbol:
            return f"-{symbol}{number[1:]}" if number.startswith("-") else symbol + number
        return f"{number} {self.code}" if self.code else number


def _indian(amount: Decimal) -> str:
    """Digits in groups of two, the last three before the decimals together: 12,34,567.00."""
    sign, text = ("-" if amount < 0 else ""), f"{abs(amount):f}"
    whole, point, decimals = text.partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return sign + ",".join([*reversed(groups), tail]) + point + decimals


def readable(encoding: str) -> bool:
    """Whether text in this encoding can hold currency symbols."""
    return encoding.casefold().replace("-", "").startswith("utf")
