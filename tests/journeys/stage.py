"""The whole stack in this process, and a buyer's and a merchant's steps on it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import time_machine
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib import bootstrap
from chalicelib.domain.ids import MerchantId
from chalicelib.domain.provider_account import EVENTS
from dev.engines import OneAtATime
from dev.merchant import Shop, api_client, open_shop
from dev.settings import REGION, TABLE
from dev.shopper import Shopper
from dev.stack import Stack

Json = dict[str, Any]
PRICE, PART, REST = 100, 40, 60
MINUTE_MS = 60_000
SWEPT_AT_MOST = 20  # the stack's own sweeper may be at it


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack with a merchant and a buyer; `sandbox` is the control plane's client."""

    stack: Stack
    sandbox: httpx.Client
    api: httpx.Client
    buyer: Shopper
    shop: Shop
    unsold: Mapping[str, Any]

    def begin_anew(self, switches: Mapping[str, Any]) -> None:
        """Nothing has been sold yet, and the sandbox has these switches."""
        with OneAtATime.lock:  # whoever is at it in the background would bring back what is gone
            kept_items().items = deepcopy(self.unsold)
        self.control("/reset")
        self.endpoint()
        self.control("/switches", **switches)

    def endpoint(self) -> None:
        """Have the merchant's door told of everything, in its own secret."""
        kept = bootstrap.app().secrets.webhook_secrets(MerchantId(self.shop.merchant))
        self.control(
            "/webhook_endpoints",
            account=self.shop.wooshpay_key,
            secret=kept[False][0],
            url=f"{self.stack.api_url}/webhooks/wooshpay/{self.shop.merchant}",
            enabled_events=list(EVENTS),
        )

    def control(self, path: str, **body: Any) -> Json:
        """Pull a lever of the sandbox."""
        answer = self.sandbox.post(path, json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def told(self, seconds: int = 0) -> None:
        """Let pass `seconds` in the sandbox, and all webhooks that are due arrive."""
        self.control("/clock/advance", seconds=seconds)

    def asked_for(self, **more: Any) -> httpx.Response:
        """A checkout session over 100 rupiah is asked for."""
        data = {"currency": "IDR", "unit_amount": PRICE, "product_data": {"name": "Kopi"}}
        line = {"price_data": data, "quantity": 1}
        body = {"line_items": [line], "payment_method_types": ["dana"], **more}
        return self._post("/v1/checkout/sessions", body)

    def begun(self, **more: Any) -> Json:
        """A checkout session over 100 rupiah."""
        answer = self.asked_for(**more)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def approve(self, session: Json) -> None:
        """The buyer goes through the hosted page and DANA's, and comes back."""
        self.buyer.open(session["url"])
        self.buyer.press("pay-dana")
        page = self.buyer.press("approve", phone="081234567890", pin="123456")
        assert str(page.url) == session["status_url"]

    def now(self, session: Json) -> Json:
        """The session as the API has it."""
        found: Json = (
            self.api.get(f"/v1/checkout/sessions/{session['id']}").raise_for_status().json()
        )
        return found

    def refund(self, session: Json, amount: int, key: str = "") -> httpx.Response:
        """Ask for a refund."""
        body = {"checkout_session": session["id"], "amount": amount}
        return self._post("/v1/refunds", body, key)

    def _post(self, path: str, body: Json, key: str = "") -> httpx.Response:
        return self.api.post(path, json=body, headers={"Idempotency-Key": key or uuid4().hex})

    def retrieved(self, refund: str) -> Json:
        """The refund as the API has it."""
        found: Json = self.api.get(f"/v1/refunds/{refund}").raise_for_status().json()
        return found

    def deliveries(self, event_type: str, session: Json) -> list[Json]:
        """The attempts to tell of this session's payment."""
        rows: list[Json] = self.sandbox.get("/deliveries").json()["data"]
        intent = session["psp"]["payment_intent"]
        return [
            row
            for row in rows
            if row["type"] == event_type
            and intent in (json.loads(row["body"])["data"]["object"].get(name)
                           for name in ("id", "payment_intent"))
        ]  # fmt: skip

    def books(self, session: Json) -> Json:
        """The money of the payment as the sandbox counts it."""
        found: Json = self.sandbox.get(f"/payments/{session['psp']['payment_intent']}").json()
        return found

    def sweep(self, minutes: int) -> None:
        """A round of the sweeper, so many minutes from now."""
        app = bootstrap.app()
        with time_machine.travel((app.clock() + minutes * MINUTE_MS) / 1000):
            for _ in range(SWEPT_AT_MOST):
                if app.night.sweep():
                    return
        raise AssertionError("the sweeper has found nothing to do")

    def audit(self) -> dict[str, int]:
        """What the audit has looked at and found."""
        return bootstrap.app().night.audit()


@contextmanager
def staged(stack: Stack) -> Iterator[Stage]:
    """A new merchant on a stack."""
    shop, url, buyer = open_shop(), f"{stack.sandbox_url}/_sandbox", Shopper()
    with (
        httpx.Client(base_url=url, trust_env=False, timeout=20) as sandbox,
        api_client(stack.api_url, shop.secret_key) as api,
        closing(buyer),
    ):
        yield Stage(stack, sandbox, api, buyer, shop, deepcopy(kept_items().items))


def kept_items() -> Any:
    """moto's table. It copies all of it for each write group, so what is over is not kept."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_table(TABLE)
