"""Refunds whose answer got lost, with WooshPay's own keys believed and, as shipped, not."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.server import Server
from tests.web.samples import Json, at_instant
from tests.web.test_bad_input import check_refusal
from tests.web.test_refunds_web import ask, at_provider, money
from tests.web.world import Merchant, World, running

MINUTE = 60_000
SHOWN = 72 * 60  # minutes after which a total that does not hold it is believed, as shipped
FAULTS: dict[str, tuple[dict[str, Any], bool]] = {
    # what meets the request, and whether it was carried out
    "500, not carried out": ({"kind": "error_before", "status": 500}, False),
    "500, carried out": ({"kind": "error_after", "status": 500}, True),
    "half an answer": ({"kind": "malformed"}, True),
    "a page": ({"kind": "html"}, True),
}


@pytest.fixture(scope="module", params=["unproven", "honoured"])
def keys(request: pytest.FixtureRequest) -> str:
    """Whether the provider's own keys are believed."""
    return str(request.param)


@pytest.fixture(scope="module")
def world(server: Server, keys: str) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        if keys != "unproven":  # as shipped
            patch.setenv("TAUTAN_REFUND_KEYS", keys)
        with running(server) as one:
            yield one


def sends(world: World) -> int:
    """How often a refund was sent."""
    return sum((each["method"], each["path"]) == ("POST", "/v1/refunds") for each in world.asked())


def doubted(world: World, a: Merchant, fault: dict[str, Any], key: str = "doubt") -> Json:
    """A paid session whose refund met a fault, and what was answered."""
    paid = world.paid(a)
    world.forget()
    world.control("/faults", **fault, path_prefix="/v1/refunds", method="POST")
    reply = ask(a, paid, key, amount=5000)
    assert (reply.status, reply.json["status"]) == (202, "pending")
    assert "idempotency-replayed" not in reply.headers
    assert money(world, a, paid) == (0, 5000, 15000, "none")
    check_refusal(ask(a, paid, amount=1000), 409, "refund_in_progress", None)
    return {**paid, "refund": reply.json["id"]}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("who", ["the same key", "the sweeper"])
def test_a_refund_in_doubt_ends_once_and_as_the_provider_has_it(
    world: World, a: Merchant, keys: str, name: str, who: str
) -> None:
    fault, carried_out = FAULTS[name]
    paid = doubted(world, a, fault)
    start = world.app.clock()
    for minutes in (2, 62, SHOWN - 400, SHOWN + 1, SHOWN + 400):  # after a day, each six hours
        with at_instant(start + minutes * MINUTE):
            if who == "the sweeper":
                world.app.night.sweep()
            else:
                ask(a, paid, "doubt", amount=5000)
    happened = carried_out or keys == "honoured"
    assert len(at_provider(world, paid)) == happened
    assert sends(world) == (2 if keys == "honoured" and not carried_out else 1)
    refund = a.api.get(f"/v1/refunds/{paid['refund']}").ok()
    assert refund["status"] == ("succeeded" if happened else "failed")
    after = (5000, 0, 15000, "partial") if happened else (0, 0, 20000, "none")
    assert money(world, a, paid) == after
    last = ask(a, paid, "doubt", amount=5000)
    if happened:
        assert (last.status, last.json["id"]) == (200, paid["refund"])
    else:
        check_refusal_of(last, paid["refund"])


def check_refusal_of(reply: Any, refund: str) -> None:
    """The provider never carried it out, whenever it is asked again."""
    assert (reply.status, reply.error["code"]) == (402, "psp_rejected")
    assert "the provider never carried it out" in reply.error["message"]
    assert reply.error["details"] == {"refund": refund}


def test_a_refund_in_doubt_is_pending_until_there_is_evidence(
    world: World, a: Merchant, keys: str
) -> None:
    """Not carried out: believed it is sent again, and else nothing is known for three days."""
    paid = doubted(world, a, {"kind": "error_before", "status": 500})
    start = world.app.clock()
    for minutes, unproven in (
        (2, 202),
        (80, 202),
        (SHOWN - 1, 202),
        (SHOWN + 1, 202),
        (SHOWN + 15, 202),
        (SHOWN + 17, 402),
        (SHOWN + 18, 402),
    ):
        expected = unproven if keys == "unproven" else 200
        with at_instant(start + minutes * MINUTE):
            assert ask(a, paid, "doubt", amount=5000).status == expected, minutes
    assert sends(world) == (1 if keys == "unproven" else 2)
    unpaid, back = (0, 0, 20000, "none"), (5000, 0, 15000, "partial")
    assert money(world, a, paid) == (unpaid if keys == "unproven" else back)


def test_the_answer_that_evidence_gave_is_replayed_byte_for_byte(world: World, a: Merchant) -> None:
    paid = doubted(world, a, {"kind": "error_after", "status": 500})
    with at_instant(world.app.clock() + 2 * MINUTE):
        settled = ask(a, paid, "doubt", amount=5000)
        assert (settled.status, settled.json["status"]) == (200, "succeeded")
        assert "idempotency-replayed" not in settled.headers
        again = ask(a, paid, "doubt", amount=5000)
        assert (again.status, again.body) == (200, settled.body)
        assert again.headers["idempotency-replayed"] == "true"
        # its name comes later, and the answer stays what it was
        assert world.deliver(a, paid, "charge.refund.updated").ok()["outcome"] == "applied"
        assert a.api.get(f"/v1/refunds/{paid['refund']}").ok()["psp_refund"]
        assert ask(a, paid, "doubt", amount=5000).body == settled.body


def test_what_was_refused_for_haste_is_sent_again_by_the_same_key(
    world: World, a: Merchant
) -> None:
    paid = doubted(world, a, {"kind": "rate_limit"})
    again = ask(a, paid, "doubt", amount=5000).ok()
    assert (again["id"], again["status"]) == (paid["refund"], "succeeded")
    assert sends(world) == 2
    assert len(at_provider(world, paid)) == 1
    assert money(world, a, paid) == (5000, 0, 15000, "partial")


def test_a_webhook_settles_a_refund_in_doubt(world: World, a: Merchant) -> None:
    paid = doubted(world, a, {"kind": "error_after", "status": 500})
    assert world.deliver(a, paid, "charge.refund.updated").ok()["outcome"] == "applied"
    assert money(world, a, paid) == (5000, 0, 15000, "partial")
    assert ask(a, paid, "doubt", amount=5000).ok()["status"] == "succeeded"
    assert sends(world) == 1
