"""What came of a sync, for a person: on a terminal always, in a mail of cron only when something failed."""

from typing import TYPE_CHECKING

from profitsync.cli.session import Session

if TYPE_CHECKING:
    from rich.console import Console

    from profitsync.services.reports import SyncReport, UserReport


def show_report(session: Session, report: "SyncReport", *, json: bool = False) -> None:
    """JSON for scripts; a table on a terminal; off it log lines have said it, and a table tells failures."""
    for user in report.users:
        if user.locked and session.quiet:
            session.error(f"{user.email}: {user.error}")
    if json:
        from profitsync.services.shapes import sync_shape

        session.json(sync_shape(report))
        return
    for user in report.users:
        if user.changes is not None:
            _show_changes(session, user, several=len(report.users) > 1)
    if session.out.is_terminal and report.users:
        _print_summary(session.out, report)
    elif any(user.failures() and not user.locked for user in report.users):
        _print_summary(session.err, report)


def _show_changes(session: Session, user: "UserReport", *, several: bool) -> None:
    """What a dry run would write: data, so it goes to stdout."""
    from profitsync.cli.changes_table import print_changes

    if several:
        session.lines(user.email)
    if user.changes:
        print_changes(session.out, user.changes, user.currency)
    else:
        session.note(f"{user.email}: nothing would change.")
    session.note("Dry run: nothing was written.")


def _print_summary(console: "Console", report: "SyncReport") -> None:
    from profitsync.cli.tables import print_table

    print_table(
        console,
        ("Merchant", "Result", "Days", "Orders", "Requests", "What failed and why"),
        [_summary(user) for user in report.users],
        folding=("Merchant", "What failed and why"),
        numbers=("Days", "Orders", "Requests"),
    )


def _summary(user: "UserReport") -> tuple[str, ...]:
    from profitsync.domain.merchants import SHOPIFY

    orders = user.sources.get(SHOPIFY)
    return (
        user.email,
        "locked" if user.locked else user.status,
        f"{user.days_written:,}",
        f"{orders.records:,}" if orders and orders.status != "off" else "-",
        f"{user.requests:,}",
        "; ".join(user.failures()) or "-",
    )
