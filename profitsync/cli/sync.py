"""`profitsync sync`: the main job."""

from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.options import JsonFlag, Since, Until, read_range
from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.domain.merchants import User
    from profitsync.services.reports import SyncReport, UserReport


def sync(
    context: typer.Context,
    everyone: Annotated[bool, typer.Option("--all", help="Every active merchant.")] = False,
    user: Annotated[
        list[str] | None,
        typer.Option("--user", metavar="REF", help="This merchant: id, e-mail or store. May be repeated."),
    ] = None,
    since: Since = None,
    until: Until = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="Read the last N days again.", show_default=False)
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME", help="Only shopify, meta or shiprocket. May be repeated."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Forget how far was read: begin as the first time.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and calculate; keep no result.")] = False,
    json: JsonFlag = False,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Merchants at the same time.")] = 4,
) -> None:
    """Read what changed at the sources and calculate the days it touches.

    Without days: what changed since the last success; the first time, the last 90 days. With days: exactly those.
    """
    from profitsync.cli.progress import watching
    from profitsync.services.reports import SyncRequest
    from profitsync.services.sync import run_sync

    session = session_of(context)
    if everyone == bool(user):
        raise UsageError("give either --all or --user REF")
    first, last = read_range(since, until, days)
    request = SyncRequest(since=first, until=last, days=days, sources=_sources(source), full=full, dry_run=dry_run)
    with session.runtime() as runtime:
        users = _chosen(runtime, user)
        if not users:
            session.warn("there is no active merchant to sync; `profitsync users add` registers one")
        with watching(session) as progress:
            report = run_sync(runtime, users, request, progress, workers)
    show_report(session, report, json=json)
    raise typer.Exit(report.exit_code)


def show_report(session: Session, report: "SyncReport", *, json: bool = False) -> None:
    """The outcome: JSON for scripts, a table on a terminal. Elsewhere the log lines have said it."""
    for user in report.users:
        if user.locked and session.quiet:
            session.error(f"{user.email}: {user.error}")
    if json:
        from profitsync.services.shapes import sync_shape

        session.json(sync_shape(report))
    elif report.users and session.out.is_terminal:
        from profitsync.cli.tables import print_table

        print_table(
            session.out,
            ("Merchant", "Result", "Records", "Days", "Shopify", "Meta", "Shiprocket"),
            [_summary(user) for user in report.users],
            folding=("Merchant",),
            numbers=("Records", "Days"),
        )


def _sources(names: list[str] | None) -> frozenset[str]:
    from profitsync.domain.merchants import SOURCES
    from profitsync.services.problems import did_you_mean

    if not names:
        return frozenset(SOURCES)
    if problems := [
        f"--source {name!r}: must be one of {', '.join(SOURCES)}{did_you_mean(name, SOURCES)}"
        for name in names
        if name not in SOURCES
    ]:
        raise UsageError("\n".join(problems))
    return frozenset(names)


def _chosen(runtime: "Runtime", refs: list[str] | None) -> "list[User]":
    """The merchants asked for, each once; without REFs every active one."""
    from profitsync.services.users import get_user

    if not refs:
        return [user for user in runtime.store.users() if user.is_active]
    users = {user.id: user for user in (get_user(runtime.store, ref) for ref in refs)}
    if idle := [user.email for user in users.values() if not user.is_active]:
        raise UsageError(
            "\n".join(f"{email} is deactivated; `profitsync users activate {email}` first" for email in idle)
        )
    return list(users.values())


def _summary(user: "UserReport") -> tuple[str, ...]:
    from profitsync.domain.merchants import SOURCES

    told = (user.sources.get(name) for name in SOURCES)
    return (
        user.email,
        "locked" if user.locked else user.status,
        f"{user.records_synced:,}",
        f"{user.days_written:,}",
        *(one.status if one else "-" for one in told),
    )
