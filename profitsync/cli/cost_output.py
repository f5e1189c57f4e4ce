"""What the cost commands share: finding the merchant, planning, and telling what came of it."""

from datetime import date
from typing import TYPE_CHECKING

from profitsync.cli.session import Session

if TYPE_CHECKING:
    from profitsync.bootstrap import Runtime
    from profitsync.domain.costs import CostSource, ProductCost
    from profitsync.domain.merchants import User
    from profitsync.services.costs import Planned, Statement


def merchant_of(runtime: "Runtime", ref: str) -> "User":
    """The merchant of a REF. Raises `UsageError`."""
    from profitsync.services.users import get_user

    return get_user(runtime.store, ref)


def plan(
    runtime: "Runtime", user: "User", statements: "list[Statement]", source: "CostSource", *, correct: bool
) -> "list[Planned]":
    """What the statements change, as of now; nothing is written."""
    from profitsync.services import costs

    now = runtime.clock()
    today: date = costs.shop_today(user, now)
    stored = runtime.store.costs(user.id)
    return costs.plan(stored, statements, source=source, today=today, now=now, correct=correct)


def tell_one(session: Session, planned: "Planned", user: "User") -> None:
    """One stated cost, and from when it counts."""
    entry, currency = planned.entry, user.currency or "shop currency"
    since = f"from {entry.valid_from} on" if entry.valid_from else "for all days"
    session.note(f"{planned.effect.capitalize()}: {entry.cost} {currency} {since}.")
    if planned.new_period:
        session.note(
            "An older cost stays for the days before; --recalculate would correct it, --valid-from choose the day."
        )


def recalculate_from(session: Session, runtime: "Runtime", user: "User", starts: list[date | None]) -> None:
    """Have the stored days from the earliest start on calculated again."""
    from profitsync.services import costs

    days = costs.recalculate_from(runtime.store, user, starts)
    session.note(
        f"{counted(days, 'stored day')} will be calculated again by the next sync, "
        f"or at once by `profitsync costs recompute --user {user.email}`."
    )


def print_costs(session: Session, costs: "list[ProductCost]", json: bool, nothing: str) -> None:
    """A list of costs, as a table or as JSON."""
    if json:
        from profitsync.services.shapes import cost_shape

        session.json([cost_shape(cost) for cost in costs])
        return
    if not costs:
        session.note(nothing)
        return
    from profitsync.cli.tables import print_table
    from profitsync.domain.costs import cost_key

    print_table(
        session.out,
        ("For", "Name", "Cost", "Source", "Valid from"),
        [
            (
                " ".join(cost_key(cost)),
                cost.product_name or "-",
                f"{cost.cost:,f}",
                str(cost.source),
                str(cost.valid_from or "always"),
            )
            for cost in costs
        ],
        folding=("Name",),
        numbers=("Cost",),
    )


def counted(number: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
