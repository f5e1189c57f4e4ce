"""`profitsync jobs`: what each sync of each merchant did."""

from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli import completion
from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag
from profitsync.cli.session import session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.domain.merchants import Job
    from profitsync.stores.protocol import Store

app = typer.Typer(help="Sync jobs: what each run did.", no_args_is_help=True)

STATUSES = ("running", "completed", "failed")
SHORT = 12  # letters of an id that lists show; any unique beginning names a job
_SEARCHED = 1000  # newest jobs among which a beginning is looked for


@command(app, "list", "jobs list --user owner@shop.example", "jobs list --status failed --limit 5 --json")
def list_jobs(
    context: typer.Context,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="REF",
            help="Only this merchant's.",
            show_default=False,
            autocompletion=completion.merchants,
        ),
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only running, completed or failed.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")] = 50,
    json: JsonFlag = False,
) -> None:
    """The newest sync jobs."""
    from profitsync.services.shapes import job_shape
    from profitsync.services.users import get_user

    session = session_of(context)
    if status is not None and status not in STATUSES:
        raise UsageError(f"--status {status!r}: must be one of {', '.join(STATUSES)}")
    with session.runtime() as runtime:
        user_id = get_user(runtime.store, user).id if user is not None else None
        jobs = runtime.store.jobs(user_id, limit=limit, status=status)
        emails = {one.id: one.email for one in runtime.store.users()}
    if json:
        session.json([job_shape(job) for job in jobs])
        return
    if not jobs:
        session.note("No jobs yet.")
        return
    from profitsync.cli.tables import print_table, when

    print_table(
        session.out,
        ("Job", "Merchant", "Status", "Started", "Records", "Days", "Errors"),
        [
            (
                job.job_id[:SHORT],
                emails.get(job.user_id, job.user_id),
                job.status,
                when(job.started_at),
                f"{job.records_synced:,}",
                f"{job.days_written:,}",
                str(len(job.errors)),
            )
            for job in jobs
        ],
        folding=("Merchant",),
        numbers=("Records", "Days", "Errors"),
    )


@command(app, "show", "jobs show 3f9c2a7b41d0")
def show_job(
    context: typer.Context,
    job_id: Annotated[
        str,
        typer.Argument(
            metavar="JOB",
            help="Its id, or the beginning of it.",
            show_default=False,
            autocompletion=completion.jobs,
        ),
    ],
    json: JsonFlag = False,
) -> None:
    """One sync job with its sources, errors and warnings."""
    from profitsync.services.shapes import job_shape

    session = session_of(context)
    with session.runtime() as runtime:
        job = _find(runtime.store, job_id)
    if json:
        session.json(job_shape(job))
        return
    from profitsync.cli.tables import when

    session.lines(
        f"job        {job.job_id}",
        f"user       {job.user_id}",
        f"status     {job.status}",
        f"started    {when(job.started_at)}",
        f"completed  {when(job.completed_at) if job.completed_at else 'not yet'}",
        f"days       {job.since or '-'} to {job.until or '-'}, {job.days_written:,} written",
        f"records    {job.records_synced:,}",
    )
    for name, details in job.sources.items():
        told = ", ".join(f"{key} {value}" for key, value in details.items())
        session.lines(f"source     {name}: {told}")
    session.lines(*(f"error      {text}" for text in job.errors))
    session.lines(*(f"warning    {text}" for text in job.warnings))


def _find(store: "Store", beginning: str) -> "Job":
    """The job with this id, or the only one whose id begins so. Raises `UsageError`."""
    if found := store.job(beginning):
        return found
    fitting = [job for job in store.jobs(limit=_SEARCHED) if beginning and job.job_id.startswith(beginning)]
    if len(fitting) > 1:
        raise UsageError(f"{len(fitting)} jobs begin with {beginning!r}; give more of the id")
    if not fitting:
        raise UsageError(f"unknown job {beginning!r}; `profitsync jobs list` shows them")
    return fitting[0]
