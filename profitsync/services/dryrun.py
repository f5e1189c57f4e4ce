"""A sync that writes nothing: the same code on a scratch copy of the merchant's facts.

One thing is carried back: session tokens and the notes that sources keep for themselves. A login that was granted
or refused has happened, whatever became of the figures.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from profitsync.bootstrap import Runtime
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import SourceState, User
from profitsync.services.ingest import ALL_TIME, index_order, index_shipment
from profitsync.services.plans import INDIA
from profitsync.stores.protocol import Store
from profitsync.stores.sqlite import SqliteStore


@contextmanager
def scratch_runtime(runtime: Runtime, user: User) -> Iterator[Runtime]:
    """The same runtime over a temporary copy of everything stored for `user`; gone afterwards."""
    with TemporaryDirectory(prefix="profitsync-dry-run-") as folder:
        scratch = SqliteStore(str(Path(folder) / "scratch.db"))
        try:
            scratch.prepare()
            copy_merchant(runtime.store, scratch, user)
            before = scratch.source_states(user.id)
            try:
                yield replace(runtime, store=scratch, scratch=True)
            finally:
                carry_back(scratch, runtime.store, user, before)
        finally:
            scratch.close()


def carry_back(scratch: Store, store: Store, user: User, before: Mapping[str, SourceState]) -> None:
    """Keep the tokens and notes that changed since `before`, unless the credentials changed meanwhile."""
    current = store.find_user(user.id)
    if current is None or current.secrets != user.secrets:
        return
    for name, after in scratch.source_states(user.id).items():
        begun = before.get(name, SourceState(name))
        if (after.tokens, after.kept) != (begun.tokens, begun.kept):
            state = store.source_states(user.id).get(name, SourceState(name))
            tokens = _with_changes(state.tokens, begun.tokens, after.tokens)
            kept = _with_changes(state.kept, begun.kept, after.kept)
            store.save_source_state(user.id, replace(state, tokens=tokens, kept=kept))


def _with_changes(current: dict[str, str], before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """`current` with what changed between `before` and `after`; other entries stay as they are."""
    gone = before.keys() - after.keys()
    changed = {name: text for name, text in after.items() if before.get(name) != text}
    return {name: text for name, text in current.items() if name not in gone} | changed


def copy_merchant(source: Store, target: Store, user: User, days: DayRange = ALL_TIME) -> None:
    """Copy a merchant's user record, costs, facts, figures and states; no jobs and no leases."""
    zone = ZoneInfo(user.timezone) if user.timezone else INDIA
    target.add_user(user)
    target.put_costs(user.id, source.costs(user.id))
    for orders in source.orders_touching(user.id, days):
        target.put_orders(user.id, [index_order(order, zone) for order in orders])
    for shipments in source.shipments_touching(user.id, days):
        target.put_shipments(user.id, [index_shipment(one, zone) for one in shipments])
    target.put_ad_days(user.id, source.ad_days(user.id, days))
    target.put_metrics(user.id, source.metrics(user.id, days))
    for state in source.source_states(user.id).values():
        target.save_source_state(user.id, state)
    for name, dirty in source.dirty_days(user.id).items():
        target.mark_dirty(user.id, name, dirty)
