"""What an answer to a refund request means, as a table: definitive yes, definitive no, or in doubt.

WooshPay's error codes are not published (page 1924843 could not be had), so statuses and the four
error types of page 1763752 decide, and whatever is not clearly a no stays in doubt.
"""

from collections.abc import Mapping

from chalicelib.domain.psp_facts import Declined, InDoubt, NotExecuted, RefundOutcome

CONFIGURATION = frozenset({401, 403, 404})
DEFINITIVE = frozenset({400, 402})
DEFINITIVE_TYPES = frozenset({None, "invalid_request_error", "card_error"})


def refused(status: int, error: Mapping[str, str | None], retry_after_ms: int = 0) -> RefundOutcome:
    """The outcome of an answer that is not 2xx; `error` has type, code and message."""
    kind, told = error.get("type"), error.get("message") or error.get("code") or "no reason given"
    reason = f"{status} {told}"[:300]
    if kind == "idempotency_error":
        return InDoubt(reason)
    if status in CONFIGURATION or status == 429:
        return NotExecuted(reason, retry_after_ms)
    if status in DEFINITIVE and kind in DEFINITIVE_TYPES:
        return Declined(reason)
    return InDoubt(reason)
