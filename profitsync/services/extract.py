"""Reading one source of one merchant into facts. Each function runs in a thread of its own.

A source's error, expected or not, ends its own read only. What was stored before the error stays marked
for recalculation until a later read succeeds, so that no figure is ever built from half of an answer.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from profitsync.domain.days import DayRange, shop_day
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SourceState, User
from profitsync.errors import ProfitsyncError
from profitsync.services.autocosts import AutoCosts
from profitsync.services.ingest import Ingest
from profitsync.services.knowledge import after_failure, after_success
from profitsync.services.lease import Lease
from profitsync.services.plans import (
    ADS_REREAD,
    INDIA,
    SHIPMENTS_REREAD,
    Span,
    known_window,
    order_window,
    shipment_reads,
)
from profitsync.services.reports import Progress, SourceReport
from profitsync.sources.errors import CredentialsError, SourceError
from profitsync.sources.protocol import AdSource, OrderSource, ShipmentSource, ShopProfile, Source
from profitsync.stores.protocol import Store

log = logging.getLogger(__name__)
COSTS_READ_AT = "costsReadAt"


@dataclass(slots=True)
class Outcome:
    """What a read came to: the report, the state to save after the figures, and warnings."""

    report: SourceReport
    state: SourceState
    window: DayRange
    warnings: list[str] = field(default_factory=list)
    profile: ShopProfile | None = None  # what the shop said of itself, after a read without failure


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the three reads of one run share."""

    store: Store
    user: User
    span: Span
    ingest: Ingest
    lease: Lease
    progress: Progress

    def shopify(self, source: OrderSource, state: SourceState) -> Outcome:
        """Orders, then the cost per item of products without a cost."""
        outcome = self._outcome(state, known_window(self.span, state))

        def read() -> None:
            costs = AutoCosts(self.store, self.user, self.span.today, self.span.now, state.last_success_at)
            for batch in source.orders(order_window(self.span, state)):
                self.lease.check()
                self.ingest.orders(batch, notice=costs.notice)
                self._count(outcome, SHOPIFY, len(batch))
            self._unit_costs(source, costs, outcome)
            outcome.profile = source.profile

        return self._run(outcome, source, read, by_change=True)

    def _unit_costs(self, source: OrderSource, costs: AutoCosts, outcome: Outcome) -> None:
        """The permission to read costs is optional: without it, estimates stay and a warning says so."""
        asked = outcome.state.notes.get(COSTS_READ_AT)
        variants = costs.variants_to_ask(_instant(asked))
        if not variants:
            return
        try:
            snapshots = source.unit_costs(sorted(variants))
        except CredentialsError as error:
            outcome.warnings.append(f"costs per item cannot be read, estimates are used: {error}")
            snapshots = []
        self.lease.check()
        outcome.warnings += costs.learn(snapshots, self.user.currency or "")
        notes = outcome.state.notes | {COSTS_READ_AT: self.span.now.isoformat()}
        outcome.state = replace(outcome.state, notes=notes)

    def meta(self, source: AdSource, state: SourceState) -> Outcome:
        """Ad days; the account's currency and zone are asked for once, they never change."""
        asked = known_window(self.span, state, ADS_REREAD)
        # Days older than what the source keeps stay unknown; asking for nothing else is its error to raise.
        window = DayRange(min(max(asked.first, source.first_day()), asked.last), asked.last)
        outcome = self._outcome(state, window)

        def read() -> None:
            if "timezone" not in state.notes:
                account = source.account()
                notes = {
                    "accountId": account.account_id, "timezone": account.timezone, "currency": account.currency,
                }  # fmt: skip
                outcome.state = replace(outcome.state, notes=state.notes | notes)
            rows = source.days(window.first, window.last)
            self.lease.check()
            notes = outcome.state.notes
            self.ingest.ad_days(notes["accountId"], window, rows, notes["timezone"])
            self._count(outcome, META, len(rows))

        return self._run(outcome, source, read)

    def shiprocket(self, source: ShipmentSource, state: SourceState) -> Outcome:
        """Shipments by creation and by change, then who had a failed delivery attempt."""
        outcome = self._outcome(state, known_window(self.span, state))
        reads = shipment_reads(self.span, state)
        today = shop_day(self.span.now, INDIA)
        # A run that broke off has stored parcels, which are no news any more, but not their failed attempts.
        broke_off = state.error is not None or SHIPROCKET in self.store.dirty_days(self.user.id)
        reread = today - SHIPMENTS_REREAD

        def read() -> None:
            oldest: date | None = reread if broke_off else None
            for asked, call in ((reads.created, source.created), (reads.updated, source.updated)):
                for batch in call(asked.first, asked.last) if asked else ():
                    self.lease.check()
                    changed = self.ingest.shipments(batch)
                    self._count(outcome, SHIPROCKET, len(batch))
                    days = [shop_day(one.created_at, INDIA) for one in changed]
                    oldest = min([*days, *([oldest] if oldest else [])], default=None)
            if reads.created or oldest:
                # With parcels read by creation, all their attempts; else those of the parcels that changed.
                since = reads.created.first if reads.created else max(oldest or reread, reread)
                attempts = source.failed_attempts(min(since, today), today)
                self.lease.check()
                self.ingest.failed_attempts(attempts)
            if reads.full:
                outcome.state = replace(outcome.state, last_full_read_at=self.span.now)

        return self._run(outcome, source, read, by_change=True)

    def failed(self, name: str, state: SourceState, error: SourceError) -> Outcome:
        """A source that could not even begin."""
        reread = ADS_REREAD if name == META else timedelta(0)
        outcome = self._outcome(state, known_window(self.span, state, reread))
        self._fail(outcome, str(error), 1)
        self.progress.source_finished(self.user, name, outcome.report)
        return outcome

    def _outcome(self, state: SourceState, window: DayRange) -> Outcome:
        return Outcome(SourceReport("ok"), state, window)

    def _count(self, outcome: Outcome, name: str, records: int) -> None:
        outcome.report.records += records
        self.progress.source_records(self.user, name, outcome.report.records)

    def _run(
        self, outcome: Outcome, source: Source, read: Callable[[], None], *, by_change: bool = False
    ) -> Outcome:
        """Read, and note how it went; `by_change`: the source tells what changed, whatever its day."""
        try:
            read()
        except SourceError as error:
            self._fail(outcome, str(error), source.requests)
        except ProfitsyncError:  # the store or the lease: not this source's affair
            raise
        except Exception as error:
            log.exception("unexpected fault while reading %s", outcome.state.source)
            self._fail(outcome, f"unexpected fault ({type(error).__name__}); see the log", source.requests)
        else:
            outcome.report.requests = source.requests
            caught_up = by_change and not self.span.dated and outcome.state.cursor is not None
            state = after_success(outcome.state, outcome.window, self.span.now, caught_up=caught_up)
            outcome.state = state if self.span.dated else replace(state, cursor=self.span.now)
        outcome.warnings += source.warnings
        self.progress.source_finished(self.user, outcome.state.source, outcome.report)
        return outcome

    def _fail(self, outcome: Outcome, error: str, requests: int) -> Outcome:
        outcome.report.status = "failed"
        outcome.report.error = error
        outcome.report.requests = requests
        outcome.state = after_failure(outcome.state, outcome.window, error)
        return outcome


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
