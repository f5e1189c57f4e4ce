"""Insights answers as Meta sends them, and a source that reads them without a network or a pause."""

import json
import random
from datetime import UTC, date, datetime
from typing import Any

import responses

from profitsync.sources.gate import Gate
from profitsync.sources.http import HttpClient
from profitsync.sources.meta import MetaSource
from profitsync.sources.protocol import Notebook

BASE = "https://graph.example"
NODE = f"{BASE}/v26.0/act_123"
INSIGHTS = f"{NODE}/insights"
TOKEN = "EAAB-secret-token"
APP_SECRET = "app-secret-value"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)

Json = dict[str, Any]


def row(day: str = "2026-11-02", **other: Any) -> Json:
    """One account-level day; `None` leaves a field out."""
    fields = {
        "date_start": day,
        "date_stop": day,
        "account_id": "123",
        "account_currency": "INR",
        "spend": "4505.8",
        "impressions": "58413",
        "reach": "31920",
        "inline_link_clicks": "640",
    }
    return {name: value for name, value in (fields | other).items() if value is not None}


def page(*rows: Json, after: str = "QVFI", more: bool = False) -> Json:
    """A page; `cursors.after` is there on the last one too. `next` repeats the token, as Meta's does."""
    paging: Json = {"cursors": {"before": "QVFA", "after": after}}
    if more:
        paging["next"] = f"{INSIGHTS}?access_token={TOKEN}&after={after}"
    return {"data": list(rows), "paging": paging}


def error(code: int, subcode: int | None = None, **other: Any) -> Json:
    """An error body whose message repeats the token, as the one to a malformed token does."""
    body: Json = {
        "message": f"Malformed access token {TOKEN}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "A1b2C3",
        **other,
    }
    return {"error": body if subcode is None else {**body, "error_subcode": subcode}}


class Ads:
    """An ad account in memory. `pauses` are the seconds a run would have waited."""

    def __init__(self, wire: responses.RequestsMock) -> None:
        self.wire = wire
        self.pauses: list[float] = []
        self.now = NOW
        self.gate = Gate()
        self.notes: dict[str, str | None] = {}

    def answers(self, *bodies: Json, status: int = 200, **other: Any) -> None:
        for body in bodies:
            self.wire.get(INSIGHTS, json=body, status=status, **other)

    def source(self, **other: Any) -> MetaSource:
        http = HttpClient(
            "Meta",
            sleep=self.pauses.append,
            rng=random.Random(1),  # noqa: S311 - jitter
            clock=lambda: self.now,
        )
        given = {"base_url": BASE, "version": "v26.0", "account_ids": ["act_123"], "token": TOKEN}
        return MetaSource(
            http,
            clock=lambda: self.now,
            sleep=self.pauses.append,
            gate=self.gate,
            notebook=Notebook(self.notes.get, self._write),
            **(given | other),
        )

    def _write(self, name: str, text: str | None) -> None:
        self.notes |= {name: text}

    def ranges(self) -> list[tuple[str, str]]:
        """The days that every query so far asked for."""
        found = [json.loads(sent["time_range"]) for sent in self.sent()]
        return [(one["since"], one["until"]) for one in found]

    def sent(self) -> list[dict[str, str]]:
        """The parameters of every request so far."""
        return [call.request.params for call in self.wire.calls]  # type: ignore[attr-defined]
