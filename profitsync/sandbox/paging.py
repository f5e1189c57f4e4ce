"""Connections: pages with opaque cursors, cut from sorted drafts or from the inner lists of one record.

A cursor is base64 JSON of the last id and the last sort value, as Shopify's are; it is valid only with the
sort it came from. Recorded limits: `first` or `last` must be given, and neither goes beyond 250.
"""

import binascii
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from profitsync.sandbox.graphql import Field, Path, QueryError

LARGEST_PAGE = 250
INNER = "POSITION"  # the one sort of inner lists
PAGING_ARGUMENTS = frozenset({"first", "last", "after", "before", "reverse"})

T = TypeVar("T")
Entry = tuple[Any, int, str]  # sort value, number of the id, id
position = itemgetter(0, 1)


class Rendered(Generic[T]):
    """Drafts seen as nodes; each is rendered when it is its turn, and can be forgotten after."""

    def __init__(self, drafts: Sequence[T], render: Callable[[T], Mapping[str, Any]]) -> None:
        self._drafts = drafts
        self._render = render

    def __len__(self) -> int:
        return len(self._drafts)

    def without_last(self, number: int) -> "Rendered[T]":
        """The same without so many drafts at the end."""
        return Rendered(self._drafts[: max(0, len(self._drafts) - number)], self._render)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return map(self._render, self._drafts)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a connection: its nodes and their cursors, of which there may be more than nodes served."""

    nodes: "Sequence[Mapping[str, Any]] | Rendered[Any]"
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool

    def info(self) -> dict[str, Any]:
        """The page's `pageInfo`."""
        return {
            "__typename": "PageInfo",
            "hasNextPage": self.has_next,
            "hasPreviousPage": self.has_previous,
            "startCursor": self.cursors[0] if self.cursors else None,
            "endCursor": self.cursors[-1] if self.cursors else None,
        }


@dataclass(frozen=True, slots=True)
class Slice:
    """Which page is asked for: `size` entries after, or with `backward` before, a cursor."""

    size: int
    backward: bool
    cursor: str | None
    reverse: bool

    @classmethod
    def of(cls, field: Field, path: Path) -> "Slice":
        """Read the paging arguments. Raises `QueryError` as the real API refuses them."""
        first, last = field.arguments.get("first"), field.arguments.get("last")
        if (first is None) == (last is None):
            many = "providing both first and last is not supported" if first is not None else ""
            raise bad_request(many or "you must provide one of first or last", field, path)
        size = first if last is None else last
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise bad_request(f"{'last' if first is None else 'first'} must not be negative", field, path)
        if size > LARGEST_PAGE:
            raise bad_request(f"{'last' if first is None else 'first'} cannot exceed {LARGEST_PAGE}", field, path)
        cursor = field.arguments.get("after" if last is None else "before")
        if cursor is not None and not isinstance(cursor, str):
            raise bad_request("a cursor must be a String", field, path)
        return cls(size, first is None, cursor, field.arguments.get("reverse") is True)


def bad_request(message: str, field: Field, path: Path) -> QueryError:
    """A bad argument: the code BAD_REQUEST and no data."""
    return QueryError(message, "BAD_REQUEST", path=path, node=field.node, null_data=True)


class _Cursor(msgspec.Struct):
    last_id: int | str
    last_value: Any
    sort: str


def encode_cursor(last_id: int | str, last_value: Any, sort: str) -> str:
    """An opaque cursor."""
    return b64encode(msgspec.json.encode(_Cursor(last_id, last_value, sort))).decode()


def decode_cursor(cursor: str, sort: str, kind: type[T]) -> tuple[int | str, T]:
    """Last id and last value. Raises `ValueError` when it is no cursor of this sort."""
    try:
        found = msgspec.json.decode(b64decode(cursor, validate=True), type=_Cursor)
        if found.sort != sort:
            raise ValueError("a cursor of another sort")
        return found.last_id, msgspec.convert(found.last_value, kind)
    except (binascii.Error, UnicodeDecodeError, msgspec.DecodeError, msgspec.ValidationError):
        raise ValueError("not a cursor") from None


def page_of_list(nodes: Sequence[Mapping[str, Any]], field: Field, path: Path) -> Page:
    """A page of an inner list; its cursors name a node by id, or by place when the node has none."""
    wanted = Slice.of(field, path)
    ordered = list(reversed(nodes)) if wanted.reverse else list(nodes)
    names = [str(node.get("id", place)) for place, node in enumerate(ordered)]
    start, stop = 0, len(ordered)
    if wanted.cursor is not None:
        try:
            place = names.index(str(decode_cursor(wanted.cursor, INNER, int)[0]))
        except ValueError:
            raise bad_request("Invalid cursor for current pagination sort.", field, path) from None
        start, stop = (0, place) if wanted.backward else (place + 1, stop)
    begin, end = (max(start, stop - wanted.size), stop) if wanted.backward else (start, start + wanted.size)
    chosen = range(begin, min(end, stop))
    return Page(
        nodes=[ordered[place] for place in chosen],
        cursors=[encode_cursor(names[place], place, INNER) for place in chosen],
        has_next=chosen.stop < len(ordered),
        has_previous=chosen.start > 0,
    )


class Identified(Protocol):
    """Anything with a global id that ends in digits."""

    @property
    def id(self) -> str: ...


D = TypeVar("D", bound=Identified)


class Listing(Generic[D]):
    """Drafts in the order of one sort value, then of their id; sorted again only after a change."""

    def __init__(self, name: str, value: Callable[[D], Any], kind: type[Any]) -> None:
        self.name = name
        self._value = value
        self._kind = kind
        self._seen: tuple[list[str], list[Any]] | None = None
        self._entries: list[Entry] = []

    def entries(self, drafts: Mapping[str, D]) -> list[Entry]:
        """All drafts in order."""
        # Comparing the values is far cheaper than sorting them, and finds every change of the world.
        seen = (list(drafts), [self._value(draft) for draft in drafts.values()])
        if seen != self._seen:
            keyed = zip(seen[1], drafts, strict=True)
            self._entries = sorted((value, id_number(drafts[key].id), key) for value, key in keyed)
            self._seen = seen
        return self._entries

    def page(
        self,
        drafts: Mapping[str, D],
        matches: Callable[[D], bool],
        render: Callable[[D], Mapping[str, Any]],
        field: Field,
        path: Path,
    ) -> Page:
        """The page that the arguments of `field` ask for, of the drafts that match."""
        wanted = Slice.of(field, path)
        entries = self.entries(drafts)
        ascending = wanted.reverse == wanted.backward
        rest = self._beyond(entries, wanted.cursor, ascending, field, path)
        found = list(islice((one for one in rest if matches(drafts[one[2]])), wanted.size + 1))
        more, chosen = len(found) > wanted.size, found[: wanted.size]
        if wanted.backward:
            chosen.reverse()
        inside = wanted.cursor is not None
        return Page(
            nodes=Rendered([drafts[key] for _, _, key in chosen], render),
            cursors=[encode_cursor(number, value, self.name) for value, number, _ in chosen],
            has_next=inside if wanted.backward else more,
            has_previous=more if wanted.backward else inside,
        )

    def _beyond(
        self, entries: list[Entry], cursor: str | None, ascending: bool, field: Field, path: Path
    ) -> Iterable[Entry]:
        """The entries past the cursor, in walking order."""
        if cursor is None:
            return entries if ascending else reversed(entries)
        try:
            number, value = decode_cursor(cursor, self.name, self._kind)
            last = (value, int(number))
        except ValueError:
            raise bad_request("Invalid cursor for current pagination sort.", field, path) from None
        if ascending:
            return islice(entries, bisect_right(entries, last, key=position), None)
        return (entries[place] for place in range(bisect_left(entries, last, key=position) - 1, -1, -1))


def id_number(gid: str) -> int:
    """The digits at the end of a global id."""
    return int(gid.rpartition("/")[2])
