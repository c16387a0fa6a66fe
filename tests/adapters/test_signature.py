"""Who signed a webhook: vectors made with hmac alone, and every way to be nobody."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.signature import Verified, verified_by
from chalicelib.adapters.wooshpay.webhooks import WooshPayWebhooks
from chalicelib.domain.errors import NotReadyYet, ParameterInvalid, SignatureInvalid
from chalicelib.domain.ids import Millis, Tenant
from chalicelib.usecases.ports import Delivery
from tests.builders import a_tenant

SECRET = "whsec_0123456789abcdef0123456789abcdef"
OTHER = "whsec_ffffffffffffffffffffffffffffffff"
NOW = Millis(1_800_000_000_000)
SECONDS = "1800000000"
BODY = b'{"id":"evt_1","type":"x","created":1800000000,"data":{"object":{}},"livemode":false}'


def mac(time: str, body: bytes = BODY, secret: str = SECRET) -> str:
    """The signature by the book: HMAC-SHA256 of `t.body`, in hexadecimal."""
    return hmac.new(secret.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()


GOOD = mac(SECONDS)


def verify(header: str, body: bytes = BODY, secrets: list[str] | None = None) -> Verified:
    """Who signed, and whether just now."""
    return verified_by([SECRET] if secrets is None else secrets, body, header, NOW)


def at(ms: int, unit: str) -> str:
    """A well-signed header of an instant."""
    time = str(ms if unit == "ms" else ms // 1000)
    return f"t={time},v1={mac(time)}"


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("age", [0, 1_000, 299_000, 300_000, -1_000, -60_000])
def test_a_fresh_signature_in_seconds_or_milliseconds_is_good(age: int, unit: str) -> None:
    assert verify(at(NOW - age, unit)) == Verified(SECRET, fresh=True)


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("age", [301_000, 3_600_000, 259_200_000, NOW])
def test_an_old_one_is_authentic_and_not_fresh(age: int, unit: str) -> None:
    assert verify(at(NOW - age, unit)) == Verified(SECRET, fresh=False)


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("ahead", [61_000, 3_600_000, 259_200_000])
def test_one_from_the_future_is_refused(ahead: int, unit: str) -> None:
    with pytest.raises(SignatureInvalid, match="from the future"):
        verify(at(NOW + ahead, unit))


def test_a_millisecond_too_old_is_not_fresh_and_one_too_early_is_refused() -> None:
    assert verify(at(NOW - 300_001, "ms")) == Verified(SECRET, fresh=False)
    assert verify(at(NOW + 60_000, "ms")) == Verified(SECRET, fresh=True)
    with pytest.raises(SignatureInvalid):
        verify(at(NOW + 60_001, "ms"))


@pytest.mark.parametrize("age", [0, 3_600_000])
def test_an_old_signature_of_other_bytes_or_another_secret_is_nobodys(age: int) -> None:
    with pytest.raises(SignatureInvalid, match="does not match"):
        verify(at(NOW - age, "s"), BODY + b" ")
    with pytest.raises(SignatureInvalid, match="does not match"):
        verify(at(NOW - age, "s"), secrets=[OTHER])


@pytest.mark.parametrize(
    "header",
    [
        f"t={SECONDS},v1={GOOD}",
        f"v1={GOOD},t={SECONDS}",
        f" t={SECONDS} , v1={GOOD} ",
        f"t={SECONDS},v0=abc,v1={GOOD},x,=,,v2=",
        f"t={SECONDS},v1={'0' * 64},v1={GOOD}",
        f"t={SECONDS}" + f",v1={'0' * 64}" * 4 + f",v1={GOOD}",
        f"t={SECONDS},v1=é,v1={GOOD}",
        f"t={SECONDS},v1=,v1={GOOD}",
    ],
)
def test_whatever_stands_beside_them_one_time_and_one_good_signature_will_do(header: str) -> None:
    assert verify(header) == Verified(SECRET, fresh=True)


REFUSED = {
    "empty": "",
    "no time": f"v1={GOOD}",
    "no signature": f"t={SECONDS}",
    "two times": f"t={SECONDS},t={SECONDS},v1={GOOD}",
    "two times, one wrong": f"t=1,t={SECONDS},v1={GOOD}",
    "six signatures": f"t={SECONDS}" + f",v1={GOOD}" * 6,
    "a hundred signatures": f"t={SECONDS}" + ",v1=0" * 100,
    "another letter": f"t={SECONDS},v1={GOOD[:-1]}{'0' if GOOD[-1] != '0' else '1'}",
    "upper case": f"t={SECONDS},v1={GOOD.upper()}",
    "not hexadecimal": f"t={SECONDS},v1={'z' * 64}",
    "too short": f"t={SECONDS},v1={GOOD[:-1]}",
    "too long": f"t={SECONDS},v1={GOOD}0",
    "a prefix": f"t={SECONDS},v1={GOOD[:8]}",
    "not ASCII": f"t={SECONDS},v1={'é' * 64}",
    "a lone surrogate": f"t={SECONDS},v1=\ud800",
    "empty signature": f"t={SECONDS},v1=",
    "empty time": f"t=,v1={GOOD}",
    "negative time": f"t=-{SECONDS},v1={GOOD}",
    "fractional time": f"t={SECONDS}.0,v1={GOOD}",
    "full-width time": f"t=１８００００００００,v1={GOOD}",
    "superscript time": f"t=²,v1={GOOD}",
    "spaces in the time": f"t= {SECONDS},v1={GOOD}",
    "a time of 17 digits": f"t={'1' * 17},v1={mac('1' * 17)}",
    "a time of 5,000 digits": f"t={'1' * 5000},v1={GOOD}",
    "the time of another": f"t=1800000001,v1={GOOD}",
    "10 KB": f"t={SECONDS},v1={GOOD}," + "x" * 10_000,
    "signed by another": f"t={SECONDS},v1={mac(SECONDS, secret=OTHER)}",
    "signed without the time": f"t={SECONDS},v1="
    + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(),
    "signed without the prefix": f"t={SECONDS},v1={mac(SECONDS, secret=SECRET[6:])}",
    "signed with SHA-1": f"t={SECONDS},v1="
    + hmac.new(SECRET.encode(), SECONDS.encode() + b"." + BODY, hashlib.sha1).hexdigest(),
    "signed with nothing": f"t={SECONDS},v1={mac(SECONDS, secret='')}",
    "the word none": f"t={SECONDS},v1=none,alg=none",
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
def test_whoever_did_not_sign_these_bytes_is_refused(header: str) -> None:
    with pytest.raises(SignatureInvalid) as refused:
        verify(header)
    assert SECRET not in refused.value.message
    assert GOOD not in refused.value.message


@pytest.mark.parametrize(
    "body",
    [
        BODY + b"\n", BODY + b" ", BODY[:-1], b"", BODY.replace(b":", b": "),
        BODY.replace(b"evt_1", b"evt_2"), b"\xef\xbb\xbf" + BODY, BODY.replace(b"x", b"\\u0078"),
    ],
)  # fmt: skip
def test_changed_bytes_are_not_what_was_signed(body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(f"t={SECONDS},v1={GOOD}", body)


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"a=b", "é".encode("latin-1")])
def test_any_bytes_can_be_signed(body: bytes) -> None:
    assert verify(f"t={SECONDS},v1={mac(SECONDS, body)}", body).secret == SECRET


@given(st.text(max_size=200))
def test_whatever_the_header_says_it_is_refused_and_never_breaks(header: str) -> None:
    with pytest.raises(SignatureInvalid):
        verify(header)


# --- secrets --------------------------------------------------------------------------------


@pytest.mark.parametrize("signer", [SECRET, OTHER])
def test_while_a_secret_is_rotated_both_are_good(signer: str) -> None:
    header = f"t={SECONDS},v1={mac(SECONDS, secret=signer)}"
    assert verify(header, secrets=[OTHER, SECRET]) == Verified(signer, fresh=True)


def test_one_signature_for_each_of_two_secrets_is_good() -> None:
    both = f"t={SECONDS},v1={mac(SECONDS, secret=OTHER)},v1={GOOD}"
    assert verify(both) == Verified(SECRET, fresh=True)


@pytest.mark.parametrize("secret", ["", " ", "short", "a" * 23, " " * 40, "\t" * 24])
def test_an_unsafe_secret_verifies_nothing(secret: str) -> None:
    header = f"t={SECONDS},v1={mac(SECONDS, secret=secret)}"
    with pytest.raises(SignatureInvalid):
        verify(header, secrets=[secret])
    with pytest.raises(SignatureInvalid):
        verify(header, secrets=[secret, SECRET])
    with pytest.raises(SignatureInvalid):
        verify(header, secrets=[])


# --- deliveries -----------------------------------------------------------------------------


def webhooks(test: list[str], live: list[str]) -> WooshPayWebhooks:
    """Webhooks of a merchant with these secrets."""
    return WooshPayWebhooks(lambda merchant: {False: test, True: live}, MinorUnits())


@pytest.mark.parametrize("livemode", [False, True])
def test_the_secret_that_signed_decides_whose_and_of_which_mode_a_delivery_is(
    livemode: bool,
) -> None:
    body = BODY.replace(b"false", b"true") if livemode else BODY
    signed = mac(SECONDS, body, OTHER if livemode else SECRET)
    merchant = a_tenant().merchant
    delivery = webhooks([SECRET], [OTHER]).authenticate(
        merchant, body, f"t={SECONDS},v1={signed}", NOW
    )
    assert delivery.tenant == Tenant(merchant, livemode)
    assert delivery.event.id == "evt_1"
    assert delivery.event.sha256 == hashlib.sha256(b'["x", {}]').hexdigest()
    assert delivery.trusted


@pytest.mark.parametrize("secrets", [[], [""], [" " * 40], ["short"], ["", "short"]])
def test_without_a_usable_secret_the_door_stays_shut(secrets: list[str]) -> None:
    header = f"t={SECONDS},v1={mac(SECONDS, secret=secrets[0] if secrets else '')}"
    with pytest.raises(NotReadyYet):
        webhooks(secrets, secrets).authenticate(a_tenant().merchant, BODY, header, NOW)


def test_a_signed_body_that_is_no_event_is_an_invalid_request() -> None:
    header = f"t={SECONDS},v1={mac(SECONDS, b'[]')}"
    with pytest.raises(ParameterInvalid, match=r"^Not an event"):
        webhooks([SECRET], []).authenticate(a_tenant().merchant, b"[]", header, NOW)


def delivered(event: dict[str, object], age: int = 0, *, written: str = "") -> Delivery:
    """A delivery of the event, signed `age` ago; `written` follows its bytes."""
    body = json.dumps(event).encode() + written.encode()
    time = str(NOW - age)
    header = f"t={time},v1={mac(time, body)}"
    return webhooks([SECRET], []).authenticate(a_tenant().merchant, body, header, NOW)


def an_event(
    type: str = "payment_intent.succeeded", status: str = "succeeded", **changes: object
) -> dict[str, object]:
    """An event about an intent in this status."""
    intent = {"id": "pi_1", "status": status, "amount": 1, "currency": "IDR"}
    return {
        "id": "evt_1", "type": type, "created": 1_800_000_000, "livemode": False,
        "data": {"object": {**intent, **changes}},
    }  # fmt: skip


@pytest.mark.parametrize(("age", "trusted"), [(0, True), (300_000, True), (300_001, False)])
def test_what_was_signed_long_ago_is_taken_and_not_trusted(age: int, trusted: bool) -> None:
    assert delivered(an_event(), age).trusted is trusted


@pytest.mark.parametrize(
    ("type", "status", "trusted"),
    [
        ("payment_intent.succeeded", "succeeded", True),
        ("payment_intent.succeeded", "requires_action", False),
        ("payment_intent.succeeded", "processing", False),
        ("payment_intent.succeeded", "canceled", False),
        ("payment_intent.canceled", "canceled", True),
        ("payment_intent.canceled", "succeeded", False),
        ("payment_intent.payment_failed", "requires_payment_method", True),
        ("payment_intent.payment_failed", "succeeded", True),
        ("payment_intent.processing", "succeeded", True),
        ("payment_intent.created", "requires_payment_method", True),
    ],
)
def test_what_contradicts_itself_is_taken_and_not_trusted(
    type: str, status: str, trusted: bool
) -> None:
    assert delivered(an_event(type, status)).trusted is trusted


def test_an_event_says_the_same_however_its_bytes_are_written_and_whenever_it_comes() -> None:
    first = delivered(an_event()).event.sha256
    again = {**an_event(), "created": 1_800_000_999, "pending_webhooks": 3}
    assert delivered(again, written=" \n").event.sha256 == first
    turned = dict(reversed(an_event().items()))
    assert delivered(turned, 3_600_000).event.sha256 == first


@pytest.mark.parametrize(
    "other",
    [
        an_event("payment_intent.processing"),
        an_event(amount=2),
        an_event(amount=1.0),
        an_event(amount="1"),
        an_event(status="canceled"),
        an_event(metadata={"a": None}),
    ],
)
def test_an_event_that_says_anything_else_has_another_digest(other: dict[str, object]) -> None:
    assert delivered(other).event.sha256 != delivered(an_event()).event.sha256
