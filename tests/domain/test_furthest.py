"""What is known of a refund that an event told and that was then asked after."""

from dataclasses import replace
from itertools import product

import pytest

from chalicelib.domain.psp_facts import RefundFactStatus, furthest
from tests.builders import a_refund, a_refund_fact

WAY = [RefundFactStatus.PENDING, RefundFactStatus.SUCCEEDED, RefundFactStatus.FAILED]


@pytest.mark.parametrize(("said", "shown"), list(product(range(3), range(3))))
def test_it_never_goes_back_whichever_of_the_two_is_older(said: int, shown: int) -> None:
    fact = a_refund_fact(a_refund())
    known = furthest(replace(fact, status=WAY[said]), replace(fact, status=WAY[shown]))
    assert known == replace(fact, status=WAY[max(said, shown)])


def test_our_names_may_stand_in_one_of_the_two_only() -> None:
    fact = a_refund_fact(a_refund())
    assert fact.refund is not None
    nameless = replace(fact, refund=None, payment=None)
    assert furthest(fact, nameless) == fact
    assert furthest(nameless, fact) == fact
    assert furthest(nameless, nameless) == nameless
