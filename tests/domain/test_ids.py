"""Ids, keys and public tokens: what has their form and what has not."""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ulid import ULID as REAL

from chalicelib.domain.ids import (
    ULID as FORM,
)
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    Tenant,
    first_ulid,
    intent_id,
    is_slug,
    parse_secret_key,
    payment_id,
    session_id,
    ulid_of,
)
from chalicelib.domain.status_tokens import StatusToken, parse_status_token, status_token
from tests.builders import (
    MERCHANT_ULID,
    SECRET,
    a_payment,
    a_secret_key,
    a_tenant,
    ulid,
)

ULID = ulid(7)


@given(st.integers(0, 2**48 - 2))
@settings(deadline=None)
def test_the_first_ulid_of_an_instant_is_below_all_that_are_born_then_and_above_all_before(
    at: int,
) -> None:
    first = first_ulid(Millis(at))
    assert re.fullmatch(FORM, first)
    assert first == str(REAL.from_bytes(at.to_bytes(6, "big") + bytes(10)))
    last = str(REAL.from_bytes(at.to_bytes(6, "big") + b"\xff" * 10))
    assert first <= last < first_ulid(Millis(at + 1))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a", False), ("abc", True), ("S" * 32, True), ("a0" * 32, True), ("a" * 65, False),
        ("", False), ("a-b", True), ("a--b", False), ("-ab", False), ("ab-", False), ("a_b", False),
        ("é", False), ("a b", False), ("a\n", False), ("²", False),
        ("A#SLUG", False),
    ],
)  # fmt: skip
def test_a_slug_is_letters_and_digits(text: str, is_one: bool) -> None:
    assert is_slug(text) is is_one


def test_a_payment_has_one_ulid_and_two_names() -> None:
    payment = PaymentId(ULID)
    assert session_id(payment) == f"cs_{ULID}"
    assert intent_id(payment) == f"pi_{ULID}"
    assert payment_id(f"cs_{ULID}") == payment_id(f"pi_{ULID}") == payment


@pytest.mark.parametrize("name", ["acct", "prod", "price", "plink", "cs", "pi", "re", "li"])
def test_an_id_of_each_kind_gives_its_ulid_to_those_who_ask_for_that_kind(name: str) -> None:
    assert ulid_of(f"{name}_{ULID}", name) == ULID
    assert ulid_of(f"{name}_{ULID}", "cs" if name != "cs" else "pi") is None
    assert ulid_of(f"{name}_{ULID}") is None


@pytest.mark.parametrize(
    "text",
    [
        "", "cs_", ULID, f"cs{ULID}", f"CS_{ULID}", f" cs_{ULID}", f"cs_{ULID} ", f"cs_{ULID}\n",
        f"cs_{ULID[:-1]}", f"cs_{ULID}0", f"cs_{ULID.lower()}", f"cs_8{ULID[1:]}",
        f"cs_{ULID[:-1]}I", f"cs_{ULID[:-1]}L", f"cs_{ULID[:-1]}O", f"cs_{ULID[:-1]}U",
        f"cs_{ULID[:-1]}#", f"cs_{ULID[:-1]}٣", f"re_{ULID}", f"prod_{ULID}", "cs_" + "0" * 10_000,
        f"cs_{ULID}#PAY", "cs_../../etc/passwd", f"cs_{ULID[:-1]}\x00",
    ],
)  # fmt: skip
def test_what_has_not_exactly_the_form_names_no_payment(text: str) -> None:
    assert payment_id(text) is None


@given(st.text(max_size=60))
@settings(deadline=None)
def test_whatever_is_asked_for_is_a_payment_or_nothing(text: str) -> None:
    assert payment_id(text) is None


# --- secret keys ----------------------------------------------------------------------------


@pytest.mark.parametrize("restricted", [False, True])
@pytest.mark.parametrize("livemode", [False, True])
def test_a_key_says_whose_and_what_it_is_and_is_known_by_its_fingerprint(
    livemode: bool, restricted: bool
) -> None:
    tenant = a_tenant(livemode=livemode)
    text = a_secret_key(tenant, restricted=restricted)
    kind, mode = "rk" if restricted else "sk", "live" if livemode else "test"
    assert text == f"{kind}_{mode}_{MERCHANT_ULID}{SECRET}"
    presented = parse_secret_key(text)
    assert presented is not None
    assert (presented.tenant, presented.restricted) == (tenant, restricted)
    assert presented.sha256 == sha256(text.encode()).hexdigest()
    assert presented.last4 == "SSSS"


@pytest.mark.parametrize(
    "text",
    [
        "", "sk_test_", a_secret_key() + "S", a_secret_key()[:-1], a_secret_key().upper(),
        a_secret_key() + "\n", "pk" + a_secret_key()[2:], a_secret_key()[:-1] + "é",
        a_secret_key()[:-1] + "_", "sk_prod_" + a_secret_key()[8:], "Bearer " + a_secret_key(),
    ],
)  # fmt: skip
def test_what_has_not_the_form_of_our_keys_is_no_key(text: str) -> None:
    assert parse_secret_key(text) is None


# --- status tokens --------------------------------------------------------------------------


@pytest.mark.parametrize("livemode", [False, True])
def test_a_status_token_leads_back_to_its_payment_and_opens_it(livemode: bool) -> None:
    payment = a_payment(tenant=a_tenant(livemode=livemode))
    text = status_token(payment)
    assert len(text) == 85
    assert text.isascii()
    assert text.isalnum()
    token = parse_status_token(text)
    assert token is not None
    assert (token.tenant, token.payment) == (payment.tenant, payment.id)
    assert token.opens(payment)


def test_a_status_token_does_not_tell_the_secret_that_it_is_made_of() -> None:
    payment = replace(a_payment(), secret="0123456789abcdef" * 2)
    assert payment.secret not in status_token(payment)


def test_a_status_token_opens_no_payment_with_another_secret() -> None:
    payment = a_payment()
    token = parse_status_token(status_token(payment))
    assert token is not None
    assert not token.opens(replace(payment, secret="T" * 32))


def test_a_proof_with_one_letter_changed_opens_nothing() -> None:
    payment = a_payment()
    text = status_token(payment)
    bent = text[:-1] + ("0" if text[-1] != "0" else "1")
    token = parse_status_token(bent)
    assert token is not None
    assert not token.opens(payment)


def test_a_proof_that_is_not_ascii_is_refused_and_does_not_raise() -> None:
    payment = a_payment()
    assert not StatusToken(Tenant(payment.tenant.merchant, False), payment.id, "é").opens(payment)


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: "x" + text[1:],
        lambda text: text.upper(),
        lambda text: text[:-1] + "g",
        lambda text: text + "\n",
        lambda text: text.replace("0", "٠"),
        lambda text: text * 200,
    ],
)
def test_what_has_not_the_form_of_a_token_is_none(bend: Callable[[str], str]) -> None:
    assert parse_status_token(bend(status_token(a_payment()))) is None
