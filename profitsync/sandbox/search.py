"""Shopify's search language: ANDed terms, `OR`, `NOT` or `-`, parentheses, `field:comparator'value'`.

Recorded behaviour kept on purpose: a term with an unknown field matches everything and is only told of in a
warning; `>` and `<` on time stamps behave like `>=` and `<=`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Predicate = Callable[[Any], bool]
# Makes a predicate of a term's comparator ("" for none) and value; raises `SearchError` on a bad value.
Term = Callable[[str, str], Predicate]

_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | (?P<not>-|NOT\b) | (?P<or>OR\b) | (?P<and>AND\b)
      | (?P<field>[A-Za-z_.]+):\s*(?P<op>>=|<=|>|<|=)?\s*(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s()]+)
      | (?P<word>'[^']*'|"[^"]*"|[^\s()]+) )""",
    re.VERBOSE,
)


class SearchError(ValueError):
    """A value that a known field cannot take, or brackets that do not match."""


@dataclass(slots=True)
class Search:
    """A compiled search: the predicate, and the warnings of the answer's `extensions.search`."""

    matches: Predicate
    warnings: list[dict[str, str]] = field(default_factory=list)


def compile_search(text: str | None, terms: Mapping[str, Term], word: Term) -> Search:
    """Compile a search over the given fields; `word` handles terms without a field."""
    parser = _Parser(_tokens(text or ""), terms, word)
    matches = parser.alternatives()
    if parser.rest():
        raise SearchError("unexpected )")
    return Search(matches, parser.warnings)


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[re.Match[str], ...]:
    return tuple(_TOKEN.finditer(text.strip()))


class _Parser:
    def __init__(self, tokens: tuple[re.Match[str], ...], terms: Mapping[str, Term], word: Term) -> None:
        self._tokens = list(reversed(tokens))
        self._terms = terms
        self._word = word
        self.warnings: list[dict[str, str]] = []

    def rest(self) -> bool:
        return bool(self._tokens)

    def _next_is(self, *kinds: str) -> bool:
        return bool(self._tokens) and self._tokens[-1].lastgroup in kinds

    def alternatives(self) -> Predicate:
        choices = [self._all()]
        while self._next_is("or"):
            self._tokens.pop()
            choices.append(self._all())
        return choices[0] if len(choices) == 1 else lambda item: any(choice(item) for choice in choices)

    def _all(self) -> Predicate:
        parts: list[Predicate] = []
        while self._tokens and not self._next_is("or", "close"):
            if self._next_is("and"):
                self._tokens.pop()
                continue
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)

    def _one(self) -> Predicate:
        token = self._tokens.pop()
        if token["not"]:
            inner = self._one() if self._tokens else _everything
            return lambda item: not inner(item)
        if token["open"]:
            group = self.alternatives()
            if not self._next_is("close"):
                raise SearchError("missing )")
            self._tokens.pop()
            return group
        if token["word"]:
            return self._word("", _unquoted(token["word"]))
        return self._term(token["field"], token["op"] or "", _unquoted(token["value"]))

    def _term(self, name: str, comparator: str, value: str) -> Predicate:
        if name not in self._terms:
            message = "Invalid search field for this query."
            self.warnings.append({"field": name, "message": message, "code": "invalid_field"})
            return _everything
        return self._terms[name](comparator, value)


def _everything(_: Any) -> bool:
    return True


def _unquoted(text: str) -> str:
    if text[:1] in "'\"" and len(text) > 1 and text[-1] == text[0]:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def instants(get: Callable[[Any], datetime | None], zone: ZoneInfo) -> Term:
    """A time stamp field. A date or a time without zone counts in `zone`; without comparator it is a day."""

    def term(comparator: str, value: str) -> Predicate:
        begin, day = _instant(value, zone)

        def compare(item: Any) -> bool:
            at = get(item)
            if at is None:
                return False
            if comparator.startswith(">"):
                return at >= begin
            if comparator.startswith("<"):
                return at <= begin
            return at.astimezone(zone).date() == day if day is not None else at == begin

        return compare

    return term


def _instant(value: str, zone: ZoneInfo) -> tuple[datetime, date | None]:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            day = date.fromisoformat(value)
            return datetime.combine(day, time.min, zone).astimezone(UTC), day
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise SearchError(f"{value!r} is not a valid date") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC), None


def texts(get: Callable[[Any], str | None]) -> Term:
    """A text field: equal without regard to case; a trailing `*` is a prefix search."""

    def term(_: str, value: str) -> Predicate:
        wanted = value.casefold()
        if wanted.endswith("*"):
            return lambda item: (get(item) or "").casefold().startswith(wanted[:-1])
        return lambda item: (get(item) or "").casefold() == wanted

    return term


def numbers(get: Callable[[Any], int]) -> Term:
    """A numeric id, alone or as the end of a global id, with comparators."""

    def term(comparator: str, value: str) -> Predicate:
        digits = value.rpartition("/")[2]
        if not digits.isdigit():
            raise SearchError(f"{value!r} is not a valid id")
        wanted = int(digits)
        if comparator in ("", "="):
            return lambda item: get(item) == wanted
        above, equal = comparator.startswith(">"), comparator.endswith("=")
        return lambda item: (get(item) > wanted) == above if get(item) != wanted else equal

    return term


def flags(get: Callable[[Any], bool]) -> Term:
    """A yes-or-no field."""

    def term(_: str, value: str) -> Predicate:
        wanted = value.casefold() == "true"
        return lambda item: get(item) is wanted

    return term
