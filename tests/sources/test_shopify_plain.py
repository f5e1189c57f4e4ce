"""Plain orders: mapped alike here and in another process, in order, whoever does it."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from profitsync.hands import Task
from profitsync.services.plans import INDIA
from profitsync.sources.shopify import plain
from profitsync.sources.shopify.plain import plain_orders, with_plain_orders, written_down
from profitsync.stores.slips import Form, days_of, fields_of, goods_of, slip_of, whole
from tests.contract.samples import full_order
from tests.hands import Answer, Behaviour, Scripted, at_once, not_at_all
from tests.sources import shopify_samples as samples


def raw(number: int, **changes: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(samples.order(number, **changes)))


NOT_PLAIN = [
    pytest.param(raw(1, edited=True), id="edited"),
    pytest.param(raw(1, refunds=[samples.ref("Refund", 9)]), id="refunded"),
    pytest.param(raw(1, cancelledAt="2026-11-22T18:00:00Z"), id="cancelled"),
    pytest.param(raw(1, lineItems=samples.page(samples.line(1), cursor="x")), id="more lines"),
    pytest.param(raw(1, shippingLines=samples.page(cursor="x")), id="more shipping lines"),
    pytest.param(raw(1, subtotalPriceSet=samples.bag("1")), id="lines that do not add up"),
    pytest.param(raw(1, id="450"), id="an id that is none"),
    pytest.param(raw(1, totalTipReceivedSet=samples.bag("NaN")), id="an amount that is none"),
    pytest.param(msgspec.Raw(b'{"id": '), id="cut"),
]


@pytest.mark.parametrize("other", NOT_PLAIN)
def test_what_needs_a_closer_look_is_no_plain_order(other: msgspec.Raw) -> None:
    first, none, last = plain_orders([raw(7), other, raw(8)])

    assert [first and first.id, none, last and last.id] == ["7", None, "8"]


@pytest.mark.parametrize("form", ["json", "bson"])
def test_another_process_maps_as_this_one_does(form: Form) -> None:
    raws = [raw(1), raw(2, edited=True), raw(3, lineItems=samples.page(samples.line(31), samples.line(30)))]

    slips = plain._slips(written_down(b'["Asia/Kolkata","%b",[%b]]' % (form.encode(), b",".join(raws))))

    assert [slip and whole(slip) for slip in slips] == plain_orders(raws)
    assert [slip and slip.fields for slip in slips] == [
        one and (fields_of(one) if form == "bson" else b"") for one in plain_orders(raws)
    ]
    assert [slip and goods_of(slip) for slip in slips] == [one and goods_of(one) for one in plain_orders(raws)]
    for zone in (INDIA, ZoneInfo("Pacific/Pago_Pago")):
        assert [slip and days_of(slip, zone) for slip in slips] == [
            one and days_of(one, zone) for one in plain_orders(raws)
        ]


def test_an_order_that_was_written_down_is_the_same_order() -> None:
    order = full_order()
    slip = slip_of(order, INDIA)

    assert whole(slip) == order
    assert {name: getattr(order, name) for name in slip.__struct_fields__ if hasattr(order, name)} == {
        name: getattr(slip, name) for name in slip.__struct_fields__ if hasattr(order, name)
    }


def later() -> Behaviour:
    """The first answer comes with the third call."""
    held: list[tuple[Answer, Task, bytes]] = []

    def behaviour(answer: Answer, task: Task, given: bytes) -> None:
        held.append((answer, task, given))
        if len(held) >= 3:
            for one, do, what in held:
                if not one.done():
                    one.set_result(do(what))

    return behaviour


@pytest.mark.parametrize("behaviour", [at_once, not_at_all, later()], ids=["at once", "not at all", "late"])
def test_batches_keep_their_order_and_none_is_lost(behaviour: Behaviour) -> None:
    batches = [[raw(2 * number), raw(2 * number + 1)] for number in range(1, 9)]
    hands = Scripted(1, behaviour)

    found = list(with_plain_orders(batches, lambda: hands, lambda: INDIA.key))

    assert hands.calls == len(batches)
    assert [list(raws) for raws, _ in found] == batches
    assert [[order and order.id for order in orders] for _, orders in found] == [
        [str(2 * number), str(2 * number + 1)] for number in range(1, 9)
    ]


def test_who_waits_for_a_hand_that_is_behind_does_some_of_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "AHEAD", 2)
    first: list[Answer] = []
    hands = Scripted(1, lambda answer, _task, _given: first.append(answer))

    def batches() -> Iterator[list[msgspec.Raw]]:
        yield from ([raw(number)] for number in range(1, 6))
        for answer in first:
            answer.set_result(None)

    found = [
        orders[0] and orders[0].id for _, orders in with_plain_orders(batches(), lambda: hands, lambda: INDIA.key)
    ]

    assert (hands.calls, found) == (2, ["1", "2", "3", "4", "5"])
