"""Ad days of all of a merchant's accounts: what to read when the accounts change, rates, and what to warn of."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from profitsync.domain.ads import AdDay
from profitsync.domain.days import DayRange, merge, same_days
from profitsync.domain.merchants import META, SourceState, User
from profitsync.sources.ad_accounts import known_accounts
from profitsync.sources.protocol import AdAccount
from profitsync.stores.protocol import Store


def days_of_new_accounts(state: SourceState, window: DayRange, earliest: date) -> tuple[DayRange, ...]:
    """What to read once the merchant's accounts are not those of the last read.

    Every day known so far, for its sum is another one now, and those of this run. Days before `earliest` cannot be
    read any more; they stay as they are.
    """
    known = [DayRange(max(one.first, earliest), one.last) for one in state.covered if one.last >= earliest]
    return merge((*known, window))


def ad_warnings(user: User, accounts: Iterable[AdAccount], rows: Iterable[AdDay], window: DayRange) -> list[str]:
    """What keeps the figures of these accounts from being as a shop's own: one line for each cause."""
    if user.currency is None or user.timezone is None:
        return []
    lacking = {row.currency for row in rows if row.fx_rate is None and row.currency != user.currency}
    abroad = [one for one in accounts if not same_days(window.days(), one.timezone, user.timezone)]
    return [
        f"ad spend in {code} cannot be converted into {user.currency}, so adSpend is not known; "
        f"set settings.fxRates.{code}"
        for code in sorted(lacking)
    ] + [
        f"ad account {one.account_id} keeps its days in {one.timezone}, the shop in {user.timezone}: "
        "its figures stay on its own days (adTimezoneMismatch)"
        for one in abroad
    ]


def ad_zones(user: User, state: SourceState) -> set[str]:
    """The IANA zones of the merchant's ad accounts, as far as they are known."""
    accounts = known_accounts(state.notes).values() if user.configured(META) else ()
    return {account.timezone for account in accounts}


def fill_rates(store: Store, user: User, days: Collection[date]) -> set[date]:
    """Give ad days that were read before there was a rate for their currency the rate there is now.

    A day that has a rate keeps it. Returns the days changed, which are marked for recalculation.
    """
    rates = user.settings.fx_rates
    if not rates or not days:
        return set()
    filled = [
        replace(row, fx_rate=rates[row.currency])
        for row in store.ad_days(user.id, DayRange(min(days), max(days)))
        if row.day in days and row.fx_rate is None and row.currency != user.currency and row.currency in rates
    ]
    changed = {row.day for row in filled}
    if filled:
        store.mark_dirty(user.id, META, changed)
        store.put_ad_days(user.id, filled)
    return changed
