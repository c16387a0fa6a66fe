"""Which stroke of which story a write group is, told from what it writes; and the names that
docs and protocol give to a death or a lost answer there: X0 to X15, K1 to K6, P1 to P3.
"""

from collections.abc import Mapping, Sequence

from chalicelib.adapters.dynamodb.writes import (
    AllOf,
    Assign,
    Equals,
    Item,
    Put,
    Update,
    Write,
)

REFUNDING = ("refund", "sweep", "reconcile")
TELLING = ("webhook", "sweep", "reconcile")


def stroke_of(group: Sequence[Write]) -> str:
    """What the group does: begin, bind, reserve, lease, post, void, reverse, note, apply, keep …"""
    names = {write.name: write for write in group}
    refund, payment, event = names.get("refund"), names.get("payment"), names.get("event")
    if isinstance(refund, Put):
        return "external" if refund.item.get("origin") == "external" else "reserve"
    if isinstance(refund, Update):
        return _refund_stroke(refund, "ledger" in names)
    if isinstance(payment, Put):
        return "begin"
    if "ledger" in names:
        return "apply"
    if "intent" in names:
        return "bind"
    if isinstance(event, Put):
        return "claim" if event.item.get("status") in ("deferred", "stale") else "keep"
    if payment is not None:
        return "put off"
    if "untold" in names or "delivery" in names:
        return "tell"
    return f"other {group[0].name}"


def _refund_stroke(refund: Update, moves: bool) -> str:
    status = refund.changes.get("status")
    told = str(status.value) if isinstance(status, Assign) else ""
    if moves:
        return {"posted": "post", "voided": "void", "reversed": "reverse"}[told]
    if "lease_owner" in refund.changes:
        return "lease"
    if told:
        return "note"
    return "put off" if "attempts" in refund.changes else "name"


Place = tuple[str, str]  # the stroke, and how it ended
_REFUND: Mapping[Place, str] = {
    ("reserve", "crash before"): "X0",
    ("reserve", "unavailable"): "X1",
    ("reserve", "answer lost"): "X2",
    ("reserve", "token forgotten"): "X2",
    ("reserve", "crash after"): "X3",
    ("lease", "crash after"): "X4",
    ("lease", "answer lost"): "X4",
    ("psp.refund", "crash before"): "X5",
    ("psp.refund", "request lost"): "X5",
    ("psp.refund", "crash after"): "X6",
    ("psp.refund", "answer lost"): "X6",
    ("psp.refund", "500 after"): "X6",
    ("post", "crash before"): "X7",
    ("void", "crash before"): "X7",
    ("note", "crash before"): "X7",
    ("post", "answer lost"): "X8",
    ("post", "token forgotten"): "X8",
    ("post", "crash after"): "X9",
    ("note", "crash after"): "X10",
    ("note", "answer lost"): "X10",
    ("void", "answer lost"): "X11",
    ("void", "crash after"): "X11",
    ("void", "token forgotten"): "X11",
}
_SETTLED = ("apply", "keep", "post", "void", "reverse", "external")
_WEBHOOK: Mapping[Place, str] = {
    **{(stroke, "crash before"): "K1" for stroke in _SETTLED},
    ("claim", "crash after"): "K2",
    ("claim", "answer lost"): "K2",
    ("psp.intent", "crash after"): "K3",
    ("psp.find_refund", "crash after"): "K3",
    **{(stroke, "answer lost"): "K4" for stroke in _SETTLED},
    **{(stroke, "token forgotten"): "K4" for stroke in _SETTLED},
    **{(stroke, "crash after"): "K5" for stroke in _SETTLED},
}
_CHECKOUT: Mapping[Place, str] = {
    ("begin", "crash after"): "P1",
    ("begin", "answer lost"): "P1",
    ("psp.create_session", "crash before"): "P1",
    ("psp.create_session", "crash after"): "P2",
    ("psp.create_session", "answer lost"): "P2",
    ("bind", "crash before"): "P2",
    ("bind", "answer lost"): "P3",
    ("bind", "crash after"): "P3",
}
EVERY = (*(f"X{n}" for n in range(16)), *(f"K{n}" for n in range(1, 7)), "P1", "P2", "P3")


def points(story: str, stroke: str, end: str) -> tuple[str, ...]:
    """The crash points that an end of this kind, at this stroke of this story, is a hit of."""
    place, found = (stroke, end), []
    if stroke == "reverse" and end in ("answer lost", "crash after", "token forgotten"):
        found.append("X14")
    if story in TELLING and place in _WEBHOOK:
        found.append(_WEBHOOK[place])
    if story in REFUNDING and place in _REFUND:
        found.append(_REFUND[place])
    if story in ("checkout", "sweep") and place in _CHECKOUT:
        found.append(_CHECKOUT[place])
    return tuple(found)


def fenced(
    story: str, stroke: str, froze: bool, group: Sequence[Write], failed: Mapping[str, Item | None]
) -> tuple[str, ...]:
    """The crash points that a refused end of a refund is a hit of: X12, the provider's event came
    first; X13, another held the lease by then; and whether a zombie was kept out."""
    kept = failed.get("refund")
    if story not in REFUNDING or stroke not in ("post", "void", "note") or kept is None:
        return ()
    refund = next(write for write in group if write.name == "refund")
    guards = refund.guard.guards if isinstance(refund.guard, AllOf) else (refund.guard,)
    mine = [each.value for each in guards if isinstance(each, Equals)]
    lost = "lease_owner" in kept and kept["lease_owner"] not in mine
    return ("X13" if lost else "X12", *(("zombie fenced",) if froze else ()))
