"""What must hold of pieces that are counted, after every step:

    available + reserved + sold = all that ever came,   reserved = what payments hold,

where sold is what paid payments have spent; one beyond the stock (surplus) has spent nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.adapters.dynamodb.writes import Item, Key, Write
from simulator.violations import must

Peek = Callable[[Key], Mapping[str, Any] | None]
HELD, SPENT, RETURNED = "held", "spent", "returned"


class Stock:
    """The pieces of every product, by its partition, as write groups took effect."""

    def __init__(self, goals: Counter[str]) -> None:
        self.goals = goals
        self.ever: Counter[str] = Counter()
        self.added = 0
        self._kept: dict[str, Counter[str]] = defaultdict(Counter)  # by what payments did with it

    def written(self, group: Sequence[Write], olds: Sequence[Item | None], peek: Peek) -> None:
        """One group took effect."""
        touched: dict[str, None] = {}
        for write, old in zip(group, olds, strict=True):
            new = peek(write.key)
            if new is None:
                continue
            if new.get("kind") == "product" and "available" in new:
                touched[write.key.pk] = None
                if write.name == "product":
                    self._counted(write.key.pk, old, new)
            if new.get("kind") == "payment" and "stock" in new:
                touched.update(dict.fromkeys(self._used(write.key.pk, old, new)))
        for pk in touched:
            self._agree(pk, peek(Key(pk, "PRODUCT")))

    def _counted(self, pk: str, old: Item | None, new: Mapping[str, Any]) -> None:
        """A merchant has counted, or added."""
        before: Any = old["available"] if old else 0
        self.ever[pk] += new["available"] - before
        if old is not None:
            self.added += new["available"] - before
            self.goals["pieces added"] += 1

    def _used(self, at: str, old: Item | None, new: Mapping[str, Any]) -> list[str]:
        """A payment has changed; the products whose pieces it holds, has spent or gave back."""
        before, after = str(old["use"]) if old else "", new["use"]
        review = new.get("review") or {}
        surplus = review.get("reason") == "surplus"
        if new["rank"] == 40:
            ends = after == (RETURNED if surplus else SPENT)
            must(ends, f"Inv-1 {new['id']} is paid, its stock {after}, its review {review}")
        else:
            accepted = (new.get("review") or {}).get("verdict") == "accepted"
            must(
                after != SPENT or accepted, f"Inv-1 {new['id']} is not paid and has spent its stock"
            )
        if before == after:
            return []
        self.goals[f"stock {after}"] += 1
        pieces = {f"{at.partition('#PAY#')[0]}#PRODUCT#{id}": n for id, n in new["stock"].items()}
        self._kept[before].subtract(pieces)
        self._kept[after].update(pieces)
        return list(pieces)

    def _agree(self, pk: str, product: Mapping[str, Any] | None) -> None:
        assert product is not None, "products are never deleted"
        left, held = product["available"], product["reserved"]
        told = f"{left} of {pk} left, {held} held"
        must(left >= 0 and held >= 0, f"Inv-1 {told}")
        must(held == self._kept[HELD][pk], f"Inv-1 {told}, by payments {self._kept[HELD][pk]}")
        sold, ever = self._kept[SPENT][pk], self.ever[pk]
        must(left + held + sold == ever, f"Inv-1 {told}, {sold} sold, {ever} ever came")
