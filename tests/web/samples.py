"""What is sent to the doors: the sample request, its variations, signatures, and when."""

import hmac
import time
from hashlib import sha256
from typing import Any

import time_machine

Json = dict[str, Any]

SAMPLE: Json = {
    "cancel_url": "www.wooshpay.com",
    "mode": "payment",
    "success_url": "https://wooshpay.com/",
    "payment_method_types": ["dana"],
    "line_items": [
        {
            "price_data": {
                "currency": "IDR",
                "unit_amount": 20000,
                "nickname": "apple",
                "product_data": {"name": "apple"},
                "billing_scheme": "testscheme",
                "lookup_key": "test_lookup_key",
            },
            "quantity": 1,
        }
    ],
}


def session_of(amount: Any = 20000, **changes: Any) -> Json:
    """The body of a checkout session over one line."""
    data = {"currency": "IDR", "unit_amount": amount, "product_data": {"name": "Kopi"}}
    return {"line_items": [{"price_data": data, "quantity": 1}], **changes}


def signed(secret: str, body: bytes, at: int | None = None) -> str:
    """WooshPay's signature header of a body; `at` in seconds."""
    t = str(int(time.time()) if at is None else at)
    return f"t={t},v1={hmac.digest(secret.encode(), t.encode() + b'.' + body, sha256).hex()}"


def at_instant(ms: int) -> Any:
    """Time stands still in the middle of this millisecond: a float cannot hold its edge."""
    return time_machine.travel((ms + 0.5) / 1000, tick=False)
