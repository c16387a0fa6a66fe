"""Discrepancies: named by what they are about, so that each is found once."""

import pytest

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from tests.builders import NOW, a_tenant

T = a_tenant()


@pytest.mark.parametrize("kind", list(DiscrepancyKind))
def test_a_new_one_is_open_and_named_by_kind_and_subject(kind: DiscrepancyKind) -> None:
    found = Discrepancy.of(T, kind, "cs_1", "asked for 2, 1 came", NOW)
    assert found == Discrepancy(
        tenant=T,
        kind=kind,
        subject="cs_1",
        detail="asked for 2, 1 came",
        found_at=NOW,
        status=DiscrepancyStatus.OPEN,
        actor=None,
        reason=None,
        closed_at=None,
    )
    assert found.id == f"disc_{kind.value}.cs_1"


def test_the_same_thing_found_again_is_the_same_one_and_another_is_not() -> None:
    kinds = DiscrepancyKind
    first = Discrepancy.of(T, kinds.OVER_REFUND, "cs_1", "a", NOW)
    assert Discrepancy.of(T, kinds.OVER_REFUND, "cs_1", "b", NOW).id == first.id
    others = [
        Discrepancy.of(T, kinds.OVER_REFUND, "cs_2", "a", NOW),
        Discrepancy.of(T, kinds.BOOKS, "cs_1", "a", NOW),
    ]
    assert len({first.id, *(other.id for other in others)}) == 3


def test_neither_subject_nor_detail_is_kept_at_any_length() -> None:
    found = Discrepancy.of(T, DiscrepancyKind.EVENT_CONFLICT, "e" * 300, "d" * 900, NOW)
    assert (found.subject, found.detail) == ("e" * 150, "d" * 500)
    assert len(found.id) < 200


def test_the_words_that_are_kept_are_these() -> None:
    assert {status.value for status in DiscrepancyStatus} == {
        "open", "explained", "healed", "accepted",
    }  # fmt: skip
    assert {kind.value for kind in DiscrepancyKind} == {
        "amount_mismatch", "currency_mismatch", "status_mismatch", "refunded_mismatch",
        "over_refund", "refund_unresolved", "missing_here", "missing_there", "duplicate_intent",
        "livemode_mismatch", "event_quarantined", "event_conflict", "link_paused", "books",
    }  # fmt: skip
