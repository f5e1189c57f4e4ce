"""Answers that no API should give: good ones with a few places changed for the worst, and who reads them."""

import io
import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

from tests.sources.shopify_samples import Json

# Changed answers tried per kind; by hand far more.
TRIED = int(os.environ.get("PROFITSYNC_HOSTILE_ANSWERS", "10"))
SEED = os.environ.get("PROFITSYNC_HOSTILE_SEED")

worst_case = settings(
    max_examples=TRIED,
    deadline=None,
    database=None,
    derandomize=SEED is None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # an example as found: shrinking one with a long text takes for ever
)


@dataclass(frozen=True)
class Raw:
    """JSON as it stands on the wire, good or not."""

    text: str


_NUMBERS = (
    "0", "-0", "-0.0", "1", "-1", "7.5", "0.1", "1e2", "1e400", "-1e400", "1e-400", "1e999999999", "1e-999999999",
    "1e99999999999999999999", "1000000000000000000000000000000", "-1000000000000000000000000000000",
    "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616",
    "9007199254740993", "0.1000000000000000055511151231257827", "123456789012345678901234567890.123456789",
    "99999999999999999999999999999999999.99", "9" * 5000,
)  # fmt: skip
_NO_NUMBERS = ("NaN", "sNaN", "Infinity", "-Infinity", "1_000", "٤٥", " 12 ", "1,000.00", "0x10", "--1", "1.2.3")
_DATES = (
    "0000-00-00", "0000-01-01T00:00:00Z", "0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "0001-01-01 00:00:00", "-0001-11-30 00:00:00", "9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31 23:59:59",
    "9999-12-31T23:59:59-12:00", "2026-02-30T00:00:00Z", "2026-02-30", "2026-02-30 10:00:00",
    "2026-11-02T05:30:00", "2026-11-02T24:00:00Z", "1 Jan 0001, 01:00 AM", "31 Dec 9999, 11:59 PM",
    "1969-12-31T00:00:00Z", "1700000000",
)  # fmt: skip
_TEXTS = (
    "", " ", "\x00", "a\x00b", "\u202eRTL", "שלום", "🧵" * 3, "İ", "-C", "#", "x" * 20_000, "\ud800", "null",
    "gid://shopify/Order/1?of=gid://shopify/Shop/7", "gid://shopify/Order/450\n", "gid://shopify/Order/٤٥",
    "gid://shopify/LineItem/" + "9" * 5000, "gid://shopify/LineItem/9223372036854775808",
    "GIFT_CARD", "REFUND", "RTO DELIVERED", "LOST", "Asia/Kolkata", "Mars/Olympus", "../../etc/passwd",
)  # fmt: skip
_BROKEN = ("NaN", "Infinity", "[" * 100_000, '"\\ud800"', '"\\ud800\\u0041"', '{"a":1,"a":2}', "", "]")

HOSTILE: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], [None], {"id": None},
    {"date": "0001-01-01 00:00:00", "timezone": "Asia/Kolkata"},
    *_NUMBERS, *_NO_NUMBERS, *_DATES, *_TEXTS, *(Raw(one) for one in (*_NUMBERS, *_BROKEN)),
)  # fmt: skip

Path = tuple[str | int, ...]


@st.composite
def changed(draw: st.DrawFn, good: Mapping[str, Json]) -> dict[str, bytes]:
    """Good answers by name, one to three places of them changed; as bytes."""
    bad: Any = json.loads(json.dumps(good))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(bad))
        if not places:
            break
        path = draw(st.sampled_from(places))
        _change(bad, path, draw(st.sampled_from(("put", "put", "put", "drop", "twice", "wrap"))), draw)
    return {name: encoded(answer) for name, answer in bad.items()}


def _change(document: Any, path: Path, how: str, draw: st.DrawFn) -> None:
    parents: tuple[Any, ...] = path[:-1]
    last: Any = path[-1]
    owner: Any = document
    for step in parents:
        owner = owner[step]
    if how == "drop":
        del owner[last]
    elif how == "twice" and isinstance(owner, list):
        owner.append(owner[last])
    elif how == "wrap":
        owner[last] = [owner[last]] if draw(st.booleans()) else {"node": owner[last], "extra": 1}
    else:
        owner[last] = deepcopy(draw(st.sampled_from(HOSTILE)))


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place below the names of the answers, leaves and branches."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        if path:
            yield (*path, step)
        yield from _places(below, (*path, step))


def leaves(value: Any, named: Callable[[str], bool], path: Path = ()) -> Iterator[Path]:
    """The places of plain values under a name that fits."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        if isinstance(below, dict | list):
            yield from leaves(below, named, (*path, step))
        elif isinstance(step, str) and named(step):
            yield (*path, step)


def with_value(document: Any, path: Path, value: Any) -> Any:
    """A copy with another value at one place."""
    copied = json.loads(json.dumps(document))
    owner: Any = copied
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value
    return copied


def encoded(value: Any) -> bytes:
    """As JSON, raw parts as they are; lone surrogates as escapes."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value)


class Wire(requests.Session):
    """Answers by what is asked for: the name of a GraphQL operation, else the end of the path."""

    def __init__(self, answers: Mapping[str, bytes], headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._answers = answers
        self._given = headers or {}

    def request(self, method: Any, url: Any, *_: Any, json: Any = None, **__: Any) -> requests.Response:
        name = json["query"].split("query ")[1].split("(")[0].split()[0] if json else urlsplit(url).path
        found = [body for key, body in self._answers.items() if name == key or name.endswith("/" + key)]
        return answered(found[0] if found else b'{"data": {"owner": null, "counted": {"count": 1}}}', self._given)


def answered(body: bytes, headers: Mapping[str, str] | None = None, status: int = 200) -> requests.Response:
    """An answer that was received."""
    response = requests.Response()
    response.status_code = status
    response.raw = io.BytesIO(body)
    response.headers.update(headers or {})
    return response


def dice(number: int = 1) -> random.Random:
    return random.Random(number)  # noqa: S311 - repeatable on purpose


def seeded(given: str | None = SEED) -> Callable[[Any], Any]:
    """Another course of examples than the suite's, when a seed is given."""
    return (lambda test: test) if given is None else seed(int(given))
