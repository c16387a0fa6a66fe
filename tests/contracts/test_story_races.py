"""The stories themselves in real races, over HTTP on ministack: threads, and two processes.

Exactly one wins each time, whatever the network does meanwhile.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.system import SystemMint
from chalicelib.domain.catalog import Inventory
from chalicelib.domain.errors import LinkClosed, OutOfStock, PaymentLinkLimitReached
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import Cause, Totals, fold
from chalicelib.domain.money import Money
from chalicelib.domain.payment_decisions import Changed, decide
from chalicelib.domain.payment_links import LinkItem
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.usecases.audit import audit_payment
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.ports import Delivery, OpenedLink
from chalicelib.usecases.receive_psp_event import Inbox
from chalicelib.usecases.start_checkout import Checkout
from tests.builders import (
    NOW,
    a_cause,
    a_link,
    a_merchant,
    a_payment,
    a_price,
    a_product,
    a_provider,
    a_tenant,
    an_api_key,
    an_event,
    an_intent_fact,
)
from tests.contracts.conftest import Remote
from tests.contracts.racing import WillingPsp, at_once, refund_race
from tests.fakes.faults import StormyClient

ROOT = Path(__file__).parents[2]
ROUNDS = 100
STORMS = 25
THREADS = 8
HUNDRED = Money(100, "SGD")
REFUSED = {"refund_amount_exceeds_refundable", "refund_in_progress"}


@pytest.fixture
def remote(remote_of: Callable[[str], Remote]) -> Remote:
    return remote_of("ministack")


def store_of(client: Any, table: str) -> DynamoDBStore:
    return DynamoDBStore(DynamoDBEngine(client, table))


def unpaid(number: int) -> Payment:
    """A payment by PayNow, which takes as many refunds as one likes."""
    return a_payment(
        number=number + 1,
        amount=HUNDRED,
        methods=("paynow",),
        provider=a_provider(number + 1),
    )


def paying(payment: Payment) -> Any:
    assert payment.provider is not None
    return an_intent_fact(
        amount=HUNDRED, intent=payment.provider.intent, payment=payment.id, method="paynow"
    )


def paid(store: DynamoDBStore, number: int) -> Payment:
    payment = unpaid(number)
    store.begin_payment(payment, None)
    change = decide(payment, paying(payment), a_cause())
    assert isinstance(change, Changed)
    store.record_change(payment, change)
    return change.payment


class OtherProcess:
    """The same race in a process of its own."""

    def __init__(self, endpoint: str, table: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        local = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.racing", endpoint, table, str(THREADS)],
            env={**kept, **local, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, payment: str) -> None:
        """Its threads ask for a refund, beside ours."""
        assert self._process.stdin is not None
        self._process.stdin.write(payment + "\n")
        self._process.stdin.flush()

    def ended(self) -> list[str]:
        """How each of them ended."""
        assert self._process.stdout is not None
        found: list[str] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        """It ends when its input does."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()


def only_sixty_went_back(store: DynamoDBStore, payment: Payment) -> None:
    after = store.payment(payment.tenant, payment.id)
    assert after is not None
    assert after.totals == Totals(captured=100, remaining=40, refund_pending=0, refunded=60)
    assert after.refund_inflight is None
    assert fold(store.ledger(payment.tenant, payment.id)) == after.totals
    assert audit_payment(store, payment.tenant, payment.id) == []


def test_of_two_processes_with_four_threads_each_one_refunds_sixty_of_a_hundred(
    remote: Remote, ministack: str
) -> None:
    store = store_of(remote.client, remote.table)
    with closing(OtherProcess(ministack, remote.table)) as other:
        for number in range(ROUNDS):
            payment = paid(store, number)
            name = session_id(payment.id)
            other.start(name)
            ended = Counter(refund_race(remote.client, remote.table, name, "mine", THREADS))
            ended.update(other.ended())
            assert ended["posted"] == 1
            assert ended.keys() - {"posted"} <= REFUSED
            assert ended.total() == 2 * THREADS
            only_sixty_went_back(store, payment)


def test_a_storm_between_us_and_the_store_lets_no_second_refund_through(remote: Remote) -> None:
    """Conflicts, throttles, answers that get lost after the write: nothing doubles."""
    store = store_of(remote.client, remote.table)
    for number in range(STORMS):
        payment = paid(store, number)
        stormy = StormyClient(remote.client, Random(number), rate=0.3)
        ended = Counter(refund_race(stormy, remote.table, session_id(payment.id), "mine", THREADS))
        assert ended["posted"] <= 1
        after = store.payment(payment.tenant, payment.id)
        assert after is not None
        assert after.totals.balanced
        assert after.totals.refunded + after.totals.refund_pending in (0, 60)
        assert (after.totals.refunded == 60) >= (ended["posted"] == 1)
        assert audit_payment(store, payment.tenant, payment.id) == []


def test_of_sixteen_deliveries_of_one_event_one_pays(remote: Remote) -> None:
    store = store_of(remote.client, remote.table)
    inbox = Inbox(store, lambda _: WillingPsp(), SystemMint())
    for number in range(20):
        payment = unpaid(number)
        store.begin_payment(payment, None)
        event = an_event(paying(payment), id=f"evt_{number}")
        delivery = Delivery(payment.tenant, event)

        def deliver(_: int, delivery: Delivery = delivery) -> str:
            return inbox.receive(delivery, now=NOW, request_id="req")

        ended = Counter(at_once(16, deliver))
        assert ended == {"applied": 1, "duplicate": 15}
        after = store.payment(payment.tenant, payment.id)
        assert after is not None
        assert (after.status, after.totals.captured, after.seq) == (PaymentStatus.PAID, 100, 1)
        assert len(store.ledger(payment.tenant, payment.id)) == 1


def test_of_sixteen_events_that_say_the_same_one_pays(remote: Remote) -> None:
    """Two endpoints may give one fact two ids."""
    store = store_of(remote.client, remote.table)
    inbox = Inbox(store, lambda _: WillingPsp(), SystemMint())
    payment = unpaid(1)
    store.begin_payment(payment, None)

    def deliver(number: int) -> str:
        event = an_event(paying(payment), id=f"evt_{number}")
        return inbox.receive(Delivery(payment.tenant, event), now=NOW, request_id="req")

    assert Counter(at_once(16, deliver)) == {"applied": 1, "ignored": 15}
    assert [entry.seq for entry in store.ledger(payment.tenant, payment.id)] == [1]


def tapping(
    checkout: Checkout, opened: OpenedLink, closed: type[LinkClosed]
) -> Callable[[int], str]:
    """Each of many shoppers taps once: how the payment stands, or why there is none."""

    def tap(each: int) -> str:
        link = opened.offer.link
        cause = Cause(actor="shopper", reference=link.id, request_id="r", at=NOW)
        try:
            return checkout.pay_link(opened, {}, f"attempt{each}", cause).status.value
        except closed as refused:
            return str(refused.details["inactive_reason"])
        except StoreUnavailable:
            return "store_unavailable"

    return tap


def test_the_last_use_of_a_limited_link_goes_to_one_of_sixteen_shoppers(remote: Remote) -> None:
    store = store_of(remote.client, remote.table)
    psp = WillingPsp()
    checkout = Checkout(store, lambda _: psp, SystemMint(), lambda token: token, lambda url: url)
    tenant = a_tenant()
    store.add_merchant(a_merchant(), an_api_key())
    store.add_price(tenant, a_price(), a_product(), None)
    for number in range(20):
        link = replace(
            a_link(number=number + 1),
            limit=1,
            uses_remaining=1,
        )
        store.add_payment_link(tenant, link, None)
        opened = store.opened_link(link.slug)
        assert opened is not None
        tap = tapping(checkout, opened, PaymentLinkLimitReached)
        assert Counter(at_once(16, tap)) == {"unpaid": 1, "limit_reached": 15}
        kept = store.payment_link(tenant, link.id)
        assert kept is not None
        assert (kept.uses_remaining, kept.completed) == (0, 0)


def test_the_last_unit_of_stock_goes_to_one_of_sixteen_shoppers(remote: Remote) -> None:
    store = store_of(remote.client, remote.table)
    psp = WillingPsp()
    checkout = Checkout(store, lambda _: psp, SystemMint(), lambda token: token, lambda url: url)
    tenant = a_tenant()
    store.add_merchant(a_merchant(), an_api_key())
    for number in range(1, 11):
        product = replace(a_product(number=number), inventory=Inventory(True, 1))
        price = a_price(number=number, product=number)
        store.add_price(tenant, price, product, None)
        line = LinkItem("li_1", price.id, product.id, 1)
        link = replace(a_link(number=number), items=(line,))
        store.add_payment_link(tenant, link, None)
        opened = store.opened_link(link.slug)
        assert opened is not None
        tap = tapping(checkout, opened, OutOfStock)
        assert Counter(at_once(16, tap)) == {"unpaid": 1, "out_of_stock": 15}
        kept = store.product(tenant, product.id)
        assert kept is not None
        assert kept.inventory == Inventory(True, 0, 1)
