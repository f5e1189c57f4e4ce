"""What a single movement, ad row or parcel adds to the figures of its day."""

from decimal import Decimal as D

import pytest

from profitsync.domain.contributions import of_ads, of_movement, of_parcel, unknown
from profitsync.domain.movements import Cause
from profitsync.domain.rows import Value
from tests.unit.builders import book, cod_order, delivery, line, order, refund, rto_parcel, taken, total

OK = {"shopify": "ok", "meta": "ok", "shiprocket": "ok"}


def test_movements_name_their_line_and_its_units() -> None:
    sold = order(line("7", quantity=2), shipping=(delivery(),), refunds=(refund(taken("7")),))

    found = [(entry.cause, entry.line_id, entry.units) for entry in book(sold)]

    assert found == [
        (Cause.SALE, "7", D(2)),
        (Cause.SALE, "", D(0)),
        (Cause.REFUND, "7", D(-1)),
        (Cause.REFUND, "7", D(0)),  # the cost that comes back with it
    ]


def test_a_sale_adds_to_all_that_is_made_of_it() -> None:
    (sold,) = book(order(line(discount="105")))

    added = {name: value and round(D(value), 2) for name, value in of_movement(sold, OK, "net").items()}

    assert (added["grossSales"], added["discounts"], added["netSales"], added["totalSales"]) == (
        1000,
        100,
        900,
        945,
    )
    assert (added["revenue"], added["cogs"], added["netProfit"]) == (900, 400, 500)


@pytest.mark.parametrize(
    ("state", "basis", "reversal", "profit"),
    [
        ("ok", "net", D(1100), D(-1100)),
        ("ok", "total_sales", D(1155), D(-1155)),
        ("off", "net", D(0), D(0)),
        ("missing", "net", None, None),
    ],
)
def test_a_reversal_counts_as_far_as_parcels_are_known(
    state: str, basis: str, reversal: Value, profit: Value
) -> None:
    booked = [entry for entry in book(cod_order(), rto_parcel(back=None)) if entry.cause == Cause.RTO]
    added = [of_movement(entry, {**OK, "shiprocket": state}, basis) for entry in booked]

    def summed(field: str) -> Value:
        values = [one[field] for one in added]
        return None if None in values else round(sum((D(value or 0) for value in values), D(0)), 2)

    assert (summed("rtoReversal"), summed("netProfit")) == (reversal, profit)
    assert total(booked, "rto_reversal") == 1100


def test_spend_and_parcels_lower_the_profit_and_the_unknown_stays_unknown() -> None:
    assert of_ads(D(5), "net")["netProfit"] == D(-5)
    assert of_ads(None, "net")["netProfit"] is None
    assert of_parcel(D(80), "net")["netProfit"] == D(-80)
    assert of_parcel(None, "net")["shippingCost"] == 0
    assert set(unknown().values()) == {None}
