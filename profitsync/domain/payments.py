"""Who pays how: cash on delivery, advances, and what the payment gateway keeps."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from profitsync.domain.merchants import MerchantSettings
from profitsync.domain.money import HUNDRED, ONE, ZERO
from profitsync.domain.orders import Order

COD_NAMES = ("cash on delivery", "cod")
# An order marked as paid by hand shows the gateway "manual": no money came before dispatch through it.
_NOT_AN_ADVANCE = ("manual",)
_NAMES_KEPT = 1_024  # of gateways: a shop has a handful, and every order names one
_SEPARATORS = re.compile(r"[^0-9a-z]+")


def is_cod_gateway(name: str, further_names: Sequence[str] = ()) -> bool:
    """Whether a gateway name holds "cash on delivery", "cod" or a name the merchant added.

    Whole words count, however they are separated: "cash_on_delivery" does, "QR code" does not.
    """
    return _holds_cod(name, tuple(further_names))


@lru_cache(_NAMES_KEPT)
def _holds_cod(name: str, further_names: tuple[str, ...]) -> bool:
    words = f" {_words(name)} "
    wanted = (*COD_NAMES, "cashondelivery", *further_names)
    return any(f" {_words(one)} " in words for one in wanted if _words(one))


def is_cod(order: Order, settings: MerchantSettings) -> bool:
    """Whether the buyer pays at the door. Decided by gateway names only: the financial status misleads."""
    return any(is_cod_gateway(name, settings.cod_gateways) for name in order.gateways)


def outstanding_share(order: Order, dispatched_at: datetime, settings: MerchantSettings) -> Decimal:
    """The share (0 to 1) of a COD order still to be collected when its parcel left."""
    if order.total <= 0:
        return ONE
    advance = sum(
        (
            payment.amount
            for payment in order.payments
            if payment.kind in ("SALE", "CAPTURE")
            and payment.status == "SUCCESS"
            and payment.processed_at <= dispatched_at
            and _words(payment.gateway) not in _NOT_AN_ADVANCE
            and not is_cod_gateway(payment.gateway, settings.cod_gateways)
        ),
        ZERO,
    )
    return min(ONE, max(ZERO, ONE - advance / order.total))


def rate_fees(order: Order, settings: MerchantSettings) -> Decimal:
    """What the merchant's own rate table says a gateway keeps of a prepaid order.

    0 for COD, and where nothing was charged. The rate of a named gateway goes before that of "*".
    """
    if settings.transaction_fees.source != "rates" or is_cod(order, settings) or order.total <= 0:
        return ZERO
    gateways = {_words(name) for name in order.gateways}
    rates = settings.transaction_fees.rates
    named = [rate for rate in rates if _words(rate.gateway) in gateways]
    rate = next(iter((*named, *(rate for rate in rates if rate.gateway == "*"))), None)
    return ZERO if rate is None else order.total * rate.percent / HUNDRED + rate.fixed


@lru_cache(_NAMES_KEPT)
def _words(name: str) -> str:
    return _SEPARATORS.sub(" ", name.casefold()).strip()
