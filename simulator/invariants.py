"""What must hold after every step, and what must hold once everything has come to rest.

The numbers are those of docs and protocol: Inv-1 to Inv-13. Only what a step touched is looked at.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.dynamodb.writes import Item, Key, Write
from simulator.listeners import told_with
from simulator.provider import Provider
from simulator.shapes import Intent
from simulator.stock import Peek, Stock
from simulator.violations import must

OPEN = ("reserved", "sending", "pending_psp", "unknown")
ENDED_EVENTS = ("applied", "ignored", "quarantined")
OPERATOR = "operator"
COUNTED = ("captured", "remaining", "refund_pending", "refunded")
MAY_BECOME: Mapping[str, frozenset[str]] = {
    "reserved": frozenset({"sending", "unknown", "voided", "posted", "pending_psp"}),
    "sending": frozenset({"sending", "reserved", "unknown", "pending_psp", "posted", "voided"}),
    "unknown": frozenset({"sending", "unknown", "pending_psp", "posted", "voided"}),
    "pending_psp": frozenset({"pending_psp", "posted", "voided", "unknown"}),
    "posted": frozenset({"posted", "reversed"}),
    "voided": frozenset({"voided", "posted"}),  # told so by the provider, and then counted
    "reversed": frozenset({"reversed"}),
}


@dataclass(eq=False, slots=True)
class Books:
    """What was seen of one payment: its ledger folded, its refunds by partition."""

    seq: int = 0
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    captures: int = 0
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)


class Watch:
    """Looks at each write group that took effect, and at each move of money at the provider."""

    def __init__(self) -> None:
        self.goals: Counter[str] = Counter()
        self.stock = Stock(self.goals)
        self.books: dict[str, Books] = {}
        self.remained: dict[str, int] = {}  # before a refund, by the refund's partition
        self.peek: Peek = lambda _: None
        self.provider: Provider | None = None

    # --- the store ----------------------------------------------------------------------------

    def written(self, stroke: str, group: Sequence[Write], olds: Sequence[Item | None]) -> None:
        """One group took effect."""
        touched: dict[str, None] = {}
        for write, old in zip(group, olds, strict=True):
            new = self.peek(write.key)
            if new is None:
                continue
            match new.get("kind"):
                case "payment":
                    self._payment(old, new)
                    touched[write.key.pk] = None
                case "ledger":
                    self._entry(write.key.pk, old, new)
                    touched[write.key.pk] = None
                case "refund":
                    touched[self._refund(write.key.pk, old, new)] = None
                case "psp_event":
                    self._event(old, new)
                case "payment_link":
                    self._link(new)
        looked = {"reserve": self._reserved, "post": self._posted}.get(stroke)
        if looked is not None:
            looked(group, olds)
        for pk in touched:
            self._agree(pk)
        self.stock.written(group, olds, self.peek)
        told_with(group, olds, self._is_direct(touched))

    def _is_direct(self, touched: Iterable[str]) -> bool:
        """Whether the payment that was touched has no page of the provider's."""
        payments = [self.peek(Key(pk, "PAY")) for pk in touched]
        return any("direct" in payment for payment in payments if payment)

    def _payment(self, old: Item | None, new: Mapping[str, Any]) -> None:
        totals = [new[name] for name in COUNTED]
        must(min(totals) >= 0, f"Inv-1 a total below zero: {totals} of {new['id']}")
        must(totals[0] == sum(totals[1:]), f"Inv-1 {totals} of {new['id']} do not add up")
        must(totals[0] in (0, new["amount"]), f"Inv-4 {new['id']} captured {totals[0]}")
        if old is not None:
            rank: Any = old["rank"]
            must(new["rank"] >= rank, f"Inv-4 {new['id']} fell from {rank} to {new['rank']}")
            same = ("amount", "currency", "merchant", "livemode", "terms", "created")
            must(all(old[name] == new[name] for name in same), f"Inv-5 {new['id']} was rewritten")
            if "psp_intent" in old:
                must(old["psp_intent"] == new.get("psp_intent"), f"Inv-4 {new['id']} is rebound")
        if new["rank"] == 40 and (old is None or old["rank"] != 40):
            review: Any = new.get("review") or {}
            if review.get("reason") in ("late", "surplus"):
                self.goals[f"{review['reason']} payment"] += 1

    def _entry(self, pk: str, old: Item | None, new: Mapping[str, Any]) -> None:
        books = self.books.setdefault(pk, Books())
        must(old is None, f"Inv-5 ledger entry {new['seq']} of {pk} was written twice")
        must(new["seq"] == books.seq + 1, f"Inv-5 entry {new['seq']} of {pk} after {books.seq}")
        must(bool(new["actor"] and new["reference"]), f"Inv-9 entry {new['seq']} has no cause")
        books.seq = new["seq"]
        for name, by in new["delta"].items():
            books.totals[name] += by
        books.captures += new["delta"]["captured"] > 0
        must(books.captures <= 1, f"Inv-6 {pk} was captured twice")

    def _refund(self, at: str, old: Item | None, new: Mapping[str, Any]) -> str:
        payment = f"{at.partition('#RF#')[0]}#PAY#{new['payment']}"
        status: str = new["status"]
        if old is not None:
            before = str(old["status"])
            must(status in MAY_BECOME[before], f"Inv-6 refund {new['id']}: {before} to {status}")
            for name in ("amount", "currency", "payment", "intent"):
                must(old[name] == new[name], f"Inv-3 {name} of refund {new['id']} has changed")
            if before != status:
                self.goals[f"{before} to {status}"] += 1
        elif new.get("origin") == "external":
            self.goals["external refund"] += 1
        books = self.books.setdefault(payment, Books())
        books.refunds[at] = (status, new["amount"])
        return payment

    def _event(self, old: Item | None, new: Mapping[str, Any]) -> None:
        before, after = str(old["status"]) if old else "", str(new["status"])
        if before in ENDED_EVENTS:
            must(before == after, f"Inv-6 event {new['id']} was {before} and is {after}")
        if before != after:
            self.goals[f"event {before} to {after}" if before else f"event {after}"] += 1

    def _link(self, new: Mapping[str, Any]) -> None:
        left, limit = new.get("uses_remaining"), new.get("limit")
        if limit is not None and left is not None:
            fits = left >= 0 and left + new["completed"] <= limit
            must(fits, f"Inv-1 {new['completed']} of {limit} uses of {new['id']} sold, {left} left")

    def _reserved(self, group: Sequence[Write], olds: Sequence[Item | None]) -> None:
        """What the payment was when a refund of it was reserved."""
        for write, old in zip(group, olds, strict=True):
            if write.name == "payment" and old is not None:
                must(
                    old["disputed"] is False,
                    f"Inv-1 a refund of {old['id']!s}, which is disputed",
                )
                refund = next(each for each in group if each.name == "refund")
                self.remained[refund.key.pk] = int(str(old["remaining"]))

    def _posted(self, group: Sequence[Write], olds: Sequence[Item | None]) -> None:
        """What is posted without an event stands at the provider or, without the provider's id,
        was once in the total that it showed."""
        before = {write.name: old for write, old in zip(group, olds, strict=True)}
        after = {write.name: self.peek(write.key) for write in group}
        payment, refund, entry = before.get("payment"), after["refund"], after.get("ledger")
        assert refund is not None, "it was written just now"
        by_person = entry is not None and entry["actor"] == OPERATOR
        if "event" in after or by_person or payment is None or self.provider is None:
            return
        name = refund.get("psp_refund")
        if name:
            theirs = self.provider.refunds.get(name)
            old = refund["id"] in self.provider.replayed
            gone = theirs is not None and not theirs[1].counts
            must(not (old and gone), f"Inv-3 {refund['id']} was posted by an old answer")
            return
        versions = self.provider.intents[refund["intent"]].versions
        total = int(str(payment["refunded"])) + refund["amount"]
        shown = any(each.get("amount_refunded") == total for _, each in versions)
        must(shown, f"Inv-3 {refund['id']} was posted by a total of {total} that nobody showed")

    def _agree(self, pk: str) -> None:
        """The payment, its ledger and its refunds say the same."""
        item = self.peek(Key(pk, "PAY"))
        must(item is not None, f"Inv-5 {pk} has a ledger or refunds and is not there")
        assert item is not None
        books = self.books.setdefault(pk, Books())
        kept = {name: item[name] for name in COUNTED}
        must(item["seq"] == books.seq, f"Inv-5 {pk} is at {item['seq']}, its ledger at {books.seq}")
        must(kept == books.totals, f"Inv-5 {pk} holds {kept}, its ledger {books.totals}")
        held = sum(amount for status, amount in books.refunds.values() if status in OPEN)
        gone = sum(amount for status, amount in books.refunds.values() if status == "posted")
        must(
            held == item["refund_pending"], f"Inv-5 {pk} pends {item['refund_pending']}, not {held}"
        )
        must(gone == item["refunded"], f"Inv-5 {pk} refunded {item['refunded']}, not {gone}")
        intent = self.provider.intents.get(item.get("psp_intent") or "") if self.provider else None
        if intent is not None:
            self.moved(intent)

    # --- the provider -------------------------------------------------------------------------

    def moved(self, intent: Intent) -> None:
        """Money moved at the provider, or with us: what is theirs never exceeds what is ours."""
        ours: dict[str, int] = {}
        for refund in intent.refunds:
            own = refund.metadata.get("tautan_refund")
            if own is None:
                continue
            must(refund.key == own, f"Inv-3 {own} went out under the key {refund.key}")
            if refund.counts:
                ours[own] = ours.get(own, 0) + 1
                self._covered(intent, own, refund.amount)
        for own, count in ours.items():
            must(count == 1, f"Inv-3 refund {own} was carried out {count} times")
        if all(refund.key for refund in intent.refunds):
            total = intent.refunded()
            must(total <= intent.received, f"Inv-2 {total} of {intent.received} went back")

    def _covered(self, intent: Intent, own: str, amount: int) -> None:
        item = self.peek(Key(f"M#{intent.account}#test#RF#{own}", "RF"))
        must(item is not None, f"Inv-2 {own} was carried out and is not kept")
        assert item is not None
        must(item["amount"] == amount, f"Inv-2 {own} of {item['amount']} went out as {amount}")
        counted = item["status"] in (*OPEN, "posted") or self._has_twin(item)
        must(counted, f"Inv-2 {own} is {item['status']} and was carried out")

    def _has_twin(self, item: Mapping[str, Any]) -> bool:
        """Whether it was taken by its amount for another one, which came back, and the provider's
        that bears its name is counted under another name of ours: the sums are right."""
        books = self.books[f"M#{item['merchant']}#test#PAY#{item['payment']}"]
        return bool(item.get("by_amount")) and ("posted", item["amount"]) in books.refunds.values()
