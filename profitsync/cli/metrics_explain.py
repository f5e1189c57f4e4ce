"""`profitsync metrics explain`: one day, opened up."""

from typing import Annotated

import typer

from profitsync.cli.options import JsonFlag, UserOption, read_day
from profitsync.cli.session import session_of
from profitsync.errors import UsageError


def explain(
    context: typer.Context,
    user: UserOption,
    date: Annotated[str, typer.Option(metavar="DAY", help="The shop day, YYYY-MM-DD.", show_default=False)],
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only what this figure is made of.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every event, not only those that matter most.")] = False,
    json: JsonFlag = False,
) -> None:
    """Open one day down to the orders, refunds, parcels and ads that its figures are the sums of.

    Lines are what the stored facts give now, and add up to each figure; what
    rounding leaves has a line of its own. Where the stored figures are older,
    that is said. Without --all the events that change the net profit most are
    listed and the others summed up; --json always holds all of them, exact.
    """
    from profitsync.domain.metrics import FIELDS
    from profitsync.services.explain import explain_day
    from profitsync.services.problems import unknown_field
    from profitsync.services.users import get_user

    session = session_of(context)
    day = read_day("--date", date)
    if metric is not None and metric not in FIELDS:
        raise UsageError(f"--metric: {metric} {unknown_field(metric, FIELDS)}")
    with session.runtime() as runtime:
        merchant = get_user(runtime.store, user)
        assert day is not None  # noqa: S101 - a required option
        explained = explain_day(runtime.store, merchant, day)
    if json:
        from profitsync.services.explain_shape import explanation_shape

        session.json(explanation_shape(explained, metric))
        return
    if metric:
        from profitsync.cli.explained_metric import print_metric

        print_metric(session.out, explained, metric, every=every)
    else:
        from profitsync.cli.explained import print_day

        print_day(session.out, explained, merchant.settings.revenue_basis, every=every)
