"""Whether what was deployed answers: four questions that change nothing."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from deploy.functions import REFUND, aws_name
from deploy.target import Target
from deploy.telling import Refused, Telling

WITHIN_S = 30
NOBODY = "acct_00000000000000000000000000"


def smoke(target: Target, settings: Mapping[str, str], merchant: str, telling: Telling) -> None:
    """`merchant` has a webhook secret, or is nobody. Raises Refused, after all were asked, when one
    was not answered as it should."""
    public_url, webhook_url = settings["TAUTAN_PUBLIC_URL"], settings["TAUTAN_WEBHOOK_URL"]

    def alive(http: httpx.Client) -> Any:
        answer = http.get(f"{public_url}/healthz")
        body = answer.json()
        return answer.status_code, body["status"], body["stage"]

    def page(http: httpx.Client) -> Any:
        answer = http.get(f"{public_url}/l/nothing-is-here")
        return answer.status_code, answer.headers["content-type"]

    def door(http: httpx.Client) -> Any:
        answer = http.post(
            f"{webhook_url}/webhooks/wooshpay/{merchant}",
            content=b"{}",
            headers={"WooshPay-Signature": "t=1,v1=00"},
        )
        return answer.status_code, answer.json()["error"]["code"]

    def refund(_: httpx.Client) -> Any:
        asked = {
            "merchant": NOBODY,
            "livemode": False,
            "payment_intent": "pi_00000000000000000000000000",
            "amount": 1,
            "idempotency_key": "smoke",
        }
        answer = target.client("lambda").invoke(
            FunctionName=aws_name(target.stage, REFUND), Payload=json.dumps(asked).encode()
        )
        told = json.load(answer["Payload"])
        return answer.get("FunctionError"), told["error"]["code"]

    questions: tuple[tuple[str, Callable[[httpx.Client], Any], Any], ...] = (
        ("the API is alive", alive, (200, "ok", target.stage)),
        ("a page that is not there says so", page, (404, "text/html; charset=utf-8")),
        ("a webhook nobody signed is refused", door, (400, "signature_invalid")),
        ("a refund for nobody is refused", refund, (None, "resource_missing")),
    )
    failed = []
    with httpx.Client(timeout=WITHIN_S) as http:
        for what, ask, wanted in questions:
            try:
                found = ask(http)
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                found = repr(error)
            if found != wanted:
                failed.append(what)
                telling.note(f"NOT SO: {what}; {found} instead of {wanted}")
            else:
                telling.same(what)
    if failed:
        raise Refused(f"deployed, but {len(failed)} of {len(questions)} questions went wrong")
