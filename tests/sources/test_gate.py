"""What all merchants of a run share: an API that is left alone, with the first reason."""

import pytest

from profitsync.sources.errors import ThrottledError
from profitsync.sources.gate import Gate


def test_an_open_gate_lets_everybody_pass() -> None:
    gate = Gate()

    gate.close("Meta", "used up")

    gate.check("Shopify")


def test_a_closed_gate_gives_the_first_reason_to_all_who_come() -> None:
    gate = Gate()
    gate.close("Meta", "used up")
    gate.close("Meta", "another reason")

    for _ in range(2):
        with pytest.raises(ThrottledError, match=r"^Meta: left alone .* all merchants: used up$"):
            gate.check("Meta")
