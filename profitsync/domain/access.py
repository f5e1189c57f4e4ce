"""Who may ask the server for what."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: only the SHA-256 of its text, so that nobody can read it back."""

    id: str
    name: str  # what it is for, as a person calls it
    digest: str  # hexadecimal
    created_at: datetime
    user_ids: tuple[str, ...] | None = None  # the merchants it is bound to; None: every merchant


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller whose key was found good may see."""

    user_ids: frozenset[str] | None = None  # None: every merchant, and the installation itself

    @property
    def everyone(self) -> bool:
        """Whether the key is the installation's own: it may register and remove merchants."""
        return self.user_ids is None

    def covers(self, user_id: str) -> bool:
        """Whether this merchant may be seen at all."""
        return self.user_ids is None or user_id in self.user_ids
