"""Webhooks of the simulator are really signed, and go out as the provider's switches say."""

from random import Random

import pytest

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.webhooks import WooshPayWebhooks
from chalicelib.domain.errors import SignatureInvalid
from chalicelib.domain.ids import MerchantId, Millis
from simulator.deliveries import OFFSETS, Deliveries, Delivery
from simulator.faults import NoFaults
from simulator.scheduler import Scheduler
from simulator.switches import HOUR, Switches

ACCOUNT = "acct_1"
SECRETS = ("whsec_first_aaaaaaaaaaaaaaaa", "whsec_second_aaaaaaaaaaaaaaa")
SHOWN = {"id": "pi_1", "status": "succeeded", "amount": 100, "currency": "SGD"}


def posted(**switches: bool) -> tuple[Deliveries, Scheduler, list[Delivery]]:
    scheduler, sent = Scheduler(1_800_000_000_000, lambda awake: 0), list[Delivery]()
    faults = NoFaults()
    faults.on = False
    post = Deliveries(
        scheduler, Switches(**switches), faults, Random(1), {ACCOUNT: SECRETS}, sent.append
    )
    post.emit(ACCOUNT, "payment_intent.succeeded", SHOWN)
    return post, scheduler, sent


def door() -> WooshPayWebhooks:
    return WooshPayWebhooks(lambda merchant: {False: SECRETS}, MinorUnits())


def test_there_are_eighteen_attempts_in_three_days() -> None:
    assert len(OFFSETS) == 18
    assert 60 * HOUR < OFFSETS[-1] <= 72 * HOUR


@pytest.mark.parametrize("seconds", [True, False])
def test_the_signature_is_the_real_one(seconds: bool) -> None:
    post, scheduler, _ = posted(seconds=seconds)
    heard = []

    def receive(account: str, body: bytes, header: str) -> bool:
        now = Millis(scheduler.now)
        heard.append(door().authenticate(MerchantId(account), body, header, now))
        with pytest.raises(SignatureInvalid):
            door().authenticate(MerchantId(account), body + b" ", header, now)
        return True

    post.attempt(post.all[0], receive)
    assert post.all[0].done
    assert heard[0].trusted


@pytest.mark.parametrize(("resigned", "trusted"), [(True, True), (False, False)])
def test_a_late_retry_is_stale_unless_it_is_signed_again(resigned: bool, trusted: bool) -> None:
    post, scheduler, _ = posted(resigned=resigned)
    heard = []

    def receive(account: str, body: bytes, header: str) -> bool:
        now = Millis(scheduler.now)
        heard.append(door().authenticate(MerchantId(account), body, header, now))
        return False

    post.attempt(post.all[0], receive)
    scheduler.advance(scheduler.now + HOUR)
    post.attempt(post.all[0], receive)
    assert [each.trusted for each in heard] == [True, trusted]


def test_two_endpoints_hear_it_under_one_id_or_two() -> None:
    for own, ids in ((False, 1), (True, 2)):
        post, _, _ = posted(two_endpoints=True, id_per_endpoint=own)
        bodies = {delivery.body for delivery in post.all}
        assert len(post.all) == 2
        assert len(bodies) == ids


def test_what_is_not_answered_comes_again() -> None:
    post, scheduler, sent = posted()
    scheduler.advance(scheduler.now + 3_000)
    assert len(sent) == 1
    post.after(sent[0])
    scheduler.advance(scheduler.now + 60_000)
    assert len(sent) == 2
    sent[0].done = True
    post.after(sent[0])
    scheduler.advance(scheduler.now + 72 * HOUR)
    assert len(sent) == 2
