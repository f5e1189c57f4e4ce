"""Bulk operations of one shop: started, watched, cancelled, remembered."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from profitsync.logs import hide
from profitsync.sources.errors import RetriableError, SourceError
from profitsync.sources.limits import check_instants
from profitsync.sources.protocol import Notebook, OrderWindow
from profitsync.sources.shopify import bulk_query
from profitsync.sources.shopify.bulk_query import BulkQuery
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.wire import BigCount, Gid, Instant, Wire

log = logging.getLogger(__name__)
NOTE = "bulk"  # the entry of the notebook
FIRST_PAUSE = 1.0  # seconds between two looks; doubles
LONGEST_PAUSE = 30.0
PATIENCE = 900.0  # seconds a run waits in all: the next hourly run must not find this one still waiting
LONGEST_JOB = timedelta(hours=24)  # one that runs longer is given up: pages are quicker than a stuck job
GONE = ("FAILED", "CANCELED", "EXPIRED")
_LONGEST_QUOTE = 200


class BulkRefusedError(SourceError):
    """Shopify does not run the operation, now or at all. The orders can be read by pages."""


class BulkLostError(SourceError):
    """The operation came to nothing, or to less than everything. It can be done again."""


class UserError(Wire):
    """Why a mutation was refused."""

    message: str
    code: str | None = None


class BulkJob(Wire):
    """BulkOperation. Its `url` is signed and therefore as secret as a token."""

    id: Gid
    status: str
    created_at: Instant
    object_count: BigCount
    root_object_count: BigCount
    error_code: str | None = None
    url: str | None = None
    query: str = ""

    def __post_init__(self) -> None:
        check_instants(self.created_at)

    def __repr__(self) -> str:
        return f"BulkJob({self.id}, {self.status})"


class _Started(Wire):
    bulk_operation: BulkJob | None
    user_errors: list[UserError]


class _StartAnswer(Wire):
    bulk_operation_run_query: _Started | None


class _PollAnswer(Wire):
    bulk_operation: BulkJob | None


class _Jobs(Wire):
    nodes: list[BulkJob]


class _RunningAnswer(Wire):
    bulk_operations: _Jobs


class _CancelAnswer(Wire):
    bulk_operation_cancel: dict[str, msgspec.Raw] | None


class BulkNote(Wire):
    """What is remembered of an operation between runs: which, when begun, and what it was asked."""

    job: Gid
    fingerprint: str
    started_at: Instant  # by Shopify's clock
    updated_from: Instant
    processed_before: Instant | None = None

    def covers(self, window: OrderWindow, fingerprint: str) -> bool:
        """Whether the operation's rows, and what changed since it began, are all that the window asks for."""
        if self.fingerprint != fingerprint or self.updated_from > window.updated_from:
            return False
        if self.processed_before is None:
            return True
        return window.processed_before is not None and window.processed_before <= self.processed_before


@dataclass(frozen=True, slots=True)
class BulkJobs:
    """Starts and watches operations that ask `query`."""

    client: ShopifyClient
    notebook: Notebook
    query: BulkQuery

    def noted(self) -> BulkNote | None:
        """The operation an earlier run began, if it left a note that can be read."""
        text = self.notebook.load(NOTE)
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=BulkNote)
        except msgspec.DecodeError:
            return None

    def forget(self) -> None:
        """Take the note away."""
        self.notebook.save(NOTE, None)

    def fitting(self, window: OrderWindow) -> BulkNote | None:
        """The noted operation if it serves this window; another is cancelled."""
        note = self.noted()
        if note is None:
            return None
        if note.covers(window, self.query.fingerprint):
            log.info("going on with the bulk operation begun at %s", note.started_at)
            return note
        self.cancel(note.job)
        self.forget()
        return None

    def start(self, window: OrderWindow) -> BulkNote:
        """Begin an operation and note it at once. Raises `BulkRefusedError` with Shopify's reason."""
        try:
            started = self._run(window)
            if _in_progress(started) and self._cancel_leftovers():
                started = self._run(window)
        except RetriableError as error:
            raise BulkRefusedError(str(error)) from None
        job = started.bulk_operation
        if job is None or started.user_errors:
            raise BulkRefusedError(_reason(started.user_errors))
        note = BulkNote(
            job.id, self.query.fingerprint, job.created_at, window.updated_from, window.processed_before
        )
        self.notebook.save(NOTE, msgspec.json.encode(note).decode())
        log.info("bulk operation begun")
        return note

    def finished(self, note: BulkNote) -> BulkJob:
        """Wait until the operation is complete.

        Raises `BulkLostError` when it ended otherwise, `BulkRefusedError` when it has run for a day, and
        `RetriableError` when it takes longer than this run can wait: it stays noted.
        """
        status = "CREATED"
        for pause in _pauses():
            job = self.client.ask(bulk_query.POLL, {"id": note.job}, _PollAnswer).bulk_operation
            if job is None:
                raise BulkLostError("there is no such operation any more")
            status = job.status
            if status == "COMPLETED":
                if job.url:
                    hide(job.url)
                return job
            if status in GONE:
                raise BulkLostError(f"it ended as {status} ({job.error_code or 'no error code'})")
            if self.client.now() - note.started_at >= LONGEST_JOB:
                self.cancel(note.job)
                self.forget()
                raise BulkRefusedError(f"it had not ended {LONGEST_JOB.total_seconds() / 3600:.0f} hours later")
            self.client.pause(pause)
        raise RetriableError(
            f"Shopify: the bulk operation that gathers the orders is still {status} after "
            f"{PATIENCE / 60:.0f} minutes; the next run that asks for these days goes on with it"
        )

    def cancel(self, job: str) -> bool:
        """Ask Shopify to end an operation; whether it agreed. One that has ended already is no matter."""
        try:
            answer = self.client.ask(bulk_query.CANCEL, {"id": job}, _CancelAnswer).bulk_operation_cancel
        except SourceError as error:
            log.warning("a bulk operation could not be cancelled: %s", error)
            return False
        return answer is not None and bytes(answer["userErrors"]) == b"[]"

    def _run(self, window: OrderWindow) -> _Started:
        variables = {"query": self.query.document(window)}
        started = self.client.ask(bulk_query.START, variables, _StartAnswer).bulk_operation_run_query
        if started is None:
            raise BulkRefusedError("neither begun nor refused")
        return started

    def _cancel_leftovers(self) -> int:
        """End what killed runs of ours left behind without a note; how many.

        All that is listed is this app's, but another process with the app's token may be waiting for its own:
        only what asks exactly what we ask, and began longer ago than anybody waits, is nobody's any more.
        """
        listed = self.client.ask(bulk_query.RUNNING, {}, _RunningAnswer).bulk_operations.nodes
        oldest = self.client.now() - LONGEST_JOB
        left = [job for job in listed if self.query.is_ours(job.query) and job.created_at <= oldest]
        return sum(self.cancel(job.id) for job in left)


def _pauses() -> Iterator[float]:
    pause, waited = FIRST_PAUSE, 0.0
    while waited < PATIENCE:
        yield pause
        waited += pause
        pause = min(2 * pause, LONGEST_PAUSE)


def _in_progress(started: _Started) -> bool:
    return any(error.code == "OPERATION_IN_PROGRESS" for error in started.user_errors)


def _reason(errors: list[UserError]) -> str:
    """Shopify's first objection, shortened; an operation's id is no secret, an address might be."""
    if not errors:
        return "no reason given"
    words = re.sub(r"https?://\S+", "…", " ".join(errors[0].message.split()))
    return f"{errors[0].code or 'no code'}: {words[:_LONGEST_QUOTE]}"
