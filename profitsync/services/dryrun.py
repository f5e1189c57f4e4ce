"""A sync that writes nothing: the same code on a scratch copy of the merchant's facts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from profitsync.bootstrap import Runtime
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import User
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
            yield replace(runtime, store=scratch, scratch=True)
        finally:
            scratch.close()


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
