"""The public address of a payment's live status: whose it is, which it is, and a proof.

A token needs no lookup item and no cookie, works in whatever browser the wallet returns to, and
says nothing but where to look; the 128-bit proof is made from the payment's own secret.
"""

import hmac
import re
from dataclasses import dataclass

from chalicelib.domain.ids import ULID, MerchantId, PaymentId, Tenant
from chalicelib.domain.payments import Payment

_TOKEN = re.compile(rf"([tl])({ULID})({ULID})([0-9a-f]{{32}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class StatusToken:
    """What a well-formed token claims."""

    tenant: Tenant
    payment: PaymentId
    proof: str

    def opens(self, payment: Payment) -> bool:
        """Whether the proof is this payment's; compared in constant time."""
        return hmac.compare_digest(self.proof.encode(), _proof(payment.secret).encode())


def status_token(payment: Payment) -> str:
    """The token of a payment: 85 letters and digits."""
    mode = "l" if payment.tenant.livemode else "t"
    merchant = payment.tenant.merchant.removeprefix("acct_")
    return f"{mode}{merchant}{payment.id}{_proof(payment.secret)}"


def parse_status_token(text: str) -> StatusToken | None:
    """What `text` claims, or None when it has not the form of a token."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        return None
    tenant = Tenant(MerchantId(f"acct_{match[2]}"), match[1] == "l")
    return StatusToken(tenant, PaymentId(match[3]), match[4])


def _proof(secret: str) -> str:
    return hmac.digest(secret.encode(), b"status", "sha256")[:16].hex()
