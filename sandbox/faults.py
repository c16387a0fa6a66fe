"""Faults that a test plans ahead; each one hits the next matching requests or events."""

from dataclasses import dataclass
from itertools import count

from sandbox.errors import Json
from sandbox.params import Fields

BEFORE = frozenset({"error_before", "timeout_before", "redirect", "rate_limit"})
API_FAULTS = BEFORE | {"delay", "error_after", "timeout_after", "malformed", "html"}
WEBHOOK_FAULTS = frozenset({"drop_webhook", "duplicate_webhook", "hold_webhook"})
DEFAULT_STATUS = {"redirect": 302, "rate_limit": 429, "malformed": 200, "html": 200}
DEFAULT_SECONDS = {"timeout_before": 30.0, "timeout_after": 30.0}
MAX_SECONDS = 600


@dataclass
class Fault:
    """What goes wrong, where, and how many times more."""

    id: str
    kind: str
    method: str
    path_prefix: str
    type: str
    status: int
    seconds: float
    times: int

    @property
    def before(self) -> bool:
        """Whether the request is never applied."""
        return self.kind in BEFORE


class Faults:
    """The planned faults in the order in which they were planned."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._numbers = count(1)

    def plan(self, body: Json) -> Fault:
        """Plan a fault from its JSON description."""
        fields = Fields(body)
        fields.required("kind")
        kind = fields.choice("kind", API_FAULTS | WEBHOOK_FAULTS)
        status = fields.integer("status", 200, 599) or DEFAULT_STATUS.get(kind, 500)
        seconds = fields.number("seconds", DEFAULT_SECONDS.get(kind, 1.0), MAX_SECONDS)
        fault = Fault(
            id=f"fault_{next(self._numbers)}",
            kind=kind,
            method=fields.text("method").upper(),
            path_prefix=fields.text("path_prefix", "/v1/"),
            type=fields.text("type"),
            status=status,
            seconds=seconds,
            times=fields.integer("times", 1, 10_000) or 1,
        )
        fields.done()
        self._planned.append(fault)
        return fault

    def planned(self) -> list[Json]:
        """The faults that can still strike."""
        return [dict(vars(each)) for each in self._planned]

    def clear(self) -> None:
        """Drop every planned fault."""
        self._planned.clear()

    def take_api(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, counted as used."""
        for each in self._planned:
            fits = each.method in {"", method} and path.startswith(each.path_prefix)
            if each.kind in API_FAULTS and fits:
                return self._use(each)
        return None

    def take_webhook(self, event_type: str) -> str:
        """The kind of the fault that strikes this event's delivery; empty for none."""
        for each in self._planned:
            if each.kind in WEBHOOK_FAULTS and each.type in {"", event_type}:
                return self._use(each).kind
        return ""

    def _use(self, fault: Fault) -> Fault:
        fault.times -= 1
        if not fault.times:
            self._planned.remove(fault)
        return fault
