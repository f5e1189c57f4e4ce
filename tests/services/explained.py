"""Whether the entries of an explained day add up to every one of its figures."""

from collections.abc import Iterator
from decimal import Decimal

from profitsync.domain.contributions import COMPOSED, PRIMARY
from profitsync.domain.metrics import FIELDS
from profitsync.domain.money import rounded
from profitsync.services.explanation import ADDITIVE, Explanation

PARTS_OF_PROFIT = 8  # primary figures that netProfit is composed of, each rounded once
HALF = Decimal("0.005")


def contradictions(explained: Explanation) -> Iterator[str]:
    """Each figure of the day that its entries do not add up to, and each that the stored row tells otherwise."""
    for name in ADDITIVE:
        figure, total = explained.now.values[name], explained.sum_of(name)
        if figure is None:
            continue  # what is not known has no sum to compare with
        if name in PRIMARY:
            right = total is not None and rounded(Decimal(total)) == figure
        elif name in COMPOSED:  # from rounded figures, so up to half a cent of each away from the exact sum
            right = total is not None and abs(Decimal(total) - figure) <= HALF * PARTS_OF_PROFIT
        else:
            assert FIELDS[name] == "count"
            right = total == figure
        if not right:
            yield f"{explained.day} {name}: {figure}, but the entries add up to {total}"
    for name, (before, now) in explained.differences().items():
        yield f"{explained.day} {name}: stored {before}, explained {now}"
