"""`make demo`: the whole story without a person; every step is checked."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from chalicelib import bootstrap
from chalicelib.domain.errors import TautanError
from chalicelib.domain.ids import payment_id
from chalicelib.domain.ledger import Totals, fold
from chalicelib.domain.money import Money
from chalicelib.usecases.failures import StoreUnavailable
from dev.merchant import Refused, api_client, offer_coffee, open_shop
from dev.shopper import NoButton, Shopper
from dev.stack import CannotStart, Stack, Wanted

REFUND = 25_000
WITHIN_S = 10


class Wrong(Exception):
    """A step of the story did not end as it must."""


FORESEEN = (
    Wrong,
    CannotStart,
    Refused,
    TautanError,
    StoreUnavailable,
    NoButton,
    httpx.HTTPError,
)


def main() -> int:
    """Tell the story; the exit code."""
    try:
        with Stack(Wanted(engine=os.environ.get("ENGINE") or "moto")) as stack:
            tell(stack)
    except FORESEEN as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def tell(stack: Stack) -> None:
    """The story on a running stack; raises Wrong."""
    shop = open_shop()
    _say(f"merchant   {shop.merchant}, with a key that ends in …{shop.secret_key[-4:]}")
    with api_client(stack.api_url, shop.secret_key) as api:
        link = offer_coffee(api)
        item = link["line_items"]["data"][0]
        _say(f"link       {item['description']}, {item['amount_display']}: {link['url']}")
        session = _pay(api, link)
        _refund(api, session)
    _reckon(shop.secret_key, session["id"])


def _pay(api: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    shopper = Shopper()
    try:
        _must(shopper.open(link["url"]).status_code == 200, "the link does not open")
        _must(not _sessions(api), "opening the link has made a session")
        _say("opened     the product page; nothing was written")
        page = shopper.press("pay")
        session = _sessions(api)[0]
        _must(str(page.url) == session["url"], "the shopper is not on the provider's page")
        _say(f"pay        {session['id']} for {session['amount_display']}: {session['url']}")
        shopper.press("pay-dana")
        _say("wallet     DANA chosen on the hosted page")
        page = shopper.press("approve", phone="081234567890", pin="123456")
        _must("/s/" in str(page.url), "the shopper did not come back to the status page")
        _say("approved   in DANA; back on the status page")
        paid = _wait_for(lambda: _paid(api, session["id"]), "the payment does not turn paid")
        _must("LUNAS" in shopper.open(str(page.url)).text, "the status page does not say LUNAS")
        _say(f"webhook    payment_status: {paid['payment_status']}; the status page says LUNAS")
        return paid
    finally:
        shopper.close()


def _refund(api: httpx.Client, session: dict[str, Any]) -> None:
    first = _asked(api, session, REFUND)
    body = first.json()
    _must(first.status_code == 200 and body["status"] == "succeeded", f"no refund: {body}")
    after = api.get(f"/v1/checkout/sessions/{session['id']}").json()
    _must(after["amount_refunded"] == REFUND, "the refunded amount is wrong")
    left = Money(after["amount_refundable"], after["currency"])
    _say(f"refund     {body['id']}: {body['amount_display']} is back, {left} is not")
    second = _asked(api, session, REFUND)
    error = second.json().get("error", {})
    _must(second.status_code == 409, "a second partial refund was not refused")
    _must(error["code"] == "refund_multiple_not_supported", f"refused for {error['code']}")
    _must(error["details"]["amount_refundable"] == left.amount, "the refusal's amount is wrong")
    _say(f"refused    {error['code']}: {error['message']}")


def _asked(api: httpx.Client, session: dict[str, Any], amount: int) -> httpx.Response:
    return api.post(
        "/v1/refunds",
        json={"checkout_session": session["id"], "amount": amount},
        headers={"Idempotency-Key": uuid4().hex},
    )


def _reckon(secret_key: str, session: str) -> None:
    app = bootstrap.app()
    tenant = app.keys.owner(secret_key, app.clock()).tenant
    payment = payment_id(session)
    stored = app.store.payment(tenant, payment) if payment else None
    _must(stored is not None, "the payment is not in the store")
    if stored is not None:
        entries, currency = app.store.ledger(tenant, stored.id), stored.amount.currency
        for entry in entries:
            _say(f"ledger     {entry.seq} {entry.kind:18}{_moved(entry.delta, currency)}")
        _must(fold(entries) == stored.totals, "the ledger does not add up to the totals")
        _say(f"adds up    {_sum(stored.totals, currency)}")


def _moved(delta: Totals, currency: str) -> str:
    """What an entry changes: `remaining -Rp25.000`."""
    return ", ".join(
        f"{name} {'-' if amount < 0 else '+'}{Money(abs(amount), currency)}"
        for name, amount in delta._asdict().items()
        if amount
    )


def _sum(totals: Totals, currency: str) -> str:
    said = {name: f"{Money(amount, currency)} {name}" for name, amount in totals._asdict().items()}
    captured = said.pop("captured")
    return f"{captured} = {' + '.join(said.values())}"


def _sessions(api: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/v1/checkout/sessions").json()["data"]
    return found


def _paid(api: httpx.Client, id: str) -> dict[str, Any] | None:
    session: dict[str, Any] = api.get(f"/v1/checkout/sessions/{id}").json()
    return session if session["payment_status"] == "paid" else None


def _wait_for(ask: Callable[[], dict[str, Any] | None], otherwise: str) -> dict[str, Any]:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        found = ask()
        if found is not None:
            return found
        time.sleep(0.05)
    raise Wrong(otherwise)


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
