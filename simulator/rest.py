"""What must hold once everything has come to rest: nothing is left half done that could have been
ended (Inv-12), and our books and the provider's tell the same story (Inv-3, Inv-6).
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.keys import payment_key
from chalicelib.adapters.dynamodb.packing import unpacked
from chalicelib.domain.ids import MerchantId, PaymentId, Tenant
from chalicelib.domain.payments import RANK_IN_REVIEW
from simulator.invariants import OPEN
from simulator.listeners import all_told
from simulator.shapes import Intent
from simulator.shops import CANARY
from simulator.switches import HOUR
from simulator.violations import must
from simulator.world import World

ENDED_RANK = 30


def rested(world: World) -> None:
    """Raises Violation."""
    items = world.engine.kinds()
    for event in items["psp_event"]:
        open_still = event["status"] in ("deferred", "stale")
        must(not open_still, f"Inv-12 event {event['id']!s} is still {event['status']!s}")
    for refund in items["refund"]:
        _refund(world, refund)
    for payment in items["payment"]:
        _payment(world, payment)
        _held(world, payment)
    asked = sum(each["scope"] == "products_update" for each in items["idempotency"])
    added = world.watch.stock.added
    must(added == asked, f"Inv-8 {added} pieces were added by {asked} requests")
    _open_sessions(items)
    all_told(world.listeners, items)
    _no_secrets(world)


def _open_sessions(items: Mapping[str, list[Any]]) -> None:
    """Each link's count is that of its sessions which have not ended."""
    counted, there = Counter[str](), Counter[str]()
    for count in items["open"]:
        must(count["count"] >= 0, f"Inv-1 {count['pk']} is {count['count']}")
        counted[count["pk"].rpartition("#")[0]] += count["count"]
    for payment in items["payment"]:
        if payment.get("counted") and payment["rank"] < ENDED_RANK:
            scope = payment_key(_tenant(payment), PaymentId(payment["id"])).pk.partition("#PAY#")[0]
            there[f"{scope}#OPEN#{payment['sp'].rpartition('#')[2]}"] += 1
    must(+counted == +there, f"Inv-1 open sessions are {dict(there)}, counted {dict(counted)}")


def _refund(world: World, refund: Mapping[str, Any]) -> None:
    status, told = refund["status"], f"refund {refund['id']} is {refund['status']}"
    intent = world.provider.intents[refund["intent"]]
    theirs = [each for each in intent.refunds if each.metadata.get("tautan_refund") == refund["id"]]
    must(status not in ("reserved", "sending"), f"Inv-12 {told}")
    if status == "pending_psp":
        still = any(each.status == "pending" for each in theirs)
        must(still, f"Inv-12 {told}, there {[each.status for each in theirs]}")
    if status == "unknown":
        must(not _is_evident(world, refund, intent), f"Inv-12 {told} with evidence")
    if status == "posted" and refund["origin"] != "external":
        # It stands for the provider's refund whose id it bears; by the total alone nobody can tell
        # ours from as much made by hand.
        named = [each for each in intent.refunds if each.id == refund.get("psp_refund")]
        stand_for = named or [each for each in intent.refunds if each in theirs or not each.key]
        must(len(theirs) <= 1 and bool(stand_for), f"Inv-3 {told}, there are {len(theirs)}")
        happened = any(each.status == "succeeded" for each in stand_for) or world.post.lost > 0
        happened = happened or _came_back_perhaps(world, refund)
        payment: Any = world.engine.peek(payment_key(_tenant(refund), PaymentId(refund["payment"])))
        there = f"Inv-3 {told}, there {[each.status for each in stand_for]}"
        must(happened or _is_shown(world, payment), there)


def _is_evident(world: World, refund: Mapping[str, Any], intent: Intent) -> bool:
    """Whether the provider's total decides it."""
    if not world.provider.switches.total_shown:
        return False
    at = payment_key(_tenant(refund), PaymentId(refund["payment"]))
    payment: Any = world.engine.peek(at)
    both = world.provider.switches.pending_in_total
    over = (
        intent.refunded(("succeeded", "pending") if both else ("succeeded",)) - payment["refunded"]
    )
    return over in (0, refund["amount"]) and intent.currency == refund["currency"]


def _payment(world: World, payment: Mapping[str, Any]) -> None:
    tenant, id = _tenant(payment), PaymentId(payment["id"])
    found = world.stories.audit(tenant, id)
    must(not found, f"Inv-5 the audit of {id} finds {found}")
    over = world.now > payment["expires_at"] + HOUR
    must(not over or payment["rank"] >= 30, f"Inv-12 {id} is over and {payment['payment_status']}")
    intent = world.provider.intents.get(payment.get("psp_intent", ""))
    if intent is None:
        return
    right = intent.received == payment["amount"] and intent.currency == payment["currency"]
    paid, captured = intent.status == "succeeded", payment["captured"]
    if paid and right:
        must(captured == intent.received, f"Inv-6 {id} is paid there and {captured} here")
    else:
        must(captured == 0, f"Inv-6 {captured} of {id} is captured, there {intent.status}")
    if paid and not right:
        must("review" in payment, f"Inv-6 {id} is paid wrongly and nobody was told")
    if intent.dispute and captured and not world.post.lost:
        stands = intent.dispute_status != "won"
        must(payment["disputed"] is stands, f"Inv-6 the dispute of {id} is {intent.dispute_status}")
    books = world.watch.books[payment_key(tenant, id).pk]
    settled = all(status not in OPEN for status, _ in books.refunds.values())
    switches = world.provider.switches
    if settled and switches.dashboard_event and not world.post.lost and captured:
        gone = intent.refunded(("succeeded",))
        told = f"Inv-6 {payment['refunded']} of {id} went back here, {gone} there"
        guessed = [each for each in world.engine.kinds()["refund"] if each["payment"] == id]
        unclear = any(_came_back_perhaps(world, each) for each in guessed)
        must(payment["refunded"] == gone or unclear or _is_shown(world, payment), told)


def _held(world: World, payment: Mapping[str, Any]) -> None:
    """Nothing is kept for a session that is over, unless a person looks at its money."""
    if payment.get("use") == "held" and world.now > payment["expires_at"] + HOUR:
        in_review = payment["rank"] == RANK_IN_REVIEW
        told = f"{payment['payment_status']} and holds {payment.get('stock')}"
        must(in_review, f"Inv-12 {payment['id']} is over, {told}")


def _came_back_perhaps(world: World, refund: Mapping[str, Any]) -> bool:
    """Whether it was taken by its amount for one that came back, no total says which of them it
    was, and a person has been told."""
    if world.provider.switches.total_shown or not refund.get("by_amount"):
        return False
    told = f"{refund['psp_refund']} came back and may not be {refund['id']}"
    return any(told in str(each["detail"]) for each in world.engine.kinds()["discrepancy"])


def _is_shown(world: World, payment: Mapping[str, Any]) -> bool:
    """Whether a person has been told of what cannot be made to agree."""
    about = (f"cs_{payment['id']}", payment.get("psp_intent"))
    kinds = ("over_refund", "refunded_mismatch")
    return any(
        each["about"] == "over_refund"
        or (each["about"] in kinds and each["subject"] in about)
        or f" of {about[1]}: never resolved" in str(each["detail"])
        for each in world.engine.kinds()["discrepancy"]
    )


def _no_secrets(world: World) -> None:
    if world.setting.seed % 8 == 0:
        for item in world.engine.everything():
            packs = [unpacked(value) for value in item.values() if isinstance(value, bytes)]
            must(CANARY not in repr((item, packs)), f"Inv-13 a secret is kept in {item['pk']!s}")
        for _, _, name, told in world.scheduler.trace:
            must(CANARY not in told, f"Inv-13 {name} was told a secret")


def _tenant(item: Mapping[str, Any]) -> Tenant:
    return Tenant(MerchantId(item["merchant"]), item["livemode"])
