"""The operator's side: what is due, who looks, and what does not agree."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.book_items import discrepancy_from_item, discrepancy_to_item
from chalicelib.adapters.dynamodb.item_forms import SCHEMA, changes
from chalicelib.adapters.dynamodb.storing import Storing, new
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    Change,
    Equals,
    LessThan,
    Update,
    any_of,
)
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyStatus
from chalicelib.domain.ids import (
    Millis,
    Tenant,
)
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.ports import Due, Found, Slice


class BookStore(Storing):
    """What is due, leases and discrepancies."""

    # --- what is due, and who looks ---------------------------------------------------------

    def due(self, now: Millis, limit: int) -> Sequence[Due]:
        places = self._due_places(keys.due_partitions(), now, limit)
        return [keys.due_at_place(place) for place in places]

    def take_lease(self, name: str, owner: str, now: Millis, until: Millis) -> bool:
        taken: dict[str, Change] = {
            "kind": Assign("lease"),
            "schema": Assign(SCHEMA),
            "owner": Assign(owner),
            "until": Assign(until),
        }
        free = any_of(Absent(), LessThan("until", now), Equals("owner", owner))
        try:
            self._write(Update("lease", keys.lease_key(name), taken, free, cheap=True))
        except Lost:
            return False
        return True

    def beat(self, name: str, owner: str, now: Millis) -> None:
        done: dict[str, Change] = {"until": Assign(0), "done_at": Assign(now)}
        with suppress(Lost):  # it took so long that another has the lease by now
            at = keys.lease_key(name)
            self._write(Update("lease", at, done, Equals("owner", owner), cheap=True))

    def heartbeat(self, name: str) -> Millis | None:
        item: Any = self._engine.get(keys.lease_key(name))
        return None if item is None or "done_at" not in item else Millis(item["done_at"])

    # --- discrepancies ----------------------------------------------------------------------

    def note_discrepancy(self, found: Discrepancy) -> bool:
        at = keys.discrepancy_key(found.tenant, found.id)
        try:
            self._write(new("discrepancy", at, discrepancy_to_item(found)))
        except Lost:
            return False
        return True

    def close_discrepancy(self, before: Discrepancy, after: Discrepancy) -> None:
        old, new = discrepancy_to_item(before), discrepancy_to_item(after)
        at = keys.discrepancy_key(before.tenant, before.id)
        still_open = Equals("status", DiscrepancyStatus.OPEN.value)
        self._write(Update("discrepancy", at, changes(old, new), still_open))

    def discrepancy(self, tenant: Tenant, id: str) -> Discrepancy | None:
        return self._one(keys.discrepancy_key(tenant, id), discrepancy_from_item)

    def discrepancies(self, tenant: Tenant, part: Slice) -> Found[Discrepancy]:
        return self._list(tenant, "discrepancy", part, discrepancy_from_item)
