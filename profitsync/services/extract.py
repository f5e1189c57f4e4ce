"""Reading one source of one merchant into facts. Each function runs in a thread of its own.

A source's error, expected or not, ends its own read only. What was stored before the error stays marked
for recalculation until a later read succeeds, so that no figure is ever built from half of an answer.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce

from profitsync.domain.days import DayRange, shop_day, subtract
from profitsync.domain.merchants import META, SHIPROCKET, SourceState, User
from profitsync.errors import ProfitsyncError
from profitsync.services.ads import ad_warnings, days_of_new_accounts
from profitsync.services.ahead import read_ahead
from profitsync.services.carrier_states import UnknownStates, open_since
from profitsync.services.extract_orders import OrderRead
from profitsync.services.ingest import Ingest
from profitsync.services.knowledge import after_failure, after_success
from profitsync.services.lease import Lease
from profitsync.services.plans import (
    ADS_REREAD,
    CLOCKS_DIFFER,
    INDIA,
    OPEN_AT_MOST,
    SHIPMENTS_REREAD,
    ShipmentReads,
    Span,
    known_window,
    shipment_reads,
)
from profitsync.services.reports import Progress, SourceReport
from profitsync.sources.ad_accounts import ACCOUNTS, known_accounts, with_accounts
from profitsync.sources.errors import SourceError
from profitsync.sources.protocol import AdSource, OrderSource, ShipmentSource, ShopProfile, Source
from profitsync.stores.protocol import Store

log = logging.getLogger(__name__)
ONE_MINUTE = timedelta(minutes=1)
CLOCK_IS_FAST = "this machine's clock is {minutes} minutes ahead of the shop's: set its time"


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
        """Orders, once a day those that were deleted, then the cost per item of products without a cost."""
        outcome = self._outcome(state, known_window(self.span, state))
        self._run(outcome, source, OrderRead(self, source, outcome).run, by_change=True)
        if source.clock_ahead > CLOCKS_DIFFER and outcome.state.cursor not in (None, state.cursor):
            # What is about to happen until then, by the shop's clock, is not read yet.
            outcome.state = replace(outcome.state, cursor=self.span.now - source.clock_ahead)
            outcome.warnings.append(CLOCK_IS_FAST.format(minutes=source.clock_ahead // ONE_MINUTE))
        outcome.report.points = source.points
        return outcome

    def meta(self, source: AdSource, state: SourceState) -> Outcome:
        """Ad days; the accounts' currencies and zones are asked for once, they never change."""
        asked = known_window(self.span, state, ADS_REREAD)
        earliest = source.first_day()
        # Days older than what the source keeps stay unknown; asking for nothing else is its error to raise.
        window = DayRange(min(max(asked.first, earliest), asked.last), asked.last)
        outcome = self._outcome(state, window)

        def read() -> None:
            accounts = known_accounts(state.notes)
            ranges: tuple[DayRange, ...] = (window,)
            others = accounts.keys() != set(source.account_ids)
            if others:
                accounts = {account.account_id: account for account in source.accounts()}
                ranges = days_of_new_accounts(state, window, earliest)
            read = [(days, source.days(days.first, days.last)) for days in ranges]
            self.lease.check()
            if others or ACCOUNTS not in state.notes:  # older versions left the rows of a replaced account
                self.ingest.only_ad_accounts(accounts, ranges if others else ())
            rows = [row for days, found in read for row in self.ingest.ad_days(accounts, days, found)]
            notes = with_accounts(state.notes, accounts.values())
            stale = reduce(subtract, ranges, outcome.state.stale)
            outcome.state = replace(outcome.state, notes=notes, stale=stale)
            outcome.warnings += ad_warnings(self.user, accounts.values(), rows, window)
            self.count(outcome, META, len(rows))

        return self._run(outcome, source, read)

    def shiprocket(self, source: ShipmentSource, state: SourceState) -> Outcome:
        """Shipments by creation and by change, then who had a failed delivery attempt."""
        outcome = self._outcome(state, known_window(self.span, state))
        today = shop_day(self.span.now, INDIA)
        reads = self._shipment_reads(state, today)
        unknown = UnknownStates()
        # A run that broke off has stored parcels, which are no news any more, but not their failed attempts.
        broke_off = state.error is not None or SHIPROCKET in self.store.dirty_days(self.user.id)
        reread = today - SHIPMENTS_REREAD

        def read() -> None:
            oldest: date | None = reread if broke_off else None
            for asked, call in ((reads.created, source.created), (reads.updated, source.updated)):
                for batch in read_ahead(call(asked.first, asked.last)) if asked else ():
                    self.lease.check()
                    unknown.notice(batch)
                    changed = self.ingest.shipments(batch)
                    self.count(outcome, SHIPROCKET, len(batch))
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

        self._run(outcome, source, read, by_change=True)
        outcome.warnings += unknown.warnings()
        return outcome

    def _shipment_reads(self, state: SourceState, today: date) -> ShipmentReads:
        """What to ask Shiprocket for; a rolling re-read goes back to the oldest parcel that may still change."""
        reads = shipment_reads(self.span, state)
        if not reads.full or state.cursor is None or reads.created is None:
            return reads
        older = DayRange(min(today - OPEN_AT_MOST, reads.created.first), reads.created.first)
        oldest = open_since(self.store, self.user.id, older)
        return reads.reaching(oldest) if oldest else reads

    def failed(self, name: str, state: SourceState, error: SourceError) -> Outcome:
        """A source that could not even begin."""
        reread = ADS_REREAD if name == META else timedelta(0)
        outcome = self._outcome(state, known_window(self.span, state, reread))
        self._fail(outcome, str(error), 1)
        self.progress.source_finished(self.user, name, outcome.report)
        return outcome

    def _outcome(self, state: SourceState, window: DayRange) -> Outcome:
        return Outcome(SourceReport("ok"), state, window)

    def count(self, outcome: Outcome, name: str, records: int) -> None:
        """Report so many more records of a source."""
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
        doubted = outcome.window
        if outcome.state.source == SHIPROCKET and not self.span.dated:
            # A parcel's state changes on the day it was created, weeks after: those days are in doubt as well.
            doubted = DayRange(doubted.first - SHIPMENTS_REREAD, doubted.last)
        outcome.state = after_failure(outcome.state, doubted, error)
        return outcome
