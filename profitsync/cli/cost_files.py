"""`profitsync costs import` and `export`: product costs as CSV."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from profitsync.cli.cost_output import counted, merchant_of, plan, recalculate_from
from profitsync.cli.helping import command
from profitsync.cli.options import JsonFlag, UserOption
from profitsync.cli.session import Session, session_of
from profitsync.errors import UsageError

if TYPE_CHECKING:
    from profitsync.services.cost_file import CostFile
    from profitsync.services.costs import Planned

Recalculate = Annotated[
    bool,
    typer.Option(
        "--recalculate", help="Correct the past: replace the cost in force, and calculate its stored days again."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    command(
        app,
        "import",
        "costs import costs.csv --user owner@shop.example --dry-run",
        "costs import costs.csv --user owner@shop.example",
        "costs import - --user my-shop --skip-bad < costs.csv",
    )(import_costs)
    command(
        app,
        "export",
        "costs export --user owner@shop.example > costs.csv",
        "costs export --user my-shop --output costs.csv",
    )(export_costs)


def import_costs(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV; - is standard input.", show_default=False)],
    user: UserOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of refusing.")] = False,
    recalculate: Recalculate = False,
    json: JsonFlag = False,
) -> None:
    """Read costs from a CSV: productId or sku, cost, and if wanted variantId, productName, validFrom.

    validFrom is a day, or `always`; without it a changed cost is valid from today on. All bad lines are told, and
    nothing is written unless every line is good.
    """
    from profitsync.domain.costs import CostSource
    from profitsync.services import costs
    from profitsync.services.cost_file import read_cost_file

    session = session_of(context)
    origin = "standard input" if file == "-" else file
    content = read_cost_file(_read(file, origin), origin)
    with session.runtime() as runtime:
        merchant = merchant_of(runtime, user)
        planned = plan(runtime, merchant, content.statements, CostSource.IMPORTED, correct=recalculate)
        refused = bool(content.bad) and not skip_bad
        _tell_bad(session, content)
        if json:
            from profitsync.services.shapes import cost_plan_shape

            session.json(cost_plan_shape(planned, content.bad, written=not (dry_run or refused)))
        else:
            _tell_plan(session, content, planned, preview=dry_run)
        if refused:
            raise UsageError(
                f"{origin}: {counted(len(content.bad), 'bad line')}; nothing was written "
                "(--skip-bad imports the others)"
            )
        if dry_run:
            session.note("Dry run: nothing was written.")
            return
        costs.write(runtime.store, merchant, planned)
        if recalculate:
            starts = [one.entry.valid_from for one in planned if one.effect is not costs.Effect.UNCHANGED]
            recalculate_from(session, runtime, merchant, starts)


def export_costs(
    context: typer.Context,
    user: UserOption,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the CSV here.", show_default=False),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """The costs that people stated, with their history, as CSV. Importing it again changes nothing."""
    from profitsync.services.cost_file import cost_file, stated

    session = session_of(context)
    if json and output:
        raise UsageError("--json and --output: give one or the other")
    with session.runtime() as runtime:
        costs = stated(runtime.store.costs(merchant_of(runtime, user).id))
    if json:
        from profitsync.services.shapes import cost_shape

        session.json([cost_shape(cost) for cost in costs])
    elif output is None:
        sys.stdout.write(cost_file(costs))
    else:
        _write(output, cost_file(costs))
        session.note(f"Wrote {counted(len(costs), 'cost')} to {output}.")


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror}") from None


def _read(file: str, origin: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{origin}: cannot be read: {error.strerror}") from None


def _tell_bad(session: Session, content: "CostFile") -> None:
    for bad in content.bad:
        session.error(f"line {bad.number}: {bad.reason}")
    for column in content.ignored_columns:
        session.note(f"The column {column!r} is not used.")


def _tell_plan(session: Session, content: "CostFile", planned: "list[Planned]", *, preview: bool) -> None:
    """How many lines do what; in a preview also what becomes of each that changes something."""
    from profitsync.services.costs import Effect

    changing = [one for one in planned if one.effect is not Effect.UNCHANGED]
    if preview and changing:
        _print_changes(session, changing)
    counts = {effect: sum(one.effect is effect for one in planned) for effect in Effect}
    session.lines(", ".join(f"{count} {effect}" for effect, count in counts.items()) + f", {len(content.bad)} bad")
    if periods := sum(one.new_period for one in planned):
        session.note(
            f"{counted(periods, 'changed cost')} without validFrom: valid from today, older days keep theirs."
        )


def _print_changes(session: Session, changing: "list[Planned]") -> None:
    from profitsync.cli.tables import print_table
    from profitsync.domain.costs import cost_key

    print_table(
        session.out,
        ("Effect", "For", "Name", "Before", "Cost", "Valid from"),
        [
            (
                str(one.effect),
                " ".join(cost_key(one.entry)),
                one.entry.product_name or "-",
                f"{one.before.cost:,f}" if one.before else "-",
                f"{one.entry.cost:,f}",
                str(one.entry.valid_from or "always"),
            )
            for one in changing
        ],
        folding=("Name",),
        numbers=("Before", "Cost"),
    )
