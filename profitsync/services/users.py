"""Merchants: registering, changing, finding, removing; their credentials are encrypted here."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from profitsync.bootstrap import Runtime
from profitsync.domain.days import merge
from profitsync.domain.merchants import META, SHIPROCKET, SHOPIFY, SOURCES, SourceState, User
from profitsync.errors import UsageError
from profitsync.services.costs import recalculate_from
from profitsync.services.lease import Lease
from profitsync.services.problems import did_you_mean
from profitsync.services.user_input import (
    ACCOUNT_FIELDS,
    SECRET_FIELDS,
    SOURCE_FIELDS,
    Account,
    check_document,
    shop_host,
)
from profitsync.stores.protocol import Store

_IDENTITY = {SHOPIFY: "shopifyStore", META: "metaAdAccountId", SHIPROCKET: "shiprocketEmail"}


def get_user(store: Store, ref: str) -> User:
    """The merchant of a REF: id, e-mail or store in any of its spellings. Raises `UsageError` if unknown."""
    wanted = ref.strip()
    user = store.find_user(wanted) if wanted else None
    if user is None and (host := shop_host(wanted)):
        user = store.find_user(host)
    if user is None:
        known = {word for one in store.users() for word in (one.email, one.shopify_store or one.id, one.id)}
        hint = did_you_mean(wanted, known) or "; `profitsync users list` shows them (id, e-mail or store)"
        raise UsageError(f"unknown user {wanted!r}{hint}")
    return user


def add_user(runtime: Runtime, document: Mapping[str, Any]) -> User:
    """Register a merchant. Raises `UsageError` naming every problem, `ConfigurationError` without a key."""
    account = check_document(document)
    now = runtime.clock()
    user = User(
        id=secrets.token_hex(12),
        email=_required(account, "email"),
        created_at=now,
        updated_at=now,
        shopify_store=account.fields.get("shopifyStore"),
        meta_ad_account_id=account.fields.get("metaAdAccountId"),
        secrets=_encrypted(runtime, account.secrets),
        settings=account.settings,
    )
    runtime.store.add_user(user)
    return user


def update_user(runtime: Runtime, user: User, document: Mapping[str, Any], *, alone: bool = False) -> User:
    """Change only the given fields; null takes one away. The resulting whole is checked like a new one.

    Session tokens and notes of a source whose credentials change are dropped, and when it now speaks of another
    account its cursor too, so that the next sync reads that account from the beginning. Where ad accounts join or
    leave others that stay, every day known so far is stale until the next sync has read it from all of them.
    Raises `UsageError` naming every problem, and `LockedError` when an account is to change while a sync is at
    work on it; with `alone` whatever is to change.
    """
    present = present_fields(user)
    account = check_document(document, present=present, settings=user.settings)
    _refuse_another_shop(user, account)
    kept = {name: token for name, token in user.secrets.items() if name not in account.secrets}
    values = {**_account_values(user), **account.fields}
    changed = replace(
        user,
        email=values["email"] or user.email,
        shopify_store=values["shopifyStore"],
        meta_ad_account_id=values["metaAdAccountId"],
        secrets={**kept, **_encrypted(runtime, account.secrets)},
        settings=account.settings,
        updated_at=runtime.clock(),
    )
    moved = {source for source in SOURCES if _identity_changed(runtime, user, account, source)}
    regrouped = META not in moved and _regrouped(user, changed)
    # A run at work would go on with the old account, and save how far it read that one.
    with _lease(runtime, user) if moved or regrouped or alone else nullcontext():
        runtime.store.save_user(changed)
        _forget_sessions(runtime.store, changed, account, moved)
        if regrouped and (state := runtime.store.source_states(user.id).get(META)):
            stale = merge((*state.stale, *state.covered))
            runtime.store.save_source_state(user.id, replace(state, stale=stale))
    return changed


def change_user(runtime: Runtime, user: User, document: Mapping[str, Any], *, recalculate: bool = False) -> User:
    """`update_user`, `set_active` (by the field `isActive`) and, if wanted, all stored days once more.

    Raises `UsageError` naming every problem, and `LockedError` while a sync is at work on the merchant.
    """
    active = document.get("isActive", user.is_active)
    if not isinstance(active, bool):
        raise UsageError("isActive: must be true or false")
    fields = {name: value for name, value in document.items() if name != "isActive"}
    if fields:
        user = update_user(runtime, user, fields, alone=True)
    if active != user.is_active:
        with _lease(runtime, user):
            user = set_active(runtime, user, active)
    if recalculate:
        recalculate_from(runtime.store, user, [None])
    return user


def set_active(runtime: Runtime, user: User, active: bool) -> User:
    """Include the merchant in `sync --all`, or leave it out. Nothing stored is lost."""
    if user.is_active == active:
        return user
    changed = replace(user, is_active=active, updated_at=runtime.clock())
    runtime.store.save_user(changed)
    return changed


def remove_user(runtime: Runtime, user: User) -> None:
    """Forget the merchant and everything stored for it. Raises `LockedError` while a sync is at work on it."""
    with _lease(runtime, user):
        runtime.store.remove_user(user.id)


def rotate_keys(runtime: Runtime) -> int:
    """Encrypt every stored credential again under the first key; the number of merchants changed.

    Nothing is written unless every credential of every merchant can be decrypted (`ConfigurationError`).
    """
    rotate = runtime.vault.rotate
    users, states = [], []
    for user in runtime.store.users():
        users.append(replace(user, secrets={name: rotate(token) for name, token in user.secrets.items()}))
        states += [
            (user.id, replace(state, tokens={name: rotate(token) for name, token in state.tokens.items()}))
            for state in runtime.store.source_states(user.id).values()
            if state.tokens
        ]
    for user in users:
        runtime.store.save_user(user)
    for user_id, state in states:
        runtime.store.save_source_state(user_id, state)
    return len(users)


def present_fields(user: User) -> set[str]:
    """Names of the fields that are set for a stored merchant."""
    return {name for name, value in _account_values(user).items() if value} | set(user.secrets)


def _lease(runtime: Runtime, user: User) -> Lease:
    return Lease(runtime.store, f"sync:{user.id}", runtime.clock)


def _account_values(user: User) -> dict[str, str | None]:
    values = (user.email, user.shopify_store, user.meta_ad_account_id)
    return dict(zip(ACCOUNT_FIELDS, values, strict=True))


def _required(account: Account, name: str) -> str:
    value = account.fields[name]
    if value is None:
        raise UsageError(f"{name}: is missing")
    return value


def _encrypted(runtime: Runtime, given: Mapping[str, str | None]) -> dict[str, str]:
    return {name: runtime.vault.encrypt(value) for name in SECRET_FIELDS if (value := given.get(name)) is not None}


def _refuse_another_shop(user: User, account: Account) -> None:
    """Facts of two shops must not mix under one merchant."""
    wanted = account.fields.get("shopifyStore")
    if wanted and user.shopify_store and wanted != user.shopify_store and user.last_sync_at:
        raise UsageError(
            f"shopifyStore: the stored orders belong to {user.shopify_store}; "
            "add the other shop as a merchant of its own"
        )


def _identity_changed(runtime: Runtime, user: User, account: Account, source: str) -> bool:
    name = _IDENTITY[source]
    if name in account.secrets:
        stored = user.secrets.get(name)
        return stored is not None and runtime.vault.decrypt(stored) != account.secrets[name]
    before = _account_values(user).get(name)
    if name not in account.fields or before is None:
        return False
    return not set(before.split(",")) & set((account.fields[name] or "").split(","))


def _regrouped(user: User, changed: User) -> bool:
    """Whether some ad accounts stay while others come or go. Their order does not matter."""
    before, after = set(user.meta_ad_accounts), set(changed.meta_ad_accounts)
    return bool(before & after) and before != after


def _forget_sessions(store: Store, user: User, account: Account, moved: Iterable[str]) -> None:
    touched = {source for source in SOURCES if set(SOURCE_FIELDS[source]) & set(account.secrets)}
    for source, state in store.source_states(user.id).items():
        if source in moved:
            store.save_source_state(user.id, SourceState(source))
        elif source in touched and (state.tokens or state.kept):
            store.save_source_state(user.id, replace(state, tokens={}, kept={}))
