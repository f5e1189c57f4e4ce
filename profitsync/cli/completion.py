"""What the shell may complete: figures, and what the store knows. Silent, whatever goes wrong."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profitsync.stores.protocol import Store

_JOBS = 50  # newest jobs that are offered


def merchants(incomplete: str) -> list[str]:
    """E-mails and stores of merchants that begin so; ids only once one is begun."""
    words = _from_store(
        lambda store: (
            word
            for user in store.users()
            for word in (user.email, user.shopify_store, user.id if incomplete else None)
            if word
        )
    )
    return [word for word in words if word.casefold().startswith(incomplete.casefold())]


def jobs(incomplete: str) -> list[str]:
    """Ids of the newest jobs that begin so."""
    words = _from_store(lambda store: (job.job_id for job in store.jobs(limit=_JOBS)))
    return [word for word in words if word.startswith(incomplete)]


def sources(incomplete: str) -> list[str]:
    """Names of sources that begin so."""
    from profitsync.domain.merchants import SOURCES

    return [name for name in SOURCES if name.startswith(incomplete)]


def figures(incomplete: str) -> list[str]:
    """Groups of figures, then fields, that begin so."""
    from profitsync.cli.columns import groups
    from profitsync.domain.metrics import FIELDS

    return [name for name in (*groups(), *FIELDS) if name.startswith(incomplete)]


def columns(incomplete: str) -> list[str]:
    """The same for the last word of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in figures(last)]


def _from_store(read: "Callable[[Store], Iterable[str]]") -> list[str]:
    """What `read` finds in the configured store; nothing where there is none, for a shell cannot show errors."""
    from profitsync.bootstrap import open_store
    from profitsync.config import load_settings
    from profitsync.errors import ProfitsyncError

    try:
        url = load_settings().database_url
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
            return []  # opening it would make it
        store = open_store(url)
        try:
            return list(read(store))
        finally:
            store.close()
    except ProfitsyncError:
        return []
