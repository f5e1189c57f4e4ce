"""How records are cut, compared and told apart. The same for every store."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from profitsync.domain.merchants import User
from profitsync.stores.protocol import DuplicateUserError

BATCH = 500  # whole facts handed out or looked up at once
GLANCES = 5_000  # short rows (a few fields) read at once

T = TypeVar("T")


def chunks(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """The items in order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def folded(ref: str) -> str:
    """An e-mail or shop host as compared."""
    return ref.strip().casefold()


def duplicate(user: User, *, email: bool) -> DuplicateUserError:
    """What is said when the e-mail, else the shop, of `user` belongs to another merchant."""
    if email:
        return DuplicateUserError(f"email: {user.email} is registered already")
    return DuplicateUserError(f"shopifyStore: {user.shopify_store} is registered already")
