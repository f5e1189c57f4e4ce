"""Records as MongoDB documents and back: camelCase names, Decimal128 money, UTC instants.

Every record of the domain has mirrors, msgspec structs with the same fields under camelCase names, one to
write and one to read, so that both directions run in C whatever the record, but for the amounts. Days inside a
record (`validFrom`, ranges) are ISO texts; the field `date` that documents are found by, and `days` of facts, are
instants at 00:00Z. BSON keeps milliseconds: what is finer is cut off.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, DecimalException
from functools import cache, lru_cache, reduce
from operator import or_
from types import UnionType
from typing import Any, Self, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128

from profitsync.domain.merchants import SOURCES, User
from profitsync.domain.rows import DayMetrics
from profitsync.errors import ProfitsyncError

R = TypeVar("R")
Document = dict[str, Any]

# No decoders of our own: with one, the driver takes every answer apart twice, and in Python.
CODEC = CodecOptions[Document](tz_aware=True)
_DIGITS = 34  # of a Decimal128; the next two lines are the limits of its exponent
_LOWEST = -6176
_HIGHEST = 6111
_COEFFICIENT_BITS = 113
_COEFFICIENT_MASK = (1 << _COEFFICIENT_BITS) - 1
_AMOUNTS_KEPT = 16_384  # an order holds dozens of amounts, most of them zero or the price of some product
_WIDE = Context(prec=_DIGITS)
_NONE = (dataclasses.MISSING, msgspec.NODEFAULT)
_OF_A_DAY = frozenset({"_id", "userId", "date", "complete", "sources", "updatedAt"})


class _Amount128(Decimal128):
    """With its bytes at hand: the driver makes those of its own class anew for every document."""

    __slots__ = ("bid",)
    bid: bytes

    @classmethod
    def of(cls, bid: bytes) -> Self:
        """The amount of these 16 bytes."""
        amount = cls.from_bid(bid)
        assert isinstance(amount, cls)  # noqa: S101 - the driver's annotation knows only its own class
        amount.bid = bid
        return amount


_NATIVE = (_Amount128, Decimal128, datetime)  # what BSON holds by itself


class UnstorableNumberError(ProfitsyncError):
    """A number that Decimal128 (34 significant digits) cannot hold exactly. Nothing is rounded silently."""


def to_document(record: Any) -> Document:
    """Every field of a record, nested ones too, under its camelCase name."""
    mirror = _mirror(type(record), Decimal128)
    mirrored = msgspec.convert(record, mirror, from_attributes=True, dec_hook=_stored)
    document: Document = msgspec.to_builtins(mirrored, builtin_types=_NATIVE)
    return document


def from_document(document: Mapping[str, Any], kind: type[R]) -> R:
    """The record in a document; fields it does not know are left aside, absent ones take their default."""
    mirrored = msgspec.convert(document, _mirror(kind, _Amount), dec_hook=_read)
    return msgspec.convert(mirrored, kind, from_attributes=True)


def user_document(user: User) -> Document:
    """A merchant with its encrypted credentials beside the other fields, under their contract names."""
    document = to_document(user)
    credentials = document.pop("secrets")
    return {"_id": document.pop("id"), **document, **credentials}


def user_of(document: Mapping[str, Any]) -> User:
    """The merchant in a document. What begins with a source's name and is no field of `User` is a credential."""
    credentials = {
        name: value for name, value in document.items() if name.startswith(SOURCES) and name not in _USER_FIELDS
    }
    return from_document({**document, "id": document["_id"], "secrets": credentials}, User)


def metrics_document(row: DayMetrics) -> Document:
    """A day's figures, flat: every field of its values, then what is known about them."""
    return {
        "date": midnight(row.day),
        **{name: _packed(str(one)) if isinstance(one, Decimal) else one for name, one in row.values.items()},
        "complete": row.complete,
        "sources": row.sources,
        "updatedAt": row.updated_at,
    }


def metrics_of(document: Mapping[str, Any]) -> DayMetrics:
    """The figures in a document."""
    values = {
        name: _unpacked(one.bid) if isinstance(one, Decimal128) else one
        for name, one in document.items()
        if name not in _OF_A_DAY
    }
    return DayMetrics(
        document["date"].date(), values, document["complete"], document["sources"], document["updatedAt"]
    )


def midnight(day: date) -> datetime:
    """A shop day as MongoDB keeps it: 00:00Z."""
    return datetime.combine(day, time.min, tzinfo=UTC)


class _OfDecimal(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Decimal)


class _Amount(metaclass=_OfDecimal):
    """A `Decimal` by another name: what msgspec does not know by itself it gives to `_read`."""


def _stored(_kind: type[Any], value: Any) -> Decimal128:
    """An amount, digit for digit, trailing zeros kept."""
    return _packed(str(value))


def _read(_kind: type[Any], value: Any) -> Decimal:
    """The same back; or what somebody else wrote in its place, a plain number say."""
    return _unpacked(value.bid) if isinstance(value, Decimal128) else msgspec.convert(value, Decimal)


def _made_mirror(kind: type[Any], amount: type[Any]) -> type[msgspec.Struct]:
    """The struct that has the fields of a record under camelCase names; amounts are of the type `amount`."""
    hints = get_type_hints(kind)
    found = msgspec.structs.fields(kind) if issubclass(kind, msgspec.Struct) else dataclasses.fields(kind)
    fields = [(field.name, _mirrored(hints[field.name], amount), *_default(field)) for field in found]
    spare = issubclass(kind, msgspec.Struct) and kind.__struct_config__.omit_defaults
    return msgspec.defstruct(
        f"{kind.__name__}Document", fields, rename="camel", frozen=True, gc=False, omit_defaults=spare
    )


_mirror: Callable[[Any, Any], Any] = cache(_made_mirror)


def _mirrored(hint: Any, amount: type[Any]) -> Any:
    """A type with every record in it replaced by its mirror, and every `Decimal` by `amount`."""
    if hint is Decimal:
        return amount
    if _is_record(hint):
        return _mirror(hint, amount)
    if not (parts := get_args(hint)):
        return hint
    mirrored = tuple(_mirrored(part, amount) for part in parts)
    if get_origin(hint) in (Union, UnionType):
        return reduce(or_, mirrored)
    return get_origin(hint)[mirrored]


def _is_record(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, msgspec.Struct))


def _default(field: "dataclasses.Field[Any] | msgspec.structs.FieldInfo") -> tuple[Any, ...]:
    if field.default_factory not in _NONE:
        return (msgspec.field(default_factory=field.default_factory),)
    if field.default in _NONE:
        return ()
    if _is_record(type(field.default)):
        mirror = _mirror(type(field.default), _Amount)
        return (msgspec.convert(field.default, mirror, from_attributes=True),)
    return (field.default,)


@lru_cache(_AMOUNTS_KEPT)
def _packed(text: str) -> Decimal128:
    """By the text, which tells 1.0 from 1.00; the numbers do not.

    The 128 bits are a sign, 14 bits of exponent and a coefficient, see the BSON specification of Decimal128.
    Taken apart here because an order holds dozens of amounts and the driver needs ten times as long for each.
    """
    value = Decimal(text)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _DIGITS or not _LOWEST <= exponent <= _HIGHEST:
        return _converted(value)
    coefficient = int(value.copy_abs().scaleb(-exponent, _WIDE))
    bits = sign << 127 | (exponent - _LOWEST) << _COEFFICIENT_BITS | coefficient
    return _Amount128.of(bits.to_bytes(16, "little"))


@lru_cache(_AMOUNTS_KEPT)
def _unpacked(bid: bytes) -> Decimal:
    bits = int.from_bytes(bid, "little")
    if (bits >> 125) & 3 == 3:  # infinity, not a number, or a form nobody writes
        return Decimal128.from_bid(bid).to_decimal()
    exponent = ((bits >> _COEFFICIENT_BITS) & 0x3FFF) + _LOWEST
    amount = Decimal(bits & _COEFFICIENT_MASK).scaleb(exponent, _WIDE)
    return amount.copy_negate() if bits >> 127 else amount


def _converted(value: Decimal) -> Decimal128:
    """What the driver makes of an unusual number, if it can keep all of it."""
    try:
        return Decimal128(value)
    except DecimalException:
        raise UnstorableNumberError(
            f"{value} has more than the 34 digits that MongoDB keeps exactly; it was not stored"
        ) from None


_USER_FIELDS = frozenset(_mirror(User, _Amount).__struct_encode_fields__)
