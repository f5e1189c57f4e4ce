"""What asking a source about itself brings to light, in plain words."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters. A PROBLEM keeps a sync from working; a WARNING makes figures less than whole."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found. `topic` is a word or two (token, scopes, time zone).

    `text` is a plain sentence that also says what to do, and holds no secret.
    """

    level: Level
    topic: str
    text: str
