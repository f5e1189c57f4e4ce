"""Faults of the simulated APIs: chosen in tests or on the command line by a short text.

    FAULT   = API ":" KIND ["=" VALUE] ["x" COUNT] ["@" NUMBER] ["/" TARGET] ["%" PERCENT [":" SEED]]
    FAULTS  = FAULT, separated by commas or blanks

- API: shopify, meta, shiprocket.
- KIND: see `fault_kinds.KINDS`; any HTTP status from 400 to 599, or one with `-html` for a gateway's page; for
  Meta also any of its error codes (`meta:190`), VALUE being the subcode. The statuses 400, 401, 403, 404, 429,
  500, 502, 503 and 504 stay HTTP statuses there; `meta:code=506` is always a code.
- VALUE: what it means stands with the kinds, in `fault_kinds`.
- x COUNT: strike so often, then no more. Without it a fault lasts until it is cleared.
- @ NUMBER: begin with the NUMBERth request that fits; alone it means that request only.
- / TARGET: only requests whose operation contains TARGET: a GraphQL operation name or root field, or a path.
- % PERCENT: each request that fits is struck with this probability, repeatably by SEED (default 0).

    meta:500   shopify:502-html@3   shiprocket:429=2x2   shopify:access-denied=customer   meta:17=2446079%20:7
"""

import random
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from profitsync.errors import UsageError
from profitsync.sandbox.fault_kinds import APIS, HTTP_STATUS, KINDS, META_CODE, TOO_MANY, Kind

HTTP_STATUSES_OF_META = frozenset({400, 401, 403, 404, 429, 500, 502, 503, 504})

_FAULT = re.compile(
    r"(?P<api>[a-z]+):(?P<kind>-?[a-z0-9-]+?)(?:=(?P<value>[^\s,@%/]+?))?"
    r"(?:x(?P<count>\d+))?(?:@(?P<start>\d+))?(?:/(?P<target>[^\s,%]+))?(?:%(?P<rate>\d+)(?::(?P<seed>\d+))?)?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Raises `UsageError` when there is no such kind."""

    api: str
    kind: str
    value: str = ""
    count: int | None = None  # None: until cleared
    start: int = 1  # the first matching request that may be struck
    target: str = ""
    rate: int = 100  # per cent
    seed: int = 0

    def __post_init__(self) -> None:
        if self.api not in APIS:
            raise UsageError(f"fault: no API {self.api!r}; there are {', '.join(APIS)}")
        what = self.what
        if what is None or self.api not in what.apis:
            known = ", ".join(name for name, kind in KINDS.items() if self.api in kind.apis)
            raise UsageError(f"fault: {self.api} has no fault {self.kind!r}; it has {known}, an HTTP status, "
                             "and one with -html")  # fmt: skip
        if what.needs_value and not self.value:
            raise UsageError(f"fault: {self.kind} needs a value, as in {self.api}:{self.kind}=…")
        if self.value and not what.takes.fits(self.value):
            raise UsageError(f"fault: {self.kind} takes {what.takes.words} not {self.value!r}")
        if self.meta_code is None and self.kind == "code" and self.api == "meta":
            raise UsageError(f"fault: a code of Meta is a number, not {self.value!r}")
        if self.start < 1 or self.count == 0 or not 1 <= self.rate <= 100:
            raise UsageError("fault: count and number begin at 1, the percentage goes from 1 to 100")

    @property
    def what(self) -> Kind | None:
        """What stands in the table of kinds; None for what is in none."""
        if self.kind in KINDS:
            return KINDS[self.kind]
        if self.status is not None:
            return TOO_MANY if self.status == HTTPStatus.TOO_MANY_REQUESTS else HTTP_STATUS
        return META_CODE if self.meta_code is not None else None

    @property
    def strikes_at(self) -> str:
        """Part of the operations that the fault may strike; empty for all."""
        return (self.target or (self.what.target if self.what else "")).lower()

    @property
    def status(self) -> int | None:
        """The HTTP status, when the fault is one."""
        match = re.fullmatch(r"([45]\d\d)(-html)?", self.kind)
        if match is None:
            return None
        status = int(match[1])
        if self.api == "meta" and not match[2] and status not in HTTP_STATUSES_OF_META:
            return None
        return status

    @property
    def html(self) -> bool:
        """Whether an HTTP status comes with a gateway's page."""
        return self.kind.endswith("-html")

    @property
    def meta_code(self) -> int | None:
        """Meta's error code, when the fault is one."""
        if self.api != "meta":
            return None
        if self.kind == "code":
            return int(self.value) if re.fullmatch(r"-?\d+", self.value) else None
        if self.status is None and re.fullmatch(r"-?\d+", self.kind):
            return int(self.kind)
        return None

    @property
    def meta_subcode(self) -> int | None:
        """Meta's error subcode: the value of a fault that is a code itself."""
        return int(self.value) if self.meta_code is not None and self.kind != "code" and self.value else None

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read one fault. Raises `UsageError` on a text that does not fit the grammar."""
        match = _FAULT.fullmatch(text)
        if match is None:
            raise UsageError(f"fault: cannot read {text!r}; it must look like meta:500 or shopify:502-html@3")
        number = {name: int(match[name]) for name in ("count", "start", "rate", "seed") if match[name]}
        if "start" in number:
            number.setdefault("count", 1)
        return cls(match["api"], match["kind"], match["value"] or "", target=match["target"] or "", **number)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    dice: random.Random
    seen: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Whether the fault strikes this request, which fits it."""
        self.seen += 1
        if self.seen < self.fault.start or self.struck == self.fault.count:
            return False
        if self.fault.rate < 100 and self.dice.random() * 100 >= self.fault.rate:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults in force; may be changed while the server runs."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        for fault in faults:
            self.add(fault)

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Read a list of faults. Raises `UsageError` naming the one that cannot be read."""
        return cls(Fault.parse(part) for part in re.split(r"[\s,]+", text) if part)

    def add(self, fault: Fault | str) -> None:
        """Put a fault in force; `UsageError` when its text cannot be read."""
        fault = Fault.parse(fault) if isinstance(fault, str) else fault
        with self._lock:
            self._armed.append(_Armed(fault, random.Random(fault.seed)))  # noqa: S311 - repeatable on purpose

    def clear(self, api: str | None = None) -> None:
        """Lift all faults, or those of one API."""
        with self._lock:
            self._armed = [armed for armed in self._armed if api and armed.fault.api != api]

    def strike(self, api: str, operation: str) -> Fault | None:
        """The first fault in force that strikes this request, if any. Counts the request."""
        with self._lock:
            for armed in self._armed:
                fits = armed.fault.api == api and armed.fault.strikes_at in operation.lower()
                if fits and armed.strikes():
                    return armed.fault
        return None
