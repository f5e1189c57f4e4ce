"""Keys of the server: made once and shown once, stored as a hash, checked in constant time.

A key reads `pfs_ID_SECRET`. Its secret has 256 random bits, so a plain SHA-256 keeps it as safe as a slow hash
would, and costs nothing per request. Keys in `PROFITSYNC_API_KEY` are the installation's own.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from profitsync.bootstrap import Runtime
from profitsync.domain.access import Access, ApiKey
from profitsync.domain.merchants import Job, User
from profitsync.errors import NotFoundError, UsageError
from profitsync.logs import hide

PREFIX = "pfs"
LONGEST_NAME = 100
SHORTEST_GIVEN = 16  # characters of a key somebody thought out


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `plain` is its only copy and is never shown in a repr."""

    key: ApiKey
    plain: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.id!r})"


def create_key(runtime: Runtime, name: str, users: Sequence[User] | None) -> NewKey:
    """Make and store a key for these merchants; None: for every merchant. Raises `UsageError`."""
    label = name.strip()
    if not label or len(label) > LONGEST_NAME or not label.isprintable():
        raise UsageError(f"the name of a key must be 1 to {LONGEST_NAME} printable characters")
    if users is not None and not users:
        raise UsageError("name the merchants the key is for")
    key_id = secrets.token_hex(6)
    plain = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    hide(plain)
    ids = None if users is None else tuple(dict.fromkeys(user.id for user in users))
    key = ApiKey(key_id, label, _digest(plain), runtime.clock(), ids)
    runtime.store.put_api_key(key)
    return NewKey(key, plain)


def revoke_key(runtime: Runtime, key_id: str) -> ApiKey:
    """Forget a key; the next request with it is refused. Raises `UsageError` if there is none."""
    key = runtime.store.api_key(key_id)
    if key is None:
        raise UsageError(f"unknown key {key_id!r}; `profitsync keys list` shows their ids")
    runtime.store.remove_api_key(key_id)
    return key


def access_of(runtime: Runtime, plain: str) -> Access | None:
    """What the bearer of this key may see; None when it is no key of ours."""
    digest = _digest(plain)
    given = [hmac.compare_digest(digest, _digest(one)) for one in runtime.settings.api_keys]
    if any(given):
        return Access()
    parts = plain.split("_", 2)
    stored = runtime.store.api_key(parts[1]) if len(parts) == 3 and parts[0] == PREFIX else None
    if stored is None or not hmac.compare_digest(digest, stored.digest):
        return None
    return Access(None if stored.user_ids is None else frozenset(stored.user_ids))


def any_key(runtime: Runtime) -> bool:
    """Whether anybody could use the server at all."""
    return bool(runtime.settings.api_keys or runtime.store.api_keys())


def visible_users(runtime: Runtime, access: Access) -> list[User]:
    """The merchants a caller may see, oldest first."""
    return [user for user in runtime.store.users() if access.covers(user.id)]


def visible_user(runtime: Runtime, access: Access, user_id: str) -> User:
    """A merchant by id. Raises `NotFoundError`, the same for one that is not there and one that is not theirs."""
    user = runtime.store.find_user(user_id) if access.covers(user_id) else None
    if user is None or user.id != user_id:  # the store knows e-mails and shops as well
        raise NotFoundError("there is no such user")
    return user


def visible_job(runtime: Runtime, access: Access, job_id: str) -> Job:
    """A job by id. Raises `NotFoundError` like `visible_user`."""
    job = runtime.store.job(job_id)
    if job is None or not access.covers(job.user_id):
        raise NotFoundError("there is no such job")
    return job


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
