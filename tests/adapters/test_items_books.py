"""Claims, events that wait, facts and discrepancies as items and back; places in the due index."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.book_items import (
    claim_from_item,
    claim_to_item,
    discrepancy_from_item,
    discrepancy_to_item,
    psp_event_from_item,
    psp_event_to_item,
)
from chalicelib.adapters.dynamodb.fact_items import fact_from_item, fact_to_item
from chalicelib.adapters.dynamodb.keys import (
    DUE_SHARDS,
    due_at_place,
    due_before,
    due_partitions,
    due_place,
)
from chalicelib.adapters.dynamodb.values import decode_item, encode_item
from chalicelib.adapters.dynamodb.writes import Item
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.ids import MerchantId, Millis, Tenant
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.psp_facts import Fact, Unreadable, Unrecognised
from chalicelib.usecases.failures import Claim
from chalicelib.usecases.ports import Due, DueKind
from tests.adapters.strategies import CLAIM, DISCREPANCY, FACT, INSTANT, TENANT, WAITING
from tests.builders import NOW, a_tenant, an_event, an_intent_fact

T = a_tenant()


def stored(item: Item) -> Item:
    """The item after DynamoDB has kept it."""
    return decode_item(encode_item(item))


@given(FACT)
@settings(deadline=None, max_examples=300)
def test_facts_come_back_as_they_were(fact: Fact) -> None:
    assert fact_from_item(stored(fact_to_item(fact))) == fact


@pytest.mark.parametrize("fact", [Unrecognised("payout.paid"), Unreadable("no currency")])
def test_what_says_nothing_of_a_payment_or_refund_is_never_kept(fact: Fact) -> None:
    with pytest.raises(TypeError, match="does not wait"):
        fact_to_item(fact)


def test_a_fact_of_an_unknown_kind_is_noticed() -> None:
    with pytest.raises(AssertionError, match="unknown fact: payout"):
        fact_from_item({"about": "payout"})


@given(TENANT, WAITING)
@settings(deadline=None)
def test_events_that_wait_come_back_as_they_were(tenant: Tenant, event: InboxEvent) -> None:
    assert psp_event_from_item(stored(psp_event_to_item(tenant, event))) == event


def test_an_event_that_waits_is_kept_with_what_it_says_and_when_it_is_due() -> None:
    event = InboxEvent(
        event=an_event(an_intent_fact()), status=EventStatus.DEFERRED, why="unknown_payment",
        at=NOW, attempts=2, due_at=NOW,
    )  # fmt: skip
    assert psp_event_to_item(T, event) == {
        "kind": "psp_event", "schema": 1, "id": "evt_1", "type": "payment_intent.succeeded",
        "created": NOW, "sha256": "0" * 64, "livemode": False, "status": "deferred",
        "why": "unknown_payment", "at": NOW, "attempts": 2,
        "fact": {
            "about": "intent", "intent": "pi_1000", "status": "succeeded", "livemode": False,
            "amount": 20_000, "currency": "IDR", "received": 20_000, "received_currency": "IDR",
            "method": "dana",
        },
        "due_at": NOW, "dp": due_place(Due(DueKind.EVENT, T, "evt_1", NOW))[0],
        "ds": f"00{NOW}#event#{T.merchant}#test#evt_1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "status", [EventStatus.APPLIED, EventStatus.IGNORED, EventStatus.QUARANTINED]
)
def test_an_event_that_has_ended_is_kept_without_what_it_said(status: EventStatus) -> None:
    event = InboxEvent(event=an_event(an_intent_fact()), status=status, why="w", at=Millis(5))
    assert psp_event_to_item(T, event) == {
        "kind": "psp_event", "schema": 1, "id": "evt_1", "type": "payment_intent.succeeded",
        "created": NOW, "sha256": "0" * 64, "livemode": False, "status": status.value,
        "why": "w", "at": 5, "attempts": 0,
    }  # fmt: skip


@given(CLAIM)
@settings(deadline=None)
def test_claims_come_back_as_they_were(claim: Claim) -> None:
    assert claim_from_item(stored(claim_to_item(claim))) == claim


def test_a_claim_without_an_answer_has_room_for_one() -> None:
    item = claim_to_item(Claim("refunds", "k", "print", "re_1"))
    assert not {"status", "body"} & item.keys()


@given(DISCREPANCY)
@settings(deadline=None)
def test_discrepancies_come_back_as_they_were(found: Discrepancy) -> None:
    item = stored(discrepancy_to_item(found))
    assert discrepancy_from_item(item) == found
    assert item["ls"] == found.id


# --- what is due --------------------------------------------------------------------------------

DUES = st.builds(
    Due,
    kind=st.sampled_from(DueKind),
    tenant=st.builds(Tenant, st.text("abcXYZ019_", min_size=1), st.booleans()),
    id=st.text("abcXYZ019_-", min_size=1, max_size=40),
    at=INSTANT,
)


@given(DUES)
@settings(deadline=None)
def test_what_is_due_is_read_from_its_place(due: Due) -> None:
    partition, place = due_place(due)
    assert due_at_place(place) == due
    assert partition in due_partitions()


@given(DUES, DUES)
@settings(deadline=None)
def test_places_sort_by_time(one: Due, other: Due) -> None:
    places = due_place(one)[1], due_place(other)[1]
    if one.at != other.at:
        assert (places[0] < places[1]) is (one.at < other.at)
    assert (places[0] < due_before(other.at)) is (one.at <= other.at)


def test_what_is_due_is_spread_over_every_partition_and_stays_in_its_own() -> None:
    dues = [Due(DueKind.EVENT, T, f"evt_{number}", NOW) for number in range(100)]
    assert {due_place(due)[0] for due in dues} == set(due_partitions())
    assert len(due_partitions()) == len(set(due_partitions())) == DUE_SHARDS == 4
    for due in dues[:9]:
        later = replace(due, at=Millis(NOW + 1), tenant=Tenant(MerchantId("acct_2"), True))
        assert due_place(later)[0] == due_place(due)[0]
