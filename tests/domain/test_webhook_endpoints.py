"""Which events an endpoint is told of, its secrets, and how it is switched off."""

import base64
import hmac
from dataclasses import replace
from hashlib import sha256

import pytest
import stripe

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.events import EventType
from chalicelib.domain.ids import Millis, WebhookEndpointId
from chalicelib.domain.telegram import FOR_PEOPLE
from chalicelib.domain.webhook_endpoints import (
    FAILING_AT_MOST_MS,
    FORGOTTEN_AFTER_MS,
    NOTED_EVERY_MS,
    SECRET_KEPT_AT_MOST_MS,
    WebhookEndpoint,
    secrets_of,
    signed,
)
from tests.builders import NOW

KEY = "k" * 32
DAY = 24 * 60 * 60 * 1000
ENDPOINT = WebhookEndpoint(
    id=WebhookEndpointId("we_1"),
    created=NOW,
    updated=NOW,
    url="https://shop.example/hook",
    enabled_events=("refund.updated", "refund.failed"),
    metadata={},
)
CHAT = replace(ENDPOINT, url="telegram:123456789")
BODY = b'{"id":"evt_1","object":"event"}'


def test_it_is_told_of_what_it_wants() -> None:
    assert ENDPOINT.wants("refund.failed")
    assert not ENDPOINT.wants("refund")
    assert not ENDPOINT.wants("payment_intent.succeeded")
    everything = replace(ENDPOINT, enabled_events=("*",))
    assert everything.wants("payment_intent.succeeded")
    assert not replace(everything, disabled_reason="merchant").wants("refund.failed")


def test_a_chat_is_told_of_what_people_read() -> None:
    everything = replace(CHAT, enabled_events=("*",))
    assert [type for type in EventType if everything.wants(type)] == [
        "payment_intent.succeeded", "payment_intent.review_opened",
        "payment_intent.dispute_updated", "refund.created", "refund.updated", "refund.failed",
        "webhook_endpoint.disabled",
    ]  # fmt: skip
    assert [type for type in EventType if CHAT.wants(type)] == ["refund.updated", "refund.failed"]
    assert not replace(everything, disabled_reason="merchant").wants("refund.failed")


def test_a_chat_cannot_want_what_only_programs_read() -> None:
    for endpoint in (ENDPOINT, CHAT, replace(CHAT, enabled_events=("*", *FOR_PEOPLE))):
        assert endpoint.checked() is endpoint
    wide = ("refund.failed", "product.created", "price.created", "*")
    assert replace(ENDPOINT, enabled_events=wide).checked().enabled_events == wide
    with pytest.raises(ParameterInvalid) as refused:
        replace(CHAT, enabled_events=wide).checked()
    assert refused.value.param == "enabled_events"
    assert refused.value.message.startswith("A Telegram chat is not told of price.created, only")


def test_a_chat_has_no_secret() -> None:
    with pytest.raises(ParameterInvalid) as refused:
        CHAT.rolled(0, NOW)
    assert (refused.value.param, refused.value.message) == ("id", "A Telegram chat has no secret.")


@pytest.mark.parametrize(
    ("endpoint", "gone"), [(ENDPOINT, {410}), (CHAT, {400, 403})], ids=["hook", "chat"]
)
def test_who_is_gone_says_so(endpoint: WebhookEndpoint, gone: set[int]) -> None:
    answers = (None, 200, 400, 401, 403, 404, 409, 410, 429, 500, 502)
    assert {status for status in answers if endpoint.is_gone(status)} == gone


def test_each_endpoint_has_a_secret_of_its_own() -> None:
    secrets = {
        secrets_of(endpoint, key, NOW)[0]
        for endpoint in (ENDPOINT, replace(ENDPOINT, id=WebhookEndpointId("we_2")))
        for key in (KEY, "l" * 32)
    }
    assert len(secrets) == 4
    assert all(len(base64.b64decode(each.removeprefix("whsec_"))) == 32 for each in secrets)


def test_an_old_secret_signs_beside_its_successor_for_a_while() -> None:
    (old,) = secrets_of(ENDPOINT, KEY, NOW)
    rolled = ENDPOINT.rolled(1000, NOW)
    new, before = secrets_of(rolled, KEY, Millis(NOW + 999))
    assert before == old != new
    assert secrets_of(rolled, KEY, Millis(NOW + 1000)) == [new]
    assert secrets_of(ENDPOINT.rolled(0, NOW), KEY, NOW) == [new]
    assert secrets_of(ENDPOINT.rolled(SECRET_KEPT_AT_MOST_MS, NOW), KEY, NOW) == [new, old]
    for wrong in (-1, SECRET_KEPT_AT_MOST_MS + 1):
        with pytest.raises(ParameterInvalid) as refused:
            ENDPOINT.rolled(wrong, NOW)
        assert refused.value.param == "expires_in"


def test_stripes_own_library_verifies_what_is_signed() -> None:
    (secret,) = secrets_of(ENDPOINT, KEY, NOW)
    header = signed("evt_1", BODY, [secret], NOW)["Tautan-Signature"]
    verify = stripe.WebhookSignature.verify_header
    assert verify(BODY.decode(), header, secret)
    assert header.startswith(f"t={NOW // 1000},v1=")
    for body, key in ((BODY + b" ", secret), (BODY, secret + "x")):
        with pytest.raises(stripe.SignatureVerificationError):
            verify(body.decode(), header, key)


def test_with_two_secrets_either_verifies() -> None:
    both = secrets_of(ENDPOINT.rolled(1000, NOW), KEY, NOW)
    header = signed("evt_1", BODY, both, NOW)["Tautan-Signature"]
    assert header.count("v1=") == 2
    for secret in both:
        assert stripe.WebhookSignature.verify_header(BODY.decode(), header, secret)


def test_standard_webhooks_are_signed_beside_it() -> None:
    (secret,) = secrets_of(ENDPOINT, KEY, NOW)
    headers = signed("evt_1", BODY, [secret], NOW)
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("evt_1", str(NOW // 1000))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    what = f"evt_1.{NOW // 1000}.".encode() + BODY
    expected = base64.b64encode(hmac.new(key, what, sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_the_standards_own_example_is_signed_as_it_says() -> None:
    """From the specification of Standard Webhooks."""
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        Millis(1_614_265_330_000),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def failing(endpoint: WebhookEndpoint, at: int) -> WebhookEndpoint:
    """The endpoint after an attempt that failed at this time."""
    return endpoint.after_delivery(delivered=False, gone=False, now=Millis(at))


def test_an_endpoint_that_fails_for_five_days_is_told_of_nothing_any_more() -> None:
    first = failing(ENDPOINT, NOW)
    assert (first.failing_since, first.failed_at, first.disabled_reason) == (NOW, NOW, None)
    last = first
    for day in range(1, 5):
        last = failing(last, NOW + day * DAY)
    assert (last.failing_since, last.failed_at) == (NOW, NOW + 4 * DAY)
    assert failing(last, NOW + FAILING_AT_MOST_MS - 1).disabled_reason is None
    assert failing(last, NOW + FAILING_AT_MOST_MS).disabled_reason == "failing"
    sound = last.after_delivery(delivered=True, gone=False, now=Millis(NOW + 5 * DAY))
    assert sound == ENDPOINT
    assert ENDPOINT.after_delivery(delivered=True, gone=False, now=NOW) == ENDPOINT


def test_days_in_which_nothing_was_tried_do_not_count() -> None:
    """A month without an event, and then one hiccup."""
    first = failing(ENDPOINT, NOW)
    later = failing(first, NOW + 30 * DAY)
    assert (later.failing_since, later.disabled_reason) == (NOW + 30 * DAY, None)
    assert failing(first, NOW + FORGOTTEN_AFTER_MS - 1).failing_since == NOW
    assert failing(first, NOW + FORGOTTEN_AFTER_MS).failing_since == NOW + FORGOTTEN_AFTER_MS


def test_a_failure_is_noted_once_an_hour() -> None:
    first = failing(ENDPOINT, NOW)
    assert failing(first, NOW + NOTED_EVERY_MS - 1) == first
    assert failing(first, NOW + NOTED_EVERY_MS).failed_at == NOW + NOTED_EVERY_MS


def test_an_endpoint_that_is_gone_is_told_of_nothing_any_more() -> None:
    gone = ENDPOINT.after_delivery(delivered=False, gone=True, now=NOW)
    assert (gone.failing_since, gone.disabled_reason) == (NOW, "gone")
    assert gone.after_delivery(delivered=True, gone=False, now=NOW) == gone
