"""The application: its commands, its global options, and how every failure ends."""

import logging
from collections.abc import Sequence
from typing import Annotated

import typer

from profitsync import __version__
from profitsync.cli import (
    costs,
    demo,
    doctor,
    health,
    init,
    jobs,
    keys,
    metrics,
    notices,
    sandbox,
    serve,
    sync,
    users,
    webhooks,
)
from profitsync.cli.helping import command
from profitsync.cli.session import Session
from profitsync.errors import ProfitsyncError, UsageError

INTERRUPTED = 130

app = typer.Typer(
    name="profitsync",
    help="What a direct-to-consumer merchant really earned, day by day.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
command(app, "init", "init")(init.init)
command(app, "demo", "demo", "demo --days 14 --keep demo-shop")(demo.demo)
command(app, "sandbox", "sandbox --user-file merchant.json > sandbox.env", "sandbox --fault meta:500")(
    sandbox.sandbox
)
app.add_typer(users.app, name="users")
app.add_typer(costs.app, name="costs")
command(
    app,
    "sync",
    "sync --all",
    "sync --user my-shop --since 2026-11-01 --until 2026-11-30",
    "sync --user owner@shop.example --days 7 --source meta",
    "sync --user owner@shop.example --dry-run",
    "--quiet sync --all --wait 300",
)(sync.sync)
app.add_typer(metrics.app, name="metrics")
app.add_typer(jobs.app, name="jobs")
command(app, "doctor", "doctor", "doctor --json")(doctor.doctor)
command(app, "health", "health", "health --max-age 90m --json", "--quiet health --max-age 3h --notify")(
    health.health
)
app.add_typer(notices.app, name="notify")
command(app, "serve", "serve", "serve --host 0.0.0.0 --port 8080")(serve.serve)
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"profitsync {__version__}")
        raise typer.Exit


@app.callback()
def global_options(
    context: typer.Context,
    database_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Instead of PROFITSYNC_DATABASE_URL.", show_default=False),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Console level instead of PROFITSYNC_LOG_LEVEL: debug, info, success, warn or error.",
            show_default=False,
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log everything to the console.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only problems on stderr, as cron wants it.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What a direct-to-consumer merchant really earned, day by day."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet: give one or the other")
    session: Session = context.obj
    session.database_url, session.log_level = database_url, log_level
    session.verbose, session.quiet = verbose, quiet


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an expected failure is one line, never a traceback."""
    from profitsync import logs

    session = Session()
    try:
        return _run(argv, session)
    except ProfitsyncError as error:
        session.error(logs.redact(str(error)))
        return error.exit_code
    except KeyboardInterrupt:
        session.error("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: the log file gets the traceback
        _report_unexpected(session, error)
        return 1
    finally:
        logs.shutdown()


def _run(argv: Sequence[str] | None, session: Session) -> int:
    command = typer.main.get_command(app)
    try:
        ended = command.main(
            args=None if argv is None else list(argv),
            prog_name="profitsync",
            standalone_mode=False,
            obj=session,
        )
    except typer.Abort:  # Ctrl-C or the end of the input at a prompt
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        if text := _usage_text(error):
            session.error(text)
        return error.exit_code
    if ended == INTERRUPTED:  # Typer swallows the interrupt itself
        raise KeyboardInterrupt
    return ended if isinstance(ended, int) else 0


def _usage_text(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    text = " ".join(error.format_message().split())
    if not text:  # a group without a command: its help was shown
        return ""
    if option := getattr(error, "option_name", None):  # an unknown one, of whichever command
        text = f"No such option: {option}{_instead(option, error, context)}"
    return f"{text} (see `{context.command_path} --help`)" if context else text


def _instead(option: str, error: typer.TyperException, context: typer.Context | None) -> str:
    """What was probably meant by an option that the command does not have."""
    root = context.find_root().command.params if context else []
    if any(option in one.opts for one in root):
        return "; it goes before the command"
    near = getattr(error, "possibilities", None)  # the likeliest first
    return f"; did you mean {near[0]}?" if near else ""


def _report_unexpected(session: Session, error: Exception) -> None:
    """One line for people; the traceback, secrets masked, for the log file."""
    from profitsync import logs

    name = type(error).__name__
    if logs.current_file() is None:
        try:
            session.start_logging()
        except ProfitsyncError:
            session.error(f"unexpected {name}, and there is no log to write the details to")
            return
    for handler in logging.getLogger(logs.ROOT).handlers:
        if isinstance(handler, logs.ConsoleHandler):
            logging.getLogger(logs.ROOT).removeHandler(handler)
    logging.getLogger(__name__).critical("unexpected %s", name, exc_info=error)
    session.error(f"unexpected {name}; details in {logs.current_file()}")
