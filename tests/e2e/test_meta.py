"""Whole syncs of several merchants against the sandbox's Meta: what each kind of failure costs, and whom."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import META, User
from profitsync.domain.rows import DayMetrics
from profitsync.sandbox.server import Sandbox
from profitsync.sandbox.world import MetaWorld, World
from profitsync.secrets import new_key
from profitsync.services.costs import recalculate_from
from profitsync.services.reports import SyncReport, SyncRequest
from profitsync.services.sync import run_sync
from profitsync.services.users import add_user, update_user
from profitsync.stores.sqlite import SqliteStore
from tests.sandbox.small import Clock, ads, merchant, shop

TODAY = date(2026, 11, 20)
NAMES = ("tea", "cup", "pot")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def account(number: int, **changes: Any) -> MetaWorld:
    """An ad account that spent 12.50 on each of its last 89 days, its id made of `number`."""
    return replace_world(ads(*(ago(back) for back in range(89)), account_id=str(1000 + number)), **changes)


def replace_world(world: MetaWorld, **changes: Any) -> MetaWorld:
    for name, value in changes.items():
        setattr(world, name, value)
    return world


class Town:
    """Three merchants with a shop and an ad account each, in a store of their own."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.worlds = [
            merchant(name, shop(host=f"{name}.myshopify.com"), account(number))
            for number, name in enumerate(NAMES)
        ]
        self.sandbox = Sandbox(self.worlds, clock=self.clock)
        self.store = SqliteStore(str(folder / "town.db"))
        self.store.prepare()
        self.pauses: list[float] = []
        self.settings = load_settings({"PROFITSYNC_SECRET_KEY": new_key(), **self.sandbox.environment()}, folder)
        # One for all runs, as in a server.
        self.runtime = Runtime(self.settings, self.store, clock=self.clock, sleep=self.pauses.append)
        for world in self.worlds:
            add_user(self.runtime, world.user_json())
        self._seen = 0

    def sync(self, *names: str, workers: int = 1, **request: Any) -> SyncReport:
        users = [self.user(name) for name in names or NAMES]
        return run_sync(self.runtime, users, SyncRequest(**request), workers=workers)

    def asked(self) -> dict[str, int]:
        """Requests to Meta since this was last asked, by ad account."""
        new = [record for record in self.sandbox.requests[self._seen :] if record.api == META]
        self._seen = len(self.sandbox.requests)
        return {name: sum(r.merchant == name for r in new) for name in sorted({r.merchant for r in new})}

    def user(self, name: str = "tea") -> User:
        found = self.store.find_user(f"{name}@sandbox.example")
        assert found is not None
        return found

    def row(self, back: int, name: str = "tea") -> DayMetrics:
        (row,) = self.store.metrics(self.user(name).id, DayRange(ago(back), ago(back)))
        return row

    def spend(self, back: int, name: str = "tea") -> Any:
        return self.row(back, name).values["adSpend"]

    def meta(self, name: str = "tea") -> MetaWorld:
        found = next(world.meta for world in self.worlds if world.name == name)
        assert found is not None
        return found


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path)
    with opened.sandbox:
        yield opened
    opened.store.close()


def outcomes(report: SyncReport) -> dict[str, str]:
    return {user.email.split("@")[0]: user.sources[META].status for user in report.users}


# --- whom a failure concerns, and what it costs in requests

ALL_OK = dict.fromkeys(NAMES, "ok")
CLASSES = [
    pytest.param("meta:190=463/act_1000", {**ALL_OK, "tea": "failed"}, [1, 1, 1], [1, 1, 1],
                 id="credentials: fatal for that merchant, never again in the run"),
    pytest.param("meta:100=33/act_1000", {**ALL_OK, "tea": "failed"}, [1, 1, 1], [1, 1, 1],
                 id="no such account: fatal for that merchant"),
    pytest.param("meta:2/act_1000", {**ALL_OK, "tea": "failed"}, [3, 1, 1], [3, 1, 1],
                 id="a passing fault that does not pass: three tries"),
    pytest.param("meta:2x2/act_1000", ALL_OK, [3, 1, 1], [1, 1, 1],
                 id="a passing fault that passes"),
    pytest.param("meta:17=2446079/act_1000", {**ALL_OK, "tea": "failed"}, [1, 1, 1], [1, 1, 1],
                 id="the account's score: that account until the next run"),
    pytest.param("meta:blocked=90x1/act_1000", {**ALL_OK, "tea": "failed"}, [1, 1, 1], [0, 1, 1],
                 id="the account's hourly quota: not called until the time that was told"),
    pytest.param("meta:4=1504022", dict.fromkeys(NAMES, "failed"), [1, 0, 0], [1, 0, 0],
                 id="the app's quota: nobody calls for the rest of the run"),
    pytest.param("meta:341", dict.fromkeys(NAMES, "failed"), [1, 0, 0], [1, 0, 0], id="341, the app's too"),
    pytest.param("meta:1=99x1/act_1000", ALL_OK, [3, 1, 1], [2, 1, 1],
                 id="too heavy: halves, remembered for a day"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "statuses", "now", "an_hour_later"), CLASSES)
def test_what_a_run_does_for_each_class_of_error(
    town: Town, fault: str, statuses: dict[str, str], now: list[int], an_hour_later: list[int]
) -> None:
    town.sync()
    town.asked()
    town.clock.pass_(hours=1)
    town.sandbox.faults.add(fault)

    report = town.sync()

    accounts = ("1000", "1001", "1002")
    first = town.asked()
    assert outcomes(report) == statuses
    assert [first.get(name, 0) for name in accounts] == now
    assert report.exit_code == (0 if statuses == ALL_OK else 3)
    assert town.spend(1) == D("12.50")
    assert town.row(1).sources[META] == ("ok" if statuses["tea"] == "ok" else "stale")
    town.clock.pass_(hours=1)
    town.sync()
    second = town.asked()
    assert [second.get(name, 0) for name in accounts] == an_hour_later


def test_the_apps_limit_is_told_to_merchants_that_never_met_it(town: Town) -> None:
    town.sandbox.faults.add("meta:4=1504022")

    report = town.sync()

    told = [user.sources[META].error or "" for user in report.users]
    assert told[0].startswith("Meta: insights are overloaded for this app (code 4/1504022")
    assert all(
        text.startswith("Meta: left alone for the rest of this run, for all merchants") for text in told[1:]
    )
    assert [user.sources[META].requests for user in report.users] == [1, 0, 0]


def test_merchants_that_run_side_by_side_stop_each_other(town: Town) -> None:
    town.sandbox.faults.add("meta:4")

    town.sync(workers=3)
    met = sum(town.asked().values())
    town.sync(workers=3)

    assert 1 <= met <= 3  # those that were under way already
    assert all(user.sources[META].status == "failed" for user in town.sync(workers=3).users)


# --- days that change


def test_a_day_that_shrinks_and_one_that_vanishes_within_28_days_are_overwritten(town: Town) -> None:
    town.sync("tea")
    with town.sandbox.lock:
        town.meta().days[ago(20)] = replace(town.meta().days[ago(20)], spend=D("7.25"))
        del town.meta().days[ago(25)]
        del town.meta().days[ago(60)]
    town.clock.pass_(hours=1)

    town.sync("tea")

    assert [town.spend(back) for back in (20, 25, 60)] == [D("7.25"), 0, D("12.50")]
    assert town.row(25).complete


# --- other currencies and zones


def test_an_account_in_another_currency_and_zone_over_its_whole_life(town: Town) -> None:
    replace_world(town.meta(), currency="USD", timezone="America/New_York")

    first = town.sync("tea")

    assert town.spend(1) is None
    assert (town.row(1).complete, town.row(1).values["adTimezoneMismatch"]) == (False, True)
    assert town.row(89).values["adTimezoneMismatch"] is True  # nothing was spent on that day
    assert [warning.split(":")[0] for warning in first.users[0].warnings] == ["meta", "meta"]
    assert "set settings.fxRates.USD" in first.users[0].warnings[0]
    update_user(town.runtime, town.user(), {"settings": {"fxRates": {"USD": 83.2}}})
    recalculate_from(town.store, town.user(), [None])
    town.clock.pass_(hours=1)

    second = town.sync("tea")

    assert [town.spend(back) for back in (1, 60)] == [1040, 1040]
    assert town.row(60).values["adFxRate"] == D("83.2")
    assert town.row(1).complete
    assert not any("fxRates" in warning for warning in second.users[0].warnings)


# --- several accounts


def test_an_account_that_joins_and_leaves_is_in_the_sums_just_as_long(town: Town) -> None:
    further = account(9, access_token=town.meta().access_token)
    town.sync("tea")
    town.worlds[0].further_meta.append(further)
    update_user(town.runtime, town.user(), {"metaAdAccountId": "act_1000, act_1009"})
    town.clock.pass_(hours=1)

    town.sync("tea")

    assert [town.spend(back) for back in (1, 85)] == [25, 25]
    assert town.row(1).values["reach"] is None
    update_user(town.runtime, town.user(), {"metaAdAccountId": ["1000"]})
    town.clock.pass_(hours=1)
    town.sync("tea")
    assert [town.spend(back) for back in (1, 85)] == [D("12.50"), D("12.50")]


def test_one_account_without_access_leaves_the_days_stale_and_is_named(town: Town) -> None:
    town.sync("tea")
    update_user(town.runtime, town.user(), {"metaAdAccountId": "1000,1009"})

    report = town.sync("tea")

    assert (report.users[0].sources[META].error or "").startswith(
        "Meta: ad account 1009: there is no such ad account"
    )
    assert (town.spend(85), town.row(85).sources[META]) == (D("12.50"), "stale")


def test_a_fresh_merchant_with_two_accounts_is_registered_and_read(town: Town) -> None:
    world = World("jug", shop(host="jug.myshopify.com"), account(7), further_meta=[account(8)])
    world.further_meta[0].access_token = account(7).access_token
    replace_world(world.ad_accounts[0], app_secret="proof-me")
    town.sandbox.worlds.append(world)

    user = add_user(town.runtime, world.user_json())
    report = run_sync(town.runtime, [user], SyncRequest())

    assert user.meta_ad_account_id == "1007,1008"
    assert report.exit_code == 0
    (row,) = town.store.metrics(user.id, DayRange(ago(1), ago(1)))
    assert row.values["adSpend"] == 25
