"""Syncs against the simulated Shiprocket: logins over a day, dry runs, and what parcels come to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.merchants import SHIPROCKET, User
from profitsync.domain.rows import DayMetrics
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import ChargesDraft, NdrDraft, ParcelDraft, ShiprocketOrderDraft, World
from profitsync.secrets import new_key
from profitsync.services.reports import SyncReport, SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user, update_user
from profitsync.stores.sqlite import SqliteStore
from tests.sandbox.small import carrier, merchant, order, parcel_order, shop
from tests.services.conftest import ALL_DAYS
from tests.services.fakes import Clock

NOW = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
COD = ("Cash on Delivery (COD)",)


class Installation:
    """Two merchants with a simulated Shiprocket, over a real embedded store, and time that moves when told."""

    def __init__(self, runtime: Runtime, sandbox: Sandbox, clock: Clock) -> None:
        self.runtime, self.sandbox, self.clock = runtime, sandbox, clock
        self.users = [add_user(runtime, world.user_json()) for world in sandbox.worlds]

    def sync(self, *users: User, **request: Any) -> SyncReport:
        return run_sync(self.runtime, users or self.users, SyncRequest(**request))

    def asked(self, user: User, operation: str = "") -> list[str]:
        """What Shiprocket was asked for one merchant so far."""
        email = self.runtime.vault.decrypt(user.secrets["shiprocketEmail"])
        calls = [one for one in self.sandbox.requests if (one.api, one.merchant) == (SHIPROCKET, email)]
        return [call.operation for call in calls if operation in call.operation]

    def error(self, report: SyncReport, user: User) -> str | None:
        (found,) = [one for one in report.users if one.user_id == user.id]
        return found.sources[SHIPROCKET].error

    def rows(self, user: User) -> dict[int, DayMetrics]:
        """The rows of November by their day."""
        rows = self.runtime.store.metrics(user.id, ALL_DAYS)
        return {row.day.day: row for row in rows if row.day.month == 11}


Install = Callable[..., Installation]


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    clock = Clock(NOW)
    store = SqliteStore(str(tmp_path / "test.db"))
    store.prepare()
    running: list[Sandbox] = []

    def build(*worlds: World) -> Installation:
        sandbox = Sandbox(worlds, clock=clock).__enter__()
        running.append(sandbox)
        environ = {"PROFITSYNC_SECRET_KEY": new_key(), **sandbox.environment()}
        settings = load_settings(environ, tmp_path)
        return Installation(Runtime(settings, store, clock=clock, sleep=lambda _: None), sandbox, clock)

    yield build
    for sandbox in running:
        sandbox.__exit__(None, None, None)
    store.close()


@pytest.fixture
def two(install: Install) -> Installation:
    """Merchants who use nothing but Shiprocket."""
    orders = parcel_order(1, NOW - timedelta(days=2)), parcel_order(2, NOW - timedelta(days=1))
    worlds = [merchant(name, shiprocket=carrier(*orders, email=f"api@{name}.example")) for name in ("tea", "cup")]
    return install(*worlds)


def test_a_wrong_password_in_hourly_runs_of_a_day_costs_five_logins_and_no_other_merchant_anything(
    two: Installation,
) -> None:
    tea, cup = two.users
    wrong = update_user(two.runtime, tea, {"shiprocketPassword": "wrong"})
    right = {"shiprocketPassword": two.sandbox.worlds[0].user_json()["shiprocketPassword"]}

    for hour in range(24):
        two.clock.now = NOW + timedelta(hours=hour)
        before = len(two.asked(tea))
        report = two.sync()
        assert len(two.asked(tea)) - before <= 1
        assert "check the API user under Settings -> API" in (two.error(report, tea) or "")
        assert "`profitsync users update`" in (two.error(report, tea) or "")
        assert two.error(report, cup) is None

    assert two.asked(tea) == ["/auth/login"] * 5
    assert two.asked(cup, "login") == ["/auth/login"]
    (job, *_) = two.runtime.store.jobs(tea.id)
    assert "the login was refused 5 times in a row: wrong e-mail or password" in job.errors[0]
    assert "before 2026-11-21 13:10 UTC" in job.errors[0]
    assert two.rows(cup)[18].values["delivered"] == 1
    two.clock.now += timedelta(minutes=1)
    update_user(two.runtime, wrong, right)

    assert two.sync().exit_code == 0
    assert two.rows(tea)[18].values["delivered"] == 1
    assert two.runtime.store.source_states(tea.id)[SHIPROCKET].kept == {}


def test_giving_the_same_credentials_again_ends_the_pause_too(two: Installation) -> None:
    tea, _ = two.users
    two.sandbox.faults.add("shiprocket:403-htmlx1/auth")
    assert "firewall" in (two.error(two.sync(tea), tea) or "")
    assert "firewall" in (two.error(two.sync(tea), tea) or "")
    assert len(two.asked(tea)) == 1

    update_user(two.runtime, tea, {"shiprocketPassword": two.sandbox.worlds[0].user_json()["shiprocketPassword"]})

    assert two.sync(tea).exit_code == 0


def test_changing_something_else_does_not_end_the_pause(two: Installation) -> None:
    tea, _ = two.users
    two.sandbox.faults.add("shiprocket:login-throttledx1")
    two.sync(tea)

    update_user(two.runtime, tea, {"email": "new@tea.example"})

    assert two.sync(tea).exit_code != 0
    assert len(two.asked(tea)) == 1


def test_a_token_revoked_in_the_middle_of_a_run_is_replaced_once(two: Installation) -> None:
    tea, _ = two.users
    two.sync(tea)
    two.sandbox.faults.add("shiprocket:revoked@2/orders")

    assert two.sync(tea, days=30).exit_code == 0
    assert len(two.asked(tea, "login")) == 2
    assert two.sync(tea).exit_code == 0
    assert len(two.asked(tea, "login")) == 2


def test_a_forbidden_module_fails_its_merchant_without_a_login(two: Installation) -> None:
    tea, cup = two.users
    two.sync()
    two.sandbox.faults.add("shiprocket:403x1/orders")

    report = two.sync(tea, days=3)

    assert "/orders is forbidden for this API user; allow it" in (two.error(report, tea) or "")
    assert len(two.asked(tea, "login")) == 1
    assert two.sync(cup).exit_code == 0


def test_a_window_that_is_refused_leaves_the_days_as_they_were(two: Installation) -> None:
    tea, _ = two.users
    two.sync(tea)
    before = two.rows(tea)[18].values
    two.sandbox.faults.add("shiprocket:400@2/orders")

    report = two.sync(tea, days=10)

    assert "HTTP 400" in (two.error(report, tea) or "")
    assert two.rows(tea)[18].values == before
    assert two.rows(tea)[18].sources[SHIPROCKET] == "stale"


def test_a_quiet_hour_takes_one_request(two: Installation) -> None:
    tea, _ = two.users
    two.sync(tea)
    two.clock.now += timedelta(hours=1)
    before = len(two.asked(tea))

    two.sync(tea)

    assert two.asked(tea)[before:] == ["/orders"]


# --- dry runs


def test_a_dry_run_keeps_the_token_it_was_given(two: Installation) -> None:
    tea, _ = two.users

    two.sync(tea, dry_run=True)
    two.sync(tea, dry_run=True)

    assert len(two.asked(tea, "login")) == 1
    assert two.rows(tea) == {}
    state = two.runtime.store.source_states(tea.id)[SHIPROCKET]
    assert (state.cursor, state.covered, list(state.tokens)) == (None, (), ["session"])
    two.sync(tea)
    assert len(two.asked(tea, "login")) == 1


def test_a_dry_run_with_a_wrong_password_cools_down_the_real_ones_too(two: Installation) -> None:
    tea, _ = two.users
    wrong = update_user(two.runtime, tea, {"shiprocketPassword": "wrong"})

    two.sync(wrong, dry_run=True)
    report = two.sync(wrong)

    assert "not tried again before 2026-11-20 07:10 UTC" in (two.error(report, tea) or "")
    assert len(two.asked(tea)) == 1


def test_a_pause_that_a_dry_run_sees_end_is_over(two: Installation) -> None:
    tea, _ = two.users
    two.sandbox.faults.add("shiprocket:login-throttledx1")
    two.sync(tea)
    two.clock.now += timedelta(hours=1)

    two.sync(tea, dry_run=True)

    assert two.runtime.store.source_states(tea.id)[SHIPROCKET].kept == {}


def test_a_dry_run_brings_nothing_back_once_the_credentials_were_changed(two: Installation) -> None:
    tea, _ = two.users

    def meanwhile(_seconds: float) -> None:
        two.runtime.store.save_user(replace(tea, secrets=tea.secrets | {"shiprocketPassword": "another"}))

    two.runtime.sleep = meanwhile
    two.sandbox.faults.add("shiprocket:500@1/auth")

    two.sync(tea, dry_run=True)

    assert len(two.asked(tea, "login")) == 2
    assert two.runtime.store.source_states(tea.id) == {}


# --- what parcels come to


def sent(number: int, name: str, state: str, **more: Any) -> ShiprocketOrderDraft:
    """A Shiprocket order of one parcel, created on 2 November."""
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    of_order = {name: more.pop(name) for name in ("is_return", "manual", "cod") if name in more}
    parcel = ParcelDraft(number + 500, at, 0, state, awb=f"AWB{number}", **more)
    made = parcel_order(number, at, changed=NOW)
    return replace(made, channel_order_id=name, status=state, status_code=0, parcels=[parcel], **of_order)


def bill(**parts: str) -> ChargesDraft:
    return ChargesDraft(**{name: D(amount) for name, amount in parts.items()})


def on(day: int) -> datetime:
    return datetime(2026, 11, day, 9, tzinfo=UTC)


@pytest.fixture
def tea(install: Install) -> Installation:
    """Order 1 came back and was cloned, 2 came back under a longer name; a return, a manual order, an unknown."""
    rto = {"rto_initiated_at": on(4), "rto_delivered_at": on(6)}
    parcels = [
        sent(1, "#1", "RTO DELIVERED", cod=True, charges=bill(freight="90", cod="30", applied_rto="70"), **rto),
        sent(2, "#1-C", "DELIVERED", cod=True, delivered_at=on(8), charges=bill(freight="90", billed="95")),
        sent(3, "2-20261", "RTO DELIVERED", cod=True, charges=bill(freight="80", cod="20", billed="125"), **rto),
        sent(4, "R_1", "RETURN DELIVERED", is_return=True, charges=bill(freight="60")),
        sent(5, "CS-77", "IN TRANSIT", manual=True, charges=bill(freight="50")),
        sent(6, "#3", "HELD AT CUSTOMS"),
        sent(7, "#4", "DELIVERED", delivered_at=on(5), charges=bill(billed="40")),
    ]
    placed = [order(number, hour=30, gateways=COD if number < 3 else ("Razorpay",)) for number in (1, 2, 3, 4)]
    attempts = (NdrDraft(1, 507, "AWB7", on(4)), NdrDraft(2, 501, "AWB1", on(3)))
    return install(merchant(shopify=shop(*placed), shiprocket=carrier(*parcels, ndr=attempts)))


def test_clones_returns_manual_orders_and_unknown_states_are_counted_and_paid_for(tea: Installation) -> None:
    (user,) = tea.users

    report = tea.sync()

    values = tea.rows(user)[2].values
    names = ("totalShipments", "delivered", "rto", "inTransit", "other", "unknownStatuses", "ndr")
    assert [values[name] for name in names] == [6, 2, 2, 1, 1, 1, 2]
    assert values["shippingCost"] == D("415.00")  # 90 + 95 + 80 + 60 + 50 + 40; nobody knows what order 3 costs
    kinds = ("shipmentsBilled", "shipmentsEstimated", "shipmentsWithoutCost")
    assert [values[name] for name in kinds] == [3, 3, 1]
    assert not tea.rows(user)[2].complete
    assert tea.rows(user)[4].values["shippingCost"] == D("85.00")  # ways back: 70 − 30, and 125 − 80
    (warning,) = [one for one in report.users[0].warnings if one.startswith("shiprocket")]
    assert warning == (
        "shiprocket: 1 parcel has a status that is not known and counts as `other`: HELD AT CUSTOMS (1)"
    )


def test_a_cloned_order_is_revenue_once(tea: Installation) -> None:
    (user,) = tea.users

    tea.sync()

    rows = tea.rows(user)
    reversals = {day: row.values["rtoReversal"] for day, row in rows.items() if row.values["rtoReversal"]}
    assert sum(D(str(row.values["grossSales"])) for row in rows.values()) == 40
    assert reversals == {4: D("20.00"), 8: D("-10.00")}  # both turned back, the first order's clone arrived
