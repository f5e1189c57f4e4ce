"""`profitsync sync`: the main job."""

from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli import completion
from profitsync.cli.options import JsonFlag, Since, Until, read_range
from profitsync.cli.session import session_of
from profitsync.cli.sync_report import show_report
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.domain.merchants import User

WORKERS, MOST_WORKERS = 8, 64  # docs/performance.md says why


def sync(
    context: typer.Context,
    everyone: Annotated[bool, typer.Option("--all", help="Every active merchant.")] = False,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user",
            metavar="REF",
            help="This merchant: id, e-mail or store. May be repeated.",
            autocompletion=completion.merchants,
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="Read the last N days again.", show_default=False)
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Only shopify, meta or shiprocket. May be repeated.",
            autocompletion=completion.sources,
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Forget how far was read: begin as the first time.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and calculate, show what would change, keep no result.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Wait so long for a merchant another run holds.",
            show_default=False,
        ),
    ] = 0,
    json: JsonFlag = False,
    workers: Annotated[int, typer.Option(min=1, max=MOST_WORKERS, help="Merchants at the same time.")] = WORKERS,
) -> None:
    """Read what changed at the sources and calculate the days it touches.

    Without days: what changed since the last success; the first time, the last 90 days. With days: exactly those.

    Exit codes: 0 all good, 1 nothing could be stored, 3 some of it failed, 75 another run is at work.
    """
    from profitsync.cli.notices import tell
    from profitsync.cli.progress import watching
    from profitsync.services.notify import of_sync
    from profitsync.services.ping import pinging
    from profitsync.services.reports import SyncRequest
    from profitsync.services.sync import run_sync

    session = session_of(context)
    if everyone == bool(user):
        raise UsageError("give either --all or --user REF")
    first, last = read_range(since, until, days)
    request = SyncRequest(
        since=first, until=last, days=days, sources=_sources(source), full=full, dry_run=dry_run,
        wait=wait,
    )  # fmt: skip
    watched = everyone and not dry_run  # of single merchants and rehearsals no monitor need know
    with pinging(session.settings.ping_url if watched else None) as ping, session.runtime() as runtime:
        users = _chosen(runtime, user)
        if not users:
            session.warn("there is no active merchant to sync; `profitsync users add` registers one")
        with watching(session) as progress:
            report = run_sync(runtime, users, request, progress, workers)
        ping.tell(report)
        if not dry_run and runtime.settings.notify_urls:
            tell(runtime, of_sync(runtime, report))
    show_report(session, report, json=json)
    raise typer.Exit(report.exit_code)


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
