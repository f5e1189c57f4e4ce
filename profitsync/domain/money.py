"""Decimal arithmetic shared by the ledger and the formulas. Never a float."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
_NOISE = Decimal("1e-12")  # far below any real amount, far above what 28-digit divisions leave behind
_WIDE = Context(prec=60)  # twelve places of a sum of trillions are more than the usual 28 digits


def rounded(amount: Decimal) -> Decimal:
    """Half-up to two places: how money and ratios are stored and shown. Never a negative zero."""
    clean = amount.quantize(_NOISE, ROUND_HALF_UP, _WIDE)  # 0.00499…9 of a division is a half, not less
    result = clean.quantize(CENT, ROUND_HALF_UP, _WIDE)
    return result or abs(result)


def ratio(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Decimal | None:
    """numerator ÷ denominator, two places; None when either is unknown or the denominator is zero."""
    if numerator is None or not denominator:
        return None
    return rounded(Decimal(numerator) / Decimal(denominator))


def percent(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """part ÷ whole × 100, two places; None when either is unknown or the whole is zero."""
    return ratio(None if part is None else Decimal(part) * HUNDRED, whole)


def known_sum(values: Iterable[Decimal | int | None]) -> Decimal | int | None:
    """The sum, or None as soon as one addend is not known."""
    total: Decimal | int = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
