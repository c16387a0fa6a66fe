"""The store on every engine: what goes in comes out, and each guard holds and says its name."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.ids import Millis, PaymentId, RefundId, parse_secret_key
from chalicelib.domain.ledger import Totals, fold
from chalicelib.domain.payments import PaymentStatus
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    DisputeStatus,
    Done,
    InDoubt,
    IntentStatus,
)
from chalicelib.domain.refund_outcomes import settle
from chalicelib.domain.refunds import LEASE_MS, Step
from chalicelib.usecases.ports import OpenedLink, Slice
from tests import builders
from tests.adapters import stored
from tests.adapters.stored import (
    CAUSE,
    CLAIM,
    OWNER,
    Groups,
    begun,
    change,
    claimed,
    inbox,
    lost,
    paid,
    step,
)
from tests.builders import NOW, a_link, a_merchant, a_payment, a_price, a_product, a_provider, ulid

T, OTHERS = builders.a_tenant(), [builders.a_tenant(number=2), builders.a_tenant(livemode=True)]


# --- merchants and catalog --------------------------------------------------------------------


def test_a_merchant_and_its_keys(store: DynamoDBStore, engine: Engine) -> None:
    presented = parse_secret_key(builders.a_secret_key())
    assert presented is not None
    key = builders.an_api_key(sha256=presented.sha256)
    store.add_merchant(a_merchant(), key)
    assert store.merchant(T.merchant) == a_merchant()
    assert store.api_key(presented) == key
    assert store.merchant(OTHERS[0].merchant) is None
    assert store.api_key(replace(presented, tenant=OTHERS[0])) is None
    with lost(engine, "merchant", "key"):
        store.add_merchant(a_merchant(name="Thief"), key)
    with lost(engine, "merchant"):
        store.add_merchant(a_merchant(name="Thief"), builders.an_api_key(sha256="a" * 64))
    with lost(engine, "key"):
        store.add_api_key(replace(key, revoked_at=NOW))
    revoked = replace(key, sha256="b" * 64, revoked_at=NOW)
    store.add_api_key(revoked)
    assert store.api_key(replace(presented, sha256="b" * 64)) == revoked


def test_products_and_prices(store: DynamoDBStore, engine: Engine) -> None:
    product = replace(
        a_product(url="https://a.example"), description="red", images=("https://i.example",),
        metadata={"a": "b", "S": ""},
    )  # fmt: skip
    price = replace(a_price(), nickname="n", lookup_key="l", metadata={"é": "😀"})
    store.add_price(T, price, product, CLAIM)
    assert store.product(T, product.id) == product
    assert store.price(T, price.id) == price
    assert store.priced(T, [price.id, price.id, a_price(number=9).id]) == {
        price.id: (price, product)
    }
    assert store.priced(T, [a_price(number=9).id]) == {}
    for other in OTHERS:
        assert (store.product(other, product.id), store.price(other, price.id)) == (None, None)
        assert store.priced(other, [price.id]) == {}
    with lost(engine, "product"):
        store.add_product(T, replace(product, name="other"), None)
    with lost(engine, "price", "product"):
        store.add_price(T, price, product, None)
    with lost(engine, "product"):
        store.add_price(T, a_price(number=2), product, None)
    with claimed(engine):
        store.add_product(T, a_product(number=2), replace(CLAIM, fingerprint="x", resource="y"))
    store.add_price(T, a_price(number=3), None, replace(CLAIM, key="k2"))
    store.add_product(OTHERS[0], product, CLAIM)  # a key is a key of its tenant


def test_links_by_id_and_by_slug(store: DynamoDBStore, engine: Engine) -> None:
    link = a_link(expires_at=5, inactive_message="Tutup.", metadata={"a": "b"})
    store.add_merchant(a_merchant(), builders.an_api_key())
    store.add_price(T, a_price(), a_product(), None)
    store.add_payment_link(T, link, CLAIM)
    assert store.payment_link(T, link.id) == link
    assert store.offer(T, link) == builders.an_offer(link=link)
    assert store.opened_link(link.slug) == OpenedLink(T, a_merchant(), builders.an_offer(link=link))
    assert store.opened_link("x" * 24) is None
    for other in OTHERS:
        assert store.payment_link(other, link.id) is None
    with lost(engine, "link", "slug"):
        store.add_payment_link(T, link, None)
    with lost(engine, "slug"):
        store.add_payment_link(OTHERS[0], link, None)
    with claimed(engine):
        store.add_payment_link(T, a_link(number=2), CLAIM)


def test_a_link_with_one_price_on_two_lines_opens(store: DynamoDBStore) -> None:
    line = a_link().items[0]
    link = replace(a_link(), items=(line, replace(line, id=f"li_{ulid(2)}", quantity=3)))
    store.add_merchant(a_merchant(), builders.an_api_key())
    store.add_price(T, a_price(), a_product(), None)
    store.add_payment_link(T, link, None)
    opened = store.opened_link(link.slug)
    assert opened is not None
    assert [item.quantity for item in opened.offer.items] == [1, 3]
    assert store.offer(T, link) == opened.offer


# --- payments ---------------------------------------------------------------------------------


def test_a_payment_begins_once_and_is_its_tenants(store: DynamoDBStore, engine: Engine) -> None:
    payment = a_payment(bound=False)
    store.begin_payment(payment, CLAIM)
    assert store.payment(T, payment.id) == payment
    assert store.payment_and_claim(T, payment.id, CLAIM) == (payment, CLAIM)
    assert store.payment_and_claim(T, payment.id, replace(CLAIM, key="k2")) == (payment, None)
    assert store.payment_and_claim(T, PaymentId(ulid(9)), None) == (None, None)
    assert store.payment_with_merchant(T, payment.id) is None
    store.add_merchant(a_merchant(), builders.an_api_key())
    assert store.payment_with_merchant(T, payment.id) == (payment, a_merchant())
    for other in OTHERS:
        assert store.payment(other, payment.id) is None
        assert store.payment_and_claim(other, payment.id, CLAIM) == (None, None)
    with lost(engine, "payment"):
        store.begin_payment(payment, None)
    with claimed(engine):
        store.begin_payment(a_payment(number=2), CLAIM)


def test_the_providers_names_are_kept_once(store: DynamoDBStore, engine: Engine) -> None:
    payment = a_payment(bound=False)
    store.begin_payment(payment, None)
    store.bind_provider(payment, a_provider(), None)
    bound = replace(payment, provider=a_provider())
    assert store.payment(T, payment.id) == bound
    assert store.payment_of_intent(T, "pi_1000") == bound
    assert store.payment_of_intent(T, "pi_1001") is None
    for other in OTHERS:
        assert store.payment_of_intent(other, "pi_1000") is None
    before = stored.everything(engine)
    store.bind_provider(payment, a_provider(), None)  # the same again
    assert stored.everything(engine) == before
    with lost(engine, "payment"):
        store.bind_provider(payment, a_provider(1001), None)
    second = a_payment(bound=False, number=2)
    store.begin_payment(second, None)
    with lost(engine, "intent"):
        store.bind_provider(second, replace(a_provider(1001), intent="pi_1000"), None)
    store.bind_provider(second, a_provider(1002), None)
    with lost(engine, "payment", "intent"):
        store.bind_provider(second, a_provider(), None)


def test_a_change_is_written_with_its_entry_and_event_or_not_at_all(
    store: DynamoDBStore, engine: Engine
) -> None:
    payment = begun(store)
    rising = change(payment, IntentStatus.PROCESSING)
    store.record_change(payment, rising, inbox(1))
    assert store.payment(T, payment.id) == rising.payment
    assert store.ledger(T, payment.id) == [rising.entry]
    with lost(engine, "event", "payment", "ledger"):
        store.record_change(payment, rising, inbox(1))
    with lost(engine, "payment", "ledger"):
        store.record_change(payment, change(payment), inbox(2))
    captured = change(rising.payment)
    with lost(engine, "event"):
        store.record_change(rising.payment, captured, inbox(1))
    store.record_change(rising.payment, captured, None)
    assert store.payment(T, payment.id) == captured.payment
    assert store.ledger(T, payment.id) == [rising.entry, captured.entry]
    assert fold(store.ledger(T, payment.id)) == captured.payment.totals


def test_a_rank_that_does_not_rise_and_a_second_capture_are_refused_by_the_store_itself(
    store: DynamoDBStore, engine: Engine
) -> None:
    done = paid(store)
    forged = change(replace(a_payment(), seq=done.seq))
    with lost(engine, "payment"):
        store.record_change(done, forged, inbox(2))
    falling = replace(forged, payment=replace(forged.payment, status=PaymentStatus.FAILED))
    with lost(engine, "payment"):
        store.record_change(done, falling, None)


def test_an_event_is_kept_once_for_each_tenant(store: DynamoDBStore, engine: Engine) -> None:
    store.record_event(T, inbox())
    with lost(engine, "event"):
        store.record_event(T, inbox())
    for other in OTHERS:
        store.record_event(other, inbox())


@pytest.mark.parametrize("amount", [5_000, 20_000])
def test_a_refund_is_reserved_once(store: DynamoDBStore, engine: Engine, amount: int) -> None:
    done = stored.reserved(store, amount)
    before = stored.a_paid_before(done)
    assert store.payment(T, before.id) == done.payment
    assert store.refund(T, done.refund.id) == done.refund
    assert store.refund_with_payment(T, done.refund.id, before.id) == (done.refund, done.payment)
    assert store.refund_with_payment(T, done.refund.id, PaymentId(ulid(9))) is None
    assert store.refund_with_payment(T, RefundId(f"re_{ulid(9)}"), before.id) is None
    for other in OTHERS:
        assert store.refund(other, done.refund.id) is None
        assert store.refund_with_payment(other, done.refund.id, before.id) is None
    with lost(engine, "payment", "ledger"):
        store.reserve_refund(before, step(before, 2), None)
    with claimed(engine):
        store.reserve_refund(before, step(before, 2), CLAIM)


@pytest.mark.parametrize(
    "changes",
    [
        {"disputes": {"dp_1": DisputeStatus.OPEN}},
        {"refund_inflight": RefundId("re_other")},
        {"totals": Totals(20_000, 4_999, 0, 15_001)},
        {"status": PaymentStatus.PROCESSING},
        {"seq": 2},
    ],
)
def test_the_store_itself_refuses_to_reserve_against_what_stands(
    store: DynamoDBStore, engine: Engine, changes: dict[str, object]
) -> None:
    """Whatever the story believed, even with the same `seq`."""
    believed = builders.a_paid()
    store.begin_payment(replace(believed, **changes), None)  # type: ignore[arg-type]
    with lost(engine, "payment"):
        store.reserve_refund(believed, step(believed), CLAIM)


@pytest.mark.parametrize("lease", [OWNER, None])  # the provider's event needs none
@pytest.mark.parametrize("outcome", [Done("re_9"), Declined("400 no")])
def test_a_refund_ends_once(
    store: DynamoDBStore, engine: Engine, outcome: Done | Declined, lease: str | None
) -> None:
    done = stored.reserved(store)
    end = stored.settled(done, outcome)
    with lost(engine, "refund"):
        store.settle_refund(done.payment, end, "somebody else", None)
    with lost(engine, "event"):
        store.settle_refund(done.payment, end, OWNER, inbox(1))
    store.settle_refund(done.payment, end, lease, inbox(2))
    assert store.payment(T, done.payment.id) == end.payment
    assert store.refund(T, end.refund.id) == replace(end.refund, lease_until=0)
    assert fold(store.ledger(T, done.payment.id)) == end.payment.totals
    for owner in (OWNER, None):
        with lost(engine, "payment", "refund", "ledger"):
            store.settle_refund(done.payment, end, owner, None)
    with lost(engine, "event", "payment", "refund", "ledger"):
        store.settle_refund(done.payment, end, None, inbox(2))


def test_what_the_sender_learned_is_kept_while_the_lease_is_its_own(
    store: DynamoDBStore, engine: Engine
) -> None:
    done = stored.reserved(store)
    doubt = stored.noted(done, InDoubt("ReadTimeout"))
    with lost(engine, "refund"):
        store.note_refund(doubt, "somebody else")
    store.note_refund(doubt, OWNER)
    assert store.refund(T, doubt.id) == replace(doubt, lease_until=0)
    assert store.payment(T, done.payment.id) == done.payment
    with lost(engine, "refund"):
        store.note_refund(stored.noted(done, Accepted("re_9")), OWNER)


def test_a_refund_is_leased_by_one(store: DynamoDBStore, engine: Engine) -> None:
    refund = stored.reserved(store).refund
    taken = refund.leased("other", Millis(NOW + LEASE_MS))
    with lost(engine, "refund"):
        store.lease_refund(replace(refund, lease_until=0), taken)
    with lost(engine, "refund"):
        store.lease_refund(replace(refund, attempts=0), taken)
    store.lease_refund(refund, taken)
    assert store.refund(T, refund.id) == taken
    with lost(engine, "refund"):
        store.lease_refund(refund, refund.leased("third", NOW))


@pytest.mark.parametrize("outcome", [Done("re_9"), Declined("no"), Accepted("re_9")])
def test_a_refund_whose_end_is_known_or_awaited_is_leased_by_nobody(
    store: DynamoDBStore, engine: Engine, outcome: Done | Declined | Accepted
) -> None:
    done = stored.reserved(store)
    after = settle(done.payment, done.refund, outcome, CAUSE)
    if isinstance(after, Step):
        store.settle_refund(done.payment, after, OWNER, None)
    else:
        store.note_refund(after, OWNER)
    kept = store.refund(T, done.refund.id)
    assert kept is not None
    with lost(engine, "refund"):
        store.lease_refund(kept, kept.leased("other", NOW))


def test_a_list_is_read_in_parts_newest_first(store: DynamoDBStore) -> None:
    made = [a_product(number=number) for number in range(1, 8)]
    for product in made:
        store.add_product(T, product, None)
    newest = made[::-1]
    for part, items, more in [
        (Slice(), newest, False),
        (Slice(limit=7), newest, False),
        (Slice(limit=3), newest[:3], True),
        (Slice(limit=3, before=newest[2].id), newest[3:6], True),
        (Slice(limit=3, before=newest[5].id), newest[6:], False),
        (Slice(limit=3, before=newest[6].id), [], False),
        (Slice(limit=3, after=newest[6].id), newest[3:6], True),
        (Slice(limit=3, after=newest[3].id), newest[:3], False),
        (Slice(limit=3, after=newest[0].id), [], False),
        (Slice(limit=1, after=newest[2].id), newest[1:2], True),
        (Slice(limit=100, before="prod_"), [], False),
    ]:
        found = store.products(T, part)
        assert (list(found.items), found.has_more) == (items, more), part
    for other in OTHERS:
        assert list(store.products(other, Slice()).items) == []


def test_every_kind_has_its_list(store: DynamoDBStore) -> None:
    done = stored.reserved(store)
    store.add_price(T, a_price(), a_product(), None)
    store.add_payment_link(T, a_link(), None)
    assert list(store.prices(T, Slice()).items) == [a_price()]
    assert list(store.payment_links(T, Slice()).items) == [a_link()]
    assert list(store.payments(T, Slice()).items) == [done.payment]
    assert list(store.refunds(T, Slice()).items) == [done.refund]
    for other in OTHERS:
        for read in (store.prices, store.payment_links, store.payments, store.refunds):
            assert list(read(other, Slice()).items) == []


def test_payments_are_read_together_by_their_ids(store: DynamoDBStore, groups: Groups) -> None:
    first, second = a_payment(bound=False), a_payment(number=2, bound=False)
    for payment in (first, second):
        store.begin_payment(payment, None)
    reads = groups.reads
    unknown = a_payment(number=9).id
    assert store.payments_by_id(T, [second.id, first.id, second.id, unknown]) == {
        first.id: first,
        second.id: second,
    }
    assert groups.reads == reads + 1
    assert store.payments_by_id(T, []) == {}
    assert groups.reads == reads + 1
    for other in OTHERS:
        assert store.payments_by_id(other, [first.id]) == {}
