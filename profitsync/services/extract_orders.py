"""Reading a merchant's orders into facts: the window, what is hidden of it, what was deleted, what goods cost."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from profitsync.domain.days import shop_day
from profitsync.domain.merchants import SHOPIFY
from profitsync.services.ahead import read_ahead
from profitsync.services.autocosts import AutoCosts
from profitsync.services.deletions import Reconciliation
from profitsync.services.plans import full_read_due, order_window, visible_days
from profitsync.sources.errors import CredentialsError, SourceError
from profitsync.sources.protocol import OrderSource, OrderWindow

if TYPE_CHECKING:
    from profitsync.services.extract import Extraction, Outcome

log = logging.getLogger(__name__)
COSTS_READ_AT = "costsReadAt"  # notes of the source's state
FEES_READ = "feesRead"
MOST_NAMED = 20  # deleted orders named in one warning
LACKS = "the app lacks read_all_orders"


@dataclass(frozen=True, slots=True)
class OrderRead:
    """One read; fills in `outcome` as it goes."""

    extraction: "Extraction"
    source: OrderSource
    outcome: "Outcome"

    def run(self) -> None:
        """Read and store everything. Raises `SourceError`; what was stored before stays."""
        shared, before = self.extraction, self.outcome.state
        costs = AutoCosts(shared.store, shared.user, shared.span.today, shared.span.now, before.last_success_at)
        window = self._window()
        self._mind_the_wall(window.updated_from)
        anew = before.cursor is None and not shared.span.dated
        for batch in read_ahead(self.source.orders(window)):
            shared.lease.check()
            if anew:
                costs.notice(batch)  # also of what a run stored that was killed: it ends as if it had not been
                shared.ingest.orders(batch)
            else:
                shared.ingest.orders(batch, notice=costs.notice)
            shared.count(self.outcome, SHOPIFY, len(batch))
        self.source.stored()
        if not shared.span.dated:
            self._note(FEES_READ, "yes" if self._fees_wanted else None)
            if full_read_due(before, shared.span.now):
                self._reconcile(costs)
        self._unit_costs(costs)
        self.outcome.profile = self.source.profile

    @property
    def _fees_wanted(self) -> bool:
        return self.extraction.user.settings.transaction_fees.source == "shopify"

    def _window(self) -> OrderWindow:
        """What the plan says. A merchant who begins to count Shopify's fees gets those of past orders too."""
        span, state = self.extraction.span, self.outcome.state
        window = order_window(span, state)
        if span.dated or not self._fees_wanted or FEES_READ in state.notes:
            return window
        first = order_window(span, replace(state, cursor=None))
        return replace(window, updated_from=min(window.updated_from, first.updated_from))

    def _note(self, name: str, text: str | None) -> None:
        notes = {key: kept for key, kept in self.outcome.state.notes.items() if key != name}
        self.outcome.state = replace(self.outcome.state, notes=notes if text is None else notes | {name: text})

    def _mind_the_wall(self, since: datetime) -> None:
        """Days whose orders are hidden from us do not become known, however many orders are read."""
        wall = self.source.hidden_before(since)
        if wall is None:
            return
        outcome, zone = self.outcome, self.extraction.span.zone
        visible = visible_days(outcome.window, wall, zone)
        begin = shop_day(wall, zone).isoformat()
        if visible is None:
            raise CredentialsError(
                f"Shopify: orders created before {begin} cannot be read, so the days asked for stay as they are: "
                f"{LACKS} and sees the last 60 days only"
            )
        if visible != outcome.window:
            outcome.warnings.append(
                f"the days before {visible.first.isoformat()} stay unknown: "
                f"{LACKS} and sees orders of the last 60 days only"
            )
        outcome.warnings.append(
            f"refunds, cancellations and returns of orders created before {begin} are not seen: {LACKS}"
        )
        outcome.window = visible

    def _reconcile(self, costs: AutoCosts) -> None:
        """A failure here takes nothing away from what was read; the next run tries again."""
        shared, outcome = self.extraction, self.outcome
        reconciliation = Reconciliation(
            shared.store, shared.user.id, self.source, shared.ingest, costs, shared.lease
        )  # fmt: skip
        try:
            found = reconciliation.run(shared.span.now)
        except SourceError as error:
            outcome.warnings.append(f"deleted orders were not looked for: {error}")
            return
        outcome.state = replace(outcome.state, last_full_read_at=shared.span.now)
        if found.removed:
            names = ", ".join(order.name for order in found.removed[:MOST_NAMED])
            more = f" and {len(found.removed) - MOST_NAMED} more" if len(found.removed) > MOST_NAMED else ""
            outcome.warnings.append(f"deleted in the shop, so they count no more: orders {names}{more}")
        if found.read:
            shared.count(outcome, SHOPIFY, len(found.read))
            log.info("%d orders were missing or out of date and have been read", len(found.read))

    def _unit_costs(self, costs: AutoCosts) -> None:
        """The permission to read costs is optional: without it, estimates stay and a warning says so."""
        shared, outcome = self.extraction, self.outcome
        asked = outcome.state.notes.get(COSTS_READ_AT)
        variants = costs.variants_to_ask(datetime.fromisoformat(asked) if asked else None)
        if not variants:
            return
        try:
            snapshots = self.source.unit_costs(sorted(variants))
        except CredentialsError as error:
            outcome.warnings.append(f"costs per item cannot be read, estimates are used: {error}")
            snapshots = []
        shared.lease.check()
        outcome.warnings += costs.learn(snapshots, shared.user.currency or "")
        self._note(COSTS_READ_AT, shared.span.now.isoformat())
