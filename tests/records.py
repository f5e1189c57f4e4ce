"""Facts are structs, all other records are dataclasses: what tests do to both alike."""

import dataclasses
from typing import Any, TypeVar

import msgspec

R = TypeVar("R")


def replace(record: R, **changes: Any) -> R:
    """The same record with other values in some fields."""
    if isinstance(record, msgspec.Struct):
        return msgspec.structs.replace(record, **changes)
    changed: R = dataclasses.replace(record, **changes)  # type: ignore[type-var]
    return changed


def is_record(value: Any) -> bool:
    """Whether `value` is a struct or a dataclass."""
    return isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value)


def field_names(record: Any) -> list[str]:
    """The names of a record's fields, in order."""
    if isinstance(record, msgspec.Struct):
        return list(record.__struct_fields__)
    return [field.name for field in dataclasses.fields(record)]


def defaults(record: Any) -> dict[str, Any]:
    """The value of each field that has one of its own accord."""
    found = msgspec.structs.fields(record) if isinstance(record, msgspec.Struct) else dataclasses.fields(record)
    none = (dataclasses.MISSING, msgspec.NODEFAULT)
    given = {field.name: field.default for field in found if field.default not in none}
    return given | {field.name: field.default_factory() for field in found if field.default_factory not in none}
