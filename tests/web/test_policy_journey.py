"""No policy allows what its function does not need: one journey needs every action."""

from collections import Counter

import pytest

from chalicelib.adapters.posting import HttpPoster
from chalicelib.jobs import deliver
from chalicelib.jobs.refund import refund
from tests.iam import FUNCTIONS, listed, policy
from tests.web import policed
from tests.web.samples import at_instant, signed
from tests.web.test_functions import automated
from tests.web.test_jobs import Hooked
from tests.web.world import FORM, Merchant, World

DAY = 24 * 60 * 60_000
SERVICES = ("dynamodb:", "ssm:")  # queues and functions are not asked in these tests


def sold(world: World, a: Merchant) -> None:
    """A link was opened, tapped and paid, and its shop looked at."""
    link = world.link(a)
    slug = link["url"].rpartition("/")[2]
    assert world.public.send("POST", f"/l/{slug}", b"", {"Content-Type": FORM}).status == 303
    a.api.get("/v1/products?active=true").ok()
    session = world.paid(a)
    world.app.secrets._known.clear()  # another process
    refund(automated(a, session), None)
    assert world.deliver(a, session, "charge.refund.updated").status == 200
    other = world.paid(a)
    world.control("/refunds", payment_intent=other["psp"]["payment_intent"], amount=700)
    assert world.deliver(a, other, "charge.refund.updated").status == 200
    refunded = [world.read(a, each)["amount_refunded"] for each in (session, other)]
    assert refunded == [5000, 700]


def told(world: World, hooked: Hooked) -> None:
    """An endpoint heard of one event at once, and of another by the clock."""
    hooked.hears(hooked.happens("apple"))
    hooked.happens("pear")
    with at_instant(world.app.clock() + DAY):
        assert deliver.again()["attempts"] >= 1


def looked_after(world: World, a: Merchant) -> None:
    """A payment came days late, and is given back as the merchant wants it."""
    for key in ("policy-1", "policy-2"):  # the second changes nothing
        a.api.post("/v1/account", {"late_payment_policy": "refund"}, key).ok()
    late = world.unpaid(a)
    at = late["expires_at"] + DAY
    with at_instant(at - DAY // 2):
        assert world.app.night.sweep()["payment"] >= 1
    with at_instant(at):
        body = world.event_about(late, "payment_intent.succeeded")
        world.knock(a, body, signed(a.webhook_secret, body)).ok()
        assert world.read(a, late)["review"]["reason"] == "late"
    with at_instant(at + DAY):
        assert world.app.night.sweep()["payment"] >= 1
        world.app.night.compare()
        world.app.night.audit()


def test_every_action_of_every_policy_is_needed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: Counter[tuple[str, str]] = Counter()
    monkeypatch.setattr(policed, "USED", used)
    hooked = Hooked(world)
    monkeypatch.setattr(HttpPoster, "__call__", lambda *given: hooked.take(*given))
    sold(world, hooked.merchant)
    told(world, hooked)
    looked_after(world, hooked.merchant)
    allowed = {
        each: {
            action
            for statement in policy(each)
            if statement["Effect"] == "Allow"
            for action in listed(statement["Action"])
            if action.startswith(SERVICES)
        }
        for each in FUNCTIONS
    }
    needed = {each: {action for by, action in used if by == each} for each in FUNCTIONS}
    assert needed == allowed


def test_what_the_policy_does_not_allow_is_not_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = world.merchant()
    session = world.paid(a)
    monkeypatch.setitem(policed.ELSEWHERE, "POST /v1/refunds", "api")
    wanted = {"payment_intent": session["payment_intent"], "amount": 5000}
    with world.untouched(), pytest.raises(policed.NotAllowed, match=r"^api may not"):
        a.api.post("/v1/refunds", wanted, "r-1")
