"""The main job: per merchant, extract from each source, recalculate the touched days, store, report."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

from profitsync.bootstrap import Runtime
from profitsync.domain.merchants import Job, User
from profitsync.errors import ConfigurationError, LockedError, ProfitsyncError, UsageError
from profitsync.hands import Hands
from profitsync.logs import SUCCESS, carry, log_context
from profitsync.services.changes import compare
from profitsync.services.dryrun import scratch_runtime
from profitsync.services.ingest import ALL_TIME
from profitsync.services.interpreter import many_records
from profitsync.services.lease import Lease, StoppedError
from profitsync.services.reports import (
    COMPLETED,
    FAILED,
    PARTIAL,
    Progress,
    SilentProgress,
    SyncReport,
    SyncRequest,
    UserReport,
)
from profitsync.services.requests import check_request
from profitsync.services.run import MerchantRun
from profitsync.sources.gate import Gate

log = logging.getLogger(__name__)
INTERRUPTED = "the run ended before it was finished"


def run_sync(
    runtime: Runtime,
    users: Sequence[User],
    request: SyncRequest,
    progress: Progress | None = None,
    workers: int = 8,
    stop: threading.Event | None = None,
) -> SyncReport:
    """Sync the given merchants, side by side up to `workers`; a failing one does not stop the others.

    Raises `UsageError` for a request that is impossible for all of them and `ConfigurationError` when the key
    does not decrypt the stored credentials or the database is away; before anything is written, unless the
    database goes away later. A `KeyboardInterrupt`, or setting `stop`, ends every run at its next request or
    batch, and leaves the jobs closed and the leases free.
    """
    check_request(request)
    for user in users:
        for token in user.secrets.values():
            runtime.vault.decrypt(token)
    watcher = progress or SilentProgress()
    stop = stop or threading.Event()
    hands = Hands()
    runtime = replace(runtime, sleep=_stoppable(runtime.sleep, stop), gate=Gate(), hands=hands)

    def one(user: User) -> UserReport:
        with log_context(userId=user.id, email=user.email):
            watcher.user_started(user)
            report = _sync_user(runtime, user, request, watcher, stop)
            watcher.user_finished(user, report)
            return report

    at_work = ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="merchant")
    with many_records(), closing(hands), at_work as pool:
        try:
            reports = tuple(pool.map(carry(one), users))
        except KeyboardInterrupt:
            stop.set()
            raise
    refusals = [report.refused for report in reports if report.refused]
    if refusals and len(refusals) == len(reports):
        raise refusals[0]
    return SyncReport(reports)


def _stoppable(sleep: Callable[[float], None], stop: threading.Event) -> Callable[[float], None]:
    """A pause that ends within a second of `stop`, with `StoppedError`."""

    def pause(seconds: float) -> None:
        left = seconds
        while not stop.is_set():
            if left <= 0:  # no sleep of no time: it hands the interpreter to another thread
                return
            sleep(min(left, 1.0))
            left -= 1.0
        raise StoppedError

    return pause


def _sync_user(
    runtime: Runtime, user: User, request: SyncRequest, progress: Progress, stop: threading.Event
) -> UserReport:
    if request.dry_run:
        with log_context(dryRun="yes"), scratch_runtime(runtime, user) as scratch:
            report = _sync_locked(scratch, user, request, progress, stop)
            report.job_id = None
            stored = runtime.store.metrics(user.id, ALL_TIME)
            report.changes = compare(stored, scratch.store.metrics(user.id, ALL_TIME))
            return report
    return _sync_locked(runtime, user, request, progress, stop)


def _sync_locked(
    runtime: Runtime, user: User, request: SyncRequest, progress: Progress, stop: threading.Event
) -> UserReport:
    report = UserReport(user.id, user.email)

    def patiently(seconds: float) -> None:
        progress.user_step(user, "waiting for another run")
        runtime.sleep(seconds)

    job_id = uuid4().hex
    try:
        with log_context(jobId=job_id):
            lease = Lease(
                runtime.store, f"sync:{user.id}", runtime.clock, stop, wait=request.wait, sleep=patiently
            )  # fmt: skip
            with lease:
                _close_orphans(runtime, user)
                # As it is now: it may have waited its turn while another run learnt the shop's time zone.
                current = runtime.store.find_user(user.id)
                if current is None:
                    report.refused = UsageError(f"{user.email}: the user was removed meanwhile")
                    report.error = str(report.refused)
                    return report
                _run_job(runtime, current, request, progress, lease, report, job_id)
    except LockedError as error:
        report.locked = True
        report.error = str(error)
        log.warning("%s", error)
    return report


def _close_orphans(runtime: Runtime, user: User) -> None:
    """Jobs left running by a killed process: we hold the lease, so they are dead."""
    for job in runtime.store.jobs(user.id, status="running"):
        closed = replace(job, status="failed", completed_at=runtime.clock(), errors=(*job.errors, INTERRUPTED))
        runtime.store.put_job(closed)


def _run_job(
    runtime: Runtime,
    user: User,
    request: SyncRequest,
    progress: Progress,
    lease: Lease,
    report: UserReport,
    job_id: str,
) -> None:
    started = runtime.clock()
    job = Job(job_id, user.id, "running", started, started)
    report.job_id = job_id
    runtime.store.put_job(job)
    log.info("sync started")
    try:
        MerchantRun(runtime, user, request, progress, lease, report).run()
    except ProfitsyncError as error:
        report.error = str(error)
        report.status = FAILED
        if isinstance(error, UsageError):
            report.refused = error
        if isinstance(error, ConfigurationError):
            _finish(runtime, job, report)
            raise
    except Exception as error:
        log.exception("unexpected fault")
        report.error = f"unexpected fault ({type(error).__name__}); the log has the details"
        report.status = FAILED
    _finish(runtime, job, report)


def _finish(runtime: Runtime, job: Job, report: UserReport) -> None:
    """Close the job and say so in the log."""
    errors = report.failures()
    runtime.store.put_job(
        replace(
            job,
            status="failed" if report.status == FAILED else "completed",
            completed_at=runtime.clock(),
            records_synced=report.records_synced,
            days_written=report.days_written,
            since=report.since.isoformat() if report.since else None,
            until=report.until.isoformat() if report.until else None,
            errors=tuple(errors),
            warnings=tuple(report.warnings),
            sources={name: source.details() for name, source in report.sources.items()},
        )
    )
    for warning in report.warnings:
        log.warning("%s", warning)
    for error in errors:
        log.error("%s", error)
    if report.status == COMPLETED:
        log.log(SUCCESS, "sync completed: %d records, %d days", report.records_synced, report.days_written)
    elif report.status == PARTIAL:
        log.warning("sync partial: %d records, %d days", report.records_synced, report.days_written)
