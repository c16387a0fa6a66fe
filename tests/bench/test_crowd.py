"""The crowd in memory: any page of it is there, and what is written is forgotten."""

import pytest

from bench.crowd import Crowd
from bench.units import Units, indexes_of
from chalicelib.adapters.dynamodb.payment_items import payment_from_item, payment_to_item
from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.adapters.dynamodb.values import encode_item
from chalicelib.adapters.dynamodb.writes import Absent, Assign, Key, Page, Present, Put, Update
from tests.builders import a_paid

KEPT = Key("p", "s")
SMALL = {"pk": "p", "sk": "s", "kind": "thing"}


def a_crowd(count: int) -> Crowd:
    """So many payments, and one small thing."""
    payment = a_paid()
    key = {"pk": f"M#{payment.tenant.merchant}#test#PAY#{payment.id}", "sk": "PAY"}
    like = {**payment_to_item(payment), "sp": "S", "ss": "s", **key}
    indexes = indexes_of(table_definition("t"))
    return Crowd([encode_item(SMALL)], like, indexes, count)


@pytest.mark.parametrize("count", [30, 3_000])
def test_a_page_is_of_payments_and_costs_the_same_however_many_there_are(count: int) -> None:
    crowd = a_crowd(count)
    place = str(payment_to_item(a_paid())["lp"])
    page = crowd.page(Page(place, 26))
    ids = [payment_from_item(item).id for item in page]
    assert (len(ids), ids) == (26, sorted(ids, reverse=True))
    assert crowd.units == Units(reads=2)
    last = crowd.page(Page(place, 26, before=str(page[-1]["ls"])))
    assert len(last) == min(26, count - 26)


def test_what_is_written_is_counted_and_forgotten() -> None:
    crowd = a_crowd(1)
    crowd.write([Update("u", KEPT, {"x": Assign(1)}, Present())])
    crowd.write([Put("n", Key("q", "s"), {"kind": "new"}, Absent())])
    assert crowd.units == Units(writes=4)
    assert (crowd.get(KEPT), crowd.get(Key("q", "s"))) == (
        {**SMALL, "x": 1},
        {"pk": "q", "sk": "s", "kind": "new"},
    )
    assert crowd.units == Units(reads=2, writes=4)
    crowd.forget()
    assert (crowd.get(KEPT), crowd.get(Key("q", "s"))) == (SMALL, None)
