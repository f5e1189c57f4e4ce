"""One merchant's run: who the shop is, three reads in parallel, touched days recalculated, progress saved."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from profitsync.bootstrap import Runtime
from profitsync.domain.days import NO_ZONE, DayRange, covers
from profitsync.domain.merchants import META, SHOPIFY, SOURCES, SourceState, User
from profitsync.domain.rows import OK, STALE, DayMetrics
from profitsync.errors import UsageError
from profitsync.hands import MANY
from profitsync.logs import carry
from profitsync.services.ads import ad_zones, fill_rates
from profitsync.services.extract import Extraction, Outcome
from profitsync.services.ingest import Ingest, reindex
from profitsync.services.knowledge import day_sources
from profitsync.services.lease import Lease
from profitsync.services.plans import INDIA, Span, is_ahead
from profitsync.services.reports import COMPLETED, FAILED, PARTIAL, Progress, SourceReport, SyncRequest, UserReport
from profitsync.services.requests import requested_days
from profitsync.services.shared_calculation import calculate_side_by_side
from profitsync.sources.errors import BadResponseError, SourceError
from profitsync.sources.protocol import ShopProfile

CLOCK_SET_BACK = "this machine's clock was set back since the last run, so everything is read as the first time"
NO_SHOP = "no shop day is known before Shopify has answered once, so no figure can be given yet"


@dataclass(slots=True)
class MerchantRun:
    """Carries one run from the first request to the saved cursors; fills in `report` as it goes."""

    runtime: Runtime
    user: User
    request: SyncRequest
    progress: Progress
    lease: Lease
    report: UserReport

    def run(self) -> None:
        """Do everything. Raises only what concerns the installation, or the request itself."""
        now = self.runtime.clock()
        before = self._states(now)
        self.progress.user_step(self.user, "reading")
        failure = self._meet_shop()
        zone = ZoneInfo(self.user.timezone) if self.user.timezone else INDIA
        span = self._span(now, zone)
        outcomes = self._extract(span, before, failure)
        states = before | {name: outcome.state for name, outcome in outcomes.items()}
        profile = outcomes[SHOPIFY].profile if SHOPIFY in outcomes else None
        if profile:
            self._know(profile)
            span = replace(span, zone=ZoneInfo(profile.timezone))
        if self.user.timezone:
            self.progress.user_step(self.user, "calculating")
            doubted = [states_then[name] for name in outcomes for states_then in (before, states)]
            self.calculate(span, states, outcomes, in_doubt=_stale_days(doubted))
        elif outcomes:
            self.report.warnings.append(NO_SHOP)
        self._save(outcomes, now)

    # --- before the reads

    def _states(self, now: datetime) -> dict[str, SourceState]:
        """How far each source was read.

        When that is to be forgotten, or a cursor lies in the future, it begins as the first time: the clock was
        set back then, and nobody knows since when changes are unread. What is known stays known: a source that
        fails now takes no figures away.
        """
        stored = self.runtime.store.source_states(self.user.id)
        set_back = not self.request.dated and any(is_ahead(state, now) for state in stored.values())
        if set_back:
            self.report.warnings.append(CLOCK_SET_BACK)
        if set_back or self.request.full:
            stored = {name: replace(state, cursor=None, last_full_read_at=None) for name, state in stored.items()}
            self.lease.check()
            self.runtime.store.save_source_states(self.user.id, list(stored.values()))
        return {name: SourceState(name) for name in SOURCES} | stored

    def _meet_shop(self) -> SourceError | None:
        """Learn the shop's currency and time zone if they are not known; the error if that fails."""
        if self.user.timezone and self.user.currency:
            return None
        try:
            if self.user.configured(SHOPIFY):
                self._know(self.runtime.sources.shopify(self.user).shop())
            elif self.user.configured(META):
                account, *_ = self.runtime.sources.meta(self.user).accounts()
                self._know(ShopProfile(account.currency, account.timezone))
            else:
                self._know(ShopProfile("INR", INDIA.key))  # Shiprocket alone: Indian days and rupees
        except SourceError as error:
            return error
        return None

    def _know(self, profile: ShopProfile) -> None:
        """Remember the shop's currency and zone; on a new zone every fact is filed under its new days."""
        known = (self.user.currency, self.user.timezone)
        if known == (profile.currency, profile.timezone):
            return
        try:
            zone = ZoneInfo(profile.timezone)
        except NO_ZONE:
            raise BadResponseError(f"the shop's time zone {profile.timezone!r} is unknown here") from None
        self.lease.check()
        reindex(self.runtime.store, self.user.id, zone)
        self.user = self._saved(currency=profile.currency, timezone=profile.timezone)

    def _span(self, now: datetime, zone: ZoneInfo) -> Span:
        plain = Span(DayRange(date.min, date.min), False, now, zone)
        days = requested_days(self.request, plain.today)
        span = Span(days or plain.first_days(), days is not None, now, zone)
        if days:
            self.report.since, self.report.until = days.first, days.last
        return span

    # --- the reads

    def _extract(
        self, span: Span, states: Mapping[str, SourceState], failure: SourceError | None
    ) -> dict[str, Outcome]:
        """Read the chosen sources in parallel."""
        ingest = Ingest(self.runtime.store, self.user, span.zone, span.now)
        extraction = Extraction(self.runtime.store, self.user, span, ingest, self.lease, self.progress)
        chosen = [n for n in SOURCES if self.user.configured(n) and n in self.request.sources]
        with ThreadPoolExecutor(max_workers=len(SOURCES), thread_name_prefix="source") as pool:
            reads = {n: pool.submit(carry(self._read), extraction, n, states[n], failure) for n in chosen}
            outcomes = {name: read.result() for name, read in reads.items()}
        if outcomes and not span.dated:
            self.report.since = min(outcome.window.first for outcome in outcomes.values())
            self.report.until = max(outcome.window.last for outcome in outcomes.values())
        for name in SOURCES:
            off = not self.user.configured(name)
            if name in outcomes:
                self.report.sources[name] = outcomes[name].report
                self.report.warnings += [f"{name}: {warning}" for warning in outcomes[name].warnings]
            elif off:
                self.report.sources[name] = SourceReport("off")
        return outcomes

    def _read(self, extraction: Extraction, name: str, state: SourceState, failure: SourceError | None) -> Outcome:
        sources = self.runtime.sources
        try:
            if name == SHOPIFY:
                if failure is not None:
                    return extraction.failed(name, state, failure)
                return extraction.shopify(sources.shopify(self.user), state)
            if name == META:
                return extraction.meta(sources.meta(self.user), state)
            return extraction.shiprocket(sources.shiprocket(self.user), state)
        except SourceError as error:  # it could not even be built: a credential is missing
            return extraction.failed(name, state, error)

    # --- the figures

    def calculate(
        self,
        span: Span,
        states: Mapping[str, SourceState],
        outcomes: Mapping[str, Outcome],
        in_doubt: set[date],
    ) -> None:
        """Recalculate what was touched, asked for, never calculated, or whose sources know more or less now.

        `in_doubt` are days that were stale before this run's reads, or are since.
        """
        store = self.runtime.store
        self.report.currency = self.user.currency
        dirty = store.dirty_days(self.user.id)
        # Read after the marks: whoever changes settings and marks days must not see them cleared unheard.
        self.user = user = self._current()
        windows = {day for outcome in outcomes.values() for day in outcome.window.days() if day <= span.today}
        if span.dated:
            windows &= set(span.days.days())
        stored = self._stored_rows(windows.union(in_doubt, *dirty.values()))
        scope = windows | stored.keys()
        sources = {day: day_sources(user, states, day) for day in scope}
        # Facts of a read that broke off are true but not whole: their days keep the last good figures.
        broken = {name: state.covered for name, state in states.items() if state.error is not None}
        held = {
            day for name in broken for day in dirty.get(name, ()) if day in stored and covers(broken[name], day)
        }
        wanted = {day for days in dirty.values() for day in days if day in scope}
        wanted |= {day for day in windows if span.dated or day not in stored}
        wanted |= {day for day in stored if stored[day].sources != sources[day]}
        self.lease.check()
        dirty[META] = dirty.get(META, set()) | fill_rates(store, user, wanted - held)
        if wanted - held:  # else not even the costs are read
            zones = ad_zones(user, states[META])
            read = sum(outcome.report.records for outcome in outcomes.values())
            hands = self.runtime.hands if read >= MANY else None
            for rows in calculate_side_by_side(store, user, wanted - held, sources, zones, hands):
                self._store(rows, stored)
        self._store([_left_standing(stored[day], sources[day]) for day in sorted(held)], stored)
        self.lease.check()
        for name, days in dirty.items():
            if days - held:
                store.clear_dirty(user.id, name, days - held)

    def _stored_rows(self, days: set[date]) -> dict[date, DayMetrics]:
        if not days:
            return {}
        rows = self.runtime.store.metrics(self.user.id, DayRange(min(days), max(days)))
        return {row.day: row for row in rows}

    def _store(self, rows: list[DayMetrics], stored: Mapping[date, DayMetrics]) -> None:
        """Write the rows that say something new."""
        now = self.runtime.clock()
        changed = [
            replace(row, updated_at=now)
            for row in rows
            if (before := stored.get(row.day)) is None or not row.same_figures(before)
        ]
        if changed:
            self.lease.check()
            self.runtime.store.put_metrics(self.user.id, changed, durable=False)
            self.report.days_written += len(changed)

    # --- afterwards

    def _save(self, outcomes: Mapping[str, Outcome], now: datetime) -> None:
        """Cursors move only now: everything before them is stored and calculated."""
        self.lease.check()
        stored = self.runtime.store.source_states(self.user.id)
        states = [_with_what_the_source_kept(one.state, stored.get(name)) for name, one in outcomes.items()]
        self.runtime.store.save_source_states(self.user.id, states)
        reports = [outcome.report for outcome in outcomes.values()]
        self.report.records_synced = sum(report.records for report in reports)
        failed = [report for report in reports if report.status == "failed"]
        if failed:
            self.report.status = FAILED if len(failed) == len(reports) else PARTIAL
        elif reports:
            self.report.status = COMPLETED
        else:
            self.report.error = "no source is configured for this merchant among those asked for"
        if self.report.status != FAILED:
            self._saved(last_sync_at=now)

    def _current(self) -> User:
        """The user with everything an operator changed meanwhile; what the shop said of itself stays ours."""
        current = self.runtime.store.find_user(self.user.id)
        if current is None:
            raise UsageError(f"{self.user.email}: the user was removed during the run")
        return replace(current, currency=self.user.currency, timezone=self.user.timezone)

    def _saved(self, **changes: str | datetime | None) -> User:
        """Change a few fields of the stored user, and nothing else."""
        user = replace(self._current(), **changes, updated_at=self.runtime.clock())  # type: ignore[arg-type]
        self.runtime.store.save_user(user)
        return user


def _with_what_the_source_kept(state: SourceState, current: SourceState | None) -> SourceState:
    """Sources renew their session tokens and keep notes while they read; those must not be overwritten."""
    return replace(state, tokens=current.tokens, kept=current.kept) if current else state


def _stale_days(states: Iterable[SourceState]) -> set[date]:
    return {day for state in states for one in state.stale for day in one.days()}


def _left_standing(row: DayMetrics, sources: Mapping[str, str]) -> DayMetrics:
    """A day that keeps its figures although newer facts are waiting: every source known is stale at best."""
    states = {name: STALE if state == OK else state for name, state in sources.items()}
    return replace(row, complete=False, sources=states)
