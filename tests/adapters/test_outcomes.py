"""What each refusal of a refund means: definitely no, not yet, or in doubt."""

import pytest

from chalicelib.adapters.wooshpay.outcomes import refused
from chalicelib.domain.psp_facts import Declined, InDoubt, NotExecuted

INVALID = {"type": "invalid_request_error", "code": "x", "message": "Bad amount"}


@pytest.mark.parametrize("status", [400, 402])
@pytest.mark.parametrize("kind", ["invalid_request_error", "card_error", None])
def test_a_plain_refusal_is_definitive(status: int, kind: str | None) -> None:
    error = {"type": kind, "code": None, "message": "Bad amount"}
    assert refused(status, error) == Declined(f"{status} Bad amount")


@pytest.mark.parametrize(
    "words",
    [
        "This payment is already refunded", "Amount exceeds what is left", "AMOUNT EXCEEDED",
        "amount is greater than the rest", "more than can be refunded", "Only 5 remains",
        "One partial refund only",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 402])
def test_a_refusal_is_definitive_whatever_its_words(words: str, status: int) -> None:
    told = refused(status, INVALID | {"message": words})
    assert told == Declined(f"{status} {words}")
    coded = refused(status, {"type": None, "code": words.lower().replace(" ", "_"), "message": "x"})
    assert coded == Declined(f"{status} x")


def test_a_code_stands_in_for_words() -> None:
    error = {"type": "invalid_request_error", "code": "charge_already_refunded", "message": ""}
    assert refused(400, error) == Declined("400 charge_already_refunded")


@pytest.mark.parametrize("status", [401, 403, 404, 429])
@pytest.mark.parametrize("error", [{}, INVALID, {"type": "api_error", "message": "already"}])
def test_configuration_and_haste_were_not_executed(
    status: int, error: dict[str, str | None]
) -> None:
    assert isinstance(refused(status, error), NotExecuted)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 405, 408, 409, 410, 413, 422, 500, 501,
                                    502, 503, 504, 599, 100, 0])  # fmt: skip
@pytest.mark.parametrize("error", [{}, INVALID])
def test_every_other_status_leaves_it_in_doubt(status: int, error: dict[str, str | None]) -> None:
    assert isinstance(refused(status, error), InDoubt)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 429, 500])
def test_a_reused_key_is_in_doubt_whatever_the_status(status: int) -> None:
    error = {"type": "idempotency_error", "message": "Other parameters"}
    assert refused(status, error) == InDoubt(f"{status} Other parameters")


@pytest.mark.parametrize("kind", ["api_error", "authentication_error", "something_new"])
def test_a_400_of_another_type_is_in_doubt(kind: str) -> None:
    assert refused(400, {"type": kind, "message": "x"}) == InDoubt("400 x")


def test_a_refusal_without_words_says_so_and_a_long_one_is_cut() -> None:
    assert refused(500, {}) == InDoubt("500 no reason given")
    assert refused(400, {"message": "x" * 1_000}) == Declined("400 " + "x" * 296)
