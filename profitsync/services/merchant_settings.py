"""The `settings` object of a merchant: checked field by field, merged over what is already set."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from profitsync.domain.merchants import FeeRate, MerchantSettings, TransactionFees
from profitsync.services.problems import Problems, did_you_mean, unknown_field

REVENUE_BASES = ("net", "total_sales")
FEE_SOURCES = ("none", "shopify", "rates")
_NAMES = {
    "revenueBasis": "revenue_basis",
    "estimatedCostRatio": "estimated_cost_ratio",
    "codFeeInFreight": "cod_fee_in_freight",
    "codGateways": "cod_gateways",
    "fxRates": "fx_rates",
    "transactionFees": "transaction_fees",
}
_RATE_FIELDS = ("gateway", "percent", "fixed")
_DEFAULTS = MerchantSettings()


def merge_settings(base: MerchantSettings, document: Any, problems: Problems) -> MerchantSettings:
    """`base` with the given settings changed; null puts one (or all) back to its default."""
    if document is None:
        return _DEFAULTS
    if not isinstance(document, Mapping):
        problems.add("settings", "must be an object: {…}")
        return base
    changes: dict[str, Any] = {}
    for name, value in document.items():
        where = f"settings.{name}"
        if name not in _NAMES:
            problems.add(where, unknown_field(name, _NAMES))
        elif value is None:
            changes[_NAMES[name]] = getattr(_DEFAULTS, _NAMES[name])
        else:
            changes[_NAMES[name]] = _READERS[name](where, value, problems)
    return replace(base, **changes)


def settings_document(settings: MerchantSettings) -> dict[str, Any]:
    """The settings under their names of the JSON object, all of them."""
    fees: dict[str, Any] = {"source": settings.transaction_fees.source}
    if settings.transaction_fees.rates:
        fees["rates"] = [
            {"gateway": rate.gateway, "percent": rate.percent, "fixed": rate.fixed}
            for rate in settings.transaction_fees.rates
        ]
    return {
        "revenueBasis": settings.revenue_basis,
        "estimatedCostRatio": settings.estimated_cost_ratio,
        "codFeeInFreight": settings.cod_fee_in_freight,
        "codGateways": list(settings.cod_gateways),
        "fxRates": dict(settings.fx_rates),
        "transactionFees": fees,
    }


def _number(value: Any) -> Decimal | None:
    """A JSON number as Decimal; None for anything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value))


def _choice(where: str, value: Any, choices: tuple[str, ...], problems: Problems) -> str:
    if value in choices:
        return str(value)
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    problems.add(where, f"must be one of {', '.join(choices)}{hint}")
    return choices[0]


def _revenue_basis(where: str, value: Any, problems: Problems) -> str:
    return _choice(where, value, REVENUE_BASES, problems)


def _ratio(where: str, value: Any, problems: Problems) -> Decimal:
    number = _number(value)
    if number is None or not 0 <= number <= 1:
        problems.add(where, "must be a number from 0 to 1, such as 0.40")
        return _DEFAULTS.estimated_cost_ratio
    return number


def _flag(where: str, value: Any, problems: Problems) -> bool:
    if not isinstance(value, bool):
        problems.add(where, "must be true or false")
    return bool(value)


def _names(where: str, value: Any, problems: Problems) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        problems.add(where, 'must be a list of names, such as ["Pay on delivery"]')
        return ()
    return tuple(dict.fromkeys(one.strip() for one in value))


def _fx_rates(where: str, value: Any, problems: Problems) -> dict[str, Decimal]:
    if not isinstance(value, Mapping):
        problems.add(where, 'must be an object of rates, such as {"USD": 83.2}')
        return {}
    rates = {}
    for code, rate in value.items():
        number = _number(rate)
        if not re.fullmatch(r"[A-Z]{3}", code):
            problems.add(f"{where}.{code}", "is not a currency code of three capital letters")
        elif number is None or number <= 0:
            problems.add(f"{where}.{code}", "must be a number above 0: shop currency per unit")
        else:
            rates[code] = number
    return rates


def _fees(where: str, value: Any, problems: Problems) -> TransactionFees:
    if not isinstance(value, Mapping):
        problems.add(where, 'must be an object, such as {"source": "shopify"}')
        return TransactionFees()
    for name in value:
        if name not in ("source", "rates"):
            problems.add(f"{where}.{name}", unknown_field(name, ("source", "rates")))
    source = _choice(f"{where}.source", value.get("source"), FEE_SOURCES, problems)
    rates = value.get("rates")
    if source != "rates":
        if rates is not None:
            problems.add(f"{where}.rates", 'only goes with "source": "rates"; leave it out')
        return TransactionFees(source)
    if not isinstance(rates, list) or not rates:
        example = '[{"gateway": "*", "percent": 2.0, "fixed": 3.0}]'
        problems.add(f"{where}.rates", f"must be a list such as {example}")
        return TransactionFees(source)
    found = (_fee_rate(f"{where}.rates[{number}]", rate, problems) for number, rate in enumerate(rates))
    return TransactionFees(source, tuple(found))


def _fee_rate(where: str, value: Any, problems: Problems) -> FeeRate:
    if not isinstance(value, Mapping):
        problems.add(where, "must be an object with gateway, percent and fixed")
        return FeeRate("*")
    for name in value:
        if name not in _RATE_FIELDS:
            problems.add(f"{where}.{name}", unknown_field(name, _RATE_FIELDS))
    gateway = value.get("gateway", "*")
    if not isinstance(gateway, str) or not gateway.strip():
        problems.add(f"{where}.gateway", 'must be the name of a payment gateway, or "*" for any')
        gateway = "*"
    percent, fixed = _number(value.get("percent", 0)), _number(value.get("fixed", 0))
    if percent is None or not 0 <= percent <= 100:
        problems.add(f"{where}.percent", "must be a number from 0 to 100")
    if fixed is None or fixed < 0:
        problems.add(f"{where}.fixed", "must be a number, 0 or more, in shop currency")
    return FeeRate(gateway.strip(), percent or Decimal(0), fixed or Decimal(0))


_READERS = {
    "revenueBasis": _revenue_basis,
    "estimatedCostRatio": _ratio,
    "codFeeInFreight": _flag,
    "codGateways": _names,
    "fxRates": _fx_rates,
    "transactionFees": _fees,
}
