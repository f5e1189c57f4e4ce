"""What is remembered of a merchant's ad accounts between runs, in the notes of the source's state."""

import json
from collections.abc import Iterable, Mapping

from profitsync.sources.protocol import AdAccount

ACCOUNTS = "accounts"
_SINGLE = ("accountId", "currency", "timezone")  # how one account was noted before there could be several


def known_accounts(notes: Mapping[str, str]) -> dict[str, AdAccount]:
    """The accounts whose days were read, by id, with the currency and zone they told."""
    if ACCOUNTS in notes:
        found = [AdAccount(*parts) for parts in json.loads(notes[ACCOUNTS])]
        return {account.account_id: account for account in found}
    if all(name in notes for name in _SINGLE):
        account = AdAccount(*(notes[name] for name in _SINGLE))
        return {account.account_id: account}
    return {}


def with_accounts(notes: Mapping[str, str], accounts: Iterable[AdAccount]) -> dict[str, str]:
    """The notes with exactly these accounts in them."""
    text = json.dumps([[one.account_id, one.currency, one.timezone] for one in accounts])
    return {name: note for name, note in notes.items() if name not in _SINGLE} | {ACCOUNTS: text}
