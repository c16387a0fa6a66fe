"""The audit: clean books are silent, and every kind of damage is found."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.writes import Key
from chalicelib.domain.ids import PaymentId, RefundId
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Accepted, IntentStatus, RefundFactStatus
from chalicelib.usecases.audit import audit_payment
from tests.builders import a_refund_fact, a_request, an_expiry, ulid
from tests.fakes.world import World
from tests.usecases.test_refund_crashes import paid_by_paynow
from tests.usecases.test_webhook import about


class Books:
    """A payment with one refund posted and one on its way, and a pen that writes anywhere."""

    def __init__(self) -> None:
        self.world = World()
        self.payment = paid_by_paynow(self.world)
        self.posted = self.world.refund(self.payment, a_request(5_000)).id
        self.world.psp.outcomes.append(Accepted("re_77"))
        self.pending = self.world.refund(self.payment, a_request(3_000)).id

    @property
    def found(self) -> list[str]:
        """What the audit says."""
        return audit_payment(self.world.store, self.world.tenant, self.payment.id)

    def item(self, key: Key) -> dict[str, Any]:
        """An item as it lies in the engine, to be damaged."""
        found: Any = self.world.engine._partitions[key.pk][key.sk]
        return dict_of(found)

    def pay(self, **changes: object) -> None:
        """Damage the payment."""
        self.item(keys.payment_key(self.world.tenant, self.payment.id)).update(changes)

    def refund(self, id: RefundId, **changes: object) -> None:
        """Damage a refund."""
        self.item(keys.refund_key(self.world.tenant, id)).update(changes)

    def entry(self, seq: int, **changes: object) -> None:
        """Damage an entry of the ledger."""
        self.item(keys.ledger_key(self.world.tenant, self.payment.id, seq)).update(changes)

    def lose(self, key: Key) -> None:
        """An item is gone."""
        del self.world.engine._partitions[key.pk][key.sk]


def dict_of(found: Any) -> dict[str, Any]:
    """The item itself, not a copy."""
    assert isinstance(found, dict)
    return found


def lose_entry(seq: int) -> Callable[[Books], None]:
    return lambda b: b.lose(keys.ledger_key(b.world.tenant, b.payment.id, seq))


DAMAGES: dict[str, tuple[Callable[[Books], None], list[str]]] = {
    "the first entry is gone": (lose_entry(1), ["ledger: entry 1 is missing"]),
    "an entry in the middle is gone": (
        lose_entry(2),
        ["ledger: entry 3 ends another refund"],
    ),
    "the last entry is gone": (
        lose_entry(4),
        [
            "ledger adds up to Totals(captured=20000, remaining=15000, refund_pending=0, "
            "refunded=5000), stored are Totals(captured=20000, remaining=12000, "
            "refund_pending=3000, refunded=5000)",
            "ledger has 3 entries, seq is 4",
            "in flight is {pending}, by the ledger None",
            "refunds of 0 are pending, stored are 3000",
        ],
    ),
    "an entry is of another amount": (
        lambda b: b.entry(
            2, delta={"captured": 0, "remaining": -5000, "refund_pending": 4000, "refunded": 0}
        ),
        ["ledger: entry 2 does not balance"],
    ),
    "a refund is reserved twice": (
        lambda b: b.entry(3, entry="refund.reserved"),
        ["ledger: entry 3 is a second refund in flight"],
    ),
    "an entry ends another refund": (
        lambda b: b.entry(3, subject=f"re_{ulid(404)}"),
        ["ledger: entry 3 ends another refund"],
    ),
    "the remainder is too large": (
        lambda b: b.pay(remaining=13_000),
        [
            "ledger adds up to Totals(captured=20000, remaining=12000, refund_pending=3000, "
            "refunded=5000), stored are Totals(captured=20000, remaining=13000, "
            "refund_pending=3000, refunded=5000)",
            "totals do not balance: Totals(captured=20000, remaining=13000, "
            "refund_pending=3000, refunded=5000)",
        ],
    ),
    "the count of changes is off": (lambda b: b.pay(seq=5), ["ledger has 4 entries, seq is 5"]),
    "the status fell": (
        lambda b: b.pay(payment_status="failed"),
        ["ledger says paid, stored is failed", "failed, and 20000 captured"],
    ),
    "nothing is in flight": (
        lambda b: b.pay(refund_inflight=None),
        [
            "in flight is None, by the ledger {pending}",
            "{pending} is pending_psp and not in flight",
        ],
    ),
    "a refund is gone": (
        lambda b: b.lose(keys.refund_key(b.world.tenant, b.posted)),
        [
            "2 refunds in the ledger, 1 are kept",
            "refunds of 0 are posted, stored are 5000",
        ],
    ),
    "another amount was asked": (
        lambda b: b.pay(amount=19_000),
        ["20000 captured, 19000 asked"],
    ),
    "a posted refund is of another amount": (
        lambda b: b.refund(b.posted, amount=4_000),
        ["refunds of 4000 are posted, stored are 5000"],
    ),
    "a refund on its way is of another amount": (
        lambda b: b.refund(b.pending, amount=4_000),
        ["refunds of 4000 are pending, stored are 3000"],
    ),
    "a posted refund is open again": (
        lambda b: b.refund(b.posted, status="unknown"),
        [
            "refunds of 0 are posted, stored are 5000",
            "refunds of 8000 are pending, stored are 3000",
            "{posted} is unknown and not in flight",
        ],
    ),
    "a refund is another payment's": (
        lambda b: b.refund(b.posted, payment=ulid(404)),
        ["{posted} is not of this payment"],
    ),
    "a refund is in another currency": (
        lambda b: b.refund(b.pending, currency="IDR"),
        ["{pending} is not of this payment"],
    ),
    "a use is spent and nothing paid": (
        lambda b: b.pay(
            use="spent", payment_status="unpaid", captured=0, remaining=0, refund_pending=0,
            refunded=0,
        ),
        [
            "ledger adds up to Totals(captured=20000, remaining=12000, refund_pending=3000, "
            "refunded=5000), stored are Totals(captured=0, remaining=0, refund_pending=0, "
            "refunded=0)",
            "ledger says paid, stored is unpaid",
            "a use of the link is spent, and nothing was paid",
            "refunds of 5000 are posted, stored are 0",
            "refunds of 3000 are pending, stored are 0",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found(name: str) -> None:
    books = Books()
    assert books.found == []
    damage, findings = DAMAGES[name]
    damage(books)
    ids = {"posted": books.posted, "pending": books.pending}
    assert books.found == [finding.format(**ids) for finding in findings]


def test_every_loss_of_one_item_of_a_write_group_is_found() -> None:
    """What a restore that holds half of a write group leaves behind."""
    whole = Books()
    here = keys.payment_key(whole.world.tenant, whole.payment.id).pk
    at = [(i["pk"], i["sk"]) for i in whole.world.engine.everything()]
    money = [(pk, sk) for pk, sk in at if pk == here or "#RF#" in str(pk)]
    assert len(money) == 1 + 4 + 2
    for pk, sk in money:
        books = Books()
        books.lose(Key(str(pk), str(sk)))
        assert books.found, (pk, sk)


def test_a_payment_that_is_not_there_is_said_to_be_missing() -> None:
    world = World()
    found = audit_payment(world.store, world.tenant, PaymentId(ulid(404)))
    assert found == ["there is no such payment"]


def clean_stories() -> list[Callable[[World], Payment]]:
    """Whatever can happen to a payment."""

    def expired(world: World) -> Payment:
        payment = world.started()
        assert payment.provider is not None
        world.told(an_expiry(session=payment.provider.session, payment=payment.id))
        return payment

    def late(world: World) -> Payment:
        payment = expired(world)
        assert world.told(about(payment)) == "applied"
        return payment

    def reviewed(world: World) -> Payment:
        payment = world.started()
        world.told(about(payment, received=payment.amount.with_amount(1)))
        return payment

    def reversed_(world: World) -> Payment:
        paid = world.paid()
        refund = world.refund(paid, a_request())
        world.told(a_refund_fact(refund, RefundFactStatus.FAILED))
        return paid

    def external(world: World) -> Payment:
        paid = world.paid()
        refund = world.refund(paid, a_request())
        fact = a_refund_fact(refund, psp_refund="re_88")
        world.psp.known_refunds["re_88"] = fact
        world.psp.page_of(paid).refunds.append(refund.amount)
        assert world.told(fact) == "applied"
        return paid

    def failed(world: World) -> Payment:
        payment = world.started()
        world.told(about(payment, IntentStatus.FAILED))
        return payment

    return [World.started, World.paid, expired, late, reviewed, reversed_, external, failed]


@pytest.mark.parametrize("story", clean_stories(), ids=lambda story: story.__name__)
def test_clean_books_are_silent(story: Callable[[World], Payment]) -> None:
    world = World()
    payment = story(world)
    assert audit_payment(world.store, world.tenant, payment.id) == []
