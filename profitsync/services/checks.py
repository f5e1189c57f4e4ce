"""What is wrong and what to do about it, in plain words: of merchants, each with its sources.

The installation itself is looked at in `installation.py`.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from profitsync.bootstrap import Runtime
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SOURCES, User
from profitsync.errors import ProfitsyncError
from profitsync.logs import log_context
from profitsync.redaction import redact
from profitsync.services.costs import missing, shop_today
from profitsync.services.freshness import Freshness, for_people, merchant_health
from profitsync.services.parallel import side_by_side
from profitsync.sources.errors import CredentialsError
from profitsync.sources.findings import Finding as Finding
from profitsync.sources.findings import Level as Level

log = logging.getLogger(__name__)
LONGEST = 60.0  # seconds for all questions to all sources together
FRESH = timedelta(hours=3)  # two hourly runs may fail before anybody needs to look


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding and the source it is about; None: about the merchant."""

    source: str | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class MerchantCheck:
    """Everything found of one merchant."""

    user: User
    lines: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """All that was found. Exit codes: 4 when there is a problem, else 0."""

    installation: tuple[Finding, ...]
    merchants: tuple[MerchantCheck, ...]

    def count(self, level: Level) -> int:
        """How many findings there are of a level."""
        found = [*self.installation, *(line.finding for one in self.merchants for line in one.lines)]
        return sum(finding.level is level for finding in found)

    @property
    def status(self) -> Level:
        """The worst level found."""
        return next((level for level in (Level.PROBLEM, Level.WARNING) if self.count(level)), Level.OK)

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return 4 if self.status is Level.PROBLEM else 0


def check_merchants(
    runtime: Runtime, users: Sequence[User], seconds: float = LONGEST
) -> tuple[MerchantCheck, ...]:
    """Look at what is stored of each merchant and ask its sources, all side by side, for at most `seconds`."""
    readable = {user.id: _unreadable(runtime, user) for user in users}
    asked = [(user, name) for user in users if not readable[user.id] for name in SOURCES if user.configured(name)]
    answers = side_by_side([_question(runtime, user, name) for user, name in asked], seconds)
    found: dict[str, list[Checked]] = {user.id: [] for user in users}
    for (user, name), answer in zip(asked, answers, strict=True):
        late = [_problem("access", f"no answer within {seconds:g} seconds; try again later")]
        found[user.id] += [Checked(name, finding) for finding in (late if answer is None else answer)]
    return tuple(
        MerchantCheck(user, (*_own(runtime, user), *readable[user.id], *_off(user), *found[user.id]))
        for user in users
    )


def _question(runtime: Runtime, user: User, name: str) -> Callable[[], list[Finding]]:
    """Asks one source of one merchant; whatever goes wrong is a finding too."""
    make = {SHOPIFY: runtime.sources.shopify, META: runtime.sources.meta, SHIPROCKET: runtime.sources.shiprocket}

    def ask() -> list[Finding]:
        with log_context(userId=user.id, email=user.email, source=name):
            try:
                found = make[name](user).check()
            except CredentialsError as error:
                hint = "" if "users update" in str(error) else "; `profitsync users update` takes new ones"
                found = [_problem("credentials", f"{error}{hint}")]
            except ProfitsyncError as error:
                found = [_problem("access", str(error))]
            except Exception as error:
                log.exception("unexpected fault while checking %s", name)
                found = [_problem("access", f"unexpected fault ({type(error).__name__}); see the log")]
        return [Finding(one.level, one.topic, redact(one.text)) for one in found]

    return ask


def _problem(topic: str, text: str) -> Finding:
    return Finding(Level.PROBLEM, topic, text)


def _unreadable(runtime: Runtime, user: User) -> list[Checked]:
    """Credentials that no configured key decrypts; without them no source can be asked."""
    try:
        for token in user.secrets.values():
            runtime.vault.decrypt(token)
    except ProfitsyncError as error:
        return [Checked(None, _problem("key", str(error)))]
    return []


def _off(user: User) -> list[Checked]:
    off = [name for name in SOURCES if not user.configured(name)]
    return [Checked(name, Finding(Level.OK, "off", "not configured; its figures count as 0")) for name in off]


def _own(runtime: Runtime, user: User) -> Iterator[Checked]:
    """What the store alone tells."""
    for findings in (_activity, _waiting, _costs):
        yield from (Checked(None, finding) for finding in findings(runtime, user))


def _activity(runtime: Runtime, user: User) -> Iterator[Finding]:
    if not user.is_active:
        yield Finding(Level.WARNING, "active", f"deactivated; `profitsync users activate {user.email}` ends that")
        return
    now = runtime.clock()
    health = merchant_health(runtime.store, user, now, FRESH)
    if health.age is None:
        what = f"{health.reason}; `profitsync sync --user {user.email}` reads its data"
        yield Finding(Level.WARNING, "last sync", what)
    elif health.status is Freshness.FRESH:
        yield Finding(Level.OK, "last sync", f"{for_people(health.age)} ago")
    else:
        failed = any(state.error for state in runtime.store.source_states(user.id).values())
        hint = "" if failed else "; is cron running `profitsync sync --all`?"
        yield Finding(Level.WARNING, "last sync", f"{health.reason}{hint}")
    orphans = [job for job in runtime.store.jobs(user.id, status="running") if _nobody_works(runtime, user)]
    if orphans:
        text = f"job {orphans[0].job_id[:12]} ended without a word; the next sync goes on where it was"
        yield Finding(Level.WARNING, "jobs", text)


def _nobody_works(runtime: Runtime, user: User) -> bool:
    """Whether the merchant's lease is free; looking takes it for no time at all, so no sync is kept out."""
    name, owner = f"sync:{user.id}", "checkup"
    free = runtime.store.acquire_lease(name, owner, runtime.clock(), 0)
    if free:
        runtime.store.release_lease(name, owner)
    return free


def _waiting(runtime: Runtime, user: User) -> Iterator[Finding]:
    days = {day for days in runtime.store.dirty_days(user.id).values() for day in days}
    if days:
        counted = "1 day waits" if len(days) == 1 else f"{len(days):,} days wait"
        yield Finding(Level.WARNING, "figures", f"{counted} for calculation; the next sync does it")


def _costs(runtime: Runtime, user: User) -> Iterator[Finding]:
    without = missing(runtime.store.costs(user.id), shop_today(user, runtime.clock()))
    if without:
        counted = "1 product has" if len(without) == 1 else f"{len(without):,} products have"
        text = f"{counted} no cost, so profit is partly a guess; `profitsync costs missing --user {user.email}`"
        yield Finding(Level.WARNING, "costs", text)
