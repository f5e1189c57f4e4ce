"""The captures of docs/terminal.md. A new one is an entry in `SCENES`: what is typed, where, and when to look."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.stage import SINCE, UNTIL, Stage

FRESH, SYNCED = "fresh", "synced"  # stages: registered and served, or synced already
RANGE = f"--since {SINCE} --until {UNTIL}"
WEEK = "--since 2026-10-30 --until 2026-11-05"
WIDTHS = (80, 160)

Arrived = Callable[[Stage, list[str]], bool]


@dataclass(frozen=True, slots=True)
class Scene:
    """`typed` is what follows `profitsync `, with REF for the merchant."""

    name: str
    title: str
    typed: str
    text: str  # what a reader should look at
    widths: tuple[int, ...] = WIDTHS
    stage: str = SYNCED
    faults: tuple[str, ...] = ()  # of the sandbox, on a fresh stage
    arrived: Arrived | None = None  # look then; None: at the end of the program
    variables: tuple[tuple[str, str], ...] = ()


def _reading(stage: Stage, lines: list[str]) -> bool:
    """Shopify and Meta are read, Shiprocket still lets us wait."""
    shop, ads = stage.world.shopify, stage.world.meta
    counts = (f"meta {len(ads.days) if ads else 0:,}", f"shopify {len(shop.orders) if shop else 0:,}")
    return all(any(count in line for line in lines) for count in counts)


SCENES = (
    Scene(
        "show", "metrics show", f"metrics show --user REF {WEEK}",
        "As many columns as fit, the profit readable as a sum from left to right. A minus sign is a loss (red in "
        "colour), `*` a day of which something is not known, explained below.",
    ),
    Scene(
        "show-compare", "metrics show --compare", f"metrics show --user REF {WEEK} --compare previous",
        "Totals beside the same number of days right before.",
    ),
    Scene(
        "show-columns", "metrics show --columns",
        f"metrics show --user REF --since 2026-11-03 --until {UNTIL} --columns shipping,customers",
        "Columns asked for are never dropped: what does not fit stands in a further block.",
    ),
    Scene(
        "explain", "metrics explain", "metrics explain --user REF --date 2026-11-04",
        "One day down to its orders, refunds, parcels and ads. Every line adds up to the figure beside it.",
    ),
    Scene(
        "explain-metric", "metrics explain --metric",
        "metrics explain --user REF --date 2026-11-04 --metric cogs",
        "One figure and everything it is the sum of.",
    ),
    Scene(
        "chart", "metrics chart", f"metrics chart revenue netProfit rtoRate --user REF {RANGE}",
        "A panel per metric, so that they differ without colour. Losses hang below the line; on the line `*` "
        "marks incomplete days and `?` values that are not known.",
    ),
    Scene(
        "products", "metrics products", f"metrics products --user REF {RANGE} --limit 8",
        "Profit per product; every column ties to the totals of `metrics show`.",
    ),
    Scene(
        "reconcile", "metrics reconcile", f"metrics reconcile --user REF {RANGE}",
        "From our figures to those of Shopify, Ads Manager and the Shiprocket panel.",
        widths=(80,),
    ),
    Scene(
        "sync-progress", "sync, while it runs", f"sync --user REF {RANGE}",
        "A live line per merchant: what is being done, records per source, time.",
        stage=FRESH, faults=("shiprocket:slow=6x1",), arrived=_reading,
    ),
    Scene(
        "sync-summary", "sync, when a source has failed", f"sync --user REF {RANGE}",
        "One line per merchant: what was done, and what failed and why. The exit code is 3.",
        stage=FRESH, faults=("meta:190",),
    ),
    Scene(
        "doctor", "doctor", "doctor",
        "What is wrong and what to do about it: here two sources refuse their credentials. The exit code is 4.",
        stage=FRESH, faults=("meta:190", "shiprocket:credentials"),
    ),
)  # fmt: skip
